// A hundred reloads while clients go on asking, streamed and not: not one of them notices.
import { startOpenaiLocal } from '@turnout/plugin-openai/local';
import { expect, test } from 'vitest';
import { openHouse } from '../house.ts';

const RELOADS = 100;
const CLIENTS = 6;

const plain = await startOpenaiLocal({ apiKeys: ['k'] });
const slow = await startOpenaiLocal({ apiKeys: ['k'], tokensPerSecond: 400 });

/** `steady` is the same in all of them; `moving` is another one in each, and `extra` comes and goes. */
const yaml = (n: number) => `
providers:
  steady: { plugin: openai, apiKey: k, baseUrl: "${plain.baseUrl}" }
  moving: { plugin: openai, apiKey: k, baseUrl: "${slow.baseUrl}", headers: { x-turn: "${n}" } }
${n % 2 === 0 ? `  extra: { plugin: openai, apiKey: k, baseUrl: "${plain.baseUrl}" }\n` : ''}
routes:
  main: { targets: [moving/gpt-4o, steady/gpt-4o] }
  other: { targets: [${n % 2 === 0 ? 'extra' : 'steady'}/gpt-4o, moving/gpt-4o] }
`;

interface Kind {
  readonly path: string;
  readonly body: object;
  /** How a stream ends that is complete. */
  readonly ends: RegExp;
}
const content = 'Count the sleepers of the line, please.';
const messages = [{ role: 'user', content }];
const KINDS: readonly Kind[] = [
  { path: '/v1/chat/completions', body: { messages }, ends: /data: \[DONE\]\n\n$/ },
  { path: '/v1/messages', body: { messages, max_tokens: 100 }, ends: /event: message_stop\n.*\n\n$/ },
  {
    path: '/v1/responses',
    body: { input: content },
    ends: /event: response\.completed\n.*\n\n(?:data: \[DONE\]\n\n)?$/,
  },
];

test('a hundred reloads under load lose nothing', { timeout: 60_000 }, async () => {
  const house = await openHouse(yaml(0));
  let over = false;
  let asked = 0;
  const failures: string[] = [];
  const targets = new Set<string>();
  const ask = async ({ path, body, ends }: Kind, stream: boolean, model: string): Promise<void> => {
    const response = await house.post(path, { ...body, model, stream });
    const text = await response.text();
    asked++;
    targets.add(response.headers.get('x-turnout-target') ?? '');
    const isWhole = stream ? ends.test(text) && !text.includes('"error":{') : text.includes('"usage"');
    if (response.status !== 200 || !isWhole) failures.push(`${response.status} ${path} ${model}: ${text.slice(-300)}`);
    // The first target answers: nobody was sent on because a provider went away.
    if (response.headers.get('x-turnout-attempts') !== '1') failures.push(`${model}: more than one attempt`);
  };
  const clients = Array.from({ length: CLIENTS }, async (_, n) => {
    const kind = KINDS[n % KINDS.length];
    while (!over && kind) {
      await ask(kind, n % 2 === 0, n % 4 < 2 ? 'main' : 'other');
      await new Promise((later) => setTimeout(later, 30));
    }
  });
  const steady = house.live.router.upstreams.get('steady');
  for (let n = 1; n <= RELOADS; n++) {
    house.rewrite(yaml(n));
    const answer = await fetch(`${house.url}/admin/reload`, { method: 'POST' });
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      { version: n + 1, providers: { kept: ['steady'] } },
    ]);
    await new Promise((later) => setTimeout(later, 5));
  }
  over = true;
  await Promise.all(clients);
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThan(RELOADS);
  expect(targets).toEqual(new Set(['moving/gpt-4o', 'extra/gpt-4o', 'steady/gpt-4o']));
  expect(house.live.router.upstreams.get('steady')).toBe(steady);
  // Requests of many configurations have gone out, and none of their providers is left.
  const turns = new Set(slow.requests.map(({ headers }) => headers['x-turn']));
  expect(turns.size).toBeGreaterThan(10);
  await house.close();
  expect([plain.open, slow.open]).toEqual([0, 0]);
  await Promise.all([plain.close(), slow.close()]);
});
