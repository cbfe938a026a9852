// Embeddings: all texts in one call, the order kept.

import { type EmbedRequest, type EmbedResult, type Loss, RouterError, unreadExtensions } from '@turnout/core/contract';
import { readText, toNetworkError } from '@turnout/core/plugin';
import type { Client } from './client.ts';
import { brokenAnswer, type ErrorContext, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import type { Place } from './place.ts';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

export interface EmbedPlan {
  readonly wire: Bag;
  readonly losses: readonly Loss[];
}

/** Pure. Everything that the client sent goes along, known to OpenAI or not; of the texts only their place is kept. */
export function planEmbedding({ model, dimensions, user, ...request }: EmbedRequest): EmbedPlan {
  const own = request.extensions?.['openai-embeddings'] ?? {};
  const losses = unreadExtensions(request, { 'openai-embeddings': '*' });
  const wire = {
    ...own,
    model,
    encoding_format: 'float',
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(user === undefined ? {} : { user }),
  };
  return { wire, losses };
}

/** One call. Throws RouterError. */
export async function embedTexts(
  client: Client,
  { nameOf }: Pick<Place, 'nameOf'>,
  wire: Bag,
  input: readonly string[],
  signal: AbortSignal,
): Promise<EmbedResult> {
  const model = textIn(wire.model) ?? '';
  const context = client.errorContext(model);
  const answer = await client.ask({
    ...{ method: 'POST', path: '/embeddings', accept: 'application/json', model, signal },
    body: { ...wire, model: nameOf(model), input },
  });
  try {
    return readEmbeddings(await readText(answer.body, ANSWER_BYTES_MAX), input.length, context);
  } catch (error) {
    throw toNetworkError(error, { ...context, signal });
  }
}

function readEmbeddings(text: string, count: number, context: ErrorContext): EmbedResult {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw brokenAnswer(context, 'the answer is not JSON: check baseUrl and proxy', { cause });
  }
  const failure = failureIn(body);
  if (failure !== undefined) throw toRouterError(failure, context);
  const { data, usage, model } = isBag(body) ? body : {};
  const entries = bagsIn(data);
  if (entries.length !== count)
    throw brokenAnswer(context, `the answer holds ${entries.length} embeddings for ${count} texts`);
  const embeddings: (readonly number[])[] = [];
  for (const [place, { index, embedding }] of entries.entries()) {
    embeddings[typeof index === 'number' ? index : place] = numbersOf(embedding, context);
  }
  if (embeddings.length !== count || Object.keys(embeddings).length !== count)
    throw brokenAnswer(context, 'the embeddings of the answer are not numbered by their texts');
  const tokens = isBag(usage) ? (usage.prompt_tokens ?? usage.total_tokens) : undefined;
  return {
    model: textIn(model) ?? context.model,
    embeddings,
    inputTokens: typeof tokens === 'number' && tokens >= 0 ? tokens : 0,
  };
}

/** Some servers answer in base64 whatever they are asked for. */
function numbersOf(value: unknown, context: ErrorContext): readonly number[] {
  if (Array.isArray(value) && value.every((number) => typeof number === 'number')) return value;
  if (typeof value !== 'string') throw brokenAnswer(context, 'an embedding is no list of numbers');
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length % 4 !== 0) throw new RouterError('upstream-failed', 'an embedding is no list of numbers');
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}
