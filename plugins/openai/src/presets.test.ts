// Servers by name: where a request goes, how it is signed in, and what of it is changed, as an upstream sees it.
import { SettingError } from '@turnout/core/contract';
import { verify } from '@turnout/core/wire';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { openaiChat } from '../../../core/src/protocol/openai-chat/index.ts';
import { callOf, chatRequest, createHost, createProvider, startUpstream } from '../test/fixture.ts';
import { configSchema } from './config.ts';
import { PRESET_NAMES, PRESETS } from './presets.ts';

const COMPLETION = {
  id: 'c',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }],
};
const RESPONSE = {
  id: 'r',
  object: 'response',
  model: 'm',
  status: 'completed',
  output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] }],
};

const upstream = await startUpstream((response, { url }) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(url.includes('/responses') ? RESPONSE : COMPLETION));
});
afterAll(() => upstream.close());
afterEach(() => vi.unstubAllEnvs());

/** One request to a server that is told to be at `origin`. */
async function ask(
  settings: object,
  origin: string,
  request: Parameters<typeof chatRequest>[0] = {},
  protocol = 'openai-chat' as const,
) {
  const host = createHost({ 'x-mine': '1' }, { from: origin, to: upstream.url });
  try {
    const provider = await createProvider(settings, host);
    const asked = chatRequest(request);
    const plan = provider.plan(asked, { protocol, stream: false });
    await provider.generate?.(asked, callOf(plan));
    const seen = upstream.seen.at(-1);
    if (seen === undefined) throw new Error('nothing was asked');
    return { ...seen, sent: JSON.parse(seen.body) as Record<string, unknown>, plan };
  } finally {
    await host.close();
  }
}

const KEY = 'a-test-key-0123456789';
const PLACED = PRESET_NAMES.flatMap((preset) =>
  'baseUrl' in PRESETS[preset] ? [{ preset, baseUrl: PRESETS[preset].baseUrl }] : [],
);

describe('every preset with an address', () => {
  it.each(PLACED)('$preset', async ({ preset, baseUrl }) => {
    const { origin, pathname } = new URL(baseUrl);
    const { url, headers, plan } = await ask({ preset, apiKey: KEY }, origin, { model: 'some-model' });
    expect(url).toBe(`${pathname.replace(/\/$/, '')}/chat/completions`);
    expect(headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'x-mine': '1' });
    expect(plan.resolution).toMatchObject({ endpoint: baseUrl, auth: 'API key' });
  });

  it.each(PLACED)('$preset is not hidden from a baseUrl of one’s own', async ({ preset }) => {
    const { url, headers } = await ask({ preset, baseUrl: 'http://mine.example/x/v1' }, 'http://mine.example', {
      model: 'some-model',
    });
    expect(url).toBe('/x/v1/chat/completions');
    expect(headers.authorization).toBeUndefined();
  });
});

const MESSAGES = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hello' }] }];
const CALLS = [
  ...MESSAGES,
  {
    role: 'assistant' as const,
    parts: [
      { type: 'reasoning' as const, text: 'hm' },
      { type: 'tool-call' as const, id: 'call_of_another_server', name: 'f', input: '{}' },
    ],
  },
  {
    role: 'user' as const,
    parts: [
      { type: 'tool-result' as const, id: 'call_of_another_server', parts: [{ type: 'text' as const, text: 'r' }] },
    ],
  },
];

describe('quirks', () => {
  const request = { model: 'some-model', messages: CALLS, maxTokens: 5, seed: 7, user: 'u' };

  it.each([
    ['groq', 'https://api.groq.com', { max_completion_tokens: 5, seed: 7, user: 'u' }],
    ['xai', 'https://api.x.ai', { max_completion_tokens: 5 }],
    ['cerebras', 'https://api.cerebras.ai', { max_completion_tokens: 5 }],
    ['together', 'https://api.together.xyz', { max_tokens: 5 }],
    ['deepseek', 'https://api.deepseek.com', { max_tokens: 5, messages: [{}, { reasoning_content: 'hm' }, {}] }],
    ['openrouter', 'https://openrouter.ai', { max_tokens: 5, messages: [{}, { reasoning: 'hm' }, {}] }],
    ['ollama', 'http://127.0.0.1:11434', { max_tokens: 5, messages: [{}, { reasoning: 'hm' }, {}] }],
    ['mistral', 'https://api.mistral.ai', { max_tokens: 5, random_seed: 7 }],
  ])('%s', async (preset, origin, expected) => {
    const { sent } = await ask({ preset, apiKey: KEY }, origin, request);
    expect(sent).toMatchObject(expected);
  });

  it('mistral takes ids of nine letters, and neither user nor stream_options', async () => {
    const { sent, plan } = await ask({ preset: 'mistral', apiKey: KEY }, 'https://api.mistral.ai', request);
    const [, answer, result] = sent.messages as { tool_calls?: { id: string }[]; tool_call_id?: string }[];
    expect(answer?.tool_calls?.[0]?.id).toMatch(/^[a-z0-9]{9}$/);
    expect(result?.tool_call_id).toBe(answer?.tool_calls?.[0]?.id);
    expect([sent.user, sent.seed, sent.stream_options]).toEqual([undefined, undefined, undefined]);
    expect(plan.losses.map(({ field }) => field)).toContain('user');
  });

  it('openrouter takes cache marks and its own words for reasoning as a client writes them', async () => {
    const host = createHost();
    const body = {
      ...{ model: 'm', reasoning: { max_tokens: 100, exclude: true } },
      messages: [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }] }],
    };
    const plans = await Promise.all(
      (['openrouter', 'together'] as const).map(async (preset) => {
        const provider = await createProvider({ preset, apiKey: KEY }, host);
        return provider.plan(openaiChat.decode(body).request, { protocol: 'openai-chat', stream: false, body });
      }),
    );
    expect(plans.map(({ relay }) => relay)).toEqual([true, undefined]);
    expect(plans[0]?.wire).toMatchObject({ body });
    await host.close();
  });
});

describe('azure', () => {
  const azure = { resource: 'mine', deployments: { 'gpt-4o': 'my deployment'.replace(' ', '-') } };
  const origin = 'https://mine.openai.azure.com';

  it('is asked at /openai/v1 with a header of its own', async () => {
    const { url, headers, sent, plan } = await ask({ preset: 'azure', apiKey: KEY, azure }, origin, {
      model: 'gpt-4o',
      maxTokens: 5,
    });
    expect([url, headers['api-key'], headers.authorization]).toEqual(['/openai/v1/chat/completions', KEY, undefined]);
    expect(sent).toMatchObject({ model: 'my-deployment', max_completion_tokens: 5 });
    expect(plan.resolution).toMatchObject({ model: 'my-deployment', endpoint: origin });
  });

  it('is asked by deployment where a version is given', async () => {
    const settings = { preset: 'azure', apiKey: KEY, azure: { ...azure, apiVersion: '2024-10-21' } };
    expect((await ask(settings, origin, { model: 'gpt-4o' })).url).toBe(
      '/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21',
    );
    expect((await ask(settings, origin, { model: 'other' })).url).toBe(
      '/openai/deployments/other/chat/completions?api-version=2024-10-21',
    );
    expect((await ask({ ...settings, api: 'responses' }, origin)).url).toBe('/openai/responses?api-version=2024-10-21');
  });

  it('takes a token that a program prints', async () => {
    const tokenCommand = [process.execPath, '-e', 'console.log("entra-" + process.argv[1])', 'token'];
    const { headers, plan } = await ask({ preset: 'azure', tokenCommand, azure }, origin, { model: 'gpt-4o' });
    expect([headers.authorization, headers['api-key']]).toEqual(['Bearer entra-token', undefined]);
    expect(plan.resolution.auth).toBe('tokenCommand');
  });
});

describe('bedrock', () => {
  const keys = { mode: 'keys', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'an-example-secret' };

  it.each([
    [
      'bedrock-openai',
      'openai.gpt-oss-120b',
      'https://bedrock-runtime.us-west-2.amazonaws.com',
      '/openai/v1',
      'bedrock',
    ],
    ['bedrock-mantle', 'openai.gpt-oss-120b', 'https://bedrock-mantle.us-west-2.api.aws', '/v1', 'bedrock-mantle'],
    ['bedrock-mantle', 'openai.gpt-5.4', 'https://bedrock-mantle.us-west-2.api.aws', '/openai/v1', 'bedrock-mantle'],
    [
      'bedrock-mantle',
      'google.gemma-4-27b',
      'https://bedrock-mantle.us-west-2.api.aws',
      '/openai/v1',
      'bedrock-mantle',
    ],
  ])('%s signs requests for %s', async (preset, model, origin, root, service) => {
    const { url, method, headers, body } = await ask({ preset, region: 'us-west-2', auth: keys }, origin, { model });
    expect(url).toBe(`${root}/chat/completions`);
    // The host that was signed is the real one, whatever the test's own is called.
    const found = verify(
      { method, target: url, headers: { ...headers, host: new URL(origin).host }, body },
      { lookup: () => keys, service, region: 'us-west-2' },
    );
    expect(found).toMatchObject({ ok: true });
  });

  it('takes a Bedrock API key, and the region of the environment', async () => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    const { headers } = await ask(
      { preset: 'bedrock-openai', apiKey: KEY },
      'https://bedrock-runtime.eu-west-1.amazonaws.com',
    );
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
  });

  it('says at which key its settings are wrong', async () => {
    vi.stubEnv('AWS_REGION', '');
    vi.stubEnv('AWS_DEFAULT_REGION', '');
    const host = createHost();
    const failing = (settings: object) =>
      createProvider({ preset: 'bedrock-openai', ...settings }, host).catch((error: unknown) => error);
    expect(await failing({})).toMatchObject({ path: ['region'] });
    const wrong = await failing({ region: 'us-east-1', auth: { mode: 'profile', profil: 'x' } });
    expect(wrong).toBeInstanceOf(SettingError);
    expect((wrong as SettingError).path[0]).toBe('auth');
    await host.close();
  });
});

it.each([
  [{ preset: 'grok' }, 'preset'],
  [{ preset: 'groq' }, 'apiKey'],
  [{ preset: 'azure', apiKey: 'x' }, 'azure'],
  [{ preset: 'groq', apiKey: 'x', azure: { resource: 'r' } }, 'azure'],
  [{ preset: 'groq', apiKey: 'x', region: 'us-east-1' }, 'region'],
  [{ preset: 'groq', apiKey: 'x', auth: { mode: 'default' } }, 'auth'],
  [{ preset: 'groq', apiKey: 'x', tokenCommand: ['y'] }, 'tokenCommand'],
  [{ preset: 'bedrock-openai', tokenCommand: ['y'] }, 'tokenCommand'],
  [{ preset: 'bedrock-openai', apiKey: 'x', auth: { mode: 'default' } }, 'auth'],
  [{ tokenCommand: [] }, 'tokenCommand'],
])('%j is wrong at %s', (settings, key) => {
  const { error } = configSchema.safeParse(settings);
  expect(error?.issues.map(({ path }) => path[0])).toEqual([key]);
});
