// Typed fallbacks and nested routes, over real sockets: where a request goes that is too long or that a filter blocks.
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { type OpenaiLocal, startOpenaiLocal } from '@turnout/plugin-openai/local';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';
import { inTurn } from './station.ts';

/** 200,000 tokens of context. */
const SMALL = 'anthropic.claude-haiku-4-5-20251001-v1:0';
/** A million. */
const LARGE = 'anthropic.claude-sonnet-5';
const NOVA = 'amazon.nova-lite-v1:0';

let bedrock: BedrockLocal;
let openai: OpenaiLocal;
let house: House;

beforeAll(async () => {
  bedrock = await startBedrockLocal();
  openai = await startOpenaiLocal();
  house = await openHouse(`providers:
  aws:
    plugin: bedrock
    region: us-east-1
    crossRegion: geo
    endpoint: ${bedrock.url}
    auth: { mode: api-key, apiKey: test }
    retry: { attempts: 1 }
  up: { plugin: openai, baseUrl: "${openai.url}/v1", apiKey: test, retry: { attempts: 1 } }
routes:
  claude:
    targets: [aws/${SMALL}, up/never]
    onContextOverflow: [aws/${LARGE}]
  plain: { targets: [aws/${SMALL}, up/next] }
  alone: { targets: [aws/${SMALL}, up/never], onContextOverflow: [] }
  around: { targets: [route/alone, up/never] }
  rescued: { targets: [route/alone, up/never], onContextOverflow: [up/rescue] }
  blocked: { targets: [up/a, up/never], onContentBlocked: [up/b, up/c] }
  uncaught: { targets: [up/a, up/never] }
  guarded:
    targets: [aws/${NOVA}]
    onContentBlocked: [up/calm]
    bedrock: { guardrail: { id: gr1, version: 1 } }
  inner:
    targets: [aws/${NOVA}]
    reasoning: off
    defaults: { maxTokens: 77, temperature: 0.5 }
    bedrock: { guardrail: { id: gr1, version: 1 } }
  outer: { targets: [route/inner], defaults: { maxTokens: 33 }, bedrock: { serviceTier: priority } }
  round: { targets: [aws/${SMALL}, aws/${LARGE}], strategy: round-robin }
`);
});
afterEach(() => {
  openai.reset();
  bedrock.reset();
});
afterAll(async () => {
  await house.close();
  await bedrock.close();
  await openai.close();
});

const LONG = 'word '.repeat(250_000);

interface Outcome {
  readonly status: number;
  readonly target: string | null;
  readonly attempts: string | null;
  readonly body: string;
}

async function ask(model: string, content: string, stream = false): Promise<Outcome> {
  const answer = await house.post('/v1/chat/completions', { model, messages: [{ role: 'user', content }], stream });
  const { status, headers } = answer;
  const [target, attempts] = [headers.get('x-turnout-target'), headers.get('x-turnout-attempts')];
  return { status, target, attempts, body: await answer.text() };
}

describe.each([
  ['whole', false],
  ['streamed', true],
])('a prompt that is too long, %s', (_, stream) => {
  test('goes to the list for it, and past the rest of the targets', async () => {
    expect(await ask('claude', 'short', stream)).toMatchObject({ target: `aws/${SMALL}`, attempts: '1' });
    expect(await ask('claude', LONG, stream)).toMatchObject({ status: 200, target: `aws/${LARGE}`, attempts: '2' });
    expect(openai.requests).toHaveLength(0);
  });

  test('goes to the next target where there is no list', async () => {
    expect(await ask('plain', LONG, stream)).toMatchObject({ status: 200, target: 'up/next', attempts: '2' });
  });

  test('goes nowhere where the list is empty, from within another route neither', async () => {
    for (const model of ['alone', 'around']) {
      const outcome = await ask(model, LONG, stream);
      expect(outcome).toMatchObject({ status: 400, attempts: '1' });
      expect(outcome.body).toContain('context_length_exceeded');
    }
    expect(openai.requests).toHaveLength(0);
  });

  test('goes to the list of the route around it', async () => {
    expect(await ask('rescued', LONG, stream)).toMatchObject({ status: 200, target: 'up/rescue', attempts: '2' });
  });
});

describe.each([
  ['whole', false],
  ['streamed', true],
])('blocked content, %s', (_, stream) => {
  const refuse = (model: string) =>
    openai.script({ kind: 'error', status: 400, code: 'content_filter', message: 'blocked', when: { model } });
  const filter = (model: string) =>
    openai.script({ kind: 'answer', content: '', finishReason: 'content_filter', when: { model } });

  test('of a request goes to the list for it, and on within it', async () => {
    refuse('a');
    expect(await ask('blocked', 'hello', stream)).toMatchObject({ status: 200, target: 'up/b', attempts: '2' });
    refuse('a');
    refuse('b');
    expect(await ask('blocked', 'hello', stream)).toMatchObject({ status: 200, target: 'up/c', attempts: '3' });
  });

  test('of a request is the end where there is no list, and after it', async () => {
    refuse('a');
    expect(await ask('uncaught', 'hello', stream)).toMatchObject({ status: 400, attempts: '1' });
    for (const model of ['a', 'b', 'c']) refuse(model);
    expect(await ask('blocked', 'hello', stream)).toMatchObject({ status: 400, attempts: '3' });
    expect(openai.requests.map(({ model }) => model)).toEqual(['a', 'a', 'b', 'c']);
  });

  test('of an answer that has not begun goes to the list too; without one it is the answer', async () => {
    filter('a');
    expect(await ask('blocked', 'hello', stream)).toMatchObject({ status: 200, target: 'up/b' });
    filter('a');
    const outcome = await ask('uncaught', 'hello', stream);
    expect(outcome).toMatchObject({ status: 200, target: 'up/a' });
    expect(outcome.body).toContain('content_filter');
  });

  test('by a guardrail of the route goes to where the list leads', async () => {
    expect(await ask('guarded', 'hello', stream)).toMatchObject({ status: 200, target: `aws/${NOVA}` });
  });
});

test('what nested routes set is merged for their target, the outer over the inner', async () => {
  expect((await ask('outer', 'hello')).status).toBe(200);
  expect(bedrock.requests.at(-1)?.body).toMatchObject({
    inferenceConfig: { maxTokens: 33, temperature: 0.5 },
    guardrailConfig: { guardrailIdentifier: 'gr1', guardrailVersion: '1' },
    serviceTier: { type: 'priority' },
  });
});

test('a count of tokens takes no turn of a round', async () => {
  const answers = await inTurn(3, async () => {
    const messages = [{ role: 'user', content: 'hello' }];
    expect((await house.post('/v1/messages/count_tokens', { model: 'round', messages })).status).toBe(200);
    return (await ask('round', 'hello')).target;
  });
  expect(answers).toEqual([`aws/${SMALL}`, `aws/${LARGE}`, `aws/${SMALL}`]);
  expect(bedrock.requests.filter(({ operation }) => operation === 'count-tokens')).toHaveLength(3);
});
