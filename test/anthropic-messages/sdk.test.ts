// The official SDK, both majors, as a client: what it makes of errors, pings, tools and thinking.
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { describe, expect, test } from 'vitest';
import { RouterError } from '../../core/src/contract/index.ts';
import { anthropicMessages } from '../../core/src/protocol/anthropic-messages/index.ts';
import type { EncodedError } from '../../core/src/protocol/protocol.ts';
import { type AnswerBlock, contextFor, encodeAll, encodeWhole, eventsOf, plainFinish } from './answers.ts';
import { sdkClients } from './sdk-client.ts';

const SSE = { 'content-type': 'text/event-stream' };
const call: AnswerBlock = {
  block: { type: 'tool-call', id: 'toolu_1', name: 'add' },
  fragments: ['{"a": 12345678901234', '567890}'],
  end: {},
};
const thinking: AnswerBlock = {
  block: { type: 'reasoning', origin: 'claude' },
  fragments: [],
  end: { signature: 'c2lnbmVk' },
};

describe.each(sdkClients)('$version', ({ stream, whole, failure }) => {
  test('thinking that is not shown keeps its signature', async () => {
    const events = eventsOf([thinking, call]);
    const content = [
      { type: 'thinking', thinking: '', signature: 'c2lnbmVk' },
      { type: 'tool_use', id: 'toolu_1', name: 'add', input: expect.anything() },
    ];
    expect(await stream(encodeAll(events))).toMatchObject({ content });
    expect(await whole(JSON.stringify(encodeWhole(events)))).toMatchObject({ content });
  });

  test('a tool without input is called with an empty object', async () => {
    const events = eventsOf([{ ...call, fragments: [] }]);
    const content = [{ type: 'tool_use', input: {} }];
    expect(await stream(encodeAll(events))).toMatchObject({ content });
    expect(await whole(JSON.stringify(encodeWhole(events)))).toMatchObject({ content });
  });

  test('pings are heard by nobody', async () => {
    const encoder = anthropicMessages.createEncoder(contextFor());
    const sse = eventsOf([call])
      .map((event) => encoder.heartbeat + encoder.push(event))
      .join('');
    expect(await stream(sse)).toMatchObject({ stop_reason: 'end_turn', content: [{ name: 'add' }] });
  });

  test('an answer that breaks is an error', async () => {
    const encoder = anthropicMessages.createEncoder(contextFor());
    const begun = eventsOf([{ block: { type: 'text' }, fragments: ['so far'], end: {} }]).slice(0, 3);
    const error = new RouterError('overloaded', 'too many of you');
    const pieces = [...begun.map((event) => encoder.push(event)), encoder.fail(error, 'req-1')];
    expect(pieces.join('')).not.toContain('message_stop');
    const broken = await failure({ headers: SSE, pieces });
    expect(broken).toMatchObject({
      error: { type: 'error', error: { type: 'overloaded_error', message: 'too many of you' }, request_id: 'req-1' },
    });
  });

  test.each([
    ['invalid-request', 400, 'BadRequestError'],
    ['unauthenticated', 401, 'AuthenticationError'],
    ['forbidden', 403, 'PermissionDeniedError'],
    ['model-not-found', 404, 'NotFoundError'],
    ['rate-limited', 429, 'RateLimitError'],
    ['upstream-failed', 502, 'InternalServerError'],
  ] as const)('%s is the error that it should be', async (code, status, name) => {
    const { headers, body } = anthropicMessages.encodeError(new RouterError(code, 'no'), 'req-2');
    const error = await failure({ status, headers: { ...headers, 'request-id': 'req-2' }, pieces: [body] });
    expect(error).toMatchObject({ status, requestID: 'req-2', error: { error: { message: 'no' } } });
    expect(Object.getPrototypeOf(error).constructor.name).toBe(name);
  });
});

test('the tool runner, which begins a thread, goes on without one', async () => {
  const bodies: { thread?: unknown; messages: unknown[] }[] = [];
  const client = new Anthropic({
    apiKey: 'sk-test',
    maxRetries: 0,
    fetch: async (_, init) => {
      const body = JSON.parse(String(init?.body));
      bodies.push(body);
      const { status, headers, body: said } = answerTo(body, init?.headers);
      return new Response(said, { status, headers });
    },
  });
  const add = betaTool({
    name: 'add',
    description: 'adds one',
    inputSchema: { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] } as const,
    run: ({ a }) => String(a + 1),
  });
  const messages = [{ role: 'user' as const, content: 'what is 1 + 1?' }];
  const last = await client.beta.messages.toolRunner({ model: 'm', max_tokens: 9, messages, tools: [add] });
  expect(last.content).toMatchObject([{ type: 'text', text: 'it is 2' }]);
  expect(bodies[0]?.thread).toEqual({ type: 'create' });
  expect(bodies.at(-1)).not.toHaveProperty('thread');
  // The whole conversation: the question, the call, its result.
  expect(bodies.at(-1)?.messages).toHaveLength(3);
});

/** What the router says: a call of the tool, then an answer that quotes its result. */
function answerTo(body: unknown, headers: RequestInit['headers']): EncodedError {
  try {
    const { request } = anthropicMessages.decode(body, { headers: Object.fromEntries(new Headers(headers)) });
    const result = request.messages.flatMap(({ parts }) => parts).find((part) => part.type === 'tool-result');
    const [said] = result?.parts ?? [];
    const text: AnswerBlock = {
      block: { type: 'text' },
      fragments: [`it is ${said?.type === 'text' && said.text}`],
      end: {},
    };
    const asked: AnswerBlock = { ...call, fragments: ['{"a":1}'] };
    const reason = { ...plainFinish, reason: result ? 'stop' : 'tool-calls' } as const;
    const answer = encodeWhole(eventsOf([result ? text : asked], reason));
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
  } catch (error) {
    return anthropicMessages.encodeError(RouterError.from(error), 'req-3');
  }
}

test('digits of a number are never lost', () => {
  const json = anthropicMessages.encodeResult(
    {
      id: 'i',
      model: 'm',
      blocks: [{ block: call.block, text: call.fragments.join('') }],
      finish: {
        type: 'finish',
        reason: 'tool-calls',
        rawReason: 'x',
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      },
    },
    contextFor(),
  );
  expect(json).toContain('"input":{"a": 12345678901234567890}');
});
