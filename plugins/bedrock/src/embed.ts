// Embeddings through InvokeModel: texts in batches as the family takes them, several calls at once, the order kept.
import { type EmbedRequest, type EmbedResult, type Loss, RouterError, unreadExtensions } from '@turnout/core/contract';
import { isObject, Losses, readBytes } from '@turnout/core/plugin';
import { splitPrefix } from './catalogue.ts';
import type { BedrockClient } from './client.ts';
import { mapConcurrently } from './concurrent.ts';
import {
  type EmbedFamily,
  type EmbedOptions,
  type EmbedPurpose,
  findEmbedFamily,
  PURPOSES,
  TRUNCATIONS,
  type Truncation,
} from './embed-family.ts';
import { brokenAnswer, labelOf, maskAccounts } from './error.ts';
import type { LearningClient } from './learning-client.ts';
import { toNetworkError } from './network.ts';
import type { Target } from './resolve.ts';

/** The provider's `embeddings` in the YAML. */
export interface EmbedDefaults {
  readonly inputType: EmbedPurpose;
  readonly truncate?: Truncation | undefined;
  readonly normalize?: boolean | undefined;
}

/** How many calls one request makes at a time. */
const CALLS_MAX = 8;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** The client's own settings, beside OpenAI's. */
const FIELDS = ['input_type', 'truncate', 'normalize'] as const;

/** One upstream call's share: texts, and how many came of it. */
interface Batch {
  readonly embeddings: readonly (readonly number[])[];
  readonly inputTokens: number;
}

/** What the plan hands to the call. */
export interface EmbedWire {
  readonly target: Target;
  /** How it is asked; absent where only the account can say what the target is, and is asked first. */
  readonly form?: EmbedForm;
}

interface EmbedForm {
  readonly family: EmbedFamily;
  readonly options: EmbedOptions;
}

export interface EmbedPlan {
  readonly wire: EmbedWire;
  readonly losses: readonly Loss[];
}

/** Pure. Throws RouterError: `unsupported` for a model that makes no embeddings, or none of that length. */
export function planEmbedding(request: EmbedRequest, target: Target, defaults: EmbedDefaults): EmbedPlan {
  const family = findEmbedFamily(target.row?.id ?? splitPrefix(target.id).base);
  if (family === undefined) {
    if (target.awaitsDiscovery) return { wire: { target }, losses: [] };
    throw noEmbeddings(target);
  }
  const losses = new Losses();
  const options = readOptions(request, family, defaults, losses);
  if (request.user !== undefined) losses.drop('user', 'Bedrock has no such setting');
  losses.addAll(unreadExtensions(request, { 'openai-embeddings': FIELDS }));
  return { wire: { target, form: { family, options } }, losses: losses.list };
}

/** Makes the calls. Throws RouterError. Never retries: one call that fails ends the others, and core asks anew for all;
 * with `again` where the account had to be asked what the target is. */
export async function embedTexts(
  client: LearningClient,
  { target, form }: EmbedWire,
  input: readonly string[],
  signal: AbortSignal,
): Promise<EmbedResult> {
  await client.settle(target, signal);
  if (form === undefined) throw noEmbeddings(target);
  const batches = split(input, form.family.textsMax);
  const answers = await mapConcurrently(batches, { max: CALLS_MAX, signal }, (texts, either) =>
    askOnce(client, { target, ...form }, texts, either),
  );
  return {
    model: target.id,
    embeddings: answers.flatMap(({ embeddings }) => embeddings),
    inputTokens: answers.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
  };
}

function noEmbeddings({ id, row }: Target): RouterError {
  const hint = id.startsWith('arn:') && row === undefined ? ': set models.<alias>.base to say what it is' : '';
  const message = `${maskAccounts(id)} makes no embeddings that are known here${hint}`;
  return new RouterError('unsupported', message, { field: 'model' });
}

/** The client's settings, else the YAML's. Throws `invalid-request` for a word that nobody knows. */
function readOptions(
  { dimensions, extensions }: EmbedRequest,
  family: EmbedFamily,
  defaults: EmbedDefaults,
  losses: Losses,
): EmbedOptions {
  const own = extensions?.['openai-embeddings'] ?? {};
  const asked = {
    inputType: readWord('input_type', own.input_type, PURPOSES),
    truncate: readWord('truncate', own.truncate, TRUNCATIONS),
    normalize: readFlag('normalize', own.normalize),
  };
  const fields = { inputType: 'input_type', truncate: 'truncate', normalize: 'normalize' } as const;
  for (const setting of ['inputType', 'truncate', 'normalize'] as const) {
    if (asked[setting] === undefined || family.settings.includes(setting)) continue;
    losses.drop(fields[setting], `${family.name} has no such setting`);
  }
  return {
    dimensions: chooseDimensions(dimensions, family, losses),
    inputType: asked.inputType ?? defaults.inputType,
    truncate: asked.truncate ?? defaults.truncate,
    normalize: asked.normalize ?? defaults.normalize,
  };
}

/** A length that the family does not offer is refused: vectors of another would spoil the caller's index. Where it has one
 * length only, that is a loss, as nothing else could be meant by asking it. */
function chooseDimensions(asked: number | undefined, family: EmbedFamily, losses: Losses): number | undefined {
  const { name, dimensions } = family;
  if (asked === undefined) return undefined;
  if (dimensions.length === 1) {
    if (asked !== dimensions[0]) losses.drop('dimensions', `${name} always gives ${dimensions[0]}`);
    return undefined;
  }
  if (dimensions.includes(asked)) return asked;
  const offered = dimensions.toSorted((a, b) => a - b).join(', ');
  throw new RouterError('unsupported', `${name} gives embeddings of ${offered} dimensions, not of ${asked}`, {
    field: 'dimensions',
  });
}

/** Cohere's own words are in capitals for `truncate`: any case is read. */
function readWord<const Word extends string>(field: string, value: unknown, words: readonly Word[]): Word | undefined {
  if (value === undefined) return undefined;
  const word = typeof value === 'string' ? words.find((known) => known === value.toLowerCase()) : undefined;
  if (word === undefined) {
    throw new RouterError('invalid-request', `${field}: expected one of ${words.join(', ')}`, { field });
  }
  return word;
}

function readFlag(field: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new RouterError('invalid-request', `${field}: expected true or false`, { field });
}

function split(texts: readonly string[], size: number): readonly (readonly string[])[] {
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < texts.length; at += size) batches.push(texts.slice(at, at + size));
  return batches;
}

async function askOnce(
  client: BedrockClient,
  { target, family, options }: EmbedForm & { readonly target: Target },
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Batch> {
  const context = client.errorContext(target, 'invoke');
  const { headers, body } = await client.send(target, 'invoke', family.write(texts, options), signal);
  try {
    const answer = parseAnswer((await readBytes(body, ANSWER_BYTES_MAX)).toString('utf8'));
    const vectors = answer && family.read(answer);
    if (answer === undefined || vectors?.length !== texts.length || !vectors.every(isVector)) {
      throw brokenAnswer(labelOf(context), `the answer does not hold ${texts.length} embeddings`);
    }
    const own = family.countField === undefined ? undefined : answer[family.countField];
    const counted = Number(own ?? headers['x-amzn-bedrock-input-token-count']);
    return { embeddings: vectors, inputTokens: Number.isSafeInteger(counted) ? counted : 0 };
  } catch (error) {
    throw toNetworkError(error, { ...context, signal });
  }
}

function parseAnswer(text: string): Record<string, unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return isObject(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

const isVector = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number');
