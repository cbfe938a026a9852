// Servers by name: where they are, how they are signed in to, and what they differ in, as generally known in 2026-11; not tried against
// the vendors. An address that has moved is overridden by `baseUrl`; a quirk that is not listed here is learnt from the server's refusals.
import { COMPATIBLE, type Dialect, dialectOf, OPENAI } from './dialect.ts';

export interface Preset {
  /** Absent: it depends on other settings (place.ts). */
  readonly baseUrl?: string;
  /** What is sent instead of a bearer token: a key in this header. */
  readonly keyHeader?: 'api-key';
  /** It answers without a key. */
  readonly keyless?: true;
  readonly dialect: Dialect;
}

type Quirks = Partial<Dialect>;

/** A hosted server: it fetches media at links, and takes content in parts. */
const hosted = (baseUrl: string, quirks: Quirks = {}): Preset => ({
  baseUrl,
  dialect: { ...COMPATIBLE, reason: HOSTED, links: true, textParts: true, ...quirks },
});
/** A server of one's own. */
const own = (baseUrl: string, quirks: Quirks = {}): Preset => ({
  ...{ baseUrl, keyless: true },
  dialect: { ...COMPATIBLE, reason: OWN, ...quirks },
});
/** OpenAI's models at another vendor, as OpenAI has them. */
const resold = (quirks: Quirks = {}): Preset => ({ dialect: { ...OPENAI, reason: RESOLD, ...quirks } });

const HOSTED =
  'a server that is known by its name or address: what only OpenAI has is sent in another form or left out';
const OWN = 'a server of your own: what only OpenAI has is sent in another form or left out';
const RESOLD = "OpenAI's models at another vendor: what OpenAI has is sent as it has it";

const NEW_LIMIT: Quirks = { maxTokens: 'max_completion_tokens' };

export const PRESETS = {
  openai: { baseUrl: 'https://api.openai.com/v1', dialect: OPENAI },
  azure: { ...resold(), keyHeader: 'api-key' },
  'bedrock-openai': resold({ links: false }),
  'bedrock-mantle': resold({ links: false }),
  cerebras: hosted('https://api.cerebras.ai/v1', { ...NEW_LIMIT, links: false }),
  deepinfra: hosted('https://api.deepinfra.com/v1/openai'),
  // Reasoning of a turn with tool calls has to come back to it; `thinking` turns it on and off.
  deepseek: hosted('https://api.deepseek.com/v1', {
    links: false,
    cachesByItself: true,
    reasoningField: 'reasoning_content',
    reasoningWords: ['thinking', 'reasoning_effort'],
  }),
  fireworks: hosted('https://api.fireworks.ai/inference/v1'),
  groq: hosted('https://api.groq.com/openai/v1', {
    ...NEW_LIMIT,
    cachesByItself: true,
    reasoningWords: ['reasoning_effort', 'reasoning_format', 'include_reasoning'],
  }),
  huggingface: hosted('https://router.huggingface.co/v1'),
  llamacpp: own('http://127.0.0.1:8080/v1'),
  lmstudio: own('http://127.0.0.1:1234/v1'),
  // "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9"; "Extra inputs are not permitted" of these.
  mistral: hosted('https://api.mistral.ai/v1', {
    shortIds: true,
    renames: { seed: 'random_seed' },
    withholds: ['stream_options', 'user'],
  }),
  moonshot: hosted('https://api.moonshot.ai/v1', {
    links: false,
    cachesByItself: true,
    reasoningField: 'reasoning_content',
  }),
  nvidia: hosted('https://integrate.api.nvidia.com/v1', { links: false }),
  ollama: own('http://127.0.0.1:11434/v1', {
    reasoningWords: ['reasoning_effort', 'reasoning'],
    reasoningField: 'reasoning',
  }),
  // What its models have signed comes in `reasoning_details`, and cache marks are passed on to those that take them.
  openrouter: hosted('https://openrouter.ai/api/v1', {
    cacheMarks: true,
    reasoningField: 'reasoning',
    reasoningWords: ['reasoning', 'reasoning_effort'],
  }),
  perplexity: hosted('https://api.perplexity.ai'),
  together: hosted('https://api.together.xyz/v1'),
  vllm: own('http://127.0.0.1:8000/v1', { links: true }),
  xai: hosted('https://api.x.ai/v1', { ...NEW_LIMIT, cachesByItself: true, responses: true }),
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;

// The keys of the table, which `Object.keys` gives as any strings.
export const PRESET_NAMES = Object.keys(PRESETS) as [PresetName, ...PresetName[]];

export const presetOf = (name: PresetName | undefined): Preset | undefined =>
  name === undefined ? undefined : PRESETS[name];

/** Names in OpenTelemetry's conventions (2026-11) that are not the preset's own. */
const VENDORS: Readonly<Partial<Record<PresetName, string>>> = {
  azure: 'azure.ai.openai',
  'bedrock-openai': 'aws.bedrock',
  'bedrock-mantle': 'aws.bedrock',
  mistral: 'mistral_ai',
  moonshot: 'moonshot_ai',
  xai: 'x_ai',
};

/** Who answers, for metrics and traces. A server without a preset speaks OpenAI's protocol, and goes by that. */
export const vendorOf = (name: PresetName = 'openai'): string => VENDORS[name] ?? name;

/** What a server differs in: by its preset, else by its address. */
export function dialectFor(name: PresetName | undefined, baseUrl: string): Dialect {
  const chosen = presetOf(name)?.dialect;
  if (chosen !== undefined) return chosen;
  const { host } = new URL(baseUrl);
  // Ports of this machine say nothing certain.
  const known: readonly Preset[] = PRESET_NAMES.map((one) => PRESETS[one]);
  const found = known.find(
    (preset) => preset.baseUrl !== undefined && !preset.keyless && new URL(preset.baseUrl).host === host,
  );
  return found?.dialect ?? dialectOf(baseUrl);
}
