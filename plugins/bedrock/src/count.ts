// How many tokens a request takes, where Bedrock counts for the model.
import { type PlainCall, RouterError, type TokenCount } from '@turnout/core/contract';
import { isObject, readBytes } from '@turnout/core/plugin';
import type { ConverseRequestBody } from '@turnout/core/wire';
import type { BedrockClient } from './client.ts';
import { encodeSegment } from './endpoint.ts';
import { brokenAnswer, labelOf } from './error.ts';
import { toNetworkError } from './network.ts';
import type { Target } from './resolve.ts';

const ANSWER_BYTES_MAX = 64 * 1024;

// CountTokens knows Claude only, and not the first of its third generation (langchain-aws, 2026). A newer model that it does
// not know is refused by Bedrock itself.
const COUNTED = /^anthropic\.claude-(?!instant|v\d|3-(?:opus|sonnet|haiku)-)/;

/** Counts what `body`, as it would be sent to that target, takes. Throws RouterError, `unsupported` where Bedrock has no count. */
export async function countTokens(
  client: BedrockClient,
  target: Target,
  body: ConverseRequestBody,
  call: Pick<PlainCall, 'signal'>,
): Promise<TokenCount> {
  const id = target.row?.id;
  if (id === undefined || !COUNTED.test(id)) throw noCount(id ?? target.id);
  try {
    // CountTokens takes neither profiles nor ARNs of the account: only the foundation model itself. What it says of that id
    // says nothing about the profiles that chats use: nothing is to be learnt from it.
    const { auto: _profiles, awaitsDiscovery: _account, ...rest } = target;
    const bare = { ...rest, id, path: `/model/${encodeSegment(id)}` };
    return { inputTokens: await askCount(client, bare, body, call.signal) };
  } catch (error) {
    // A region may serve a model through profiles only, and then it does not know the id itself.
    if (RouterError.is(error) && (error.code === 'unsupported' || error.code === 'model-not-found')) {
      throw noCount(id, error);
    }
    throw error;
  }
}

const noCount = (id: string, cause?: unknown): RouterError =>
  new RouterError('unsupported', `Bedrock counts no tokens for ${id}`, { cause });

async function askCount(
  client: BedrockClient,
  target: Target,
  { messages, system, toolConfig, additionalModelRequestFields }: ConverseRequestBody,
  signal: AbortSignal,
): Promise<number> {
  const context = client.errorContext(target, 'count-tokens');
  // All that this operation takes of Converse's body; what is undefined does not reach the JSON.
  const converse = { messages, system, toolConfig, additionalModelRequestFields };
  const answer = await client.send(target, 'count-tokens', { input: { converse } }, signal);
  try {
    const text = (await readBytes(answer.body, ANSWER_BYTES_MAX)).toString('utf8');
    const count = readCount(text);
    if (count === undefined) throw brokenAnswer(labelOf(context), 'the answer holds no count');
    return count;
  } catch (error) {
    throw toNetworkError(error, { ...context, signal });
  }
}

function readCount(text: string): number | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const count = isObject(answer) ? answer.inputTokens : undefined;
    return typeof count === 'number' ? count : undefined;
  } catch {
    return undefined;
  }
}
