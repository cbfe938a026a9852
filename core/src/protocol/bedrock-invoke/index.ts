// The codec of Bedrock's InvokeModel with Claude's own bodies, and the one of Bedrock's token counts.
import type { ChatResult } from '../../contract/index.ts';
import { fieldName, messageOf } from '../anthropic-messages/index.ts';
import { createCountCodec } from '../bedrock-converse/count.ts';
import { encodeError } from '../bedrock-converse/error.ts';
import type { AnswerContext, ProtocolCodec } from '../protocol.ts';
import { decode, decodeInvoked, type InvokeEcho } from './decode.ts';
import { InvokeStreamEncoder } from './stream.ts';

export type { InvokeEcho } from './decode.ts';

/** What Bedrock says in the head: LangChain for Python reads the usage of a whole answer there (langchain-aws, 2026-11). */
function answerHeaders(
  result: ChatResult | undefined,
  { echo }: AnswerContext<InvokeEcho>,
): Readonly<Record<string, string>> {
  if (result === undefined) return { 'x-amzn-bedrock-content-type': 'application/json' };
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = result.finish.usage;
  const counts = {
    'input-token-count': inputTokens,
    'output-token-count': outputTokens,
    'cache-read-input-token-count': cacheReadTokens,
    'cache-write-input-token-count': cacheWriteTokens,
    'invocation-latency': Math.round(performance.now() - echo.startedMs),
  };
  const told = Object.entries(counts).filter(([, count]) => count !== undefined);
  return Object.fromEntries(told.map(([name, count]) => [`x-amzn-bedrock-${name}`, String(count)]));
}

export const bedrockInvoke = {
  name: 'bedrock-invoke',
  streamContentType: 'application/vnd.amazon.eventstream',
  requestIdHeader: 'x-amzn-requestid',
  decode,
  encodeResult: messageOf,
  answerHeaders,
  createEncoder: (context: AnswerContext<InvokeEcho>) => new InvokeStreamEncoder(context),
  encodeError,
  // Here the betas stand in the body, under that name.
  fieldName: (field: string, echo: InvokeEcho) => (field === 'anthropic_beta' ? field : fieldName(field, echo)),
} satisfies ProtocolCodec<InvokeEcho>;

/** Of both: a client says which of the two calls it wants to be counted. */
export const bedrockCount = createCountCodec(decodeInvoked);
