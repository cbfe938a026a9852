// The codec of OpenAI's Responses.
import type { AnswerContext, ProtocolCodec } from '../protocol.ts';
import { SSE_CONTENT_TYPE } from '../sse.ts';
import { decode, type ResponsesEcho } from './decode.ts';
import { encodeResult } from './encode.ts';
import { encodeError } from './error.ts';
import { fieldName } from './field-name.ts';
import { ResponsesStreamEncoder } from './stream.ts';

export type { ResponsesEcho } from './decode.ts';

export const openaiResponses = {
  name: 'openai-responses',
  streamContentType: SSE_CONTENT_TYPE,
  decode,
  encodeResult,
  createEncoder: (context: AnswerContext<ResponsesEcho>) => new ResponsesStreamEncoder(context),
  encodeError,
  fieldName,
} satisfies ProtocolCodec<ResponsesEcho>;
