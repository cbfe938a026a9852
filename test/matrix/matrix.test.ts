// Every protocol to every provider in every scenario: what the client asks, what the provider is sent, what comes back. One file
// each in goldens/; `vitest run test/matrix -u` writes them anew, and the diff is for a person to read.
import { type AnthropicLocal, startAnthropicLocal } from '@turnout/plugin-anthropic/local';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { type GeminiLocal, startGeminiLocal } from '@turnout/plugin-gemini/local';
import { type OpenaiLocal, startOpenaiLocal } from '@turnout/plugin-openai/local';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';
import { CLIENTS, type Client, type Json } from './client.ts';
import { json, readHead, readStream, type Sent, section, steady } from './render.ts';
import { SCENARIOS, type Scenario } from './scenario.ts';

let bedrock: BedrockLocal;
let openai: OpenaiLocal;
let anthropic: AnthropicLocal;
let gemini: GeminiLocal;
let house: House;

beforeAll(async () => {
  bedrock = await startBedrockLocal();
  openai = await startOpenaiLocal();
  anthropic = await startAnthropicLocal();
  gemini = await startGeminiLocal();
});
// A house for each test: a target that asked for a pause in one must not be resting in the next.
beforeEach(async () => {
  for (const local of [bedrock, openai, anthropic, gemini]) local.reset();
  house = await openHouse(`
providers:
  bedrock:
    region: us-east-1
    crossRegion: geo
    endpoint: ${bedrock.url}
    auth: { mode: keys, accessKeyId: LOCALACCESSKEY, secretAccessKey: local-secret }
    retry: { attempts: 1 }
  openai: { baseUrl: ${openai.url}/v1, apiKey: local-key, retry: { attempts: 1 } }
  anthropic: { baseUrl: ${anthropic.url}, apiKey: local-key, retry: { attempts: 1 } }
  gemini: { baseUrl: ${gemini.url}/v1beta, apiKey: local-key, retry: { attempts: 1 } }
routes:
  claude: bedrock/anthropic.claude-sonnet-5
  nova: bedrock/amazon.nova-pro-v1:0
  openai: openai/gpt-5.5
  anthropic: anthropic/claude-sonnet-5
  gemini: gemini/gemini-3.1-pro
`);
});
afterEach(() => house.close());
afterAll(() => Promise.all([bedrock, openai, anthropic, gemini].map((local) => local.close())));

interface Upstream {
  readonly model: string;
  /** All that it has been sent, oldest first. */
  sent(): readonly Sent[];
  fail(fault: NonNullable<Scenario['fault']>): void;
}

/** `afterFrames`: where its streams are cut, so that something has been said by then. */
function side(
  model: string,
  local: () => BedrockLocal | OpenaiLocal | AnthropicLocal | GeminiLocal,
  throttle: object,
  afterFrames: number,
): Upstream {
  return {
    model,
    sent: () => local().requests.map(({ path, body }) => ({ path, body })),
    fail: (fault) => {
      const step =
        fault === 'cut' ? { kind: 'cut', afterFrames } : { kind: 'error', retryAfterSeconds: 7, ...throttle };
      // Each vendor's script has these words; their types differ in the names of errors only.
      (local().script as (entry: object) => void)({ ...step, times: 'always' });
    },
  };
}
const UPSTREAMS: readonly Upstream[] = [
  side('claude', () => bedrock, { name: 'ThrottlingException' }, 4),
  side('nova', () => bedrock, { name: 'ThrottlingException' }, 4),
  side('openai', () => openai, { status: 429, code: 'rate_limit_exceeded' }, 4),
  side('anthropic', () => anthropic, { status: 429, type: 'rate_limit_error' }, 5),
  side('gemini', () => gemini, { code: 429, status: 'RESOURCE_EXHAUSTED', retryDelaySeconds: 7 }, 2),
];

/** One exchange, told in sections; the whole answer when there is one. */
async function exchange(client: Client, upstream: Upstream, body: Json, stream: boolean) {
  const before = upstream.sent().length;
  const sent = stream ? (client.streamed?.(body) ?? body) : body;
  const response = await house.post(client.path(upstream.model, stream), sent);
  const head = readHead(response);
  const text = stream && response.ok ? await readStream(response) : json(await response.json());
  const last = upstream.sent().slice(before).at(-1);
  return { head, text, last, answer: stream || !response.ok ? undefined : (JSON.parse(text) as Json) };
}

async function play(client: Client, upstream: Upstream, scenario: Scenario): Promise<string> {
  let told = `# ${client.name} → ${upstream.model}: ${scenario.name}\n\n`;
  let body: Json | undefined = client.ask(upstream.model, scenario);
  for (let turn = 1; body !== undefined; turn++) {
    // A broken stream is no answer that could be asked for whole.
    const modes = scenario.fault === 'cut' ? [true] : [false, true];
    let answer: Json | undefined;
    told += section(`${turn}. The client asks`, json(body));
    for (const stream of modes) {
      const made = await exchange(client, upstream, body, stream);
      if (stream === modes[0])
        told += section(
          `${turn}. The provider is sent`,
          made.last ? `${made.last.path}\n${json(made.last.body)}` : 'nothing',
        );
      told += section(`${turn}. The client gets${stream ? ', streamed' : ''}`, `${made.head}\n\n${made.text}`);
      answer ??= made.answer;
    }
    const goesOn = turn === 1 && answer !== undefined && (scenario.next ?? scenario.result) !== undefined;
    body = goesOn && answer ? client.carryOn(body, answer, scenario) : undefined;
  }
  return steady(told);
}

describe.each(CLIENTS)('$name', (client) => {
  describe.each(UPSTREAMS)('to $model', (upstream) => {
    test.each(SCENARIOS)('$name', async (scenario) => {
      if (scenario.fault) upstream.fail(scenario.fault);
      const told = await play(client, upstream, scenario);
      const statuses = [...told.matchAll(/^\d{3}$/gm)].map(([status]) => status);
      expect(new Set(statuses)).toEqual(new Set([scenario.fault === 'throttled' ? '429' : '200']));
      await expect(told).toMatchFileSnapshot(`goldens/${client.name}/${upstream.model}-${scenario.name}.md`);
    });
  });
});
