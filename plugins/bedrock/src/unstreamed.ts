// Models that refuse to stream, or to stream while they have tools: their answers are asked for whole and told as a stream.
import { type ChatEvent, type ChatResult, quoteOf, RouterError } from '@turnout/core/contract';
import type { BedrockClient } from './client.ts';
import type { Wire } from './wire.ts';

// AWS's words as reported of Llama 4 (earendil-works/pi 3739, 2026-04) and of gpt-oss in its first weeks
// (aws-samples/amazon-bedrock-client-for-mac 112, 2025-08). Which models it is changes, so it is learnt and not listed.
const NO_TOOLS = /doesn.t support tool use in streaming mode/i;
const NO_STREAM = /unsupported for streaming/i;

/** More ids than AWS has models; an id comes in here only by AWS's own refusal. */
const IDS_MAX = 1000;

/** What refusals have taught, for the life of a provider. */
export class UnstreamedModels {
  readonly #ids = new Map<string, 'always' | 'with tools'>();

  /** Whether the answer to this request is to be asked for whole. */
  covers({ target, body }: Pick<Wire, 'target'> & { readonly body: object }): boolean {
    if (this.#ids.size === 0) return false;
    const known = this.#ids.get(target.id);
    return known === 'always' || (known === 'with tools' && 'toolConfig' in body && body.toolConfig !== undefined);
  }

  /** The client that learns: it throws with `again` when the next try will not be streamed. */
  watch(client: BedrockClient): BedrockClient {
    return {
      errorContext: client.errorContext,
      send: async (target, operation, body, signal, headers) => {
        if (operation !== 'converse-stream') return client.send(target, operation, body, signal, headers);
        try {
          return await client.send(target, operation, body, signal, headers);
        } catch (error) {
          throw this.#learn(target.id, error);
        }
      },
    };
  }

  #learn(id: string, error: unknown): unknown {
    if (!RouterError.is(error) || error.upstream?.status !== 400) return error;
    const when = NO_TOOLS.test(error.message) ? 'with tools' : NO_STREAM.test(error.message) ? 'always' : undefined;
    if (when === undefined) return error;
    if (this.#ids.size >= IDS_MAX) this.#ids.clear();
    this.#ids.set(id, when);
    const { code, message, publicMessage, upstream } = error;
    return new RouterError(code, `${message}; the next try is not streamed`, {
      cause: error,
      again: true,
      publicMessage,
      upstream,
      ...quoteOf(error),
    });
  }
}

/** A whole answer as the events of a stream. */
export async function* tellWhole(request: () => Promise<ChatResult>): AsyncGenerator<ChatEvent> {
  const { id, model, blocks, finish } = await request();
  yield { type: 'start', id, model };
  for (const [index, { block, text, signature, data, citations = [] }] of blocks.entries()) {
    yield { type: 'block-start', index, block };
    if (text !== '') yield { type: 'block-delta', index, text };
    for (const citation of citations) yield { type: 'block-delta', index, text: '', citation };
    yield {
      type: 'block-end',
      index,
      ...(signature === undefined ? {} : { signature }),
      ...(data === undefined ? {} : { data }),
    };
  }
  yield finish;
}
