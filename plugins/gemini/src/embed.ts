// Embeddings: all texts of a request in as few calls as Google takes, the order kept.
import { type EmbedRequest, type EmbedResult, type Loss, RouterError, unreadExtensions } from '@turnout/core/contract';
import { type Client, methodPath, resourceOf } from './client.ts';
import { brokenAnswer, type ErrorContext } from './error.ts';
import { traitsOf } from './traits.ts';
import { type Bag, bagsIn, isBag } from './wire.ts';

const ANSWER_BYTES_MAX = 256 * 1024 * 1024;
/** "at most 100 requests can be in one batch" (public issues, 2025). */
const TEXTS_MAX = 100;

/** What `plan` makes: everything of a call but the texts. */
export interface EmbedWire {
  readonly model: string;
  readonly settings: Bag;
}

export interface EmbedPlan {
  readonly wire: EmbedWire;
  readonly losses: readonly Loss[];
}

/** Pure. Throws RouterError `unsupported` for a model that makes none, as far as its name tells. */
export function planEmbedding({ model, dimensions, user, extensions }: EmbedRequest): EmbedPlan {
  if (traitsOf(model).thinking.by !== 'nothing')
    throw new RouterError('unsupported', `${model} makes no embeddings`, { field: 'model' });
  const losses = [...unreadExtensions({ ...(extensions === undefined ? {} : { extensions }) }, {})];
  if (user !== undefined) losses.push({ field: 'user', action: 'dropped', reason: 'Gemini has no such setting' });
  return { wire: { model, settings: dimensions === undefined ? {} : { outputDimensionality: dimensions } }, losses };
}

/** Throws RouterError. */
export async function embedTexts(
  client: Client,
  { model, settings }: EmbedWire,
  input: readonly string[],
  signal: AbortSignal,
): Promise<EmbedResult> {
  const context = client.errorContext(model);
  const path = methodPath(model, 'batchEmbedContents');
  const resource = resourceOf(model);
  const embeddings: (readonly number[])[] = [];
  let inputTokens = 0;
  for (let at = 0; at < input.length; at += TEXTS_MAX) {
    const texts = input.slice(at, at + TEXTS_MAX);
    const requests = texts.map((text) => ({ model: resource, content: { parts: [{ text }] }, ...settings }));
    const answer = await client.askJson({ method: 'POST', path, body: { requests }, model, signal }, ANSWER_BYTES_MAX);
    const found = numbersOf(answer, texts.length, context);
    embeddings.push(...(settings.outputDimensionality === undefined ? found : found.map(toUnit)));
    inputTokens += tokensOf(answer);
  }
  return { model, embeddings, inputTokens };
}

function numbersOf(answer: unknown, count: number, context: ErrorContext): (readonly number[])[] {
  const entries = bagsIn(isBag(answer) ? answer.embeddings : undefined);
  if (entries.length !== count)
    throw brokenAnswer(context, `the answer holds ${entries.length} embeddings for ${count} texts`);
  return entries.map(({ values }) => {
    if (Array.isArray(values) && values.every((value) => typeof value === 'number')) return values;
    throw brokenAnswer(context, 'an embedding is no list of numbers');
  });
}

/** "The 3072 dimension embedding is normalized … For other dimensions … you need to normalize" (embeddings guide, 2026-11), which a
 * client that asked for fewer dimensions in OpenAI's words is not used to. */
function toUnit(values: readonly number[]): readonly number[] {
  const length = Math.hypot(...values);
  return length === 0 || Math.abs(length - 1) < 1e-3 ? values : values.map((value) => value / length);
}

/** Counted since gemini-embedding-2 (2026-07); 0 where Google counts none. */
function tokensOf(answer: unknown): number {
  const usage = isBag(answer) && isBag(answer.usageMetadata) ? answer.usageMetadata : {};
  const count = usage.promptTokenCount;
  return typeof count === 'number' && count >= 0 ? Math.floor(count) : 0;
}
