// What `check` warns of: each thing once, at the route that says it, and nothing that is not true.
import { expect, test } from 'vitest';
import { routeWarnings } from '../../core/src/server/index.ts';
import { load } from './subject.ts';

const AWS = '{ plugin: bedrock, region: us-east-1, auth: { mode: keys, accessKeyId: a, secretAccessKey: b } }';

async function warningsOf(yaml: string): Promise<string[]> {
  return routeWarnings(await load(yaml)).map(
    ({ line, path, message }) => `${line} ${path}: ${message.replace('warning: ', '')}`,
  );
}

test('nested routes: at the one that sets it, and once however many lead there', async () => {
  expect(
    await warningsOf(`providers: { aws: ${AWS}, echo: {} }
routes:
  inner: { targets: [aws/anthropic.claude-sonnet-5], defaults: { temperature: 0.2 } }
  outer: { targets: [route/inner], defaults: { topP: 0.5 } }
  other: { targets: [route/inner] }
`),
  ).toMatchInlineSnapshot(`
    [
      "3 routes.inner.defaults.temperature: aws/anthropic.claude-sonnet-5 does not get this: the model has no such setting",
      "4 routes.outer.defaults.topP: aws/anthropic.claude-sonnet-5 does not get this: the model has no such setting",
    ]
  `);
});

test('typed fallbacks are targets too: what they do not get is said', async () => {
  expect(
    await warningsOf(`providers: { aws: ${AWS}, echo: {} }
routes:
  guarded:
    targets: [aws/amazon.nova-pro-v1:0]
    onContextOverflow: [echo/long]
    onContentBlocked: [aws/amazon.nova-lite-v1:0]
    bedrock: { guardrail: { id: gr1, version: 1 } }
`),
  ).toMatchInlineSnapshot(`
    [
      "7 routes.guarded.bedrock: echo/long does not get this: it is no target of the plugin "bedrock"",
    ]
  `);
});

test('an overflow that leads to no more room; one that does is none', async () => {
  const yaml = (fallback: string) => `providers: { aws: ${AWS} }
routes:
  long: { targets: [aws/anthropic.claude-sonnet-5], onContextOverflow: [aws/${fallback}] }
`;
  expect(await warningsOf(yaml('anthropic.claude-haiku-4-5-20251001-v1:0'))).toMatchInlineSnapshot(`
    [
      "3 routes.long.onContextOverflow: aws/anthropic.claude-haiku-4-5-20251001-v1:0 takes 200000 tokens, and no target of the route takes less: it overflows too",
    ]
  `);
  const small = (fallback: string) => yaml(fallback).replace('sonnet-5]', 'haiku-4-5-20251001-v1:0]');
  expect(await warningsOf(small('anthropic.claude-sonnet-5'))).toEqual([]);
});

test('a strategy among one, but for a pool of which the quickest is asked', async () => {
  const pool = AWS.replace('region: us-east-1', 'regions: [us-east-1, us-west-2]');
  expect(
    await warningsOf(`providers: { pool: ${pool}, echo: {} }
routes:
  weights: { strategy: weighted, targets: [{ target: echo/x, weight: 3 }] }
  stuck: { strategy: sticky, sticky: user, targets: [echo/x] }
  quick: { strategy: least-latency, targets: [pool/amazon.nova-pro-v1:0] }
  two: { strategy: round-robin, targets: [echo/x, echo/y] }
`),
  ).toMatchInlineSnapshot(`
    [
      "3 routes.weights.strategy: "strategy: weighted" has no effect with one target",
      "4 routes.stuck.strategy: "strategy: sticky" has no effect with one target",
    ]
  `);
});

test('patterns that nothing comes to', async () => {
  const yaml = (direct: boolean) => `providers: { echo: {}, b: { plugin: echo } }
routes:
  "gpt-*": echo/*
  "gpt-4*": echo/four-*
  "*-mini": echo/mini
  "gpt-*-mini": b/mini
  "b/*": echo/*
  "other-*": echo/x
  "other-a*": echo/y
direct: ${direct}
`;
  expect(await warningsOf(yaml(true))).toMatchInlineSnapshot(`
    [
      "4 routes.gpt-4*: never reached: the pattern "gpt-*" before it takes the same names",
      "6 routes.gpt-*-mini: never reached: the pattern "gpt-*" before it takes the same names",
      "7 routes.b/*: never reached: names that begin with "b/" are the provider's own models (direct: true)",
      "9 routes.other-a*: never reached: the pattern "other-*" before it takes the same names",
    ]
  `);
  expect((await warningsOf(yaml(false))).filter((text) => text.includes('b/*'))).toEqual([]);
});

test('a pattern is not shadowed by one that needs a longer name', async () => {
  // "gpt-" itself leaves nothing for the star of the first, which it needs, and reaches the second.
  expect(
    await warningsOf(`providers: { echo: {} }
routes:
  "gpt-*": echo/*
  "gp*": echo/x
`),
  ).toEqual([]);
});

test('names that no key may use, unless a route leads there', async () => {
  expect(
    await warningsOf(`keys: [{ name: a, key: "key-of-team-a", models: ["pub*"] }]
providers: { echo: {} }
routes:
  public: { targets: [route/inner] }
  inner: { targets: [echo/x] }
  lost: { targets: [echo/x] }
`),
  ).toMatchInlineSnapshot(`
    [
      "6 routes.lost: never reached: no key may use it, and no route leads to it",
    ]
  `);
});
