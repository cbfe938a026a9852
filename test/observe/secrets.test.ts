// No prompt, no answer and no secret is in the log, in /metrics or in a span: whatever is asked, and however it fails.
import { startAnthropicLocal } from '@turnout/plugin-anthropic/local';
import { startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { startGeminiLocal } from '@turnout/plugin-gemini/local';
import { startOpenaiLocal } from '@turnout/plugin-openai/local';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type House, openHouse } from '../house.ts';
import { CLIENTS, type Client } from '../matrix/client.ts';
import type { Scenario } from '../matrix/scenario.ts';
import { type Collector, startCollector } from './collector.ts';
import { FAILURES, type HostileUpstream, startHostileUpstream } from './hostile-upstream.ts';

const mark = (what: string) => `zq-${what}-7391`;
const MARKS = /zq.{0,3}\w+.{0,3}7391/;

const vendors = {
  bedrock: await startBedrockLocal(),
  openai: await startOpenaiLocal(),
  anthropic: await startAnthropicLocal(),
  gemini: await startGeminiLocal(),
};
let hostile: HostileUpstream;
let collector: Collector;
let house: House;

/** A provider's settings, by vendor, at an address. */
const SETTINGS: Readonly<Record<keyof typeof vendors, (url: string) => string>> = {
  bedrock: (url) =>
    `plugin: bedrock, region: us-east-1, endpoint: "${url}", auth: { mode: keys, accessKeyId: LOCALACCESSKEY, secretAccessKey: ${mark('aws')} }`,
  openai: (url) => `plugin: openai, baseUrl: "${url}/v1", apiKey: ${mark('openai')}`,
  anthropic: (url) => `plugin: anthropic, baseUrl: "${url}", apiKey: ${mark('anthropic')}`,
  gemini: (url) => `plugin: gemini, baseUrl: "${url}/v1beta", apiKey: ${mark('gemini')}`,
};
const MODELS = {
  bedrock: 'anthropic.claude-sonnet-5',
  openai: 'gpt-5.5',
  anthropic: 'claude-sonnet-5',
  gemini: 'gemini-3.1-pro',
};
const NAMES = Object.keys(SETTINGS) as (keyof typeof vendors)[]; // of an object with just these keys

beforeAll(async () => {
  hostile = await startHostileUpstream(mark('prompt'));
  collector = await startCollector();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
  const providers = NAMES.flatMap((name) => [
    `  ${name}: { ${SETTINGS[name](vendors[name].url)}, retry: { attempts: 1 } }`,
    ...Object.keys(FAILURES).map(
      (failure) =>
        `  ${name}-${failure}: { ${SETTINGS[name](`${hostile.url}/${failure}`)}, retry: { attempts: 2, minDelay: 1ms, maxDelay: 1ms }, timeout: { firstToken: 2s, idle: 2s } }`,
    ),
  ]);
  const yaml = `
keys:
  - { name: team, key: ${mark('key')}, admin: true }
  - { name: aws, accessKeyId: TURNOUTTEAMA, secretAccessKey: ${mark('secret')} }
providers:
${providers.join('\n')}
routes:
${NAMES.map((name) => `  ok-${name}: ${name}/${MODELS[name]}`).join('\n')}
${NAMES.flatMap((name) => Object.keys(FAILURES).map((failure) => `  ${failure}-${name}: ${name}-${failure}/${MODELS[name]}`)).join('\n')}
`;
  house = await openHouse(yaml, { key: mark('key') });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await house.close();
  for (const one of [...Object.values(vendors), hostile, collector]) await one.close();
});

/** The protocol's own body with a mark wherever something can be said. */
const scenario: Scenario = {
  name: 'marked',
  system: mark('system'),
  text: `${mark('prompt')}: what is the weather in Oslo?`,
  tools: [{ name: 'get_weather', description: mark('tool'), property: 'city' }],
  result: mark('result'),
};

const HEADERS = {
  'x-api-key': mark('key'),
  'x-forwarded-for': mark('header'),
  'user-agent': mark('agent'),
  cookie: mark('cookie'),
  tracestate: 'a=b',
};

async function ask(client: Client, model: string, stream: boolean, body: object): Promise<string> {
  const sent = stream && client.streamed ? client.streamed(body) : body;
  const response = await house.post(`${client.path(model, stream)}?q=${mark('query')}`, sent, HEADERS);
  try {
    return await response.text();
  } catch {
    return 'cut off';
  }
}

/** Everything that an operator could see. */
async function observed(): Promise<string> {
  const ended = () => house.log.filter(({ message }) => message === 'request').length;
  const spans = () => collector.spans.filter(({ kind }) => kind === 2).length;
  await vi.waitUntil(() => spans() === ended(), 5_000);
  const metrics = await fetch(`${house.url}/metrics`, { headers: { authorization: `Bearer ${mark('key')}` } });
  return [
    JSON.stringify(house.log),
    await metrics.text(),
    ...collector.bodies.map((body) => body.toString('latin1')),
  ].join('\n');
}

/** The lines around what should not be there, for whoever has to find where it came from. */
const marked = (text: string): string[] =>
  [...text.matchAll(new RegExp(`.{0,120}${MARKS.source}.{0,80}`, 'g'))].map(([found]) => found);

test('answers in every protocol from every provider, with calls of tools and what they gave', async () => {
  let heard = '';
  for (const client of CLIENTS) {
    for (const name of NAMES) {
      for (const stream of [false, true]) {
        const body = client.ask(`ok-${name}`, scenario);
        const answer = await ask(client, `ok-${name}`, stream, body);
        heard += answer;
        if (!stream && answer.includes('get_weather')) {
          heard += await ask(client, `ok-${name}`, false, client.carryOn(body, JSON.parse(answer), scenario));
        }
      }
    }
  }
  expect(heard).toMatch(new RegExp(mark('result')));
  const lines = house.log.filter(({ message }) => message === 'request');
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.filter(({ fields }) => fields.status === 200).length).toBeGreaterThan(40);
  expect(marked(await observed())).toEqual([]);
}, 30_000);

test('failures of every kind, of upstreams that repeat what they were asked', async () => {
  const spoken = CLIENTS.filter(({ name }) => ['openai-chat', 'anthropic-messages', 'bedrock-converse'].includes(name));
  let told = '';
  for (const failure of Object.keys(FAILURES)) {
    for (const name of NAMES) {
      const asked = spoken.flatMap((client) =>
        [false, true].map((stream) =>
          ask(client, `${failure}-${name}`, stream, client.ask(`${failure}-${name}`, scenario)),
        ),
      );
      told += (await Promise.all(asked)).join('\n');
    }
  }
  expect(hostile.heard()).toBeGreaterThan(200);
  // A client may well be told what is wrong with its own request.
  expect(told).toMatch(new RegExp(mark('prompt')));
  expect(marked(await observed())).toEqual([]);
}, 60_000);

test('what is refused at the door', async () => {
  const refusals = [
    ['/v1/chat/completions', `{"model": "${mark('model')}`],
    ['/v1/chat/completions', { model: 'ok-openai', messages: mark('messages') }],
    ['/v1/messages', { model: 'ok-openai', max_tokens: mark('limit'), messages: [] }],
    ['/v1/responses', { model: 'ok-openai', input: [{ type: mark('type'), text: mark('text') }] }],
    ['/v1/embeddings', { model: 'ok-openai', input: [mark('input')] }],
    [`/model/ok-bedrock/converse`, { messages: [{ role: mark('role'), content: [] }] }],
  ] as const;
  for (const [path, body] of refusals) {
    await (await house.post(path, body)).text();
    const wrong = { authorization: `Bearer ${mark('wrong')}`, 'x-api-key': mark('wrong') };
    expect((await house.post(path, body, wrong)).status).toBeGreaterThanOrEqual(401);
  }
  expect(marked(await observed())).toEqual([]);
});
