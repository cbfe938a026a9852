// The least that a client of each protocol can ask: what a name is tried with when there is no request.
import type { Bag } from './field-reader.ts';
import type { SpokenProtocol } from './guess.ts';

const HELLO = 'hello';
/** Messages does not go without a limit; this is the one that every target gets where nobody sets one. */
const MESSAGES_TOKENS_MAX = 16_384;

/** One short message, or text, without the model; the stream is asked for where that stands in the body. */
export const SMALLEST_BODIES: Readonly<Record<SpokenProtocol, (stream: boolean) => Bag>> = {
  'openai-chat': (stream) => ({ messages: [{ role: 'user', content: HELLO }], stream }),
  'openai-responses': (stream) => ({ input: HELLO, stream }),
  'anthropic-messages': (stream) => ({
    max_tokens: MESSAGES_TOKENS_MAX,
    messages: [{ role: 'user', content: HELLO }],
    stream,
  }),
  'bedrock-converse': () => ({ messages: [{ role: 'user', content: [{ text: HELLO }] }] }),
  'bedrock-invoke': () => ({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: MESSAGES_TOKENS_MAX,
    messages: [{ role: 'user', content: HELLO }],
  }),
  'openai-embeddings': () => ({ input: HELLO }),
};
