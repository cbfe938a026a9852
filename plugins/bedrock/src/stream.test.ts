// Frames to events: blocks without a start, reasoning, tools under other names, exceptions, ends that are none.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type ChatEvent, RouterError } from '@turnout/core/contract';
import { addUp, ToolNames } from '@turnout/core/plugin';
import { checkGrammar } from '@turnout/core/testing';
import { encodeFrame } from '@turnout/core/wire';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clientOf, collectEvents, createHost, eventFrame, exceptionFrame, startUpstream } from '../test/fixture.ts';
import { AnswerReader } from './answer.ts';
import { createAuth } from './auth.ts';
import { createClient } from './client.ts';
import { readUsage } from './finish.ts';
import type { Echo } from './request.ts';
import { resolveTarget } from './resolve.ts';
import { readResult } from './result.ts';
import { streamAnswer } from './stream.ts';

const model = 'anthropic.claude-sonnet-5';
const settings = {
  region: 'us-east-1',
  regionSource: 'the test',
  crossRegion: 'off',
  endpoint: undefined,
  models: {},
} as const;
const target = resolveTarget(model, settings);
const echoOf = (given: Partial<Echo> = {}): Echo => ({
  model,
  origin: 'claude',
  names: new ToolNames([]),
  customNames: new Set(),
  outputTool: undefined,
  ignoresCalls: false,
  jsonOpener: undefined,
  ...given,
});

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const play = (chunks: Iterable<Uint8Array>, echo = echoOf()): AsyncIterable<ChatEvent> =>
  checkGrammar(
    streamAnswer(
      clientOf(chunks),
      { target, body: { messages: [] }, echo },
      { id: 'call-1', signal: new AbortController().signal },
    ),
  );
const read = (chunks: Iterable<Uint8Array>, echo?: Echo): Promise<ChatEvent[]> => collectEvents(play(chunks, echo));
const failure = async (chunks: Iterable<Uint8Array>): Promise<RouterError> => {
  const thrown = await read(chunks).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!RouterError.is(thrown)) throw new Error(`no RouterError: ${String(thrown)}`);
  return thrown;
};

const start = eventFrame('messageStart', { role: 'assistant', p: 'abc' });
const delta = (contentBlockIndex: number, part: unknown) =>
  eventFrame('contentBlockDelta', { contentBlockIndex, delta: part });
const begin = (contentBlockIndex: number, toolUse: unknown) =>
  eventFrame('contentBlockStart', { contentBlockIndex, start: { toolUse } });
const stop = (contentBlockIndex: number) => eventFrame('contentBlockStop', { contentBlockIndex });
const end = (stopReason: string, more = {}) => eventFrame('messageStop', { stopReason, ...more });
const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
const metadata = (more = {}) => eventFrame('metadata', { usage, metrics: { latencyMs: 7 }, p: 'abcd', ...more });

describe('blocks', () => {
  it('open with their first content, empty ones never', async () => {
    const events = await read([
      start,
      delta(0, { text: '' }),
      stop(0),
      delta(1, { reasoningContent: { text: 'hm' } }),
      stop(1),
      delta(2, { text: 'Hi' }),
      delta(2, { text: '!' }),
      stop(2),
      end('end_turn'),
      metadata(),
    ]);
    expect(events).toEqual([
      { type: 'start', id: 'aws-1', model },
      { type: 'block-start', index: 0, block: { type: 'reasoning', origin: 'claude' } },
      { type: 'block-delta', index: 0, text: 'hm' },
      { type: 'block-end', index: 0 },
      { type: 'block-start', index: 1, block: { type: 'text' } },
      { type: 'block-delta', index: 1, text: 'Hi' },
      { type: 'block-delta', index: 1, text: '!' },
      { type: 'block-end', index: 1 },
      {
        type: 'finish',
        reason: 'stop',
        rawReason: 'end_turn',
        usage,
        extensions: { 'bedrock-converse': { metrics: { latencyMs: 7 } } },
      },
    ]);
  });

  it('may change their kind, lack their end and their stream its start', async () => {
    const events = await read([
      delta(0, { reasoningContent: { text: 'a' } }),
      delta(0, { text: 'b' }),
      end('end_turn'),
      metadata(),
    ]);
    expect(events.map(({ type }) => type)).toEqual([
      'start',
      'block-start',
      'block-delta',
      'block-end',
      'block-start',
      'block-delta',
      'block-end',
      'finish',
    ]);
  });

  it('of reasoning keep signature and redacted data, and an origin for Claude only', async () => {
    const redacted = [Buffer.from('abc').toString('base64'), Buffer.from('defg').toString('base64')];
    const frames = [
      start,
      delta(0, { reasoningContent: { text: 't' } }),
      delta(0, { reasoningContent: { signature: 's1' } }),
      delta(0, { reasoningContent: { signature: 's2' } }),
      stop(0),
      ...redacted.map((redactedContent) => delta(1, { reasoningContent: { redactedContent } })),
      stop(1),
      delta(2, { reasoningContent: { redactedContent: 'QUJD/+==' } }),
      stop(2),
      end('end_turn'),
      metadata(),
    ];
    const { blocks } = addUp(await read(frames));
    expect(blocks).toEqual([
      { block: { type: 'reasoning', origin: 'claude' }, text: 't', signature: 's1s2' },
      {
        block: { type: 'reasoning', redacted: true, origin: 'claude' },
        text: '',
        data: 'abcdefg',
      },
      { block: { type: 'reasoning', redacted: true, origin: 'claude' }, text: '', data: 'data:;base64,QUJD/+==' },
    ]);
    const open = addUp(await read(frames, echoOf({ origin: undefined }))).blocks[0];
    expect(open?.block).toEqual({ type: 'reasoning' });
  });

  it('of calls carry the client’s names, and {} where there are no arguments', async () => {
    const names = new ToolNames(['mcp.look']);
    const { blocks, finish } = addUp(
      await read(
        [
          start,
          begin(0, { toolUseId: 't1', name: 'mcp_look' }),
          delta(0, { toolUse: { input: '{"a"' } }),
          delta(0, { toolUse: { input: ':1}' } }),
          stop(0),
          begin(1, { toolUseId: 't2', name: 'made_up' }),
          stop(1),
          end('tool_use'),
          metadata(),
        ],
        echoOf({ names }),
      ),
    );
    expect(blocks).toEqual([
      { block: { type: 'tool-call', id: 't1', name: 'mcp.look' }, text: '{"a":1}' },
      { block: { type: 'tool-call', id: 't2', name: 'made_up' }, text: '{}' },
    ]);
    expect(finish.reason).toBe('tool-calls');
  });

  it('of a free-text tool carry its text', async () => {
    const echo = echoOf({ customNames: new Set(['patch']) });
    const frames = (input: string) => [
      start,
      begin(0, { toolUseId: 't', name: 'patch' }),
      delta(0, { toolUse: { input: input.slice(0, 5) } }),
      delta(0, { toolUse: { input: input.slice(5) } }),
      stop(0),
      end('tool_use'),
      metadata(),
    ];
    expect(addUp(await read(frames('{"input":"a\\n\\"b"}'), echo)).blocks).toEqual([
      { block: { type: 'tool-call', id: 't', name: 'patch', custom: true }, text: 'a\n"b' },
    ]);
    expect(addUp(await read(frames('{"input":'), echo)).blocks[0]?.text).toBe('{"input":');
  });

  it('of the tool that stands for structured output are text', async () => {
    const echo = echoOf({ outputTool: 'json' });
    const { blocks, finish } = addUp(
      await read(
        [
          start,
          begin(0, { toolUseId: 't', name: 'json' }),
          delta(0, { toolUse: { input: '{"a":' } }),
          delta(0, { toolUse: { input: '1}' } }),
          stop(0),
          end('tool_use'),
          metadata(),
        ],
        echo,
      ),
    );
    expect(blocks).toEqual([{ block: { type: 'text' }, text: '{"a":1}' }]);
    expect(finish).toMatchObject({ reason: 'stop', rawReason: 'tool_use' });
  });

  it('of JSON that was only asked for come without the fence around it', async () => {
    const frames = [start, delta(0, { text: '```js' }), delta(0, { text: 'on\n{"a"' }), delta(0, { text: ':1}\n``' })];
    const rest = [delta(0, { text: '`' }), stop(0), end('end_turn'), eventFrame('metadata', { usage })];
    const { blocks } = addUp(await read([...frames, ...rest], echoOf({ jsonOpener: '{' })));
    expect(blocks).toEqual([{ block: { type: 'text' }, text: '{"a":1}' }]);
    const refusal = [start, delta(0, { text: 'I will ' }), delta(0, { text: 'not.' }), stop(0), end('end_turn')];
    expect(addUp(await read(refusal, echoOf({ jsonOpener: '{' }))).blocks).toMatchObject([{ text: 'I will not.' }]);
  });

  it('of calls that the client does not want are left out', async () => {
    const frames = [
      start,
      delta(0, { text: 'a' }),
      stop(0),
      begin(1, { toolUseId: 't', name: 'x' }),
      delta(1, { toolUse: { input: '{}' } }),
      stop(1),
      end('tool_use'),
      metadata(),
    ];
    const { blocks, finish } = addUp(await read(frames, echoOf({ ignoresCalls: true })));
    expect(blocks.map(({ block }) => block.type)).toEqual(['text']);
    expect(finish.reason).toBe('stop');
  });

  it('of server tools, media and citations come through', async () => {
    const { blocks, finish } = addUp(
      await read([
        start,
        begin(0, { toolUseId: 't', name: 'nova_grounding', type: 'server_tool_use' }),
        stop(0),
        eventFrame('contentBlockStart', { contentBlockIndex: 1, start: { toolResult: { toolUseId: 't' } } }),
        delta(1, { toolResult: [{ text: 'found' }, { json: { a: 1 } }] }),
        stop(1),
        delta(2, { text: 'See' }),
        delta(2, { citation: { title: 'x' } }),
        stop(2),
        eventFrame('contentBlockStart', { contentBlockIndex: 3, start: { image: { format: 'png' } } }),
        delta(3, { image: { source: { bytes: 'AAAA' } } }),
        stop(3),
        end('end_turn'),
        metadata(),
      ]),
    );
    expect(blocks).toEqual([
      { block: { type: 'tool-call', id: 't', name: 'nova_grounding', server: true }, text: '{}' },
      { block: { type: 'tool-result', id: 't', server: true }, text: 'found{"a":1}' },
      { block: { type: 'text' }, text: 'See', citations: [{ title: 'x' }] },
      { block: { type: 'media', mediaType: 'image/png' }, text: '', data: 'AAAA' },
    ]);
    expect(finish.reason).toBe('stop');
  });
});

describe('the finish', () => {
  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['guardrail_intervened', 'content-filter'],
    ['content_filtered', 'content-filter'],
    ['refusal', 'refusal'],
    ['pause_turn', 'pause'],
    ['something_new', 'other'],
    // No call came with it.
    ['tool_use', 'stop'],
  ])('of %s is %s', async (rawReason, reason) => {
    expect(
      addUp(await read([start, delta(0, { text: 'a' }), stop(0), end(rawReason), metadata()])).finish,
    ).toMatchObject({ reason, rawReason });
  });

  it('is tool-calls when tools are called, whatever the model says of it', async () => {
    const frames = (reason: string) => [
      start,
      begin(0, { toolUseId: 't', name: 'x' }),
      stop(0),
      end(reason),
      metadata(),
    ];
    expect(addUp(await read(frames('end_turn'))).finish.reason).toBe('tool-calls');
    expect(addUp(await read(frames('max_tokens'))).finish.reason).toBe('length');
  });

  it.each(['malformed_model_output', 'malformed_tool_use'])('of %s is a failure with the usage', async (reason) => {
    expect(await failure([start, delta(0, { text: 'a' }), end(reason), metadata()])).toMatchObject({
      code: 'upstream-failed',
      usage,
    });
  });

  it('tells the stop sequence, usage of the cache, and what Converse has besides', async () => {
    const fields = { delta: { stop_sequence: 'END' } };
    const counts = {
      inputTokens: 1,
      outputTokens: 2,
      totalTokens: 10,
      cacheReadInputTokens: 3,
      cacheWriteInputTokens: 4,
      cacheDetails: [{ ttl: '1h', inputTokens: 4 }],
    };
    const { finish } = addUp(
      await read([
        start,
        delta(0, { text: 'a' }),
        stop(0),
        end('stop_sequence', { additionalModelResponseFields: fields }),
        metadata({ usage: counts, trace: { guardrail: {} } }),
      ]),
    );
    expect(finish).toEqual({
      type: 'finish',
      reason: 'stop',
      rawReason: 'stop_sequence',
      stopSequence: 'END',
      usage: {
        inputTokens: 1,
        outputTokens: 2,
        totalTokens: 10,
        cacheReadTokens: 3,
        cacheWriteTokens: 4,
        cacheWrite1hTokens: 4,
      },
      extensions: {
        'bedrock-converse': {
          metrics: { latencyMs: 7 },
          // The guardrail's trace is not there: nobody asked for it.
          additionalModelResponseFields: fields,
        },
      },
    });
    expect(readUsage(undefined)).toEqual({ inputTokens: 0, outputTokens: 0, totalTokens: 0 });
  });

  it('comes without metadata too, once messageStop was there', async () => {
    const { finish } = addUp(await read([start, delta(0, { text: 'a' }), stop(0), end('end_turn')]));
    expect(finish).toMatchObject({ reason: 'stop', usage: { totalTokens: 0 }, notes: { usage: 'missing' } });
    expect(addUp(await read([start, end('end_turn'), eventFrame('metadata', {})])).finish.notes).toEqual({
      usage: 'missing',
    });
    expect(addUp(await read([start, end('end_turn'), metadata()])).finish.notes).toBeUndefined();
  });

  it('comes where the connection is lost after messageStop, as where it ends', async () => {
    const frames = [start, delta(0, { text: 'a' }), stop(0), end('end_turn')];
    const whole = await read(frames);
    function* lost(reason: string, last: Buffer = start.subarray(0, 0)) {
      yield* reason === 'malformed_tool_use' ? [start, end(reason)] : frames;
      yield last;
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    }
    expect(await read(lost('end_turn'))).toEqual(whole);
    expect(await read(lost('end_turn', metadata().subarray(0, 30)))).toEqual(whole);
    expect(await read([...frames, metadata().subarray(0, 30)])).toEqual(whole);
    expect((await failure(lost('malformed_tool_use'))).message).toContain('unusable');
    expect((await failure([...frames, exceptionFrame('throttlingException', {})])).code).toBe('rate-limited');
  });

  it('is the end: what follows it changes nothing', async () => {
    const frames = [start, delta(0, { text: 'a' }), stop(0), end('end_turn'), metadata()];
    const whole = await read(frames);
    expect(await read([...frames, delta(1, { text: 'late' })])).toEqual(whole);
    expect(await read([...frames, Buffer.from('nonsense')])).toEqual(whole);
    expect(await read([Buffer.concat([...frames, exceptionFrame('throttlingException', {})])])).toEqual(whole);
  });
});

describe('a stream that breaks', () => {
  it('without messageStop is not complete, however cleanly it ends', async () => {
    expect((await failure([start, delta(0, { text: 'a' }), stop(0)])).code).toBe('upstream-failed');
    expect((await failure([])).code).toBe('upstream-failed');
    // Metadata alone end nothing either, but they are kept.
    expect(await failure([start, metadata()])).toMatchObject({ code: 'upstream-failed', usage });
  });

  it.each([
    ['throttlingException', 'ThrottlingException', 'rate-limited'],
    ['serviceUnavailableException', 'ServiceUnavailableException', 'overloaded'],
    ['internalServerException', 'InternalServerException', 'upstream-failed'],
    ['modelStreamErrorException', 'ModelStreamErrorException', 'upstream-failed'],
    ['modelTimeoutException', 'ModelTimeoutException', 'upstream-timeout'],
    ['validationException', 'ValidationException', 'invalid-request'],
    ['brandNewException', 'BrandNewException', 'upstream-failed'],
  ])('with %s, first or later, fails as %s would', async (type, name, code) => {
    for (const before of [[], [start, delta(0, { text: 'a' })]]) {
      const error = await failure([...before, exceptionFrame(type, { message: 'Because.' })]);
      expect(error).toMatchObject({ code, upstream: { name } });
      expect(error.message).toContain('Because.');
    }
  });

  it.each([
    ['a text', delta(0, { text: 5 })],
    ['a text that is null', delta(0, { text: null })],
    ['reasoning', delta(0, { reasoningContent: { text: {} } })],
    ['a signature', delta(0, { reasoningContent: { signature: ['x'] } })],
    ['redacted reasoning', delta(0, { reasoningContent: { redactedContent: 7 } })],
    ["a call's id", begin(0, { toolUseId: 1, name: 'n' })],
    ["a call's name", begin(0, { toolUseId: 'i', name: { toString: 1 } })],
  ])('with %s that is no text is upstream-failed', async (_name, frame) => {
    expect(await failure([start, frame, stop(0), end('end_turn'), metadata()])).toMatchObject({
      code: 'upstream-failed',
    });
  });

  it('with counts that are none has no such counts', async () => {
    const odd = {
      inputTokens: '7',
      outputTokens: -1,
      cacheReadInputTokens: [1],
      cacheDetails: [{ ttl: '1h', inputTokens: {} }],
    };
    const events = await read([start, delta(0, { text: 'a' }), stop(0), end('end_turn'), metadata({ usage: odd })]);
    expect(events.at(-1)).toMatchObject({ usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } });
  });

  it('with an error frame, a damaged frame, a cut frame or no JSON is upstream-failed', async () => {
    const errorFrame = encodeFrame(
      { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'Oh' },
      '',
    );
    expect(await failure([start, errorFrame])).toMatchObject({
      code: 'upstream-failed',
      upstream: { name: 'InternalError' },
    });
    const damaged = Buffer.from(delta(0, { text: 'a' }));
    damaged.writeUInt8(damaged.readUInt8(60) ^ 1, 60);
    const noJson = encodeFrame({ ':message-type': 'event', ':event-type': 'contentBlockDelta' }, 'secret text');
    for (const frame of [
      damaged,
      start.subarray(0, 30),
      noJson,
      Buffer.from('<html>'),
      eventFrame('contentBlockDelta', {}),
      delta(0, { toolUse: { input: 'a' } }),
    ]) {
      const error = await failure([start, frame]);
      expect(error.code).toBe('upstream-failed');
      expect(error.publicMessage).not.toContain('secret');
    }
  });

  it('names the model without the account', async () => {
    const client = clientOf([start]);
    const arn = { ...target, id: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a' };
    const broken = streamAnswer(
      client,
      { target: arn, body: { messages: [] }, echo: echoOf() },
      { id: 'call-1', signal: new AbortController().signal },
    );
    await expect(collectEvents(broken)).rejects.toMatchObject({
      message: expect.stringContaining('123456789012'),
      publicMessage: expect.stringMatching(
        /^bedrock: arn:aws:bedrock:us-east-1:\*{12}:application-inference-profile\/a: the stream/,
      ),
    });
  });

  it('ignores events that it does not know', async () => {
    const events = await read([
      start,
      eventFrame('brandNewEvent', {}),
      delta(0, { brandNew: 1 }),
      end('end_turn'),
      metadata(),
    ]);
    expect(events.map(({ type }) => type)).toEqual(['start', 'finish']);
  });
});

describe('a stream that is left without an abort', () => {
  async function openStream(answer: (response: ServerResponse) => void) {
    const responses: ServerResponse[] = [];
    const upstream = await startUpstream((response) => {
      responses.push(response);
      answer(response);
    });
    const host = createHost();
    closers.push(
      () => upstream.close(),
      () => host.close(),
    );
    const auth = createAuth({ mode: 'api-key', apiKey: 'k' }, { host, region: 'us-east-1', variant: {} });
    const events = streamAnswer(
      createClient(host, auth),
      { target: { ...target, endpoint: upstream.url }, body: { messages: [] }, echo: echoOf() },
      { id: 'call-1', signal: new AbortController().signal },
    )[Symbol.asyncIterator]();
    return { responses, events };
  }
  const DONE = { done: true, value: undefined };

  it('before its head came ends, and closes its connection with the head', async () => {
    const { responses, events } = await openStream(() => {});
    const pending = events.next();
    await vi.waitFor(() => expect(responses).toHaveLength(1));
    expect(await events.return?.()).toEqual(DONE);
    const closed = once(responses[0] as ServerResponse, 'close');
    responses[0]?.writeHead(200).write(start);
    expect(await pending).toEqual(DONE);
    await closed;
    expect(await events.next()).toEqual(DONE);
  });

  it('before its head came ends when that is a refusal', async () => {
    const { responses, events } = await openStream(() => {});
    const pending = events.next();
    await vi.waitFor(() => expect(responses).toHaveLength(1));
    await events.return?.();
    responses[0]?.writeHead(500).end('{}');
    expect(await pending).toEqual(DONE);
  });

  it('while a chunk is waited for ends, and closes its connection', async () => {
    const { responses, events } = await openStream((response) => response.writeHead(200).write(start));
    expect(await events.next()).toMatchObject({ value: { type: 'start' } });
    const pending = events.next();
    const closed = once(responses[0] as ServerResponse, 'close');
    expect(await events.return?.()).toEqual(DONE);
    expect(await pending).toEqual(DONE);
    await closed;
  });
});

describe('a whole answer', () => {
  it('is what its stream adds up to', async () => {
    const names = new ToolNames(['a.b']);
    const content = [
      { text: '' },
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'sig' } } },
      { reasoningContent: { redactedContent: 'QUJD' } },
      { text: 'Hi' },
      { citationsContent: { content: [{ text: 'See' }], citations: [{ title: 'x' }] } },
      { toolUse: { toolUseId: 't', name: 'a_b', input: { n: 1 } } },
      { toolUse: { toolUseId: 'u', name: 'c', input: {} } },
    ];
    const body = {
      output: { message: { role: 'assistant', content } },
      stopReason: 'tool_use',
      usage,
      metrics: { latencyMs: 7 },
    };
    const result = readResult(JSON.stringify(body), new AnswerReader(echoOf({ names }), 'aws-1', 'test'), 'test');
    const streamed = await read(
      [
        start,
        delta(1, { reasoningContent: { text: 'hm' } }),
        delta(1, { reasoningContent: { signature: 'sig' } }),
        stop(1),
        delta(2, { reasoningContent: { redactedContent: 'QUJD' } }),
        stop(2),
        delta(3, { text: 'Hi' }),
        stop(3),
        delta(4, { text: 'See' }),
        delta(4, { citation: { title: 'x' } }),
        stop(4),
        begin(5, { toolUseId: 't', name: 'a_b' }),
        delta(5, { toolUse: { input: '{"n":1}' } }),
        stop(5),
        begin(6, { toolUseId: 'u', name: 'c' }),
        stop(6),
        end('tool_use'),
        metadata(),
      ],
      echoOf({ names }),
    );
    expect(result).toEqual(addUp(streamed));
  });

  it('keeps every digit of a tool call’s arguments', () => {
    const text = `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"x","input":{"id":12345678901234567890}}}]}},"stopReason":"tool_use","usage":${JSON.stringify(usage)}}`;
    expect(readResult(text, new AnswerReader(echoOf(), 'i', 'test'), 'test').blocks[0]?.text).toBe(
      '{"id":12345678901234567890}',
    );
  });

  it.each(['', '<html>', '{}', '{"output":{"message":{"content":"x"}}}'])('that is none fails: %s', (text) => {
    expect(() => readResult(text, new AnswerReader(echoOf(), 'i', 'test'), 'test')).toThrow(
      expect.objectContaining({ code: 'upstream-failed' }),
    );
  });
});
