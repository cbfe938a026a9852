// How many tokens a request takes, as Anthropic counts them.
import { type ChatRequest, quoteOf, RouterError, type TokenCount } from '@turnout/core/contract';
import { isObject, readText, toNetworkError } from '@turnout/core/plugin';
import type { Client } from './client.ts';
import { brokenAnswer } from './error.ts';
import { shapeRequest } from './request.ts';

const COUNT_BYTES_MAX = 64 * 1024;

/** What of a body is counted; the rest is refused in a count. */
const COUNTED = new Set([
  ...['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'mcp_servers'],
  'context_management',
]);

/** Throws RouterError; `unsupported` where the server counts nothing. */
export async function countTokens(client: Client, request: ChatRequest, signal: AbortSignal): Promise<TokenCount> {
  const { body, betas } = shapeRequest(request);
  const { model } = request;
  const context = client.errorContext(model);
  const counted = Object.fromEntries(Object.entries(body).filter(([field]) => COUNTED.has(field)));
  try {
    const answer = await client.ask({
      ...{ method: 'POST', path: '/v1/messages/count_tokens', accept: 'application/json', model, signal, betas },
      body: counted,
    });
    const count: unknown = JSON.parse(await readText(answer.body, COUNT_BYTES_MAX));
    const inputTokens = isObject(count) ? count.input_tokens : undefined;
    if (typeof inputTokens !== 'number') throw brokenAnswer(context, 'its count of tokens is none');
    return { inputTokens };
  } catch (error) {
    if (error instanceof SyntaxError) throw brokenAnswer(context, 'its count of tokens is not JSON', { cause: error });
    const failure = toNetworkError(error, { ...context, signal });
    const { status } = failure.upstream ?? {};
    // Servers that only speak Anthropic's protocol often count nothing.
    if (failure.code === 'upstream-denied' && (status === 404 || status === 405)) {
      throw new RouterError('unsupported', `${failure.message}: the server counts no tokens`, {
        cause: failure,
        ...quoteOf(failure),
      });
    }
    throw failure;
  }
}
