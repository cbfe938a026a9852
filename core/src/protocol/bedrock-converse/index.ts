// The codec of Bedrock's own Converse and ConverseStream, and the one of its token counts.
import type { AnswerContext, ProtocolCodec } from '../protocol.ts';
import { type ConverseEcho, decode } from './decode.ts';
import { encodeResult } from './encode.ts';
import { encodeError } from './error.ts';
import { fieldName } from './field-name.ts';
import { ConverseStreamEncoder } from './stream.ts';

export type { ConverseEcho } from './decode.ts';

export const bedrockConverse = {
  name: 'bedrock-converse',
  streamContentType: 'application/vnd.amazon.eventstream',
  requestIdHeader: 'x-amzn-requestid',
  decode,
  encodeResult,
  createEncoder: (context: AnswerContext<ConverseEcho>) => new ConverseStreamEncoder(context),
  encodeError,
  fieldName,
} satisfies ProtocolCodec<ConverseEcho>;
