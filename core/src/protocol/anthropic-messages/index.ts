// The codec of Anthropic's Messages, and of its token counts.
import type { AnswerContext, CountCodec, ProtocolCodec } from '../protocol.ts';
import { SSE_CONTENT_TYPE } from '../sse.ts';
import { decode, decodeCount, type MessagesEcho } from './decode.ts';
import { messageOf } from './encode.ts';
import { encodeError } from './error.ts';
import { fieldName } from './field-name.ts';
import { MessagesStreamEncoder } from './stream.ts';

export { decode, decodeCount, type MessagesEcho } from './decode.ts';
export { messageOf } from './encode.ts';
export { encodeError, errorBody } from './error.ts';
export { type EmitEvent, MessagesEvents } from './events.ts';
export { fieldName } from './field-name.ts';

const name = 'anthropic-messages';
const requestIdHeader = 'request-id';

export const anthropicMessages = {
  name,
  streamContentType: SSE_CONTENT_TYPE,
  requestIdHeader,
  decode,
  encodeResult: messageOf,
  createEncoder: (context: AnswerContext<MessagesEcho>) => new MessagesStreamEncoder(context),
  encodeError,
  fieldName,
} satisfies ProtocolCodec<MessagesEcho>;

export const anthropicCount = {
  name,
  requestIdHeader,
  decode: decodeCount,
  encodeCount: ({ inputTokens }) => JSON.stringify({ input_tokens: inputTokens }),
  encodeError,
} satisfies CountCodec;
