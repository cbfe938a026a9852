// Clients that speak Messages: their own bodies go out and Anthropic's own bytes come back, or the request is rebuilt.
import { createTestHost, startFakeUpstream } from '@turnout/core/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { anthropicMessages } from '../../../core/src/protocol/anthropic-messages/index.ts';
import { seal } from '../../../core/src/protocol/reasoning-envelope.ts';
import { startAnthropicLocal } from '../local/index.ts';
import { bodyOf, createProvider, lossesOf, planCall, relayed } from '../test/fixture.ts';

const local = await startAnthropicLocal();
const fake = await startFakeUpstream();
const host = createTestHost('anthropic');
const provider = await createProvider({ baseUrl: local.url, apiKey: 'local-key' }, host);
const faked = await createProvider({ baseUrl: fake.url, authToken: 'token-of-the-yaml' }, host);
beforeEach(() => local.reset());
afterAll(async () => {
  await host.close();
  await fake.close();
  await local.close();
});

const messages = [{ role: 'user', content: 'Hi' }];
type Route = Parameters<typeof provider.plan>[0];

function planned(given: Record<string, unknown>, route: Partial<Route> = {}, headers = {}) {
  const body = { model: 'my-claude', max_tokens: 4000, messages, ...given };
  const decoded = anthropicMessages.decode(body, { headers });
  const request = { ...decoded.request, model: 'claude-sonnet-4-5', ...route };
  const plan = provider.plan(request, planCall({ protocol: 'anthropic-messages', stream: decoded.stream, body }));
  return { plan, request, body };
}

async function answered(given: Record<string, unknown> = {}, from = provider) {
  const { plan, request } = planned({ stream: true, ...given });
  expect(plan.relay).toBe(true);
  return relayed(from, request, plan, 'my-claude');
}

const stream = (...events: readonly (readonly [string, object])[]): string =>
  events.map(([type, fields]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`).join('');
const HEAD = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-real', content: [] };
const START = ['message_start', { message: { ...HEAD, usage: { input_tokens: 7, output_tokens: 1 } } }] as const;
const TEXT = ['content_block_start', { index: 0, content_block: { type: 'text', text: '' } }] as const;
const WORD = ['content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'a "model":"x"' } }] as const;
const END = [
  ['content_block_stop', { index: 0 }],
  ['message_delta', { delta: { stop_reason: 'end_turn', of_2027: 1 }, usage: { output_tokens: 5 } }],
  ['message_stop', { of_2027: [1] }],
] as const;
const SSE = { 'content-type': 'text/event-stream' };

describe('the body', () => {
  it('goes as it came but for the model; betas go into the head, and nothing of the client’s own head', async () => {
    const given = {
      ...{ stream: true, service_tier: 'standard_only', of_2027: { a: [1, null] }, betas: ['b-1'], bedrock: { x: 1 } },
      metadata: { user_id: 'u', more: true },
    };
    const headers = {
      'anthropic-beta': 'b-2, oauth-2025-04-20',
      authorization: 'Bearer of-the-client',
      'x-api-key': 'c',
    };
    const { plan, request } = planned(given, {}, headers);
    const { bedrock: _own, betas: _betas, ...kept } = given;
    expect(bodyOf(plan)).toEqual({ ...kept, max_tokens: 4000, messages, model: 'claude-sonnet-4-5' });
    expect(lossesOf(plan)).toEqual(['bedrock.x']);
    fake.answer({ headers: SSE, body: stream(START, TEXT, WORD, ...END) });
    await relayed(faked, request, plan, 'my-claude');
    const asked = fake.asked.at(-1);
    expect(asked?.headers).toMatchObject({ authorization: 'Bearer token-of-the-yaml', 'anthropic-beta': 'b-2,b-1' });
    expect(asked?.headers['x-api-key']).toBeUndefined();
    expect(JSON.parse(asked?.body ?? '')).toEqual(bodyOf(plan));
  });

  it('gets what the route sets, where the client has said nothing of it', () => {
    const route = { temperature: 0.3, stop: ['x'], reasoning: { effort: 'low' as const } };
    const both = planned({ temperature: 0.9, tools: [{ name: 't', input_schema: { type: 'object' } }] }, route);
    expect(bodyOf(both.plan)).toMatchObject({
      thinking: { type: 'enabled', budget_tokens: 2048 },
      stop_sequences: ['x'],
    });
    expect(bodyOf(both.plan).temperature).toBeUndefined();
    expect(both.plan.resolution.reasoning).toMatch(/budget 2048/);
    expect((both.plan.wire as { betas: string[] }).betas).toEqual(['interleaved-thinking-2025-05-14']);
    const own = planned({ thinking: { type: 'disabled' }, stop_sequences: ['y'], top_p: 0.5 }, route);
    expect(bodyOf(own.plan)).toMatchObject({ thinking: { type: 'disabled' }, stop_sequences: ['y'], top_p: 0.5 });
    expect(bodyOf(own.plan).temperature).toBeUndefined();
    expect(bodyOf(planned({}, { temperature: 0.3 }).plan).temperature).toBe(0.3);
    const choice = {
      tools: [{ name: 't', input_schema: { type: 'object' } }],
      tool_choice: { type: 'tool', name: 't' },
    };
    const forced = planned(choice, route);
    expect([bodyOf(forced.plan).tool_choice, lossesOf(forced.plan)]).toEqual([
      { type: 'auto' },
      ['reasoning', 'toolChoice', 'temperature'],
    ]);
    const prefill = planned({ messages: [...messages, { role: 'assistant', content: 'So' }] }, route);
    expect([bodyOf(prefill.plan).thinking, lossesOf(prefill.plan)]).toEqual([undefined, ['reasoning']]);
  });

  const thought = (signature: string) => [
    ...messages,
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature },
        { type: 'text', text: 'a' },
      ],
    },
    ...messages,
  ];
  const called = (id: string) => [
    ...messages,
    { role: 'assistant', content: [{ type: 'tool_use', id, name: 't', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'x' }] },
  ];
  const tool = { name: 't', input_schema: { type: 'object' } };
  it.each([
    ['reasoning that the router has sealed', { messages: thought(seal({ origin: 'openai', value: 'v' })) }, {}],
    ['reasoning that nobody has signed', { messages: thought('') }, {}],
    [
      'redacted reasoning that only Bedrock can read',
      {
        messages: [
          ...messages,
          {
            role: 'assistant',
            content: [
              { type: 'redacted_thinking', data: 'data:;base64,AA' },
              { type: 'text', text: 'a' },
            ],
          },
          ...messages,
        ],
      },
      {},
    ],
    ['ids of another vendor', { messages: called('functions.t:0') }, {}],
    [
      'an empty text',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: '' },
            ],
          },
        ],
      },
      {},
    ],
    ['temperature for a model without', { temperature: 1 }, { model: 'claude-sonnet-5' }],
    ['temperature beside top_p', { temperature: 1, top_p: 1 }, {}],
    [
      'a budget for a model without',
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      { model: 'claude-opus-5-5' },
    ],
    ['disabled thinking where it cannot be', { thinking: { type: 'disabled' } }, { model: 'claude-opus-5-5' }],
    ['an effort for a model without', { output_config: { effort: 'low' } }, {}],
    ['too many tokens', { max_tokens: 100_000 }, {}],
    [
      'a schema for a model without',
      { output_config: { format: { type: 'json_schema', schema: {} } } },
      { model: 'claude-3-7-sonnet' },
    ],
    [
      'a forced tool for a model without',
      { tools: [tool], tool_choice: { type: 'any' } },
      { model: 'claude-opus-5-5' },
    ],
    ['strict tools for a model without', { tools: [{ ...tool, strict: true }] }, { model: 'claude-opus-5-5' }],
    ['a system message for a model without', { messages: [...messages, { role: 'system', content: 'x' }] }, {}],
    [
      'prefill for a model without',
      { messages: [...messages, { role: 'assistant', content: 'x' }] },
      { model: 'claude-sonnet-5' },
    ],
    [
      'a call without its thinking',
      { messages: called('c'), tools: [tool], thinking: { type: 'enabled', budget_tokens: 2000 } },
      {},
    ],
  ])('is rebuilt for %s', (_what, given, route) => {
    const { plan } = planned(given, route);
    expect(plan.relay).toBeUndefined();
    expect(plan.resolution.reasons.at(-1)).toMatch(/rebuilt: the model takes other bodies/);
  });

  it('is nobody’s else: other protocols are rebuilt without a word', () => {
    const { request, body } = planned({});
    const plan = provider.plan(request, planCall({ protocol: 'bedrock-invoke', body }));
    expect([plan.relay, plan.resolution.reasons.length]).toEqual([undefined, 2]);
  });
});

describe('the answer', () => {
  it('keeps every byte but the model’s name, also what nobody knows', async () => {
    const body = `: hello\n\n${stream(START, ['of_2027', { a: 'ü' }], TEXT, ['ping', {}], WORD, ...END)}`;
    fake.answer({
      headers: { ...SSE, 'anthropic-ratelimit-requests-remaining': '1', 'request-id': 'r', 'x-a': 'b' },
      body,
    });
    const { text, finish, headers } = await answered({}, faked);
    expect(text).toBe(body.replace('claude-real', 'my-claude'));
    expect(headers).toEqual(SSE);
    expect(finish).toMatchObject({ reason: 'stop', usage: { inputTokens: 7, outputTokens: 5, totalTokens: 12 } });
  });

  it.each([
    ['carriage returns', (body: string) => body.replaceAll('\n', '\r\n')],
    ['no names of events', (body: string) => body.replaceAll(/^event: .*\n/gm, '')],
    ['spaces in the JSON', (body: string) => body.replaceAll('{"type":"', '{ "type": "')],
  ])('with %s', async (_what, change) => {
    const body = change(stream(START, TEXT, WORD, ...END));
    fake.answer({ headers: SSE, body });
    const { text, finish, error } = await answered({}, faked);
    expect([error, text]).toEqual([undefined, body.replace('claude-real', 'my-claude')]);
    expect(finish?.usage.outputTokens).toBe(5);
  });

  it('without blank lines gets them, since no client could read it', async () => {
    const body = stream(START, TEXT, WORD, ...END);
    fake.answer({ headers: SSE, body: body.replaceAll('\n\n', '\n') });
    expect((await answered({}, faked)).text).toBe(body.replace('claude-real', 'my-claude'));
  });

  it('that fails inside fails with its usage, behind what was said before', async () => {
    const error = ['error', { error: { type: 'overloaded_error', message: 'Overloaded' } }] as const;
    fake.answer({ headers: SSE, body: stream(START, TEXT, WORD, error) });
    const told = await answered({}, faked);
    expect(told.text).toBe(stream(START, TEXT, WORD).replace('claude-real', 'my-claude'));
    expect(told.error).toMatchObject({ code: 'overloaded', usage: { inputTokens: 7 } });
    expect(told.finish).toBeUndefined();
  });

  it.each([
    ['without its end', stream(START, TEXT, WORD, END[0], END[1])],
    ['in the middle of an event', `${stream(START, TEXT, WORD)}event: content_block_delta\ndata: {"type":"cont`],
    ['with nothing', ''],
    ['with a page', '<html>Welcome</html>'],
  ])('that stops %s is a failure', async (_what, body) => {
    fake.answer({ headers: SSE, body });
    const told = await answered({}, faked);
    expect(told.error).toMatchObject({ code: 'upstream-failed' });
    expect(told.text).not.toContain('cont"');
  });

  it.each([
    [
      {
        body: '{"type":"error","error":{"type":"overloaded_error","message":"no"}}',
        headers: { 'content-type': 'application/json' },
      },
      'overloaded',
    ],
    [{ body: '<html></html>', headers: { 'content-type': 'text/html' } }, 'upstream-failed'],
    [{ status: 529, body: '{"type":"error","error":{"type":"overloaded_error","message":"no"}}' }, 'overloaded'],
  ])('that is none is a failure before anything is told', async (reply, code) => {
    fake.answer(reply);
    await expect(answered({}, faked)).rejects.toMatchObject({ code });
  });

  it('that is whole is one piece, and one that is no message is not told', async () => {
    const body = `{ "usage": {"input_tokens": 3, "output_tokens": 2}, "content": [{"type":"tool_use","id":"t","name":"n","input":{"model":"m","id":12345678901234567890}}],\n "model" : "claude-real", "stop_reason": "tool_use", "of_2027": null }`;
    fake.answer({ headers: { 'content-type': 'application/json' }, body });
    const told = await answered({ stream: false }, faked);
    expect(told.text).toBe(body.replace('claude-real', 'my-claude'));
    expect(told.finish).toMatchObject({ reason: 'tool-calls', usage: { inputTokens: 3, outputTokens: 2 } });
    fake.answer({ body: '{"error":{"type":"api_error","message":"no"}}' });
    expect((await answered({ stream: false }, faked)).error).toMatchObject({ code: 'upstream-failed' });
    fake.answer({ body: 'ok' });
    expect((await answered({ stream: false }, faked)).error).toMatchObject({ code: 'upstream-failed' });
  });

  it('is given up when nobody reads on', async () => {
    const { plan, request } = planned({ stream: true });
    local.script({ kind: 'stall', afterFrames: 4 });
    const { events } = await provider.relay(request, { ...planOfCall(plan), answerModel: 'm' });
    for await (const event of events) {
      expect(event.type).toBe('bytes');
      break;
    }
    await expect.poll(() => local.open).toBe(0);
  });
});

const planOfCall = (plan: ReturnType<typeof planned>['plan']) => ({
  ...{ id: 'c', signal: new AbortController().signal, deadline: Date.now() + 60_000, plan },
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
});
