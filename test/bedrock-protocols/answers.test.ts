// Every recorded answer of Converse and of Claude's InvokeModel, read into canonical events, comes out as it went in.
import { describe, expect, test } from 'vitest';
import type { ChatEvent } from '../../core/src/contract/index.ts';
import { bedrockConverse } from '../../core/src/protocol/bedrock-converse/index.ts';
import { bedrockInvoke } from '../../core/src/protocol/bedrock-invoke/index.ts';
import { createCollector } from '../../core/src/protocol/collect.ts';
import { eventsOfStream, eventsOfWhole, framesOf, type ReadFrame } from './converse-reader.ts';
import { type Exchange, hasCorpus, readExchanges } from './corpus.ts';
import { eventsOfMessage, eventsOfMessages } from './messages-reader.ts';

const exchanges = readExchanges().filter(({ status }) => status === 200);
const of = (operation: string) => exchanges.filter((exchange) => exchange.operation === operation);

/** Answers that cannot come out as they went in, each with its reason. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['openinference-js__should-handle-empty-minimal-response', 'made up by hand: an empty text, no usage and no metrics'],
  ['pydantic-ai__test_bedrock_model_other_parameters', 'additionalModelResponseFields that nobody asked for'],
  ['openinference-js__should-handle-missing-token-counts-gracefully', 'made up by hand: no usage'],
]);

const echoOf = ({ sent, head }: Exchange) => bedrockConverse.decode(sent, head).echo;
const contextOf = <Echo>(echo: Echo, requestId = '7f3a', model = 'claude') => ({
  requestId,
  model,
  createdS: 1_790_000_000,
  echo,
});

function resultOf(events: readonly ChatEvent[]) {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.result();
}

/** What Bedrock's answers have beyond its API model, or say in two ways. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner) => {
      // Padding of random length; counts outside the API model; the type of a call that is an ordinary one; of a web page that
      // is cited the canonical form keeps the address.
      if (['p', 'serverToolUsage', 'cacheReadInputTokenCount', 'cacheWriteInputTokenCount', 'domain'].includes(key)) {
        return undefined;
      }
      return key === 'type' && inner === 'tool_use' ? undefined : inner;
    }),
  );
}

/** Claude's answers of several years: older ones leave out what newer ones say, where it is nothing. */
function plainMessage(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner) => {
      // The members of the first are counted beside it; how long it took is another matter each time; of a tool call Bedrock's
      // own count of the output is a fourth below Claude's in the same answer; the tier is not of the canonical form.
      if (['cache_creation', 'invocationLatency', 'firstByteLatency', 'outputTokenCount', 'service_tier'].includes(key))
        return undefined;
      const isNothing = /^cache|^stop_(?:details|sequence)$/.test(key) && (inner === 0 || inner === null);
      return isNothing ? undefined : inner;
    }),
  );
}

/** Without empty deltas, which the router does not send. What a message used is told at its end, of which older ones say only the part that was not known before. */
// biome-ignore lint/suspicious/noExplicitAny: JSON of a vendor, read by a test
const withLateUsage = (chunks: any[]): unknown =>
  plainMessage(
    chunks
      .filter(({ delta }) => ![delta?.text, delta?.thinking, delta?.partial_json].includes(''))
      .map((one) =>
        one.type === 'message_delta' ? { ...one, usage: { output_tokens: one.usage.output_tokens } } : one,
      ),
  );

/** Bedrock sends empty deltas, and whole blocks of nothing else; the router does not. */
function withoutEmpty(frames: readonly ReadFrame[]): ReadFrame[] {
  const said = frames.filter(
    ({ type, json: { delta } }) =>
      type !== 'contentBlockDelta' || ![delta.text, delta.toolUse?.input, delta.reasoningContent?.text].includes(''),
  );
  const used = new Set(
    said.flatMap(({ type, json }) => (type === 'contentBlockStop' ? [] : (json.contentBlockIndex ?? []))),
  );
  const order = [...used];
  return said.flatMap(({ type, json }) => {
    if (json.contentBlockIndex === undefined) return [{ type, json }];
    const contentBlockIndex = order.indexOf(json.contentBlockIndex);
    return contentBlockIndex < 0 ? [] : [{ type, json: { ...json, contentBlockIndex } }];
  });
}

function compare(name: string, written: unknown, recorded: unknown): void {
  // An exception that is none any more should be struck off.
  if (EXCEPTIONS.has(name)) expect(written, name).not.toEqual(recorded);
  else expect(written, name).toEqual(recorded);
}

describe.skipIf(!hasCorpus)('recorded answers', () => {
  test('Converse', () => {
    const whole = of('converse');
    expect(whole.length).toBeGreaterThan(185);
    for (const exchange of whole) {
      const answer = JSON.parse(exchange.answer.toString());
      const encoded = bedrockConverse.encodeResult(resultOf(eventsOfWhole(answer)), contextOf(echoOf(exchange)));
      compare(exchange.name, plain(JSON.parse(encoded)), plain(answer));
    }
  });

  test('ConverseStream, frame by frame', () => {
    const streams = of('converse-stream').map((exchange) => ({ ...exchange, frames: framesOf(exchange.answer) }));
    const complete = streams.filter(({ frames }) => frames.at(-1)?.type === 'metadata');
    expect(complete.length).toBeGreaterThan(47);
    for (const { frames, ...exchange } of complete) {
      const encoder = bedrockConverse.createEncoder(contextOf(echoOf(exchange)));
      const written = eventsOfStream(frames).map((event) => encoder.push(event));
      compare(exchange.name, plain(framesOf(Buffer.concat(written))), plain(withoutEmpty(frames)));
    }
  });

  test('InvokeModel', () => {
    const whole = of('invoke').flatMap((exchange) => {
      const message = JSON.parse(exchange.answer.toString());
      return message.type === 'message' ? [{ ...exchange, message }] : [];
    });
    expect(whole.length).toBeGreaterThan(50);
    for (const { name, sent, head, message } of whole) {
      const { echo } = bedrockInvoke.decode(sent, head);
      const context = contextOf(echo, message.id.replace(/^msg_/, ''), message.model);
      const encoded = bedrockInvoke.encodeResult(resultOf(eventsOfMessage(message)), context);
      compare(name, plainMessage(JSON.parse(encoded)), plainMessage(message));
    }
  });

  test('InvokeModelWithResponseStream, chunk by chunk', () => {
    const streams = of('invoke-with-response-stream').flatMap((exchange) => {
      const chunks = chunksOf(exchange.answer);
      return chunks[0]?.type === 'message_start' ? [{ ...exchange, chunks }] : [];
    });
    expect(streams.length).toBeGreaterThan(28);
    for (const { name, sent, head, chunks } of streams) {
      const { message } = chunks[0];
      const { echo } = bedrockInvoke.decode(sent, head);
      const encoder = bedrockInvoke.createEncoder(contextOf(echo, message.id.replace(/^msg_/, ''), message.model));
      const written = eventsOfMessages(chunks).map((event) => encoder.push(event));
      compare(name, withLateUsage(chunksOf(Buffer.concat(written))), withLateUsage(chunks));
    }
  });
});

/** The JSON in the chunks of a stream. */
// biome-ignore lint/suspicious/noExplicitAny: JSON of a vendor, read by a test
const chunksOf = (bytes: Buffer): any[] =>
  framesOf(bytes).map(({ json }) => JSON.parse(Buffer.from(json.bytes, 'base64').toString()));
