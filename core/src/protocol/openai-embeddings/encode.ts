// Embeddings, to OpenAI's JSON.
import type { EmbedResult } from '../../contract/index.ts';
import type { DecodedEmbeddings } from './decode.ts';
import type { EmbeddingList } from './wire.ts';

/** The answer's body. Its `model` is the name that the client sent. */
export function encode({ embeddings, inputTokens }: EmbedResult, { request, encoding }: DecodedEmbeddings): string {
  const list: EmbeddingList = {
    object: 'list',
    data: embeddings.map((numbers, index) => ({
      object: 'embedding',
      index,
      embedding: encoding === 'base64' ? toBase64(numbers) : numbers,
    })),
    model: request.model,
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
  };
  return JSON.stringify(list);
}

const FLOAT_BYTES = 4;

/** 32-bit floats, little-endian whatever this machine is. */
function toBase64(numbers: readonly number[]): string {
  const bytes = Buffer.alloc(numbers.length * FLOAT_BYTES);
  let at = 0;
  for (const number of numbers) at = bytes.writeFloatLE(number, at);
  return bytes.toString('base64');
}
