// How many tokens a request takes: Bedrock's own count where the model has one, else an estimate that says so.
import { type ChatRequest, type Part, type PlainCall, RouterError, type TokenCount } from '@turnout/core/contract';
import type { ConverseRequestBody } from '@turnout/core/wire';
import { readBytes } from './body.ts';
import type { BedrockClient } from './client.ts';
import { encodeSegment } from './endpoint.ts';
import { brokenAnswer, labelOf } from './error.ts';
import { isObject } from './json.ts';
import { toNetworkError } from './network.ts';
import type { Target } from './resolve.ts';

const ANSWER_BYTES_MAX = 64 * 1024;

// CountTokens knows Claude only, and not the first of its third generation (langchain-aws, 2026). A newer model that it does
// not know is refused, and estimated then.
const COUNTED = /^anthropic\.claude-(?!instant|v\d|3-(?:opus|sonnet|haiku)-)/;

/** Counts what `body`, made of the request for that target, would take. Throws RouterError. */
export async function countTokens(
  client: BedrockClient,
  target: Target,
  { request, body }: { readonly request: ChatRequest; readonly body: ConverseRequestBody },
  call: Pick<PlainCall, 'signal'>,
): Promise<TokenCount> {
  const id = target.row?.id;
  if (id === undefined || !COUNTED.test(id)) return { inputTokens: estimateTokens(request), estimated: true };
  try {
    // CountTokens takes neither profiles nor ARNs of the account: only the foundation model itself. What it says of that id
    // says nothing about the profiles that chats use: nothing is to be learnt from it.
    const { auto: _profiles, awaitsDiscovery: _account, ...rest } = target;
    const bare = { ...rest, id, path: `/model/${encodeSegment(id)}` };
    return { inputTokens: await askCount(client, bare, body, call.signal) };
  } catch (error) {
    // A region may serve a model through profiles only, and then it does not know the id itself.
    if (RouterError.is(error) && (error.code === 'unsupported' || error.code === 'model-not-found')) {
      return { inputTokens: estimateTokens(request), estimated: true };
    }
    throw error;
  }
}

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

// The estimate's rule. Four bytes of UTF-8 a token is what English and code take with the usual tokenisers (a CJK character,
// three bytes, comes out at three quarters of one); the rest is rounded up, so that a limit is met early rather than late.
const BYTES_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 4;
/** A tool's frame in the prompt, besides its JSON. */
const TOKENS_PER_TOOL = 12;
/** The prompt that tool use as such adds. */
const TOKENS_OF_TOOL_USE = 300;
/** The largest image that Claude does not scale down (Anthropic, 2026). */
const TOKENS_PER_IMAGE = 1600;
/** A page of a document, of which its bytes are the only sign. */
const TOKENS_PER_PAGE = 2000;
const BYTES_PER_PAGE = 50_000;

/** A rule of thumb: text and tool JSON by their bytes, images and documents at a flat rate. */
export function estimateTokens({ system, messages, tools }: ChatRequest): number {
  let tokens = sumOf(system);
  for (const { parts } of messages) tokens += TOKENS_PER_MESSAGE + sumOf(parts);
  if (tools.length > 0) tokens += TOKENS_OF_TOOL_USE;
  for (const { name, description, schema } of tools) {
    tokens += TOKENS_PER_TOOL + textTokens(JSON.stringify({ name, description, schema }));
  }
  return Math.ceil(tokens);
}

const textTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);

const sumOf = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + partTokens(part), 0);

function partTokens(part: Part): number {
  switch (part.type) {
    case 'text':
      return textTokens(part.text);
    case 'reasoning':
      return textTokens(part.text ?? part.data ?? '');
    case 'tool-call':
      return textTokens(part.name) + textTokens(part.input);
    case 'tool-result':
      return sumOf(part.parts);
    case 'media':
      return mediaTokens(part.mediaType, part.data ?? '');
  }
}

function mediaTokens(mediaType: string, data: string): number {
  const bytes = Buffer.byteLength(data, 'base64');
  if (mediaType.startsWith('text/')) return Math.ceil(bytes / BYTES_PER_TOKEN);
  if (mediaType.startsWith('image/')) return TOKENS_PER_IMAGE;
  return TOKENS_PER_PAGE * Math.max(1, Math.ceil(bytes / BYTES_PER_PAGE));
}
