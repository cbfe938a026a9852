// What a request may say beyond the canonical form: kept under its own name, for a provider that knows it.
import type { Extensions } from '../../contract/index.ts';
import {
  asBag,
  asList,
  asString,
  type Bag,
  checkDepth,
  isAbsent,
  isBag,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import type { Head } from '../protocol.ts';
import { OWNER } from './raw-block.ts';

/** Each of them may become a loss, with a name that the client chose. */
const FIELDS_MAX = 256;
const BETAS_MAX = 64;
const BETA = /^[\x21-\x2b\x2d-\x7e]{1,128}$/;

/** Read elsewhere in this folder. `anthropic_version` says how the body is written, and all versions are written alike. */
const DECODED: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'system', 'stream', 'thread', 'tools', 'tool_choice', 'cache_control'],
  ...['max_tokens', 'temperature', 'top_p', 'top_k', 'stop_sequences', 'thinking', 'output_config', 'output_format'],
  ...['metadata', 'betas', 'anthropic_beta', 'anthropic_version', 'bedrock'],
]);
/** The fields of these that decode-settings.ts reads. */
const DECODED_INSIDE: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['thinking', new Set(['type', 'budget_tokens', 'display'])],
  ['output_config', new Set(['effort', 'format'])],
  ['metadata', new Set(['user_id'])],
]);

interface Setting {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
  /** True for a value that asks for nothing: it is not kept, so that it is nobody's loss. */
  readonly isIdle?: (value: unknown) => boolean;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const text = (...idle: string[]): Setting => ({
  expected: 'a string',
  fits: isText,
  isIdle: (value) => typeof value === 'string' && idle.includes(value),
});
const bag: Setting = { expected: 'an object', fits: isBag };

const SETTINGS: ReadonlyMap<string, Setting> = new Map([
  ['service_tier', text('auto')],
  ['inference_geo', text()],
  ['speed', text('standard')],
  ['container', { expected: 'a string or an object', fits: (value) => isText(value) || isBag(value) }],
  ['context_management', bag],
  ['diagnostics', bag],
  ['mcp_servers', { expected: 'a list', fits: Array.isArray, isIdle: isEmptyList }],
]);

/** undefined when there is nothing. Throws `invalid-request` for a value of the wrong type. */
export function decodeExtensions(body: Bag, head: Head): Extensions | undefined {
  const own: [string, unknown][] = [];
  for (const [field, value] of Object.entries(unknownFields(body, DECODED) ?? {})) {
    const setting = SETTINGS.get(field);
    if (setting && !setting.fits(value)) throw wrong(field, `expected ${setting.expected}`);
    if (setting?.isIdle?.(value)) continue;
    checkDepth(value, field);
    own.push([field, value]);
  }
  for (const [field, known] of DECODED_INSIDE) {
    const settings = body[field];
    const rest = isBag(settings) ? unknownFields(settings, known) : undefined;
    checkDepth(rest, field);
    if (rest) own.push([field, rest]);
  }
  if (own.length > FIELDS_MAX) throw wrong('body', `expected at most ${FIELDS_MAX} fields that are not Anthropic's`);
  const betas = betasOf(body, head);
  if (betas.length > 0) own.push(['anthropic_beta', betas]);
  const bedrock = isAbsent(body.bedrock) ? undefined : asBag(body.bedrock, 'bedrock');
  checkDepth(bedrock, 'bedrock');
  if (own.length === 0 && !bedrock) return undefined;
  return { ...(own.length > 0 ? { [OWNER]: Object.fromEntries(own) } : {}), ...(bedrock ? { bedrock } : {}) };
}

/** The betas that the client asks for, each once: in the header, or in the body, where SDKs and Bedrock have them. */
function betasOf(body: Bag, { headers }: Head): readonly string[] {
  const betas = new Set<string>();
  const header = headers['anthropic-beta'];
  const lines = typeof header === 'string' ? [header] : (header ?? []);
  for (const line of lines) for (const beta of line.split(',', BETAS_MAX)) betas.add(beta.trim());
  for (const field of ['betas', 'anthropic_beta']) {
    if (isAbsent(body[field])) continue;
    const list = asList(body[field], field, BETAS_MAX);
    for (const [index, beta] of list.entries()) betas.add(asString(beta, `${field}.${index}`).trim());
  }
  return [...betas].filter((beta) => BETA.test(beta)).slice(0, BETAS_MAX);
}
