// The provider against openai-local: real sockets, both ways of asking.
import { checkGrammar } from '@turnout/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { type OpenaiLocal, type OpenaiLocalOptions, startOpenaiLocal } from '../local/index.ts';
import {
  callOf,
  chatRequest,
  createHost,
  createProvider,
  generated,
  idle,
  planOf,
  streamed,
  summaryOf,
} from '../test/fixture.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(options: OpenaiLocalOptions = {}, settings: object = {}) {
  const local: OpenaiLocal = await startOpenaiLocal(options);
  closers.push(() => local.close());
  const host = createHost({ 'x-team': 'a' });
  closers.push(() => host.close());
  const provider = await createProvider({ baseUrl: local.baseUrl, ...settings }, host);
  return { local, provider };
}

/** A provider that believes to speak to OpenAI itself. */
async function startAsOpenai(options: OpenaiLocalOptions = {}) {
  const local: OpenaiLocal = await startOpenaiLocal({ apiKeys: ['sk-test-key-1234567890'], ...options });
  closers.push(() => local.close());
  const host = createHost({}, { from: 'https://api.openai.com', to: local.url });
  closers.push(() => host.close());
  return { local, provider: await createProvider({ apiKey: 'sk-test-key-1234567890' }, host) };
}

const weather = {
  kind: 'function' as const,
  name: 'get_weather',
  description: 'the weather of a city',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const user = (text: string) => ({ role: 'user' as const, parts: [{ type: 'text' as const, text }] });

describe('a chat', () => {
  it('is answered in words, streamed and whole alike', async () => {
    const { local, provider } = await start();
    const events = [];
    const request = chatRequest();
    for await (const event of checkGrammar(provider.stream(request, callOf(planOf(provider, request)))))
      events.push(event);
    const summary = summaryOf(events);
    expect(summary).toMatchObject({ blocks: [{ type: 'text', text: 'You said: "Hello"' }], reason: 'stop' });
    const result = await generated(provider, request);
    expect(result.blocks).toEqual([{ block: { type: 'text' }, text: 'You said: "Hello"' }]);
    expect(result.finish.usage).toEqual(summary.usage);
    expect(summary.usage?.totalTokens).toBeGreaterThan(0);
    expect(local.requests[0]?.headers).toMatchObject({ 'x-team': 'a', 'accept-encoding': 'identity' });
    expect(local.requests[0]?.headers.authorization).toBeUndefined();
    expect(local.requests[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(local.requests[1]?.body).not.toHaveProperty('stream');
  });

  it.each([true, false])('calls tools and reads their results (OpenAI itself: %s)', async (asOpenai) => {
    const { provider } = asOpenai ? await startAsOpenai() : await start();
    const request = chatRequest({ messages: [user('What is the weather in Paris?')], tools: [weather] });
    const summary = summaryOf(await streamed(provider, request));
    expect(summary).toMatchObject({
      blocks: [{ type: 'tool-call', name: 'get_weather', text: '{"city":"Paris"}' }],
      reason: 'tool-calls',
    });
    const id = String(summary.blocks[0]?.id);
    const next = chatRequest({
      tools: [weather],
      messages: [
        user('What is the weather in Paris?'),
        { role: 'assistant', parts: [{ type: 'tool-call', id, name: 'get_weather', input: '{"city":"Paris"}' }] },
        { role: 'user', parts: [{ type: 'tool-result', id, parts: [{ type: 'text', text: 'sunny' }] }] },
      ],
    });
    expect((await generated(provider, next)).blocks[0]?.text).toBe('The tool get_weather answered: sunny.');
  });

  it('has names and ids that OpenAI does not take mapped there and back', async () => {
    const { local, provider } = await startAsOpenai();
    const name = `mcp.server/${'x'.repeat(80)}`;
    const id = `toolu_${'y'.repeat(60)}`;
    const tool = { ...weather, name };
    const request = chatRequest({
      tools: [tool],
      toolChoice: { name },
      messages: [
        user('Paris'),
        { role: 'assistant', parts: [{ type: 'tool-call', id, name, input: '{}' }] },
        { role: 'user', parts: [{ type: 'tool-result', id, parts: [{ type: 'text', text: 'sunny' }] }] },
        user('in Oslo'),
      ],
    });
    const summary = summaryOf(await streamed(provider, request));
    expect(summary).toMatchObject({ blocks: [{ type: 'tool-call', name }], reason: 'tool-calls', rawReason: 'stop' });
    expect(local.requests[0]?.status).toBe(200);
  });

  it.each([
    ['native at OpenAI', true],
    ['a function elsewhere', false],
  ])('a tool of free text is %s', async (_name, asOpenai) => {
    const { local, provider } = asOpenai ? await startAsOpenai() : await start();
    const patch = { kind: 'custom' as const, name: 'apply_patch' };
    const request = chatRequest({ tools: [patch], messages: [user('apply patch "a\\b" \u{1f600}')] });
    const input = '*** Begin "patch"\n\u{1f600}\t\\ end';
    const custom = asOpenai;
    const scripted = { name: 'apply_patch', input: custom ? input : JSON.stringify({ input }), custom };
    local.script(
      { kind: 'answer', toolCalls: [scripted], chunks: 'every-byte' },
      { kind: 'answer', toolCalls: [scripted] },
    );
    const summary = summaryOf(await streamed(provider, request));
    expect(summary.blocks).toMatchObject([{ type: 'tool-call', name: 'apply_patch', custom: true, text: input }]);
    expect((await generated(provider, request)).blocks).toMatchObject([{ block: { custom: true }, text: input }]);
    expect(planOf(provider, request).losses.map(({ field }) => field)).toEqual(asOpenai ? [] : ['tools']);
  });

  it('shows reasoning and refusals as what they are', async () => {
    const { local, provider } = await start();
    local.script(
      { kind: 'answer', content: 'Yes.', reasoning: 'Let me think about it.', reasoningField: 'reasoning' },
      { kind: 'answer', refusal: 'I cannot do that.' },
    );
    expect(summaryOf(await streamed(provider, chatRequest())).blocks).toEqual([
      { type: 'reasoning', text: 'Let me think about it.' },
      { type: 'text', text: 'Yes.' },
    ]);
    expect(summaryOf(await streamed(provider, chatRequest()))).toMatchObject({
      blocks: [{ type: 'text', text: 'I cannot do that.', extensions: { 'openai-chat': { refusal: true } } }],
      reason: 'refusal',
    });
    // What the server has shown it is given back, under its own name.
    const request = chatRequest({
      messages: [
        user('a'),
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'hm' },
            { type: 'text', text: 'b' },
          ],
        },
        user('c'),
      ],
    });
    local.script({ kind: 'recorded', headers: { 'content-type': 'application/json' }, body: { json: okBody } });
    await generated(provider, request);
    expect(local.requests.at(-1)?.body).toMatchObject({ messages: [{}, { content: 'b', reasoning: 'hm' }, {}] });
  });
});

const okBody = { id: 'x', model: 'm', choices: [{ index: 0, message: { content: 'ok' }, finish_reason: 'stop' }] };

describe('a failure', () => {
  it.each([
    [
      { kind: 'error', code: 'invalid_api_key', message: 'Incorrect API key provided: sk-abcdef123456.' },
      'upstream-denied',
    ],
    [{ kind: 'error', code: 'model_not_found' }, 'model-not-found'],
    [{ kind: 'error', code: 'insufficient_quota' }, 'rate-limited'],
    [{ kind: 'error', code: 'rate_limit_exceeded' }, 'rate-limited'],
    [{ kind: 'error', code: 'context_length_exceeded', status: 400 }, 'context-overflow'],
    [{ kind: 'error', code: 'content_filter', status: 400 }, 'content-blocked'],
    [{ kind: 'error', status: 500 }, 'upstream-failed'],
    [{ kind: 'error', status: 503 }, 'overloaded'],
    [{ kind: 'error', status: 529 }, 'overloaded'],
    [{ kind: 'html' }, 'upstream-failed'],
    [{ kind: 'html', status: 200 }, 'upstream-failed'],
    [{ kind: 'recorded', status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' }, 'upstream-failed'],
    [
      { kind: 'recorded', headers: { 'content-type': 'application/json' }, body: '{"error":{"message":"no"}}' },
      'upstream-failed',
    ],
    [{ kind: 'exception', code: 'server_error' }, 'upstream-failed'],
    [{ kind: 'exception', code: 'rate_limit_exceeded' }, 'rate-limited'],
    [{ kind: 'cut' }, 'upstream-failed'],
    [{ kind: 'cut', afterFrames: 2 }, 'upstream-failed'],
    [{ kind: 'end' }, 'upstream-failed'],
  ] as const)('%j → %s', async (step, code) => {
    const { local, provider } = await start();
    local.script(step);
    const failure = await streamed(provider, chatRequest()).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: 'RouterError', code });
    expect(String(failure)).not.toContain('sk-abc');
    expect(String(failure)).toContain('openai');
  });

  it('waits as long as the server asks, and long when nothing is left', async () => {
    const { local, provider } = await start();
    const retryAfter = async (step: Parameters<OpenaiLocal['script']>[0]): Promise<unknown> => {
      local.script(step);
      return generated(provider, chatRequest()).catch((error) => error.retryAfterMs);
    };
    const limited = { kind: 'error', code: 'rate_limit_exceeded' } as const;
    expect(await retryAfter({ ...limited, retryAfterSeconds: 7 })).toBe(7000);
    expect(await retryAfter({ ...limited, headers: { 'retry-after-ms': '1200' } })).toBe(1200);
    expect(await retryAfter({ ...limited, message: 'Please try again in 6m0.5s.' })).toBe(360_500);
    const reset = { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1m2s' };
    expect(await retryAfter({ ...limited, headers: reset })).toBe(62_000);
    expect(await retryAfter({ kind: 'error', code: 'insufficient_quota' })).toBe(3_600_000);
  });

  it('behind complete content is none', async () => {
    const { local, provider } = await start();
    // Role, one text, the finish reason; then the connection is lost.
    local.script({ kind: 'cut', afterFrames: 3 });
    expect(summaryOf(await streamed(provider, chatRequest()))).toMatchObject({
      blocks: [{ text: 'You said: "Hello"' }],
      reason: 'stop',
      usage: { totalTokens: 0 },
    });
  });

  it('of a server that cannot report usage is repaired once', async () => {
    const { local, provider } = await start();
    const wrong = { status: 422, message: 'extra fields not permitted: stream_options' };
    local.script({ kind: 'error', ...wrong });
    await expect(streamed(provider, chatRequest())).rejects.toMatchObject({ again: true });
    await streamed(provider, chatRequest());
    expect(local.requests.at(-1)?.body).not.toHaveProperty('stream_options');
  });

  it('that teaches something is repaired, and what is left out then is a loss', async () => {
    const { local, provider } = await start();
    const request = chatRequest({ model: 'my-alias', maxTokens: 50, temperature: 0.2, reasoning: { budget: 2000 } });
    const refusals = [
      { status: 400, message: '"my-alias" does not support thinking' },
      {
        status: 400,
        code: 'unsupported_parameter',
        message:
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      },
      { status: 422, message: 'Extra inputs are not permitted: temperature' },
    ];
    for (const refusal of refusals) {
      local.script({ kind: 'error', ...refusal });
      await expect(generated(provider, request)).rejects.toMatchObject({ again: true });
    }
    await generated(provider, request);
    const { temperature, reasoning_effort, max_tokens, max_completion_tokens } = Object(local.requests.at(-1)?.body);
    expect([temperature, reasoning_effort, max_tokens, max_completion_tokens]).toEqual([
      undefined,
      undefined,
      undefined,
      50,
    ]);
    expect(planOf(provider, request)).toMatchObject({
      losses: [{ field: 'temperature' }, { field: 'reasoning', action: 'dropped' }],
      resolution: { reasoning: 'none: the server has refused it' },
    });
    // Of another model nothing is known, and a wrong value is the client's to mend.
    expect(planOf(provider, { ...request, model: 'other' }).losses).toMatchObject([{ action: 'approximated' }]);
    const message = "Unsupported value: 'temperature'. Supported values are: 1.";
    local.script({ kind: 'error', status: 400, message });
    await expect(generated(provider, { ...request, model: 'other' })).rejects.toMatchObject({ again: false });
  });

  it('to connect names the provider', async () => {
    const { local, provider } = await start();
    await local.close();
    await expect(generated(provider, chatRequest())).rejects.toMatchObject({
      ...{ code: 'upstream-failed', message: expect.stringContaining('nothing listens there') },
    });
  });
});

describe('abort', () => {
  it('closes the connection, and ends with the reason it was given', async () => {
    const { local, provider } = await start();
    local.script({ kind: 'stall', afterFrames: 2 });
    const controller = new AbortController();
    const request = chatRequest();
    const events = provider
      .stream(request, callOf(planOf(provider, request), controller.signal))
      [Symbol.asyncIterator]();
    await events.next();
    controller.abort();
    await expect(
      (async () => {
        for (let next = await events.next(); !next.done; ) next = await events.next();
      })(),
    ).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => local.requests[0]?.aborted).toBe(true);
  });

  it('of the reading closes the connection too', async () => {
    const { local, provider } = await start();
    local.script({ kind: 'stall', afterFrames: 2 });
    const request = chatRequest();
    for await (const _event of provider.stream(request, callOf(planOf(provider, request)))) break;
    await expect.poll(() => local.requests[0]?.aborted).toBe(true);
  });
});

describe('what is no chat', () => {
  it('embeddings keep their order', async () => {
    const { provider } = await start();
    const request = { model: 'text-embedding-3-small', input: ['a', 'b', 'a'], dimensions: 8 };
    const plan = provider.embeddings?.plan(request, {});
    if (plan === undefined || provider.embeddings === undefined) throw new Error('no embeddings');
    const { embeddings, inputTokens } = await provider.embeddings.embed(request, callOf(plan));
    expect(embeddings.map(({ length }) => length)).toEqual([8, 8, 8]);
    expect(embeddings[0]).toEqual(embeddings[2]);
    expect(embeddings[0]).not.toEqual(embeddings[1]);
    expect(inputTokens).toBe(3);
  });

  it('the list of models, and the examination', async () => {
    const { provider } = await start(
      { apiKeys: ['sk-right-key-123456'], models: ['a', 'b'] },
      { apiKey: 'sk-right-key-123456' },
    );
    expect(await provider.models?.(idle)).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect((await provider.check?.(idle))?.map(({ ok, what }) => [ok, what])).toEqual([
      [true, 'endpoint'],
      [true, 'credentials'],
    ]);
    const wrong = await start({ apiKeys: ['sk-right-key-123456'] }, { apiKey: 'sk-wrong-key-123456' });
    const findings = await wrong.provider.check?.(idle);
    expect(findings?.map(({ ok, what }) => [ok, what])).toEqual([
      [true, 'endpoint'],
      [false, 'credentials'],
    ]);
    expect(JSON.stringify(findings)).not.toContain('sk-wrong');
  });
});
