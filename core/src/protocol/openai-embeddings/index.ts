// OpenAI's embeddings: one question, one answer, no stream.
import { encodeError } from '../openai-chat/error.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';

export type { DecodedEmbeddings } from './decode.ts';

export const openaiEmbeddings = {
  name: 'openai-embeddings',
  operation: 'embeddings',
  decode,
  encode,
  encodeError,
} as const;
