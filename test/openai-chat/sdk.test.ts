// The official openai SDK reads what the encoder writes, through real sockets.
import OpenAI from 'openai';
import { LengthFinishReasonError } from 'openai/error';
import { Stream } from 'openai/streaming';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChatEvent, RouterError } from '../../core/src/contract/index.ts';
import { createCollector } from '../../core/src/protocol/collect.ts';
import { openaiChat } from '../../core/src/protocol/openai-chat/index.ts';
import { type AnsweringServer, startAnsweringServer } from './answering-server.ts';
import { type AnswerBlock, contextFor, encodeAll, eventsOf, plainFinish } from './answers.ts';

let server: AnsweringServer;
beforeAll(async () => {
  server = await startAnsweringServer();
});
afterAll(() => server.close());

const sse = { 'content-type': openaiChat.streamContentType };
const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'hi' }];
const stream_options = { include_usage: true };

const text = (...fragments: string[]): AnswerBlock => ({ block: { type: 'text' }, fragments, end: {} });
const call = (id: string, ...fragments: string[]): AnswerBlock => ({
  block: { type: 'tool-call', id, name: 'weather' },
  fragments,
  end: {},
});
const finishOf = (reason: 'tool-calls' | 'length') => ({ ...plainFinish, reason });

function answerWith(blocks: AnswerBlock[], finish = plainFinish, picks: number[] = []): void {
  server.answer = { headers: sse, pieces: [encodeAll(eventsOf(blocks, finish, picks))] };
}

test('create({stream: true}): text, finish reason and usage', async () => {
  answerWith([text('Grüß ', 'Gott 👋'), text('!')]);
  const stream = await server.client.chat.completions.create({
    model: 'claude',
    messages,
    stream: true,
    stream_options,
  });
  let content = '';
  const finishes: (string | null)[] = [];
  let usage: OpenAI.CompletionUsage | null | undefined;
  for await (const chunk of stream) {
    expect(chunk).toMatchObject({
      id: 'chatcmpl-7f3a',
      object: 'chat.completion.chunk',
      model: 'claude',
      created: 1_790_000_000,
    });
    content += chunk.choices[0]?.delta.content ?? '';
    if (chunk.choices[0]?.finish_reason) finishes.push(chunk.choices[0].finish_reason);
    usage = chunk.usage;
  }
  expect([content, finishes]).toEqual(['Grüß Gott 👋!', ['stop']]);
  expect(usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 });
});

test('.stream(): events, parallel tool calls, parsed arguments of strict tools, even from interleaved blocks', async () => {
  const blocks = [text('I look'), call('c1', '{"city":', '"Oslo"}'), call('c2', '{"city":"Rome"}'), call('c3')];
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, additionalProperties: false };
  const tools: OpenAI.ChatCompletionTool[] = [
    { type: 'function', function: { name: 'weather', parameters, strict: true } },
  ];
  answerWith(blocks, finishOf('tool-calls'), [0, 1, 2, 2, 1, 0, 1, 0, 1, 2]);
  const stream = server.client.chat.completions.stream({ model: 'claude', messages, tools, stream_options });
  const done: unknown[] = [];
  stream.on('tool_calls.function.arguments.done', (event) => done.push(event.parsed_arguments));
  const completion = await stream.finalChatCompletion();
  expect(done).toEqual([{ city: 'Oslo' }, { city: 'Rome' }, {}]);
  expect(completion.choices[0]?.finish_reason).toBe('tool_calls');
  expect(completion.choices[0]?.message).toMatchObject({
    content: 'I look',
    tool_calls: [
      { id: 'c1', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
      { id: 'c2', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
      { id: 'c3', function: { name: 'weather', arguments: '{}' } },
    ],
  });
  expect((await stream.totalUsage()).total_tokens).toBe(8);
});

test('.stream(): custom tools, refusals', async () => {
  const patch: AnswerBlock = {
    block: { type: 'tool-call', id: 'c1', name: 'patch', custom: true },
    fragments: ['*** Begin', ' Patch'],
    end: {},
  };
  answerWith([{ ...text('No, ', 'never'), refusal: true }, patch], finishOf('tool-calls'));
  const stream = server.client.chat.completions.stream({ model: 'claude', messages });
  let refusal = '';
  stream.on('refusal.done', (event) => {
    refusal = event.refusal;
  });
  const message = (await stream.finalChatCompletion()).choices[0]?.message;
  expect(refusal).toBe('No, never');
  expect(message?.tool_calls).toMatchObject([
    { id: 'c1', type: 'custom', custom: { name: 'patch', input: '*** Begin Patch' } },
  ]);
});

test('a tool loop: the message of the helper, sent back, brings the signed reasoning with it', async () => {
  const reasoning: AnswerBlock = {
    block: { type: 'reasoning', origin: 'claude' },
    fragments: ['need the', ' weather'],
    end: { signature: 'c2lnbmF0dXJl' },
  };
  answerWith([reasoning, call('c1', '{"city":"Oslo"}')], finishOf('tool-calls'));
  const asked = await server.client.chat.completions.stream({ model: 'claude', messages }).finalMessage();
  answerWith([text('Rain')]);
  const result: OpenAI.ChatCompletionMessageParam = { role: 'tool', tool_call_id: 'c1', content: 'rain' };
  const next = server.client.chat.completions.stream({ model: 'claude', messages: [...messages, asked, result] });
  expect(await next.finalContent()).toBe('Rain');
  expect(openaiChat.decode(server.lastBody)).toMatchObject({
    losses: [],
    request: {
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'need the weather', signature: 'c2lnbmF0dXJl', origin: 'claude' },
            { type: 'tool-call', id: 'c1', name: 'weather', input: '{"city":"Oslo"}' },
          ],
        },
        { role: 'user', parts: [{ type: 'tool-result', id: 'c1', parts: [{ type: 'text', text: 'rain' }] }] },
      ],
    },
  });
});

test('a tool loop run by the helper', async () => {
  answerWith([text('I look'), call('c1', '{"city":"Oslo"}')], finishOf('tool-calls'));
  const runner = server.client.chat.completions.runTools({
    model: 'claude',
    messages,
    stream: true,
    tools: [
      {
        type: 'function',
        function: {
          name: 'weather',
          description: 'the weather of a city',
          parameters: { type: 'object', properties: { city: { type: 'string' } } },
          function: (input: string) => {
            answerWith([text('It rains')]);
            return `rain at ${input}`;
          },
        },
      },
    ],
  });
  expect(await runner.finalContent()).toBe('It rains');
  expect(openaiChat.decode(server.lastBody).request.messages.at(-1)?.parts).toEqual([
    { type: 'tool-result', id: 'c1', parts: [{ type: 'text', text: 'rain at {"city":"Oslo"}' }] },
  ]);
});

test('an answer that is not streamed', async () => {
  const collector = createCollector();
  for (const event of eventsOf([text('Hello'), call('c1', '{}')], finishOf('tool-calls'))) collector.push(event);
  server.answer = {
    headers: { 'content-type': 'application/json' },
    pieces: [openaiChat.encodeResult(collector.result(), contextFor())],
  };
  const completion = await server.client.chat.completions.create({ model: 'claude', messages });
  expect(completion).toMatchObject({
    object: 'chat.completion',
    choices: [
      { finish_reason: 'tool_calls', message: { content: 'Hello', tool_calls: [{ id: 'c1', type: 'function' }] } },
    ],
    usage: { total_tokens: 8 },
  });
});

describe('structured output', () => {
  const response_format = {
    type: 'json_schema' as const,
    json_schema: { name: 'n', strict: true, schema: { type: 'object', properties: { a: { type: 'number' } } } },
  };

  test('is parsed while it streams', async () => {
    answerWith([text('{"a"', ':1', '}')]);
    const stream = server.client.chat.completions.stream({ model: 'claude', messages, response_format });
    expect((await stream.finalChatCompletion()).choices[0]?.message.parsed).toEqual({ a: 1 });
  });

  test('an answer cut short is the error the SDK has for it', async () => {
    answerWith([text('{"a"')], finishOf('length'));
    const stream = server.client.chat.completions.stream({ model: 'claude', messages, response_format });
    await expect(stream.finalChatCompletion()).rejects.toThrow(LengthFinishReasonError);
  });
});

describe('errors', () => {
  test.each([
    ['invalid-request', OpenAI.BadRequestError],
    ['unauthenticated', OpenAI.AuthenticationError],
    ['forbidden', OpenAI.PermissionDeniedError],
    ['model-not-found', OpenAI.NotFoundError],
    ['rate-limited', OpenAI.RateLimitError],
    ['upstream-failed', OpenAI.InternalServerError],
  ] as const)('%s is the class the SDK has for it', async (code, ErrorClass) => {
    const { status, headers, body } = openaiChat.encodeError(
      new RouterError(code, 'what happened', { field: 'model' }),
    );
    server.answer = { status, headers, pieces: [body] };
    const failed = server.client.chat.completions.create({ model: 'claude', messages });
    await expect(failed).rejects.toThrow(ErrorClass);
    await expect(failed).rejects.toMatchObject({
      status,
      param: 'model',
      message: expect.stringContaining('what happened'),
    });
  });

  test('one inside a stream is thrown, with what came before kept', async () => {
    const encoder = openaiChat.createEncoder(contextFor());
    const begun: ChatEvent[] = eventsOf([text('Hel')], plainFinish).slice(0, 3);
    const failure = encoder.fail(new RouterError('upstream-failed', 'the upstream went away'));
    server.answer = {
      headers: sse,
      pieces: [...begun.map((event) => encoder.push(event)), encoder.heartbeat, failure],
    };
    const stream = await server.client.chat.completions.create({ model: 'claude', messages, stream: true });
    let content = '';
    const read = async () => {
      for await (const chunk of stream) content += chunk.choices[0]?.delta.content ?? '';
    };
    await expect(read()).rejects.toThrow('the upstream went away');
    expect(content).toBe('Hel');
  });
});

describe('cut anywhere', () => {
  const whole = encodeAll(
    eventsOf([text('Grüß Gott 👋', ' und'), call('c1', '{"city":"Orléans"}')], finishOf('tool-calls')),
  ).replaceAll('\n\n', '\n\n: ping\n\n');
  const bytes = Buffer.from(whole);

  async function read(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<unknown[]> {
    const chunks: unknown[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return chunks;
  }
  const cut = (...pieces: Uint8Array[]) =>
    read(Stream.fromSSEResponse(new Response(ReadableStream.from(pieces)), new AbortController()));

  test('at every byte, in two', async () => {
    const expected = await cut(bytes);
    expect(expected).toHaveLength(7);
    for (let at = 1; at < bytes.length; at++) {
      expect(await cut(bytes.subarray(0, at), bytes.subarray(at))).toEqual(expected);
    }
  });

  test('into single bytes, through a socket', async () => {
    server.answer = { headers: sse, pieces: Array.from(bytes, (byte) => Uint8Array.of(byte)) };
    const stream = await server.client.chat.completions.create({ model: 'claude', messages, stream: true });
    expect(await read(stream)).toEqual(await cut(bytes));
  });
});
