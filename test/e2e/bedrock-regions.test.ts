// Regions, pools, cross-region profiles, residency and ARNs: from a client through the router to bedrock-local.
import { type BedrockLocal, type BedrockLocalOptions, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterEach, describe, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };
const AUTH = `auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} }`;
const SONNET = 'anthropic.claude-sonnet-5';
const LLAMA = 'meta.llama4-scout-17b-instruct-v1:0';
const APPLICATION = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startLocal(region: string, options: BedrockLocalOptions = {}): Promise<BedrockLocal> {
  const local = await startBedrockLocal({ credentials: [KEYS], region, ...options });
  closers.push(() => local.close());
  return local;
}
async function open(settings: string, rest = '', key?: string): Promise<House> {
  const yaml = `providers:
  bedrock:
    ${AUTH}
    retry: { attempts: 1 }
${settings}${rest}`;
  const house = await openHouse(yaml, key === undefined ? {} : { key });
  closers.push(() => house.close());
  return house;
}

const say = (house: House, model: string, stream = false) =>
  house.post('/v1/chat/completions', { model, stream, messages: [{ role: 'user', content: 'Hello, signalman.' }] });
const errorOf = async (response: Response) => {
  // OpenAI's form of an error.
  const { error } = (await response.json()) as { error: { message: string; code: string | null } };
  return { status: response.status, ...error };
};
const explain = async (house: House, model: string) =>
  // The form that `explain` and its tests share.
  (await (await house.post('/admin/explain', { model })).json()) as {
    targets: {
      target: string;
      resolution?: { model: string; region: string; reasons: string[] };
      breaker: { state: string };
    }[];
  };

describe('a pool of regions', () => {
  async function openPool() {
    const east = await startLocal('us-east-1');
    const west = await startLocal('us-west-2');
    const house = await open(
      `    regions: [us-east-1, us-west-2]
    endpoints: { us-east-1: "${east.url}", us-west-2: "${west.url}" }
    crossRegion: geo
    breaker: { failures: 2 }
routes:
  claude: bedrock/${SONNET}
`,
    );
    return { east, west, house };
  }

  test.each([false, true])(
    'asks the next region when one fails (streamed: %s), then leaves it alone',
    async (stream) => {
      const { east, west, house } = await openPool();
      for (const [n, outcome] of ['first', 'second', 'resting'].entries()) {
        if (outcome !== 'resting') east.script({ kind: 'error', name: 'ServiceUnavailableException' });
        const response = await say(house, 'claude', stream);
        expect(await response.text()).toContain('signalman');
        expect(response.headers.get('x-turnout-target')).toBe(`bedrock@us-west-2/${SONNET}`);
        expect(response.headers.get('x-turnout-attempts')).toBe(outcome === 'resting' ? '1' : '2');
        expect(west.requests).toHaveLength(n + 1);
      }
      expect(east.requests).toHaveLength(2);
      // Each signed for its own region: bedrock-local refuses signatures for another.
      expect(west.requests.every(({ status, model }) => status === 200 && model === `us.${SONNET}`)).toBe(true);
      const { targets } = await explain(house, 'claude');
      expect(targets.map(({ target, breaker }) => [target, breaker.state])).toEqual([
        [`bedrock@us-east-1/${SONNET}`, 'open'],
        [`bedrock@us-west-2/${SONNET}`, 'closed'],
      ]);
      expect(targets.map(({ resolution }) => resolution?.region)).toEqual(['us-east-1', 'us-west-2']);
    },
  );

  test('asks the first region while it answers', async () => {
    const { east, west, house } = await openPool();
    for (let n = 0; n < 3; n++) expect((await say(house, `bedrock/${SONNET}`)).status).toBe(200);
    expect([east.requests.length, west.requests.length]).toEqual([3, 0]);
  });
});

describe('crossRegion: auto', () => {
  test.each([false, true])('learns the profile from the refusal, and remembers it (streamed: %s)', async (stream) => {
    const local = await startLocal('us-east-1');
    const house = await open(`    region: us-east-1\n    crossRegion: auto\n    endpoint: ${local.url}\n`);
    const first = await say(house, `bedrock/${LLAMA}`, stream);
    expect(await first.text()).toContain('signalman');
    expect(first.headers.get('x-turnout-attempts')).toBe('2');
    expect(local.requests.map(({ model, status }) => [model, status])).toEqual([
      [LLAMA, 400],
      [`us.${LLAMA}`, 200],
    ]);
    const second = await say(house, `bedrock/${LLAMA}`, stream);
    expect(second.headers.get('x-turnout-attempts')).toBe('1');
    await second.text();
    expect(local.requests).toHaveLength(3);
    const { targets } = await explain(house, `bedrock/${LLAMA}`);
    expect(targets[0]?.resolution?.reasons.join()).toContain('learnt that AWS wants the profile us here');
    // A model that is served bare stays so.
    await (await say(house, `bedrock/${SONNET}`)).text();
    expect(local.requests.at(-1)?.model).toBe(SONNET);
  });

  test('tries the next profile where the learnt one is unknown', async () => {
    const models = [{ id: SONNET, profiles: ['global'], onDemand: false }];
    const local = await startLocal('us-east-1', { models });
    const house = await open(`    region: us-east-1\n    crossRegion: auto\n    endpoint: ${local.url}\n`);
    // One extra try for each request: the bare id and `us.` are refused to the first.
    expect((await errorOf(await say(house, `bedrock/${SONNET}`))).status).toBe(404);
    expect((await say(house, `bedrock/${SONNET}`)).status).toBe(200);
    expect(local.requests.map(({ model }) => model)).toEqual([SONNET, `us.${SONNET}`, `global.${SONNET}`]);
  });

  test('passes the refusal on, with what to do, where no profile is known', async () => {
    const models = [{ id: 'acme.new-v1:0', profiles: [], onDemand: false }];
    const local = await startLocal('us-east-1', { models });
    const house = await open(`    region: us-east-1\n    crossRegion: auto\n    endpoint: ${local.url}\n`);
    const { status, message } = await errorOf(await say(house, 'bedrock/acme.new-v1:0'));
    expect(status).toBe(400);
    expect(message).toContain('isn’t supported');
    expect(local.requests).toHaveLength(1);
  });
});

describe('residency', () => {
  test('is an error of the file where a setting contradicts it', async () => {
    await expect(open('    region: eu-west-1\n    residency: eu\n    crossRegion: global\n')).rejects.toThrow(
      /crossRegion.*global profiles may send requests to any region/,
    );
    await expect(open('    region: us-east-1\n    residency: eu\n')).rejects.toThrow(/outside residency eu/);
  });

  test('refuses what a client or a route names, and asks the next target', async () => {
    const local = await startLocal('eu-west-1');
    const house = await open(
      `    region: eu-west-1\n    residency: eu\n    endpoint: ${local.url}\n`,
      `routes:
  mixed: { targets: [bedrock/global.${SONNET}, bedrock/eu.${SONNET}] }
`,
    );
    for (const id of [`global.${SONNET}`, `us.${SONNET}`]) {
      const { status, message } = await errorOf(await say(house, `bedrock/${id}`));
      expect(status).toBe(400);
      expect(message).toContain('residency eu');
    }
    expect(local.requests).toHaveLength(0);
    const response = await say(house, 'mixed');
    expect(response.headers.get('x-turnout-target')).toBe(`bedrock/eu.${SONNET}`);
    expect(local.requests.map(({ model }) => model)).toEqual([`eu.${SONNET}`]);
  });
});

describe('ARNs', () => {
  const KEY = 'key-of-team-a';
  const keys = `keys: [{ name: team-a, key: ${KEY} }]\n`;
  const yaml = (local: BedrockLocal, more = '') => `    region: us-east-1\n    endpoint: ${local.url}\n${more}`;
  const routes = `routes:
  team: bedrock/${APPLICATION}
  "any-*": "bedrock/*"
`;

  test('are the operator’s to name, who is the only caller where there are no keys', async () => {
    const local = await startLocal('us-east-1', { resources: { [APPLICATION]: SONNET } });
    const house = await open(yaml(local), routes);
    for (const name of ['team', `bedrock/${APPLICATION}`, `any-${APPLICATION}`]) {
      expect((await say(house, name)).status).toBe(200);
    }
  });

  test('are not for a client with a key to name', async () => {
    const local = await startLocal('us-east-1', { resources: { [APPLICATION]: SONNET } });
    const house = await open(yaml(local), routes + keys, KEY);
    expect((await say(house, 'team')).status).toBe(200);
    for (const name of [`bedrock/${APPLICATION}`, `any-${APPLICATION}`]) {
      const { status, message } = await errorOf(await say(house, name));
      expect(status).toBe(403);
      expect(message).toContain('allowArns: true');
    }
    // Embeddings go the same way.
    const embedding = await house.post('/v1/embeddings', { model: `bedrock/${APPLICATION}`, input: 'Hello' });
    expect(embedding.status).toBe(403);
    expect(local.requests).toHaveLength(1);
  });

  test.each(['    allowArns: true\n', `    models: { mine: { id: "${APPLICATION}", base: ${SONNET} } }\n`])(
    'pass for a client with a key and%s',
    async (setting) => {
      const local = await startLocal('us-east-1', { resources: { [APPLICATION]: SONNET } });
      const house = await open(yaml(local, setting), routes + keys, KEY);
      expect((await say(house, `bedrock/${APPLICATION}`)).status).toBe(200);
      expect(local.requests[0]?.model).toBe(APPLICATION);
    },
  );

  test('that are malformed are told so', async () => {
    const local = await startLocal('us-east-1');
    const house = await open(yaml(local));
    const { status, message } = await errorOf(await say(house, 'bedrock/arn:aws:bedrock:us-east-1:abc'));
    expect(status).toBe(404);
    expect(message).toContain('expected arn:aws:bedrock:REGION:ACCOUNT:KIND/ID');
    expect(local.requests).toHaveLength(0);
  });
});

test.each([false, true])(
  'an imported model answers in its own form, the client in its own (streamed: %s)',
  async (stream) => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abc';
    const local = await startLocal('us-east-1', { resources: { [arn]: 'qwen.qwen3-32b-v1:0' } });
    const house = await open(
      `    region: us-east-1\n    endpoint: ${local.url}\n    models: { mine: { id: "${arn}" } }\n`,
      'routes:\n  mine: bedrock/mine\n',
    );
    const response = await say(house, 'mine', stream);
    expect(await response.text()).toContain('signalman');
    expect(local.requests[0]).toMatchObject({
      operation: stream ? 'invoke-with-response-stream' : 'invoke',
      model: arn,
      body: { messages: [{ role: 'user', content: 'Hello, signalman.' }] },
    });
  },
);

test('discover: true finds what is behind an application profile on the way of the first request', async () => {
  const local = await startLocal('us-east-1', { resources: { [APPLICATION]: SONNET } });
  const house = await open(
    `    region: us-east-1
    discover: true
    controlEndpoint: ${local.url}
    endpoint: ${local.url}
`,
    `routes:\n  team: { targets: ["bedrock/${APPLICATION}"], reasoning: { effort: high } }\n`,
  );
  const response = await say(house, 'team');
  expect(response.status).toBe(200);
  // Known to be Claude, it is asked to think as Claude is.
  expect(local.requests.at(-1)).toMatchObject({
    model: APPLICATION,
    body: { additionalModelRequestFields: { thinking: { type: 'adaptive' } } },
  });
});

test('a short id is completed, and an unknown one gets near ones suggested', async () => {
  const local = await startLocal('us-east-1');
  const house = await open(`    region: us-east-1\n    crossRegion: geo\n    endpoint: ${local.url}\n`);
  expect((await say(house, 'bedrock/anthropic.claude-haiku-4-5')).status).toBe(200);
  expect(local.requests[0]?.model).toBe('us.anthropic.claude-haiku-4-5-20251001-v1:0');
  const { status, message } = await errorOf(await say(house, 'bedrock/anthropic.claude-sonet-5'));
  expect(status).toBe(404);
  expect(message).toContain(`near it are ${SONNET}`);
});
