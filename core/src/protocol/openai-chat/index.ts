// The codec of OpenAI's chat completions.
import type { AnswerContext, ProtocolCodec } from '../protocol.ts';
import { SSE_CONTENT_TYPE } from '../sse.ts';
import { type ChatEcho, decode } from './decode.ts';
import { encodeResult } from './encode.ts';
import { encodeError } from './error.ts';
import { fieldName } from './field-name.ts';
import { ChatStreamEncoder } from './stream.ts';

export type { ChatEcho } from './decode.ts';

export const openaiChat = {
  name: 'openai-chat',
  streamContentType: SSE_CONTENT_TYPE,
  decode,
  encodeResult,
  createEncoder: (context: AnswerContext<ChatEcho>) => new ChatStreamEncoder(context),
  encodeError,
  fieldName,
} satisfies ProtocolCodec<ChatEcho>;
