// The official openai SDKs read what the encoder writes, through real sockets, and send it back.
import fc from 'fast-check';
import OpenAI from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import OpenAI6 from 'openai-6';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type ChatEvent, RouterError } from '../../core/src/contract/index.ts';
import { openaiResponses } from '../../core/src/protocol/openai-responses/index.ts';
import { type AnsweringServer, startAnsweringServer } from '../openai-chat/answering-server.ts';
import { type AnswerBlock, eventsOf, finishEvent, plainFinish } from '../openai-chat/answers.ts';
import { answerBlocks, contextFor, encodeStream, encodeWhole, resultOf, TOOLS } from './answers.ts';

let server: AnsweringServer;
let clients: readonly { readonly name: string; readonly client: OpenAI }[];
beforeAll(async () => {
  server = await startAnsweringServer();
  const older = new OpenAI6({ baseURL: server.client.baseURL, apiKey: 'sk-test', maxRetries: 0 });
  // The two majors share what is called here; their types differ in names.
  clients = [
    { name: '7', client: server.client },
    { name: '6', client: older as unknown as OpenAI },
  ];
});
afterAll(() => server.close());

const sse = { 'content-type': openaiResponses.streamContentType };
const json = { 'content-type': 'application/json' };
const ask = { model: 'claude', input: 'hi' };

const text = (...fragments: string[]): AnswerBlock => ({ block: { type: 'text' }, fragments, end: {} });
const call = (id: string, name: string, ...fragments: string[]): AnswerBlock => ({
  block: { type: 'tool-call', id, name },
  fragments,
  end: {},
});

/** Answers in pieces of one size, so that events are cut anywhere. */
function answerStream(events: readonly ChatEvent[], sizeBytes = 97): void {
  const bytes = Buffer.from(encodeStream(events));
  const pieces = Array.from({ length: Math.ceil(bytes.length / sizeBytes) }, (_, index) =>
    bytes.subarray(index * sizeBytes, (index + 1) * sizeBytes),
  );
  server.answer = { headers: sse, pieces };
}
function answerWhole(events: readonly ChatEvent[]): void {
  server.answer = { headers: json, pieces: [openaiResponses.encodeResult(resultOf(events), contextFor())] };
}

/** Without what the SDK's helpers add. */
const plain = (response: unknown): unknown =>
  JSON.parse(
    JSON.stringify(response, (key, value) =>
      ['parsed', 'parsed_arguments', 'output_parsed', 'output_text', '_request_id'].includes(key) ? undefined : value,
    ),
  );

test.each(['7', '6'])("openai %s: the stream helper's final response is the whole answer", async (name) => {
  const client = clients.find((one) => one.name === name)?.client ?? server.client;
  await fc.assert(
    fc.asyncProperty(
      answerBlocks,
      finishEvent,
      fc.array(fc.nat(20), { maxLength: 20 }),
      async (blocks, finish, order) => {
        const events = eventsOf(blocks, finish, order);
        answerStream(events, 1500);
        const streamed = await client.responses.stream(ask).finalResponse();
        answerWhole(events);
        const whole = await client.responses.create(ask);
        expect(plain(whole)).toEqual(encodeWhole(events));
        expect(plain(streamed)).toEqual(plain(whole));
        expect(streamed.output_text ?? whole.output_text).toBe(whole.output_text);
      },
    ),
    { numRuns: 40 },
  );
});

test.each(['7', '6'])('openai %s: text as it comes, and the text of the whole', async (name) => {
  const client = clients.find((one) => one.name === name)?.client ?? server.client;
  answerStream(eventsOf([text('Grüß ', 'Gott 👋'), text('!')], plainFinish), 3);
  const stream = client.responses.stream(ask);
  const deltas: string[] = [];
  stream.on('response.output_text.delta', ({ delta }) => deltas.push(delta));
  const { usage, status } = await stream.finalResponse();
  expect(deltas).toEqual(['Grüß ', 'Gott 👋', '!']);
  expect([status, usage?.total_tokens]).toEqual(['completed', 8]);
  answerWhole(eventsOf([text('Grüß Gott 👋'), text('!')], plainFinish));
  expect((await client.responses.create(ask)).output_text).toBe('Grüß Gott 👋!');
});

test('create({stream: true}) gives every event, by name and number', async () => {
  answerStream(
    eventsOf([text('a'), call('c', 'weather', '{"city":', '"Graz"}')], { ...plainFinish, reason: 'tool-calls' }),
    40,
  );
  const stream = await server.client.responses.create({ ...ask, stream: true });
  const seen: [string, number][] = [];
  for await (const event of stream) seen.push([event.type, event.sequence_number]);
  expect(seen.map(([, number]) => number)).toEqual(seen.map((_, index) => index));
  expect(seen.map(([type]) => type.replace('response.', ''))).toEqual([
    ...['created', 'in_progress', 'output_item.added', 'content_part.added', 'output_text.delta', 'output_text.done'],
    ...['content_part.done', 'output_item.done', 'output_item.added', 'function_call_arguments.delta'],
    ...['function_call_arguments.delta', 'function_call_arguments.done', 'output_item.done', 'completed'],
  ]);
});

describe('structured output', () => {
  const format = zodTextFormat(z.object({ answer: z.number() }), 'answer');

  test('parse(): of a whole answer', async () => {
    answerWhole(eventsOf([text('{"answer":', '24}')], plainFinish));
    const { output_parsed } = await server.client.responses.parse({ ...ask, text: { format } });
    expect(output_parsed).toEqual({ answer: 24 });
    expect(openaiResponses.decode(server.lastBody).request.output).toMatchObject({ name: 'answer', strict: true });
  });

  test('stream(): of a streamed one', async () => {
    answerStream(eventsOf([text('{"answer":', '24}')], plainFinish));
    const { output_parsed } = await server.client.responses.stream({ ...ask, text: { format } }).finalResponse();
    expect(output_parsed).toEqual({ answer: 24 });
  });

  test('arguments of a strict tool', async () => {
    const tool = zodResponsesFunction({ name: 'weather', parameters: z.object({ city: z.string() }) });
    answerStream(eventsOf([call('c', 'weather', '{"city":', '"Graz"}')], { ...plainFinish, reason: 'tool-calls' }));
    const { output } = await server.client.responses.stream({ ...ask, tools: [tool] }).finalResponse();
    expect(output).toMatchObject([{ type: 'function_call', call_id: 'c', parsed_arguments: { city: 'Graz' } }]);
  });
});

test("the next turn: what the SDK gives back is what the model said, with its tools' own names", async () => {
  const blocks: AnswerBlock[] = [
    { block: { type: 'reasoning', origin: 'claude' }, fragments: ['let ', 'me see'], end: { signature: 'U0lH' } },
    text('On it.'),
    {
      ...call('c1', 'mail__send', '{}'),
      block: { type: 'tool-call', id: 'c1', name: 'mail__send', origin: 'gemini' },
      end: { signature: 'R0VN' },
    },
  ];
  answerStream(eventsOf(blocks, { ...plainFinish, reason: 'tool-calls' }));
  const { output } = await server.client.responses.stream(ask).finalResponse();
  expect(output.at(2)).toMatchObject({ type: 'function_call', name: 'send', namespace: 'mail' });
  answerWhole(eventsOf([text('Done.')], plainFinish));
  const results = [{ type: 'function_call_output', call_id: 'c1', output: 'sent' }] as const;
  // The tools and items of an answer are valid in a request: what their types cannot say of each other.
  const input = [{ role: 'user', content: 'hi' }, ...output, ...results] as OpenAI.Responses.ResponseInput;
  await server.client.responses.create({ ...ask, input, tools: TOOLS as OpenAI.Responses.Tool[] });
  const { request, losses } = openaiResponses.decode(server.lastBody);
  expect(losses).toEqual([]);
  expect(request.messages.slice(1)).toEqual([
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'let me see', signature: 'U0lH', origin: 'claude' },
        { type: 'text', text: 'On it.' },
        { type: 'tool-call', id: 'c1', name: 'mail__send', input: '{}', signature: 'R0VN', origin: 'gemini' },
      ],
    },
    { role: 'user', parts: [{ type: 'tool-result', id: 'c1', parts: [{ type: 'text', text: 'sent' }] }] },
  ]);
});

describe('failures', () => {
  /** A stream that breaks after its first text. */
  function answerBroken(): void {
    const encoder = openaiResponses.createEncoder(contextFor());
    const events = eventsOf([text('a')], plainFinish).slice(0, 3);
    const sent = events.map((event) => encoder.push(event)).join('');
    server.answer = { headers: sse, pieces: [sent, encoder.fail(new RouterError('rate-limited', 'slow down'))] };
  }

  test.each(['7', '6'])('in the middle are thrown by openai %s, after what there was', async (name) => {
    const client = clients.find((one) => one.name === name)?.client ?? server.client;
    const expected = { code: 'rate_limit_exceeded', message: 'slow down. Please try again in 1s.' };
    answerBroken();
    const seen: string[] = [];
    const reading = async () => {
      for await (const event of await client.responses.create({ ...ask, stream: true })) seen.push(event.type);
    };
    await expect(reading()).rejects.toMatchObject(expected);
    expect(seen).toContain('response.output_text.delta');
    expect(seen.at(-1)).toBe('response.failed');
    expect(seen).not.toContain('response.completed');
    await expect(client.responses.stream(ask).finalResponse()).rejects.toMatchObject(expected);
  });

  test('before the stream are what the SDK makes of an error of OpenAI', async () => {
    const { status, headers, body } = openaiResponses.encodeError(
      new RouterError('rate-limited', 'slow down', { retryAfterMs: 2000 }),
    );
    server.answer = { status, headers, pieces: [body] };
    const error: unknown = await server.client.responses.create(ask).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', status: 429 });
  });
});
