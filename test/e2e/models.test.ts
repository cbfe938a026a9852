// `turnout models` as a user sees it: an aligned table, and JSON.
import { expect, test } from 'vitest';
import { commandUnderTest, quickstart } from '../command.ts';

const command = commandUnderTest();
const { write } = command;

const models = (config: string, ...flags: string[]) => command.run('models', ...flags, '--config', config);

test('a table for each provider', async () => {
  const { text, code } = await models(quickstart);
  const [bedrock = '', echo] = text.split('\n\n');
  const lines = bedrock.split('\n');
  const shown = lines.filter((line) =>
    /MODEL|claude-sonnet-5 |nova-pro|titan-embed-text-v1|embed-v4|deepseek.r1/.test(line),
  );
  expect(shown.map((line) => line.split(/ {2,}/))).toMatchInlineSnapshot(`
    [
      [
        "MODEL",
        "CONTEXT",
        "OUTPUT",
        "$/M IN",
        "$/M OUT",
        "ABILITIES",
        "NOTE",
      ],
      [
        "bedrock/amazon.nova-pro-v1:0",
        "300k",
        "10k",
        "0.80",
        "3.20",
        "tools images cache",
        "profiles: apac eu us; sent as us.amazon.nova-pro-v1:0",
      ],
      [
        "bedrock/amazon.titan-embed-text-v1",
        "8192",
        "0.10",
        "0.00",
        "embeddings",
      ],
      [
        "bedrock/anthropic.claude-sonnet-5",
        "1M",
        "128k",
        "2.20",
        "11.00",
        "tools images reasoning cache",
        "profiles: au eu global jp us; sent as us.anthropic.claude-sonnet-5",
      ],
      [
        "bedrock/cohere.embed-v4:0",
        "128k",
        "embeddings",
        "profiles: eu global us; sent as us.cohere.embed-v4:0",
      ],
      [
        "bedrock/deepseek.r1-v1:0",
        "128k",
        "32768",
        "1.35",
        "5.40",
        "reasoning",
        "profiles: us; sent as us.deepseek.r1-v1:0",
      ],
    ]
  `);
  expect(echo).toMatchInlineSnapshot(`
    "MODEL
    echo/echo"
  `);
  expect(lines.length).toBeGreaterThan(90);
  expect(code).toBe(0);
});

test('the price and the note are those of what is sent', async () => {
  const yaml = (crossRegion: string) => `providers:
  bedrock:
    region: us-east-1
    crossRegion: ${crossRegion}
    auth: { mode: keys, accessKeyId: a, secretAccessKey: b }
    models: { mine: { id: global.amazon.nova-2-lite-v1:0 } }
`;
  const row = async (crossRegion: string, id: string) => {
    const { text } = await models(write(yaml(crossRegion)), 'bedrock', '--json');
    const [{ models: list }] = JSON.parse(text).providers;
    return list.find((model: { id: string }) => model.id === id);
  };
  const nova = 'amazon.nova-2-lite-v1:0';
  expect(await row('off', nova)).toMatchObject({ price: { input: 0.33 }, note: 'profiles: eu global jp us' });
  expect(await row('global', nova)).toEqual({
    id: nova,
    name: 'Nova 2 Lite',
    inputTokensMax: 1_000_000,
    outputTokensMax: 65_535,
    price: { input: 0.3, output: 2.5, cacheRead: 0.075, cacheWrite: 0.3 },
    abilities: ['tools', 'images', 'reasoning', 'cache'],
    note: `profiles: eu global jp us; sent as global.${nova}`,
  });
  expect(await row('off', 'mine')).toMatchObject({ price: { input: 0.3 } });
});

test('one provider, or a word about those that there are', async () => {
  expect((await models(quickstart, 'echo')).text).toBe('MODEL\necho/echo');
  const { text, code } = await models(quickstart, 'bedrok');
  expect(text).toBe('turnout: there is no provider "bedrok" in the file: bedrock, echo');
  expect(code).toBe(1);
});
