// Every Converse and ConverseStream exchange of the corpus, read by this plugin and by a naive reading of the same bytes.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type ChatEvent, type ChatResult, RouterError } from '@turnout/core/contract';
import { addUp, ToolNames } from '@turnout/core/plugin';
import { checkGrammar } from '@turnout/core/testing';
import type { ConverseResponseBody } from '@turnout/core/wire';
import { describe, expect, it } from 'vitest';
import { clientOf, collectEvents } from '../test/fixture.ts';
import { AnswerReader } from './answer.ts';
import { type AwsFailure, readFailure, toRouterError } from './error.ts';
import { resolveTarget } from './resolve.ts';
import { readResult } from './result.ts';
import { streamAnswer } from './stream.ts';
import type { Wire } from './wire.ts';

const folder = new URL('../../../../shared/corpus/recordings/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log('recordings: skipped, ../shared/corpus is not there');

interface Recording {
  readonly kind: string;
  readonly request: { readonly path: string };
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly bodyText?: string;
    readonly bodyBase64?: string;
  };
}

const recordings = (present ? readdirSync(folder) : [])
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, recording: JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recording }));
const ofKind = (kind: string, ok: boolean) =>
  recordings.filter(({ recording }) => recording.kind === kind && (recording.response.status === 200) === ok);

function wireOf(path: string): Wire {
  const id = decodeURIComponent(path.split('/')[2] ?? '');
  const settings = {
    region: 'us-east-1',
    regionSource: 'the test',
    crossRegion: 'off',
    endpoint: undefined,
    models: {},
  } as const;
  const target = resolveTarget(id, settings);
  return {
    target,
    body: { messages: [] },
    echo: {
      model: id,
      origin: target.family.origin,
      names: new ToolNames([]),
      customNames: new Set(),
      outputTool: undefined,
      ignoresCalls: false,
      jsonOpener: undefined,
    },
  };
}

const bytesOf = ({ response }: Recording): Buffer =>
  response.bodyBase64 === undefined ? Buffer.from(response.bodyText ?? '') : Buffer.from(response.bodyBase64, 'base64');

interface Reading {
  text: string;
  reasoning: string;
  tools: { name: string; input: unknown }[];
  stopReason: string;
  outputTokens: number | undefined;
}

/** Frames taken apart with nothing but their lengths; blocks told apart by nothing but their deltas. */
function readNaively(bytes: Buffer): { reading: Reading; exception: string | undefined } {
  const reading: Reading = { text: '', reasoning: '', tools: [], stopReason: '', outputTokens: undefined };
  const inputs = new Map<number, string>();
  const tools = new Map<number, string>();
  let exception: string | undefined;
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const end = at + bytes.readUInt32BE(at);
    const headersEnd = at + 12 + bytes.readUInt32BE(at + 4);
    exception ??= /:exception-type...(\w+Exception)/s.exec(bytes.toString('latin1', at + 12, headersEnd))?.[1];
    const payload = JSON.parse(bytes.toString('utf8', headersEnd, end - 4));
    const { delta, contentBlockIndex: index } = payload;
    reading.text += delta?.text ?? '';
    reading.reasoning += delta?.reasoningContent?.text ?? '';
    if (payload.start?.toolUse) tools.set(index, payload.start.toolUse.name);
    if (delta?.toolUse) inputs.set(index, (inputs.get(index) ?? '') + delta.toolUse.input);
    reading.stopReason ||= payload.stopReason ?? '';
    reading.outputTokens ??= payload.usage?.outputTokens;
  }
  reading.tools = [...tools].map(([index, name]) => ({ name, input: JSON.parse(inputs.get(index) || '{}') }));
  return { reading, exception };
}

function readingOf({ blocks, finish }: ChatResult): Reading {
  const texts = (type: string) => blocks.filter(({ block }) => block.type === type).map(({ text }) => text);
  return {
    text: texts('text').join(''),
    reasoning: texts('reasoning').join(''),
    tools: blocks.flatMap(({ block, text }) =>
      block.type === 'tool-call' ? [{ name: block.name, input: JSON.parse(text) }] : [],
    ),
    stopReason: finish.rawReason,
    outputTokens: finish.usage.outputTokens,
  };
}

const replay = (chunks: Iterable<Uint8Array>, path: string): AsyncIterable<ChatEvent> =>
  checkGrammar(streamAnswer(clientOf(chunks), wireOf(path), { id: 'call', signal: new AbortController().signal }));

function* inPieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe.runIf(present)('recorded streams', () => {
  const streams = ofKind('converse-stream', true);
  it('are all there', () => expect(streams.length).toBeGreaterThan(45));

  it.each(streams)('$name', async ({ recording }) => {
    const bytes = bytesOf(recording);
    const { reading, exception } = readNaively(bytes);
    const { path } = recording.request;
    const events = collectEvents(replay([bytes], path));
    if (exception !== undefined) {
      const error = await events.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(RouterError.is(error) && error.upstream?.name?.toLowerCase()).toBe(exception.toLowerCase());
      return;
    }
    const whole = await events;
    expect(readingOf(addUp(whole))).toEqual(reading);
    for (const size of [1, 7, 100]) expect(await collectEvents(replay(inPieces(bytes, size), path))).toEqual(whole);
  });

  it('of small size come out the same, cut in two at every byte', async () => {
    const small = streams.filter(({ recording }) => bytesOf(recording).length < 2500);
    expect(small.length).toBeGreaterThan(5);
    for (const { recording } of small) {
      const bytes = bytesOf(recording);
      const outcome = (chunks: Buffer[]) =>
        collectEvents(replay(chunks, recording.request.path)).catch((error: unknown) => String(error));
      const whole = await outcome([bytes]);
      for (let at = 1; at < bytes.length; at++) {
        expect(await outcome([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
      }
    }
  });

  it('fail when they lack their end', async () => {
    for (const { recording } of streams.slice(0, 10)) {
      const bytes = bytesOf(recording);
      let last = 0;
      for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
        if (bytes.toString('latin1', at, at + 150).includes('messageStop')) last = at;
      }
      // A clean cut before messageStop, and one inside a frame.
      for (const end of [last, last - 3]) {
        const error = await collectEvents(replay([bytes.subarray(0, end)], recording.request.path)).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(RouterError.is(error) && error.code).toBe('upstream-failed');
      }
    }
  });
});

describe.runIf(present)('recorded answers', () => {
  const answers = ofKind('converse', true);
  it('are all there', () => expect(answers.length).toBeGreaterThan(190));

  it.each(answers)('$name', ({ recording }) => {
    const text = bytesOf(recording).toString('utf8');
    const body = JSON.parse(text) as Partial<Pick<ConverseResponseBody, 'usage'>> & Omit<ConverseResponseBody, 'usage'>;
    const result = readResult(text, new AnswerReader(wireOf(recording.request.path).echo, 'id', 'test'), 'test');
    const { content } = body.output.message;
    expect(readingOf(result)).toEqual({
      text: content
        .map((block) => block.text ?? block.citationsContent?.content?.map((part) => part.text).join('') ?? '')
        .join(''),
      reasoning: content.map((block) => block.reasoningContent?.reasoningText?.text ?? '').join(''),
      tools: content.flatMap(({ toolUse }) => (toolUse ? [{ name: toolUse.name, input: toolUse.input }] : [])),
      stopReason: body.stopReason,
      outputTokens: body.usage?.outputTokens ?? 0,
    });
    const { inputTokens, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens, totalTokens } = result.finish.usage;
    expect(inputTokens).toBe(body.usage?.inputTokens ?? 0);
    expect(totalTokens).toBe(inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens);
  });
});

describe.runIf(present)('recorded refusals', () => {
  const refusals = [...ofKind('converse', false), ...ofKind('converse-stream', false)];
  const expected: readonly (readonly [RegExp, string])[] = [
    [/identifier is invalid/, 'model-not-found'],
    [/on-demand throughput/, 'unsupported'],
    [/doesn't support/, 'unsupported'],
    [/Input Tokens Exceeded/, 'context-overflow'],
    [/Signature expired|security token|have access/, 'upstream-denied'],
    [/extraneous key|Field required/, 'invalid-request'],
    [/throttled/, 'overloaded'],
  ];
  it.each(refusals)('$name', ({ recording: { request, response } }) => {
    const failure = readFailure(response.status, response.headers, response.bodyText ?? '');
    expect('foreign' in failure).toBe(false);
    const { target } = wireOf(request.path);
    const context = {
      provider: 'bedrock',
      model: target.id,
      region: target.region,
      endpoint: target.endpoint,
      operation: 'converse',
      row: target.row,
    } as const;
    const error = toRouterError(failure as AwsFailure, context);
    expect(error.code).toBe(expected.find(([pattern]) => pattern.test(response.bodyText ?? ''))?.[1]);
  });
});
