// The official SDK, both majors, fed with prepared answers instead of a network.
import Anthropic from '@anthropic-ai/sdk';
import Anthropic0 from 'anthropic-0';

export interface Prepared {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body's bytes, in these pieces. */
  readonly pieces: readonly (string | Uint8Array)[];
}

const options = ({ status = 200, headers = {}, pieces }: Prepared) => ({
  apiKey: 'sk-test',
  baseURL: 'http://127.0.0.1:9',
  maxRetries: 0,
  fetch: async () => {
    const body = ReadableStream.from(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
    return new Response(body, { status, headers });
  },
});

const request = { model: 'claude', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] };
const SSE = { 'content-type': 'text/event-stream' };
const JSON_BODY = { 'content-type': 'application/json' };

/** What clients of both majors do with an answer. */
export interface SdkClient {
  readonly version: string;
  /** The message that the stream helper adds up. */
  stream(sse: string | readonly Uint8Array[]): Promise<unknown>;
  whole(json: string): Promise<unknown>;
  /** What it throws. */
  failure(prepared: Prepared): Promise<unknown>;
}

const pieces = (text: string | readonly Uint8Array[]) => (typeof text === 'string' ? [text] : text);
const thrown = async (answer: PromiseLike<unknown>) => {
  try {
    return { resolved: await answer };
  } catch (error) {
    return error;
  }
};

export const sdkClients: readonly SdkClient[] = [
  {
    version: '1.x',
    stream: (sse) =>
      new Anthropic(options({ headers: SSE, pieces: pieces(sse) })).messages.stream(request).finalMessage(),
    whole: (json) =>
      Promise.resolve(new Anthropic(options({ headers: JSON_BODY, pieces: [json] })).messages.create(request)),
    failure: (prepared) => thrown(new Anthropic(options(prepared)).messages.stream(request).finalMessage()),
  },
  {
    version: '1.x, beta',
    stream: (sse) =>
      new Anthropic(options({ headers: SSE, pieces: pieces(sse) })).beta.messages.stream(request).finalMessage(),
    whole: (json) =>
      Promise.resolve(new Anthropic(options({ headers: JSON_BODY, pieces: [json] })).beta.messages.create(request)),
    failure: (prepared) => thrown(new Anthropic(options(prepared)).beta.messages.stream(request).finalMessage()),
  },
  {
    version: '0.x',
    stream: (sse) =>
      new Anthropic0(options({ headers: SSE, pieces: pieces(sse) })).messages.stream(request).finalMessage(),
    whole: (json) =>
      Promise.resolve(new Anthropic0(options({ headers: JSON_BODY, pieces: [json] })).messages.create(request)),
    failure: (prepared) => thrown(new Anthropic0(options(prepared)).messages.stream(request).finalMessage()),
  },
];
