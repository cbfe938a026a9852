// The provider against gemini-local, over real sockets.
import { gzipSync } from 'node:zlib';
import { RouterError } from '@turnout/core/contract';
import { addUp } from '@turnout/core/plugin';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Step, startGeminiLocal } from '../local/index.ts';
import { chatRequest, createBench, embedded, generated, idle, KEY, streamed } from '../test/fixture.ts';

const local = await startGeminiLocal({ apiKeys: [KEY] });
const { provider, host } = await createBench({ baseUrl: local.baseUrl });
afterEach(() => local.reset());
afterAll(async () => {
  await host.close();
  await local.close();
});

const weather = {
  kind: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
} as const;
const user = (text: string) => ({ role: 'user', parts: [{ type: 'text', text }] }) as const;

describe('an answer', () => {
  it('is streamed, and whole it is the same', async () => {
    const request = chatRequest({ messages: [user('Grüß Gott, with some more words to make several chunks of it')] });
    const events = await streamed(provider, request);
    const { id: _one, ...first } = addUp(events);
    const { id: _other, ...second } = await generated(provider, request);
    expect(second).toEqual(first);
    expect(first).toMatchObject({ model: 'gemini-3.8-flash', finish: { reason: 'stop', rawReason: 'STOP' } });
    expect(first.blocks[0]?.text).toContain('Grüß Gott');
    expect(first.blocks[0]?.signature).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(local.requests.map(({ path }) => path)).toEqual([
      '/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse',
      '/v1beta/models/gemini-3.8-flash:generateContent',
    ]);
  });

  it('has the key in its header and nowhere else', async () => {
    await generated(provider, chatRequest());
    const [seen] = local.requests;
    expect(seen?.headers['x-goog-api-key']).toBe(KEY);
    expect(JSON.stringify([seen?.path, seen?.body, seen?.headers.authorization])).not.toContain(KEY);
  });

  it('shows thoughts where they are asked for, and calls tools', async () => {
    const request = chatRequest({
      tools: [weather],
      messages: [user('What is the weather in Oslo?')],
      reasoning: { effort: 'low' },
    });
    const { blocks, finish } = await generated(provider, request);
    expect(blocks.map(({ block }) => block.type)).toEqual(['reasoning', 'tool-call']);
    expect(blocks[1]).toMatchObject({ block: { name: 'get_weather', origin: 'gemini' } });
    expect(blocks[1]?.signature).toBeDefined();
    expect(finish).toMatchObject({ reason: 'tool-calls', rawReason: 'STOP', usage: { reasoningTokens: 64 } });
  });
});

describe('a conversation with tools', () => {
  it.each(['gemini-3.8-flash', 'gemini-2.5-pro'])('comes back to %s with its signatures', async (model) => {
    const messages = [user('What is the weather in Oslo?')];
    const { blocks } = await generated(provider, chatRequest({ model, tools: [weather], messages }));
    const call = blocks.find(({ block }) => block.type === 'tool-call');
    if (call?.block.type !== 'tool-call') throw new Error('there is no call');
    const { id, name, origin = '' } = call.block;
    const parts = [{ type: 'tool-call', id, name, input: call.text, signature: call.signature ?? '', origin }] as const;
    const result = {
      role: 'user',
      parts: [{ type: 'tool-result', id, parts: [{ type: 'text', text: '5 °C' }] }],
    } as const;
    const next = chatRequest({
      model,
      tools: [weather],
      messages: [...messages, { role: 'assistant', parts }, result],
    });
    expect((await generated(provider, next)).blocks[0]?.text).toContain('get_weather answered: 5 °C');
    const sent = JSON.stringify(local.requests.at(-1)?.body);
    expect(sent).toContain(JSON.stringify(call.signature));
    // 2.5 gives its calls no ids, and is sent none.
    expect(sent.includes(id)).toBe(model.startsWith('gemini-3'));
  });
});

const failing = async (step: Step): Promise<RouterError> => {
  local.script(step);
  const error: unknown = await streamed(provider, chatRequest()).catch((thrown) => thrown);
  if (!RouterError.is(error)) throw new Error(`not a RouterError: ${String(error)}`);
  return error;
};

describe('failures', () => {
  it.each<[string, Step, object]>([
    [
      'a quota of the minute',
      { kind: 'error', status: 'RESOURCE_EXHAUSTED', retryDelaySeconds: 34 },
      { code: 'rate-limited', retryAfterMs: 34_000 },
    ],
    [
      'a quota of the day',
      {
        kind: 'error',
        status: 'RESOURCE_EXHAUSTED',
        retryDelaySeconds: 18,
        quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
      },
      { code: 'rate-limited', retryAfterMs: 3_600_000 },
    ],
    ['an overloaded model', { kind: 'error', status: 'UNAVAILABLE' }, { code: 'overloaded' }],
    ['a deadline', { kind: 'error', status: 'DEADLINE_EXCEEDED' }, { code: 'upstream-timeout' }],
    ['a place', { kind: 'error', status: 'FAILED_PRECONDITION' }, { code: 'upstream-denied' }],
    [
      'an error inside the stream',
      { kind: 'exception', status: 'UNAVAILABLE', afterFrames: 1 },
      { code: 'overloaded' },
    ],
    ['a page', { kind: 'html' }, { code: 'upstream-failed' }],
    ['a cut', { kind: 'cut', afterFrames: 1 }, { code: 'upstream-failed' }],
    ['an end without an end', { kind: 'end' }, { code: 'upstream-failed' }],
    [
      'a blocked prompt',
      { kind: 'answer', blockReason: 'PROHIBITED_CONTENT' },
      { code: 'content-blocked', upstream: { name: 'PROHIBITED_CONTENT' } },
    ],
    ['a broken call', { kind: 'answer', finishReason: 'MALFORMED_FUNCTION_CALL' }, { code: 'upstream-failed' }],
    [
      'a redirect',
      { kind: 'recorded', status: 307, headers: { location: 'http://127.0.0.1:9/' }, body: '' },
      { code: 'upstream-failed' },
    ],
  ])('%s', async (_name, step, expected) => {
    expect(await failing(step)).toMatchObject(expected);
  });

  it('a wrong key, which Google answers with 400, is the router\u2019s own, and is not told', async () => {
    const wrong = await createBench({ baseUrl: local.baseUrl, apiKey: 'AIzaWrongWrongWrong' });
    const error = RouterError.from(await generated(wrong.provider, chatRequest()).catch((thrown) => thrown));
    expect(error).toMatchObject({
      code: 'upstream-denied',
      status: 502,
      upstream: { status: 400, name: 'API_KEY_INVALID' },
    });
    expect(error.message).toContain('gemini');
    expect(error.message + error.publicMessage).not.toContain('AIzaWrong');
    const findings = await wrong.provider.check?.(idle);
    expect(findings?.map(({ what, ok }) => [what, ok])).toEqual([
      ['endpoint', true],
      ['credentials', false],
    ]);
    await wrong.host.close();
  });

  it('a complete answer whose connection is lost is complete', async () => {
    local.script({ kind: 'cut', afterFrames: 3 }, { kind: 'answer', content: 'a b c d e f g h' });
    const whole = await streamed(provider, chatRequest({ messages: [user('a')] }));
    expect(whole.at(-1)?.type).toBe('finish');
  });

  const chunk = (text: string, more: object = {}) =>
    JSON.stringify({
      candidates: [{ content: { parts: [{ text }], role: 'model' }, ...more }],
      modelVersion: 'other-model',
    });
  const recorded = [chunk('Grüß '), chunk('Gott', { finishReason: 'STOP' })].map((one) => `data: ${one}`);
  const sse = { 'content-type': 'text/event-stream' };
  it.each<[string, Step]>([
    [
      'packed unasked',
      { kind: 'recorded', headers: { ...sse, 'content-encoding': 'gzip' }, body: gzipSync(recorded.join('\n\n')) },
    ],
    ['without blank lines', { kind: 'recorded', headers: sse, body: recorded.join('\n'), chunks: 'every-byte' }],
    [
      'with carriage returns',
      { kind: 'recorded', headers: sse, body: `${recorded.join('\r\n\r\n')}\r\n\r\n`, chunks: 3 },
    ],
    [
      'with a gateway\u2019s last word',
      { kind: 'recorded', headers: sse, body: [...recorded, 'data: [DONE]'].join('\n\n') },
    ],
    [
      'as a list',
      {
        kind: 'recorded',
        headers: { 'content-type': 'application/json' },
        body: `[${recorded.map((one) => one.slice(6))}]`,
      },
    ],
  ])('are none: a stream %s', async (_name, step) => {
    local.script(step);
    const { blocks, model, finish } = addUp(await streamed(provider, chatRequest()));
    expect([blocks[0]?.text, model, finish.reason]).toEqual(['Grüß Gott', 'other-model', 'stop']);
  });

  it.each<[string, string | Uint8Array]>([
    [
      'an error with 200',
      'data: {"error":{"code":503,"status":"UNAVAILABLE","message":"The model is overloaded."}}\n\n',
    ],
    [
      'an error with 200 that is no event',
      '{"error":{"code":503,"status":"UNAVAILABLE","message":"The model is overloaded."}}',
    ],
    ['one behind a beginning', `${recorded[0]}\n\ndata: {"error":{"code":503,"status":"UNAVAILABLE"}}\n\n`],
  ])('%s', async (_name, body) => {
    expect(await failing({ kind: 'recorded', headers: sse, body })).toMatchObject({ code: 'overloaded' });
  });

  it('a line without end', async () => {
    const body = `data: "${'x'.repeat(40 * 1024 * 1024)}`;
    expect(await failing({ kind: 'recorded', headers: sse, body })).toMatchObject({ code: 'upstream-failed' });
  });

  it('an abort ends the call with the reason of the signal', async () => {
    local.script({ kind: 'stall', afterFrames: 1 });
    const controller = new AbortController();
    const reading = streamed(provider, chatRequest(), controller.signal);
    const left = new RouterError('cancelled', 'left');
    setTimeout(() => controller.abort(left), 30);
    await expect(reading).rejects.toBe(left);
  });
});

describe('beside chats', () => {
  it('counts tokens', async () => {
    const count = await provider.countTokens?.(chatRequest({ tools: [weather] }), {
      ...idle,
      id: 'c',
      deadline: Date.now() + 9000,
    });
    expect(count?.inputTokens).toBeGreaterThan(20);
    expect(local.requests[0]?.body).toMatchObject({ generateContentRequest: { model: 'models/gemini-3.8-flash' } });
  });

  it('lists models page by page', async () => {
    const all = Array.from({ length: 2345 }, (_, index) => `gemini-3-flash-${index}`);
    const many = await startGeminiLocal({ models: all });
    const bench = await createBench({ baseUrl: many.baseUrl });
    const models = await bench.provider.models?.(idle);
    expect(models?.map(({ id }) => id)).toEqual(all);
    expect(models?.[0]).toMatchObject({ inputTokensMax: 1_048_576, abilities: ['chat', 'token counts', 'reasoning'] });
    expect(many.requests).toHaveLength(3);
    await bench.host.close();
    await many.close();
  });

  it('embeds, a hundred texts a call', async () => {
    const input = Array.from({ length: 203 }, (_, index) => `text ${index}`);
    const { embeddings, inputTokens } = await embedded(provider, {
      model: 'gemini-embedding-001',
      input,
      dimensions: 8,
    });
    expect(embeddings).toHaveLength(203);
    expect(embeddings.every((values) => values.length === 8)).toBe(true);
    expect(inputTokens).toBeGreaterThan(200);
    expect(local.requests).toHaveLength(3);
  });

  it('makes shortened embeddings of length 1', async () => {
    local.script({
      kind: 'recorded',
      headers: { 'content-type': 'application/json' },
      body: { json: { embeddings: [{ values: [3, 4] }] } },
    });
    const { embeddings } = await embedded(provider, { model: 'gemini-embedding-001', input: ['a'], dimensions: 2 });
    expect(embeddings).toEqual([[0.6, 0.8]]);
  });

  it('a chat model makes no embeddings', async () => {
    await expect(embedded(provider, { model: 'gemini-3.8-flash', input: ['a'] })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  it('finds itself fit', async () => {
    expect((await provider.check?.(idle))?.map(({ what, ok }) => [what, ok])).toEqual([
      ['endpoint', true],
      ['credentials', true],
    ]);
  });
});
