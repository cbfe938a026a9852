// regions: a provider that is a pool looks at itself, and lists its models, for all of its members.
import { afterEach, expect, it } from 'vitest';
import { type BedrockLocal, startBedrockLocal } from '../local/index.ts';
import { chatRequest, createHost } from '../test/fixture.ts';
import { configSchema } from './config.ts';
import plugin from './index.ts';

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startLocal(region: string): Promise<BedrockLocal> {
  const local = await startBedrockLocal({ credentials: [key], region });
  closers.push(() => local.close());
  return local;
}

it('examines every member, lists each model once, and plans for the member that is asked', async () => {
  const [east, west] = [await startLocal('us-east-1'), await startLocal('eu-west-1')];
  const host = createHost();
  closers.push(() => host.close());
  const config = configSchema.parse({
    regions: ['us-east-1', 'eu-west-1'],
    endpoints: { 'us-east-1': east.url, 'eu-west-1': west.url },
    crossRegion: 'geo',
    auth: { mode: 'keys', ...key },
  });
  const provider = await plugin.create(config, host);
  const idle = { signal: new AbortController().signal, log: host.log };

  const findings = (await provider.check?.(idle)) ?? [];
  const endpoints = findings.filter(({ what }) => what === 'endpoint');
  expect(endpoints.map(({ ok }) => ok)).toEqual([true, true]);
  expect(endpoints.map(({ detail }) => detail.includes(east.url) || detail.includes(west.url))).toEqual([true, true]);

  const ids = ((await provider.models?.(idle)) ?? []).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);

  const model = 'anthropic.claude-sonnet-5';
  expect(provider.members?.(model)).toEqual(['us-east-1', 'eu-west-1']);
  const planned = (member: string) =>
    provider.plan(chatRequest({ model }), { protocol: 'openai-chat', stream: false, member }).resolution;
  expect(planned('us-east-1')).toMatchObject({ model: `us.${model}`, region: 'us-east-1', endpoint: east.url });
  expect(planned('eu-west-1')).toMatchObject({ model: `eu.${model}`, region: 'eu-west-1', endpoint: west.url });
});
