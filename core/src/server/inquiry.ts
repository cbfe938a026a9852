// What `explain` is asked: a client's request, or the smallest there is, read by the codec that would read it.
import type { EmbedRequest, Protocol } from '../contract/index.ts';
import { anthropicMessages } from '../protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../protocol/bedrock-converse/index.ts';
import { bedrockInvoke } from '../protocol/bedrock-invoke/index.ts';
import {
  asBag,
  type Bag,
  isBag,
  optionalBag,
  optionalBoolean,
  optionalString,
  wrong,
} from '../protocol/field-reader.ts';
import { guessProtocol, type SpokenProtocol } from '../protocol/guess.ts';
import { openaiChat } from '../protocol/openai-chat/index.ts';
import { openaiEmbeddings } from '../protocol/openai-embeddings/index.ts';
import { openaiResponses } from '../protocol/openai-responses/index.ts';
import type { Head, ProtocolCodec } from '../protocol/protocol.ts';
import { SMALLEST_BODIES } from '../protocol/smallest-body.ts';
import { parseJson, tooLarge } from './body.ts';
import { departureOf } from './departure.ts';
import type { Departure } from './journey.ts';

export type { SpokenProtocol } from '../protocol/guess.ts';

export interface Inquiry {
  /** Absent where the request names it. It wins over the one in the request. */
  readonly model?: string;
  /** The client's body, parsed; absent: the smallest request. */
  readonly request?: unknown;
  /** What the client speaks; absent: guessed by the body's shape, chat completions for the smallest. */
  readonly protocol?: SpokenProtocol;
  /** The name of the key that asks. */
  readonly key?: string;
  /** Whether the path asks for a stream (Bedrock), or the smallest request does. Default: it does. */
  readonly stream?: boolean;
  /** What the client sends besides, names in lower case. */
  readonly headers?: Head['headers'];
  /** The body as it would be sent is part of the explanation. */
  readonly wire?: boolean;
}

/** A request as the codec of its protocol has read it. */
export type Question = {
  readonly protocol: SpokenProtocol;
  /** Why it was taken for that protocol, when nobody has said. */
  readonly guess?: string;
  /** Nobody's request: the least that can be asked. */
  readonly smallest: boolean;
  readonly model: string;
  readonly stream: boolean;
} & (
  | { readonly departure: Departure; readonly embedding?: never }
  | { readonly embedding: EmbedRequest; readonly departure?: never }
);

type Read = (body: unknown, head: Head) => Departure;

const reading =
  <Echo>(codec: ProtocolCodec<Echo>): Read =>
  (body, head) =>
    departureOf(codec, codec.decode(body, head), body, head);

const READERS: Readonly<Record<Protocol, Read>> = {
  'openai-chat': reading(openaiChat),
  'openai-responses': reading(openaiResponses),
  'anthropic-messages': reading(anthropicMessages),
  'bedrock-converse': reading(bedrockConverse),
  'bedrock-invoke': reading(bedrockInvoke),
};

export const INQUIRY_PROTOCOLS: readonly string[] = [...Object.keys(READERS), openaiEmbeddings.name];

const isSpokenProtocol = (word: string): word is SpokenProtocol => INQUIRY_PROTOCOLS.includes(word);

/** Throws `invalid-request` for what is none. */
export function protocolNamed(word: string): SpokenProtocol {
  if (isSpokenProtocol(word)) return word;
  throw wrong('protocol', `expected one of ${INQUIRY_PROTOCOLS.join(', ')}`);
}

/** A client's body, as it would be read. Throws what the client would get. */
export function parseBody(bytes: Buffer, bytesMax: number): unknown {
  if (bytes.length > bytesMax) throw tooLarge(bytesMax);
  return parseJson(bytes);
}

/** Reads the request by its protocol. Throws the RouterError that its client would get. */
export function readQuestion({ model, request, protocol: said, stream = true, headers = {} }: Inquiry): Question {
  const guess = request === undefined || said !== undefined ? undefined : guessProtocol(asBag(request, 'body'), model);
  const protocol = said ?? guess?.protocol ?? 'openai-chat';
  const written = request === undefined ? SMALLEST_BODIES[protocol](stream) : request;
  const known = { protocol, ...(guess && { guess: guess.because }), smallest: request === undefined };
  if (protocol === 'bedrock-converse' || protocol === 'bedrock-invoke') {
    // The input of an AWS SDK has the model beside what is the body.
    const { modelId, ...rest } = isBag(written) ? written : { modelId: undefined };
    const inside = typeof modelId === 'string' ? modelId : undefined;
    const name = model ?? inside;
    const body = inside === undefined ? written : rest;
    const head = { headers, stream, ...(name === undefined ? {} : { model: name }) };
    return asked(known, READERS[protocol](body, head));
  }
  const body = model !== undefined && isBag(written) ? { ...written, model } : written;
  if (protocol === 'openai-embeddings') {
    const { request: embedding } = openaiEmbeddings.decode(body);
    return { ...known, model: embedding.model, stream: false, embedding };
  }
  return asked(known, READERS[protocol](body, { headers }));
}

const asked = (known: Pick<Question, 'protocol' | 'guess' | 'smallest'>, departure: Departure): Question => ({
  ...known,
  model: departure.request.model,
  stream: departure.stream,
  departure,
});

const FIELDS: ReadonlySet<string> = new Set(['model', 'request', 'protocol', 'key', 'stream', 'headers', 'wire']);

/** An inquiry from JSON of unknown shape. Throws `invalid-request` with the field that is wrong. */
export function readInquiry(body: unknown): Inquiry {
  const bag = asBag(body, 'body');
  const unknown = Object.keys(bag).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) throw wrong(unknown, `unknown field; there are ${[...FIELDS].join(', ')}`);
  const text = (field: string) => optionalString(bag, field, '');
  const protocol = text('protocol');
  const inquiry = {
    model: text('model'),
    request: bag.request ?? undefined,
    protocol: protocol === undefined ? undefined : protocolNamed(protocol),
    key: text('key'),
    stream: optionalBoolean(bag, 'stream', ''),
    wire: optionalBoolean(bag, 'wire', ''),
    headers: headersIn(optionalBag(bag, 'headers', '')),
  };
  if (inquiry.model === undefined && inquiry.request === undefined) throw wrong('model', 'missing');
  // Only what is set is there.
  return Object.fromEntries(Object.entries(inquiry).filter(([, value]) => value !== undefined));
}

function headersIn(bag: Bag | undefined): Head['headers'] | undefined {
  if (bag === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(bag).map(([name, value]) => {
      if (typeof value !== 'string') throw wrong(`headers.${name}`, 'expected a string');
      return [name.toLowerCase(), value];
    }),
  );
}
