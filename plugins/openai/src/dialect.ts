// What servers that speak chat completions differ in, as data: OpenAI itself, and everybody else.
import type { Effort } from '@turnout/core/contract';
import type { ReasoningField } from './lessons.ts';

export interface Dialect {
  /** In one sentence, for `explain`. */
  readonly reason: string;
  /** The field of the token limit, for models that are not known to want the other one. */
  readonly maxTokens: 'max_tokens' | 'max_completion_tokens';
  /** OpenAI's Responses and chat completions have some settings in common, under the same names. */
  readonly knowsResponses: boolean;
  /** Tools of free text are sent as what they are, else as functions with one string. */
  readonly customTools: boolean;
  /** What the client calls a server's own tool is sent as it is. */
  readonly serverTools: boolean;
  /** A message of several texts keeps them apart, else they are joined: chat templates expect one string. */
  readonly textParts: boolean;
  /** An earlier refusal has a field of its own, else it is text. */
  readonly refusals: boolean;
  /** `anyOf` and the like may not stand at the top of a tool's schema. */
  readonly plainSchemas: boolean;
  readonly videos: boolean;
  readonly stopsMax: number;
  /** The prompt cache needs no marks. */
  readonly cachesByItself: boolean;
  /** Cache marks are taken where Anthropic has them. */
  readonly cacheMarks: boolean;
  /** Media at links are fetched by the server itself. */
  readonly links: boolean;
  /** The role `developer`, and `functions` for `tools`. */
  readonly openaiWords: boolean;
  /** Fields that set how the model reasons, as the server itself reads them; absent: nobody knows, whatever is sent may be meant. */
  readonly reasoningWords?: readonly string[];
  /** Where reasoning of earlier answers is taken; absent: that is learnt from its answers. */
  readonly reasoningField?: ReasoningField;
  /** It answers at /responses too. */
  readonly responses: boolean;
  /** Ids of calls are nine letters and digits. */
  readonly shortIds?: boolean;
  /** Members that have another name there. */
  readonly renames?: Readonly<Record<string, string>>;
  /** Members that it refuses: `stream_options`, or one that a request can do without (see SPARE). */
  readonly withholds?: readonly string[];
  /** What is known of a model by its name. */
  readonly traits: (model: string) => Traits;
}

/** What a model takes. */
export interface Traits {
  readonly reasons: boolean;
  /** In rising order; absent: any word, the server says when it has none of it. */
  readonly efforts?: readonly Effort[];
  /** The word that turns reasoning off. */
  readonly off?: 'none';
  /** It reasons only when told to. */
  readonly offByDefault?: true;
  /** Temperature, top_p, penalties, logit_bias: always, never, or only while it does not reason. */
  readonly sampling: 'always' | 'unreasoned' | 'never';
  readonly topK: boolean;
  readonly stop: boolean;
  readonly parallelSwitch: boolean;
}

const PLAIN: Traits = {
  reasons: false,
  efforts: [],
  sampling: 'always',
  topK: false,
  stop: true,
  parallelSwitch: true,
};
const O_SERIES: Traits = {
  reasons: true,
  efforts: ['low', 'medium', 'high'],
  sampling: 'never',
  topK: false,
  stop: false,
  parallelSwitch: false,
};
const GPT_5: Traits = { ...O_SERIES, efforts: ['minimal', 'low', 'medium', 'high'], parallelSwitch: true };
const LATER: Traits = { ...GPT_5, efforts: ['low', 'medium', 'high', 'xhigh'], off: 'none', sampling: 'unreasoned' };
const GPT_5_1: Traits = { ...LATER, efforts: ['low', 'medium', 'high'], offByDefault: true };

/** OpenAI's models by name, the first that fits. From OpenAI's pages on reasoning and on each model (2026-11), and from what its
 * API answers: `unsupported_parameter`, `unsupported_value`. */
const OPENAI_MODELS: readonly (readonly [RegExp, Traits])[] = [
  [/^o1-(mini|preview)/, { ...O_SERIES, efforts: [] }],
  [/^o[1-9]/, O_SERIES],
  [/^gpt-5(\.\d+)?-chat/, { ...O_SERIES, efforts: [], parallelSwitch: true }],
  [/^gpt-5-pro/, { ...GPT_5, efforts: ['high'] }],
  [/^gpt-5-codex/, { ...GPT_5, efforts: ['low', 'medium', 'high'] }],
  [/^gpt-5(-|$)/, GPT_5],
  [/^gpt-5\.1-codex-max/, { ...LATER, sampling: 'never' }],
  [/^gpt-5\.1/, GPT_5_1],
  [/^gpt-5\.\d+-pro/, { ...GPT_5, efforts: ['medium', 'high', 'xhigh'] }],
  [/^gpt-5\.[2-4]/, { ...LATER, offByDefault: true }],
  [/^(gpt-5\.|gpt-[6-9])/, LATER],
  [/^(gpt-[34]|chatgpt-)/, PLAIN],
];

/** Nothing is known: all is sent, and the server says what it does not take. */
const UNKNOWN: Traits = { reasons: false, sampling: 'always', topK: true, stop: true, parallelSwitch: true };

/** `ft:gpt-4o-mini:team::id` is made of gpt-4o-mini, `openai/gpt-5` of a gateway is gpt-5, and so is `us.openai.gpt-5` of Bedrock. */
const baseName = (model: string): string =>
  model.replace(/^ft:/, '').replace(/^(?:(?:us|eu|apac|global)\.)?openai[./]/, '');

function openaiTraits(model: string): Traits | undefined {
  const name = baseName(model);
  return OPENAI_MODELS.find(([pattern]) => pattern.test(name))?.[1];
}

export const OPENAI: Dialect = {
  reason: "baseUrl is OpenAI's own: what OpenAI has is sent as it has it",
  maxTokens: 'max_completion_tokens',
  knowsResponses: true,
  customTools: true,
  serverTools: false,
  textParts: true,
  refusals: true,
  plainSchemas: true,
  videos: false,
  stopsMax: 4,
  cachesByItself: true,
  cacheMarks: false,
  links: true,
  openaiWords: true,
  reasoningWords: ['reasoning_effort'],
  responses: true,
  traits: (model) => openaiTraits(model) ?? { ...UNKNOWN, off: 'none', topK: false },
};

/** Any other server. One that serves a model by a name of OpenAI's is a gateway to it, and takes what that model takes. */
export const COMPATIBLE: Dialect = {
  reason: 'baseUrl is not OpenAI itself: what only OpenAI has is sent in another form or left out',
  maxTokens: 'max_tokens',
  knowsResponses: false,
  customTools: false,
  serverTools: true,
  textParts: false,
  refusals: false,
  plainSchemas: false,
  videos: true,
  stopsMax: Number.POSITIVE_INFINITY,
  cachesByItself: false,
  cacheMarks: false,
  links: false,
  openaiWords: false,
  responses: false,
  traits: (model) => openaiTraits(model) ?? UNKNOWN,
};

/** OpenAI's own API, those for data residency (`eu.api.openai.com`) included. */
export const isOpenaiHost = (baseUrl: string): boolean => /(^|\.)api\.openai\.com$/.test(new URL(baseUrl).hostname);

export const dialectOf = (baseUrl: string): Dialect => (isOpenaiHost(baseUrl) ? OPENAI : COMPATIBLE);
