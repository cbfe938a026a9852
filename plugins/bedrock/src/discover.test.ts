// Knowledge 1.2 and 4.2: the account's inference profiles through ListInferenceProfiles, over real sockets.
import type { Call, Host, Plan, Provider } from '@turnout/core/contract';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type BedrockLocal, startBedrockLocal } from '../local/index.ts';
import { callOf, chatRequest, createHost, startUpstream } from '../test/fixture.ts';
import { configSchema } from './config.ts';
import { createDiscovery, readProfiles } from './discover.ts';
import plugin from './index.ts';
import { ProfileKnowledge } from './profiles.ts';

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const SONNET = 'anthropic.claude-sonnet-5';
const APPLICATION = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0).reverse()) await close();
});

async function startLocal(options: Parameters<typeof startBedrockLocal>[0] = {}): Promise<BedrockLocal> {
  const local = await startBedrockLocal({ credentials: [key], resources: { [APPLICATION]: SONNET }, ...options });
  closers.push(() => local.close());
  return local;
}

interface Noted {
  readonly fields: object;
  readonly message: string;
}

function openHost(): Host & { readonly warnings: Noted[] } {
  const host = createHost();
  closers.push(() => host.close());
  const warnings: Noted[] = [];
  const log = { ...host.log, warn: (fields: object, message: string) => void warnings.push({ fields, message }) };
  return { ...host, log, warnings };
}

async function openProvider(settings: object, host: Host = openHost()): Promise<Provider> {
  const config = { region: 'us-east-1', auth: { mode: 'keys', ...key }, discover: true, ...settings };
  const provider = await plugin.create(configSchema.parse(config), host);
  closers.push(async () => provider.close?.());
  return provider;
}

const planOf = (provider: Provider, model: string): Plan =>
  provider.plan(chatRequest({ model }), { protocol: 'openai-chat', stream: false });
const ask = (provider: Provider, model: string) => {
  const request = chatRequest({ model });
  return provider.generate?.(request, callOf(provider.plan(request, { protocol: 'openai-chat', stream: false })));
};
const idle = (): Pick<Call, 'signal' | 'log'> => ({ signal: new AbortController().signal, log: createHost().log });
const lists = (local: BedrockLocal) => local.requests.filter(({ path }) => path.startsWith('/inference-profiles'));

describe('discover: true', () => {
  it('asks when the first call goes out, not at the start and not for a plan', async () => {
    const local = await startLocal();
    const provider = await openProvider({ endpoint: local.url, controlEndpoint: local.url });
    planOf(provider, SONNET);
    expect(local.requests).toHaveLength(0);
    await ask(provider, SONNET);
    await provider.models?.(idle());
    // Both kinds of profile, all pages, once.
    const types = lists(local).map(({ path }) => new URL(path, local.url).searchParams.get('type'));
    expect(new Set(types)).toEqual(new Set(['SYSTEM_DEFINED', 'APPLICATION']));
    const before = lists(local).length;
    await ask(provider, SONNET);
    await provider.models?.(idle());
    expect(lists(local)).toHaveLength(before);
    expect(lists(local).every(({ status }) => status === 200)).toBe(true);
  });

  it('knows profiles that the catalogue has not, and takes none that the account has not', async () => {
    const models = [
      { id: 'acme.new-v1:0', profiles: ['us'], onDemand: false },
      { id: SONNET, profiles: ['global'] },
    ];
    const local = await startLocal({ models });
    const provider = await openProvider({ endpoint: local.url, controlEndpoint: local.url, crossRegion: 'geo' });
    expect(planOf(provider, SONNET).resolution.model).toBe(`us.${SONNET}`);
    expect(planOf(provider, 'acme.new-v1:0').resolution.model).toBe('acme.new-v1:0');
    const listed = await provider.models?.(idle());
    expect(planOf(provider, SONNET).resolution.model).toBe(SONNET);
    const { model, reasons } = planOf(provider, 'acme.new-v1:0').resolution;
    expect(model).toBe('us.acme.new-v1:0');
    expect(reasons.join()).toContain('the model has the profile us, as us-east-1 says');
    expect(listed?.map(({ id }) => id)).toContain('us.acme.new-v1:0');
  });

  it("finds an application profile's model before the first request to it is sent", async () => {
    const local = await startLocal();
    const provider = await openProvider({ endpoint: local.url, controlEndpoint: local.url });
    expect(planOf(provider, APPLICATION).resolution.reasons.join()).toContain('does not name its model');
    await expect(ask(provider, APPLICATION)).rejects.toMatchObject({ again: true });
    expect(local.requests.some(({ operation }) => operation !== undefined)).toBe(false);
    expect(planOf(provider, APPLICATION).resolution.reasons.join()).toContain(`it leads to ${SONNET}`);
    await ask(provider, APPLICATION);
    expect(local.requests.at(-1)).toMatchObject({ model: APPLICATION, status: 200 });
  });

  it("finds an application profile's model for embeddings and token counts too", async () => {
    const EMBEDDER = 'cohere.embed-multilingual-v3';
    const embedder = `${APPLICATION}2`;
    const local = await startLocal({ resources: { [APPLICATION]: SONNET, [embedder]: EMBEDDER } });
    const settings = { endpoint: local.url, controlEndpoint: local.url };
    const provider = await openProvider(settings);
    const embed = async (model: string) => {
      const request = { model, input: ['one'] };
      const plan = provider.embeddings?.plan(request, {});
      return plan && provider.embeddings?.embed(request, callOf(plan));
    };
    await expect(embed(embedder)).rejects.toMatchObject({ again: true });
    expect(local.requests.some(({ operation }) => operation !== undefined)).toBe(false);
    expect(await embed(embedder)).toMatchObject({ model: embedder, embeddings: [expect.any(Array)] });
    await expect(embed(APPLICATION)).rejects.toMatchObject({ code: 'unsupported', again: false });

    const another = await openProvider(settings);
    const { plan: _, ...call } = callOf({ resolution: {}, losses: [], wire: undefined } as never);
    expect(await another.countTokens?.(chatRequest({ model: APPLICATION }), call)).not.toHaveProperty('estimated');
    expect(local.requests.at(-1)).toMatchObject({ model: SONNET, operation: 'count-tokens', status: 200 });
  });

  it('asks no control plane outside the residency', async () => {
    const local = await startLocal();
    const settings = { endpoint: local.url, controlEndpoint: local.url, residency: 'us', allowArns: true };
    const provider = await openProvider(settings);
    const abroad = APPLICATION.replace('us-east-1', 'eu-west-1');
    await expect((async () => ask(provider, abroad))()).rejects.toMatchObject({ code: 'unsupported' });
    expect(local.requests).toHaveLength(0);
  });

  it('finds the profile that crossRegion auto looks for, of a model that no list has', async () => {
    const local = await startLocal({ models: [{ id: 'acme.new-v1:0', profiles: ['us'], onDemand: false }] });
    const settings = { endpoint: local.url, controlEndpoint: local.url };
    const provider = await openProvider({ ...settings, crossRegion: 'auto' });
    await expect(ask(provider, 'acme.new-v1:0')).rejects.toMatchObject({ again: true });
    await ask(provider, 'acme.new-v1:0');
    expect(local.requests.at(-1)).toMatchObject({ model: 'us.acme.new-v1:0', status: 200 });
  });

  it('keeps nobody waiting for a control plane that does not answer', async () => {
    const silent = await startUpstream(() => {});
    closers.push(() => silent.close());
    const provider = await openProvider({ endpoint: silent.url, controlEndpoint: silent.url });
    const models = await provider.models?.({ ...idle(), signal: AbortSignal.timeout(20) });
    expect(models?.length).toBeGreaterThan(90);
    await provider.close?.();
  });

  it('lets an application profile pass the residency once its regions are known', async () => {
    const local = await startLocal();
    const settings = { endpoint: local.url, controlEndpoint: local.url };
    const provider = await openProvider({ ...settings, residency: 'us' });
    await expect(ask(provider, APPLICATION)).rejects.toMatchObject({ again: true });
    await ask(provider, APPLICATION);
    const abroad = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/unlisted';
    expect(() => planOf(provider, abroad)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });

  it('takes the catalogue where the account cannot be asked, and says so once', async () => {
    const denied = [{ ...key, denied: ['bedrock:ListInferenceProfiles'] }];
    const local = await startLocal({ credentials: denied });
    const host = openHost();
    const provider = await openProvider({ endpoint: local.url, controlEndpoint: local.url, crossRegion: 'geo' }, host);
    await provider.models?.(idle());
    expect(planOf(provider, SONNET).resolution.model).toBe(`us.${SONNET}`);
    await ask(provider, APPLICATION);
    expect(host.warnings).toEqual([
      expect.objectContaining({ message: expect.stringContaining('bedrock:ListInferenceProfiles') }),
    ]);
    expect(JSON.stringify(host.warnings)).not.toContain('123456789012');
  });

  it('signs and goes as the config says, whatever the environment says', async () => {
    const trap = await startUpstream((response) => response.writeHead(500).end());
    closers.push(() => trap.close());
    vi.stubEnv('AWS_ENDPOINT_URL', trap.url);
    vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK', trap.url);
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'a-token-of-someone-else');
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    const local = await startLocal();
    const provider = await openProvider({ endpoint: local.url, controlEndpoint: local.url });
    await provider.models?.(idle());
    expect(trap.seen).toHaveLength(0);
    expect(lists(local).map(({ headers }) => headers.authorization)).toEqual(
      lists(local).map(() => expect.stringContaining('/us-east-1/bedrock/aws4_request')),
    );
  });

  it('sends an API key as it is', async () => {
    const local = await startBedrockLocal({ apiKeys: ['key-1'] });
    closers.push(() => local.close());
    const auth = { mode: 'api-key', apiKey: 'key-1' };
    const provider = await openProvider({ auth, endpoint: local.url, controlEndpoint: local.url });
    await provider.models?.(idle());
    expect(lists(local).length).toBeGreaterThan(0);
    expect(
      lists(local).every(({ status, headers }) => status === 200 && headers.authorization === 'Bearer key-1'),
    ).toBe(true);
  });
});

it('asks again after an hour in the background, and keeps what it knows meanwhile and when that fails', async () => {
  const local = await startLocal();
  const knowledge = new ProfileKnowledge(true);
  let nowMs = 0;
  let url = local.url;
  const host = openHost();
  const identity = { kind: 'keys', key: { ...key, sessionToken: undefined } } as const;
  const auth = {
    name: 'keys',
    refreshable: false,
    current: () => identity,
    load: async () => identity,
    forget: () => {},
  };
  const discovery = createDiscovery(
    { host, auth },
    () => url,
    knowledge,
    () => nowMs,
  );
  await discovery.load('us-east-1');
  const asked = lists(local).length;
  nowMs += 59 * 60_000;
  await discovery.load('us-east-1');
  expect(lists(local)).toHaveLength(asked);
  nowMs += 2 * 60_000;
  discovery.start('us-east-1');
  expect(knowledge.isDiscovered('us-east-1')).toBe(true);
  await discovery.load('us-east-1');
  expect(lists(local)).toHaveLength(2 * asked);
  nowMs += 61 * 60_000;
  url = 'http://127.0.0.1:1';
  await discovery.load('us-east-1');
  expect(host.warnings).toHaveLength(1);
  expect(knowledge.prefixesOf(SONNET, 'us-east-1')).toContain('us');
  discovery.close();
});

it('gathers all pages', async () => {
  const summary = (n: number) => ({
    inferenceProfileId: `us.acme.model-${n}`,
    inferenceProfileArn: `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.acme.model-${n}`,
    status: 'ACTIVE',
    type: 'SYSTEM_DEFINED',
    models: [{ modelArn: `arn:aws:bedrock:us-west-2::foundation-model/acme.model-${n}` }],
  });
  const fake = await startUpstream((response, { url }) => {
    const { searchParams } = new URL(url, 'http://x');
    const page = Number(searchParams.get('nextToken') ?? 0);
    const last = page === 2 || searchParams.get('type') !== 'SYSTEM_DEFINED';
    const inferenceProfileSummaries = searchParams.get('type') === 'SYSTEM_DEFINED' ? [summary(page)] : [];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ inferenceProfileSummaries, ...(last ? {} : { nextToken: String(page + 1) }) }));
  });
  closers.push(() => fake.close());
  const provider = await openProvider({ endpoint: fake.url, controlEndpoint: fake.url });
  const ids = (await provider.models?.(idle()))?.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(['us.acme.model-0', 'us.acme.model-1', 'us.acme.model-2']));
});

it('reads what AWS lists', () => {
  const { byName, prefixes } = readProfiles([
    {
      inferenceProfileId: `global.${SONNET}`,
      inferenceProfileArn: `arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.${SONNET}`,
      status: 'ACTIVE',
      type: 'SYSTEM_DEFINED',
      models: [
        { modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${SONNET}` },
        { modelArn: `arn:aws:bedrock:::foundation-model/${SONNET}` },
      ],
    },
    { inferenceProfileId: 'us.old.model', status: 'DELETING', type: 'SYSTEM_DEFINED', models: [] },
    { inferenceProfileId: 'abc', inferenceProfileArn: APPLICATION, type: 'APPLICATION', models: [{ modelArn: 'odd' }] },
    {},
  ]);
  expect(byName.get(`global.${SONNET}`)).toEqual({ base: SONNET, regions: ['us-east-1', ''] });
  expect(byName.get(APPLICATION)).toEqual({ base: undefined, regions: [''] });
  expect([...prefixes]).toEqual([[SONNET, ['global']]]);
});
