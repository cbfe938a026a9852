// Who goes on with a broken answer, asked as its vendor takes it: the local vendors refuse a conversation that ends with the assistant's
// words where the real ones do, and white space at its end.
import { startAnthropicLocal } from '@turnout/plugin-anthropic/local';
import { startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { startGeminiLocal } from '@turnout/plugin-gemini/local';
import { startOpenaiLocal } from '@turnout/plugin-openai/local';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';
import { FRAMINGS, type Framing } from './framing.ts';
import { breakOff, startUpstream } from './upstream.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };
const SENT = 'One, two, ';
const REST = 'three.';

const ending: (() => Promise<unknown>)[] = [];
const keep = <T extends { close(): Promise<unknown> }>(what: T): T => {
  ending.push(() => what.close());
  return what;
};

async function openVendors() {
  const broken = keep(await startUpstream());
  broken.play((asked) => breakOff(asked, SENT));
  const anthropic = keep(await startAnthropicLocal({ models: ['claude-sonnet-4-5', 'claude-sonnet-5'] }));
  const bedrock = keep(await startBedrockLocal({ credentials: [KEYS], region: 'us-east-1' }));
  const openai = keep(await startOpenaiLocal());
  const gemini = keep(await startGeminiLocal());
  return { broken, anthropic, bedrock, openai, gemini };
}
type Vendors = Awaited<ReturnType<typeof openVendors>>;
let vendors: Vendors;
let house: House;

const TARGETS: Readonly<Record<string, readonly [target: string, manner: 'prefill' | 'instruction']>> = {
  'a Claude of before 4.6': ['anthropic/claude-sonnet-4-5', 'prefill'],
  'a later Claude': ['anthropic/claude-sonnet-5', 'instruction'],
  'a Claude of before 4.6 on Bedrock': ['bedrock/anthropic.claude-haiku-4-5-20251001-v1:0', 'prefill'],
  'a later Claude on Bedrock': ['bedrock/anthropic.claude-sonnet-5', 'instruction'],
  'a Nova': ['bedrock/amazon.nova-pro-v1:0', 'instruction'],
  'an OpenAI model': ['openai/gpt-4.1', 'instruction'],
  'a Gemini': ['gemini/gemini-3.8-flash', 'instruction'],
};

beforeAll(async () => {
  vendors = await openVendors();
  const { broken, anthropic, bedrock, openai, gemini } = vendors;
  const routes = Object.values(TARGETS).map(
    ([target]) => `  "to ${target}": { targets: [broken/m, "${target}"], resume: true }`,
  );
  house = keep(
    await openHouse(`
providers:
  broken: { plugin: openai, api: chat, apiKey: k, baseUrl: "${broken.url}/v1", retry: { attempts: 1 }, breaker: { failures: 1000, rate: 100% } }
  anthropic: { apiKey: k, baseUrl: "${anthropic.url}", retry: { attempts: 1 } }
  openai: { apiKey: k, baseUrl: "${openai.baseUrl}", retry: { attempts: 1 } }
  gemini: { apiKey: k, baseUrl: "${gemini.baseUrl}", retry: { attempts: 1 } }
  bedrock:
    auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} }
    region: us-east-1
    endpoint: "${bedrock.url}"
    retry: { attempts: 1 }
routes:
${routes.join('\n')}
`),
  );
});
afterAll(async () => {
  for (const end of ending.reverse()) await end();
});

const [chat, , messages] = FRAMINGS as [Framing, Framing, Framing];

/** What the vendors themselves make of a text that they are told to say. */
function say(text: string): void {
  vendors.anthropic.reset();
  vendors.bedrock.reset();
  vendors.openai.reset();
  vendors.gemini.reset();
  vendors.anthropic.script({ kind: 'answer', text });
  vendors.bedrock.script({ kind: 'answer', content: [{ text }] });
  vendors.openai.script({ kind: 'answer', content: text });
  vendors.gemini.script({ kind: 'answer', content: text });
}

/** The body that the one vendor that was asked has got. */
function askedFor(): string {
  const { anthropic, bedrock, openai, gemini } = vendors;
  const lists: readonly (readonly { readonly body: unknown }[])[] = [
    ...[anthropic.requests, bedrock.requests, openai.requests, gemini.requests],
  ];
  return JSON.stringify(lists.flatMap((list) => list.map(({ body }) => body)));
}

describe.each(Object.entries(TARGETS))('%s', (_who, [target, manner]) => {
  test.each([
    ['chat', chat, {}],
    [
      'messages, with thinking asked for',
      messages,
      { thinking: { type: 'enabled', budget_tokens: 2000 }, max_tokens: 4000 },
    ],
  ] as const)('goes on with an answer (%s)', async (_name, framing, more) => {
    say(manner === 'prefill' ? REST : `two, ${REST}`);
    const model = `to ${target}`;
    const answer = await house.post(framing.path(model), { ...framing.body(model), ...more });
    const got = framing.read(new Uint8Array(await answer.arrayBuffer()));
    expect(got).toMatchObject({ end: 'clean', starts: 1 });
    expect(got.text).toBe('One, two, three.');
    const { fields } = await house.line(answer.headers.get('x-request-id') ?? '');
    expect(fields.resumed).toMatchObject([{ from: 'broken/m', to: target }]);
    expect(/cut off/.test(askedFor())).toBe(manner === 'instruction');
    expect(askedFor()).toContain('One, two,');
  });
});
