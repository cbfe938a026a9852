// The provider as core uses it, over real sockets to a fake upstream on loopback.
import { execFile } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type ChatEvent,
  type ChatRequest,
  type Part,
  type Provider,
  RouterError,
  type Tool,
} from '@turnout/core/contract';
import { addUp } from '@turnout/core/plugin';
import { checkGrammar } from '@turnout/core/testing';
import { verify } from '@turnout/core/wire';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startBedrockLocal } from '../local/index.ts';
import {
  callOf,
  chatRequest,
  collectEvents,
  createHost,
  eventFrame,
  type SeenRequest,
  startUpstream,
  type Upstream,
} from '../test/fixture.ts';
import { configSchema } from './config.ts';
import plugin from './index.ts';

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };
const auth = { mode: 'keys', ...key };
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0)) await close();
});

async function createProvider(settings: object, headers?: Record<string, string>): Promise<Provider> {
  const host = createHost(headers);
  closers.push(() => host.close());
  return plugin.create(configSchema.parse({ region: 'us-east-1', auth, ...settings }), host);
}
async function upstreamOf(answer: (response: ServerResponse, seen: SeenRequest) => void): Promise<Upstream> {
  const upstream = await startUpstream(answer);
  closers.push(() => upstream.close());
  return upstream;
}

const frames = [
  eventFrame('messageStart', { role: 'assistant' }),
  eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } }),
  eventFrame('contentBlockStop', { contentBlockIndex: 0 }),
  eventFrame('messageStop', { stopReason: 'end_turn' }),
  eventFrame('metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } }),
];
const whole = {
  output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
};
const answerWell = (response: ServerResponse, { url }: SeenRequest): void => {
  const stream = url.endsWith('converse-stream');
  response.writeHead(200, {
    'content-type': stream ? 'application/vnd.amazon.eventstream' : 'application/json',
    'x-amzn-requestid': 'aws-7',
  });
  response.end(stream ? Buffer.concat(frames) : JSON.stringify(whole));
};

const stream = (provider: Provider, signal?: AbortSignal, request = chatRequest()): AsyncIterable<ChatEvent> =>
  checkGrammar(
    provider.stream(request, callOf(provider.plan(request, { protocol: 'openai-chat', stream: true }), signal)),
  );
const generate = (provider: Provider, signal?: AbortSignal, request = chatRequest()) =>
  provider.generate?.(request, callOf(provider.plan(request, { protocol: 'openai-chat', stream: false }), signal));
async function failureOf(promise: Promise<unknown> | undefined): Promise<RouterError> {
  const thrown = await promise?.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!RouterError.is(thrown)) throw new Error(`no RouterError: ${String(thrown)}`);
  return thrown;
}

describe('a call', () => {
  it('streams, signed for the region, below the prefix of the endpoint, over one connection', async () => {
    const sockets = new Set<unknown>();
    const upstream = await upstreamOf((response, seen) => {
      sockets.add(response.socket);
      answerWell(response, seen);
    });
    const provider = await createProvider(
      { endpoint: `${upstream.url}/pre/fix/`, crossRegion: 'geo' },
      { 'x-team': 'a', 'content-type': 'text/evil' },
    );
    for (let n = 0; n < 3; n++) {
      const events = await collectEvents(stream(provider));
      expect(events[0]).toEqual({ type: 'start', id: 'aws-7', model: 'us.anthropic.claude-sonnet-5' });
      expect(events.at(-1)).toMatchObject({ type: 'finish', usage: { totalTokens: 3 } });
      // The pool hears of the end of an answer a moment after its reader.
      await setImmediate();
    }
    expect(sockets.size).toBe(1);
    const [seen] = upstream.seen;
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/pre/fix/model/us.anthropic.claude-sonnet-5/converse-stream',
      headers: {
        'content-type': 'application/json',
        accept: 'application/vnd.amazon.eventstream',
        'x-team': 'a',
        'x-amz-security-token': 'token',
      },
    });
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
      inferenceConfig: { maxTokens: 8192 },
    });
    const { method = '', url = '', headers = {}, body = '' } = seen ?? {};
    const checked = verify(
      { method, target: url, headers, body },
      { lookup: () => key, service: 'bedrock', region: 'us-east-1' },
    );
    expect(checked).toMatchObject({ ok: true });
    expect(headers.authorization).toContain('x-team');
  });

  it('that is not streamed says the same', async () => {
    const upstream = await upstreamOf(answerWell);
    const provider = await createProvider({ endpoint: upstream.url });
    expect(await generate(provider)).toEqual({
      id: 'aws-7',
      model: 'anthropic.claude-sonnet-5',
      blocks: [{ block: { type: 'text' }, text: 'Hi' }],
      finish: {
        type: 'finish',
        reason: 'stop',
        rawReason: 'end_turn',
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      },
    });
    expect(upstream.seen[0]?.headers.accept).toBe('application/json');
  });

  it('with an API key carries it and no signature', async () => {
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'env-key');
    const upstream = await upstreamOf(answerWell);
    const provider = await createProvider({ endpoint: upstream.url, auth: { mode: 'api-key', apiKey: 'yaml-key' } });
    await generate(provider);
    expect(upstream.seen[0]?.headers).toMatchObject({ authorization: 'Bearer yaml-key' });
    expect(upstream.seen[0]?.headers).not.toHaveProperty('x-amz-date');
    await generate(await createProvider({ endpoint: upstream.url, auth: { mode: 'default' } }));
    expect(upstream.seen[1]?.headers.authorization).toBe('Bearer env-key');
  });

  it('for an ARN is signed for its region and keeps it in one segment', async () => {
    const upstream = await upstreamOf(answerWell);
    const arn = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/ab/c';
    const provider = await createProvider({
      endpoint: upstream.url,
      models: { mine: { id: arn, base: 'anthropic.claude-sonnet-5' } },
    });
    await generate(provider, undefined, chatRequest({ model: 'mine' }));
    expect(upstream.seen[0]?.url).toBe(`/model/${encodeURIComponent(arn)}/converse`);
    expect(upstream.seen[0]?.headers.authorization).toContain('/eu-west-1/bedrock/');
  });
});

describe('a conversation with bedrock-local', () => {
  it.each([
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', { budget: 2000 }],
    ['anthropic.claude-sonnet-5', { effort: 'high' }],
  ] as const)('of %s: signed reasoning and tool calls go round', async (model, reasoning) => {
    const local = await startBedrockLocal({ region: 'us-east-1', credentials: [key] });
    closers.push(() => local.close());
    const provider = await createProvider({ endpoint: local.url, crossRegion: 'geo' });
    const tools: Tool[] = [
      { kind: 'function', name: 'weather.of', schema: { type: 'object', properties: { city: { type: 'string' } } } },
    ];
    const first = chatRequest({
      model,
      reasoning,
      tools,
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'What is the weather of Oslo?' }] }],
    });
    const { blocks, finish } = addUp(await collectEvents(stream(provider, undefined, first)));
    expect(finish.reason).toBe('tool-calls');
    const parts = blocks.map(({ block, text, signature, data }): Part => {
      if (block.type === 'tool-call') return { type: 'tool-call', id: block.id, name: block.name, input: text };
      if (block.type !== 'reasoning') return { type: 'text', text };
      return {
        type: 'reasoning',
        text,
        ...(signature && { signature }),
        ...(data && { data }),
        ...(block.origin && { origin: block.origin }),
      };
    });
    expect(parts.map(({ type }) => type)).toEqual(expect.arrayContaining(['reasoning', 'tool-call']));
    const results = parts.flatMap((part): Part[] =>
      part.type === 'tool-call' ? [{ type: 'tool-result', id: part.id, parts: [{ type: 'text', text: 'Rain' }] }] : [],
    );
    const second = {
      ...first,
      messages: [...first.messages, { role: 'assistant', parts }, { role: 'user', parts: results }],
    } as const;
    const plan = provider.plan(second, { protocol: 'openai-chat', stream: false });
    expect(plan.losses.filter(({ field }) => field !== 'reasoning')).toEqual([]);
    expect(plan.resolution.reasoning).not.toMatch(/^off/);
    expect((await generate(provider, undefined, second))?.finish.reason).toBe('stop');
    // One byte of the reasoning changed, and it is refused.
    const forged = parts.map((part) => (part.type === 'reasoning' ? { ...part, text: `${part.text}.` } : part));
    const third = {
      ...second,
      messages: [second.messages[0], { role: 'assistant', parts: forged }, second.messages[2]],
    } as ChatRequest;
    expect((await failureOf(generate(provider, undefined, third))).message).toContain('Invalid `signature`');
  });
});

describe('plan', () => {
  it('is pure and tells how the request goes', async () => {
    const provider = await createProvider({ crossRegion: 'global' });
    const request = chatRequest({ reasoning: { budget: 9000 }, seed: 1 });
    const before = structuredClone(request);
    const plan = provider.plan(request, { protocol: 'openai-chat', stream: true });
    expect(plan.resolution).toEqual({
      model: 'global.anthropic.claude-sonnet-5',
      region: 'us-east-1',
      profile: 'global',
      inputTokensMax: 1_000_000,
      price: expect.objectContaining({ input: 2 }),
      endpoint: 'https://bedrock-runtime.us-east-1.amazonaws.com',
      auth: 'keys',
      reasoning: 'adaptive, effort medium (from budget 9000)',
      known: true,
      reasons: ['crossRegion global: the model has the profile global', 'region us-east-1 is from the config'],
    });
    expect(plan.losses.map(({ field, action }) => `${field}:${action}`)).toEqual([
      'reasoning:approximated',
      'seed:dropped',
    ]);
    expect(provider.plan(request, { protocol: 'openai-chat', stream: true })).toEqual(plan);
    expect(request).toEqual(before);
    expect(JSON.stringify(plan)).not.toContain('secret');
  });
});

describe('a connection', () => {
  it('closes when the signal is aborted, before the head or inside the stream, or when nobody reads on', async () => {
    let closed: Promise<void> = Promise.resolve();
    const upstream = await upstreamOf((response, { url }) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      if (url.includes('silent')) return;
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      response.write(Buffer.concat(frames.slice(0, 2)));
    });
    const provider = await createProvider({ endpoint: upstream.url, models: { silent: { id: 'silent' } } });

    const silent = new AbortController();
    const waiting = failureOf(collectEvents(stream(provider, silent.signal, chatRequest({ model: 'silent' }))));
    await vi.waitFor(() => expect(upstream.seen).toHaveLength(1));
    const timeout = new RouterError('upstream-timeout', 'no first token');
    silent.abort(timeout);
    expect(await waiting).toBe(timeout);
    await closed;

    const aborted = new AbortController();
    const events: ChatEvent[] = [];
    const reading = (async () => {
      for await (const event of stream(provider, aborted.signal)) {
        events.push(event);
        if (event.type === 'block-delta') aborted.abort();
      }
    })();
    expect((await failureOf(reading)).code).toBe('cancelled');
    expect(events.map(({ type }) => type)).toEqual(['start', 'block-start', 'block-delta']);
    await closed;

    for await (const event of stream(provider)) if (event.type === 'block-delta') break;
    await closed;
  });

  it('that is cut inside a stream is upstream-failed', async () => {
    const upstream = await upstreamOf((response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      response.write(Buffer.concat(frames.slice(0, 2)), () => response.destroy());
    });
    const error = await failureOf(collectEvents(stream(await createProvider({ endpoint: upstream.url }))));
    expect(error.code).toBe('upstream-failed');
    expect(error.message).toContain(new URL(upstream.url).host);
  });

  it('that cannot be made names the host in the log, and nothing of it to the caller', async () => {
    const upstream = await startUpstream(() => {});
    await upstream.close();
    const refused = await failureOf(generate(await createProvider({ endpoint: upstream.url })));
    expect(refused).toMatchObject({
      code: 'upstream-failed',
      message: expect.stringMatching(
        /127\.0\.0\.1:\d+: nothing listens there: check endpoint, region and proxy \(ECONN/,
      ),
      publicMessage: expect.stringMatching(
        /^[\w-]+: nothing listens there: check endpoint, region and proxy \(ECONNREFUSED\)$/,
      ),
    });
    const lost = await failureOf(generate(await createProvider({ endpoint: 'http://bedrock.invalid' })));
    expect(lost.message).toMatch(/bedrock\.invalid: the name does not resolve: check endpoint/);
    expect(lost.publicMessage).not.toContain('bedrock.invalid');
  });
});

describe('a refusal', () => {
  it('of credentials that can be renewed forgets them and asks for one more try', async () => {
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', undefined);
    vi.stubEnv('AWS_PROFILE', undefined);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'OLD');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
    const upstream = await upstreamOf((response, seen) => {
      if (!seen.headers.authorization?.includes('OLD')) return answerWell(response, seen);
      response.writeHead(403, { 'x-amzn-errortype': 'ExpiredTokenException:http://x' });
      response.end('{"message":"The security token included in the request is expired"}');
    });
    const provider = await createProvider({ endpoint: upstream.url, auth: { mode: 'default' } });
    const error = await failureOf(generate(provider));
    expect(error).toMatchObject({ code: 'upstream-denied', again: true, upstream: { name: 'ExpiredTokenException' } });
    expect(error.message).toContain('auth mode default');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'NEW');
    expect(await generate(provider)).toMatchObject({ finish: { reason: 'stop' } });
    // Fixed keys are what they are.
    const fixed = await createProvider({ endpoint: upstream.url, auth: { ...auth, accessKeyId: 'OLD' } });
    expect(await failureOf(generate(fixed))).toMatchObject({ code: 'upstream-denied', again: false });
  });

  it('of a guardrail is the target’s only where the route chose it', async () => {
    const upstream = await upstreamOf((response) => {
      response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' });
      response.end('{"message":"not authorized to perform: bedrock:ApplyGuardrail"}');
    });
    const provider = await createProvider({ endpoint: upstream.url });
    const guardrail = { id: 'abc', version: '1' };
    const ask = (request: ChatRequest, routeSettings?: object) => {
      const plan = provider.plan(request, { protocol: 'openai-chat', stream: true, routeSettings });
      return failureOf(collectEvents(provider.stream(request, callOf(plan))));
    };
    const chosen = chatRequest({ extensions: { bedrock: { guardrail } } });
    expect((await ask(chosen)).code).toBe('unsupported');
    expect((await ask(chatRequest(), { guardrail })).code).toBe('upstream-denied');
    expect((await ask(chosen, { guardrail })).code).toBe('upstream-denied');
  });

  it('keeps its delay; one that is not from AWS keeps its text to itself', async () => {
    const answers: [number, Record<string, string>, string][] = [
      [429, { 'x-amzn-errortype': 'ThrottlingException', 'retry-after': '3' }, '{"message":"slow down"}'],
      [502, { 'content-type': 'text/html' }, '<html>internal host 10.0.0.7</html>'],
      [429, { 'retry-after': '4' }, 'busy'],
      [301, { location: 'http://elsewhere/' }, ''],
      [400, {}, JSON.stringify({ message: 'x'.repeat(100_000) })],
    ];
    const upstream = await upstreamOf((response) => {
      const [status, headers, body] = answers.shift() ?? [500, {}, ''];
      response.writeHead(status, headers).end(body);
    });
    const provider = await createProvider({ endpoint: upstream.url });
    expect(await failureOf(collectEvents(stream(provider)))).toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 3000,
    });
    const foreign = await failureOf(generate(provider));
    expect(foreign).toMatchObject({ code: 'upstream-failed', upstream: { status: 502 } });
    expect(foreign.message).not.toContain('10.0.0.7');
    expect(await failureOf(generate(provider))).toMatchObject({ code: 'rate-limited', retryAfterMs: 4000 });
    expect(await failureOf(generate(provider))).toMatchObject({ code: 'upstream-failed' });
    expect((await failureOf(generate(provider))).message.length).toBeLessThan(3000);
  });
});

describe('the rest', () => {
  const call = { signal: new AbortController().signal, log: createHost().log };

  it('models lists, check finds, close resolves twice', async () => {
    const upstream = await upstreamOf((response) => response.writeHead(403).end('{}'));
    const provider = await createProvider({ endpoint: upstream.url, models: { mine: { id: 'x' } } });
    expect((await provider.models?.(call))?.slice(0, 2).map(({ id }) => id)).toEqual([
      'mine',
      'amazon.nova-2-lite-v1:0',
    ]);
    expect(await provider.check?.(call)).toEqual([
      { ok: true, what: 'region', detail: 'us-east-1, from the config' },
      { ok: true, what: 'credentials', detail: 'auth mode keys: an access key is there' },
      { ok: true, what: 'endpoint', detail: `${upstream.url} answers (HTTP 403)` },
    ]);
    await provider.close?.();
    await provider.close?.();
  });

  it('check tells what is missing', async () => {
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
    const provider = await createProvider({
      endpoint: 'http://127.0.0.1:1',
      auth: { mode: 'profile', profile: 'gone' },
    });
    const findings = await provider.check?.(call);
    expect(findings?.map(({ ok }) => ok)).toEqual([true, false, false]);
    expect(findings?.[1]?.detail).toContain('gone');
    expect(findings?.[2]?.detail).toContain('127.0.0.1:1');
  });

  it('no part of the AWS SDK is loaded for keys and API keys', async () => {
    const program = `
      import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) { if (/^@(aws-sdk|smithy)/.test(name)) console.log(name); return next(name, context); } });
      const { default: plugin } = await import('./index.ts');
      const host = { name: 'b', dir: '/', headers: {}, request: () => {} };
      for (const auth of [{ mode: 'keys', accessKeyId: 'a', secretAccessKey: 'b' }, { mode: 'api-key', apiKey: 'k' }]) {
        const provider = await plugin.create({ region: 'us-east-1', auth, crossRegion: 'off', models: {} }, host);
        provider.plan({ model: 'amazon.nova-pro-v1:0', system: [], messages: [{ role: 'user', parts: [{ type: 'text', text: 'x' }] }], tools: [] }, { protocol: 'openai-chat', stream: true });
      }
      console.log('done');`;
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd });
    expect(stdout).toBe('done\n');
  });
});
