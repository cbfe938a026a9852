// Lists, counts and the self-examination, and answers in shapes that Anthropic's own do not have.
import { createTestHost, startFakeUpstream } from '@turnout/core/testing';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { startAnthropicLocal } from '../local/index.ts';
import { callOf, chatRequest, createProvider, eventsOf, planOf } from '../test/fixture.ts';

const key = 'sk-ant-local-0123456789';
const local = await startAnthropicLocal({ apiKeys: [key] });
const fake = await startFakeUpstream();
const host = createTestHost('anthropic');
const provider = await createProvider({ baseUrl: local.url, apiKey: key }, host);
const faked = await createProvider({ baseUrl: fake.url }, host);
beforeEach(() => local.reset());
afterAll(async () => {
  await host.close();
  await fake.close();
  await local.close();
});

const idle = () => ({
  signal: new AbortController().signal,
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
});
const plain = () => ({ ...idle(), id: 'c', deadline: Date.now() + 60_000 });

it('lists the models, page by page', async () => {
  const models = await provider.models(idle());
  expect(models.find(({ id }) => id === 'claude-sonnet-4-5-20250929')).toEqual({
    ...{
      id: 'claude-sonnet-4-5-20250929',
      name: 'Claude Sonnet 4.5',
      inputTokensMax: 200_000,
      outputTokensMax: 64_000,
    },
  });
  local.script(
    {
      kind: 'recorded',
      when: { operation: 'models' },
      body: { json: { data: [{ id: 'a' }], has_more: true, last_id: 'a' } },
    },
    { kind: 'recorded', when: { operation: 'models' }, body: { json: { data: [{ id: 'b' }], has_more: false } } },
  );
  expect((await provider.models(idle())).map(({ id }) => id)).toEqual(['a', 'b']);
  expect(local.requests.at(-1)?.path).toBe('/v1/models?limit=1000&after_id=a');
});

it('counts tokens, of what a count takes', async () => {
  const request = chatRequest({ maxTokens: 5, temperature: 0.1, user: 'u', reasoning: { budget: 2000 } });
  expect(await provider.countTokens(request, plain())).toEqual({ inputTokens: expect.any(Number) });
  expect(Object.keys(local.requests.at(-1)?.body as object)).toEqual(['model', 'messages']);
  fake.answer({ status: 404, body: '{"detail":"Not Found"}' });
  await expect(faked.countTokens(request, plain())).rejects.toMatchObject({ code: 'unsupported' });
  fake.answer({ status: 200, body: '{}' });
  await expect(faked.countTokens(request, plain())).rejects.toMatchObject({ code: 'upstream-failed' });
});

it('examines itself', async () => {
  expect(await provider.check(idle())).toMatchObject([
    { what: 'endpoint', ok: true },
    { what: 'credentials', ok: true },
  ]);
  const wrong = await createProvider({ baseUrl: local.url, apiKey: 'sk-ant-wrong-123456' }, host);
  const findings = await wrong.check(idle());
  expect(findings).toMatchObject([{ ok: true }, { what: 'credentials', ok: false }]);
  expect(JSON.stringify(findings)).not.toContain('sk-ant-wrong');
  fake.answer({ status: 404, body: '{}' });
  expect(await faked.check(idle())).toMatchObject([{ ok: true }, { skipped: true }]);
  const nowhere = await createProvider({ baseUrl: 'http://127.0.0.1:9' }, host);
  expect(await nowhere.check(idle())).toMatchObject([{ what: 'endpoint', ok: false }]);
});

it('a wrong key is the operator’s, and is not named', async () => {
  const wrong = await createProvider({ baseUrl: local.url, authToken: 'sk-ant-wrong-123456' }, host);
  const failure = await wrong.generate(chatRequest(), callOf(planOf(wrong, chatRequest()))).catch((error) => error);
  expect(failure).toMatchObject({ code: 'upstream-denied', status: 502 });
  expect(failure.message).toMatch(/^anthropic: .*Invalid bearer token.*check apiKey/);
  expect(failure.message).not.toContain('sk-ant');
});

async function streamed(body: string, headers = { 'content-type': 'text/event-stream' }) {
  fake.answer({ headers, body });
  const request = chatRequest();
  return eventsOf(faked.stream(request, callOf(planOf(faked, request))));
}

const HEAD = '{"type":"message_start","message":{"id":"m","model":"other","content":[],"usage":{"input_tokens":1}}}';
const END = '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}';

it('a stream without names, blocks that never end, counts in two places', async () => {
  const lines = [
    HEAD,
    '{"type":"content_block_start","index":5,"content_block":{"type":"text","text":"A"}}',
    '{"type":"content_block_delta","index":5,"delta":{"type":"text_delta","text":"b"}}',
    '{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"n","input":{"a":1}}}',
    END,
    '{"type":"message_stop"}',
  ];
  const events = await streamed(lines.map((line) => `data: ${line}\n\n`).join(''));
  expect(events.map(({ type }) => type)).toEqual([
    'start',
    'block-start',
    'block-delta',
    'block-delta',
    'block-start',
    'block-delta',
    'block-end',
    'block-end',
    'finish',
  ]);
  expect(events[0]).toMatchObject({ model: 'other' });
  expect(events.at(-1)).toMatchObject({
    reason: 'tool-calls',
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  });
});

it('a whole answer in place of a stream is taken, an error in it is one', async () => {
  const json = { 'content-type': 'application/json' };
  const whole =
    '{"type":"message","id":"m","model":"x","content":[{"type":"text","text":"A"}],"stop_reason":"refusal","stop_details":{"a":1},"usage":{"input_tokens":1,"output_tokens":1}}';
  const events = await streamed(whole, json);
  expect(events.at(-1)).toMatchObject({
    reason: 'refusal',
    extensions: { 'anthropic-messages': { stop_details: { a: 1 } } },
  });
  const error = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}';
  await expect(streamed(error, json)).rejects.toMatchObject({ code: 'overloaded' });
  await expect(streamed(`data: ${HEAD}\n\nevent: error\ndata: ${error}\n\n`)).rejects.toMatchObject({
    ...{ code: 'overloaded', usage: { inputTokens: 1 } },
  });
});

it.each([
  ['no JSON', 'data: {"type":\n\n'],
  ['no event', 'data: []\n\n'],
  [
    'a delta of a block that is not there',
    `data: ${HEAD}\n\ndata: {"type":"content_block_delta","index":0,"delta":{}}\n\n`,
  ],
  ['a block before the answer', 'data: {"type":"content_block_start","index":0,"content_block":{"type":"text"}}\n\n'],
  ['an end without a beginning', 'data: {"type":"message_stop"}\n\n'],
  ['an error of a proxy', `data: ${HEAD}\n\ndata: {"error":{"message":"gone"}}\n\n`],
])('a stream with %s is a failure', async (_what, body) => {
  await expect(streamed(body)).rejects.toMatchObject({ code: 'upstream-failed' });
});

it('an abort ends the call', async () => {
  local.script({ kind: 'stall', afterFrames: 3 });
  const leaving = new AbortController();
  const request = chatRequest();
  const reading = eventsOf(provider.stream(request, callOf(planOf(provider, request), leaving.signal)));
  await expect.poll(() => local.open).toBe(1);
  leaving.abort();
  await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  await expect.poll(() => local.open).toBe(0);
});
