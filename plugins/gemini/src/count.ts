// How many tokens a request is, counted by Google.
import type { TokenCount } from '@turnout/core/contract';
import { type Client, methodPath, resourceOf } from './client.ts';
import { brokenAnswer } from './error.ts';
import { type GenerateBody, isBag } from './wire.ts';

const ANSWER_BYTES_MAX = 1024 * 1024;

/** The whole request is counted, with its tools and its system prompt (models.countTokens, 2026-11). Throws RouterError. */
export async function countTokens(
  client: Client,
  model: string,
  body: GenerateBody,
  signal: AbortSignal,
): Promise<TokenCount> {
  const resource = resourceOf(model);
  const answer = await client.askJson(
    {
      ...{ method: 'POST', path: methodPath(model, 'countTokens'), model, signal },
      body: { generateContentRequest: { model: resource, ...body } },
    },
    ANSWER_BYTES_MAX,
  );
  const total = isBag(answer) ? answer.totalTokens : undefined;
  if (typeof total !== 'number' || !(total >= 0))
    throw brokenAnswer(client.errorContext(model), 'the answer holds no count');
  return { inputTokens: total };
}
