// What the prompt cache counts as read and as written.
import type { ConverseRequestBody } from '@turnout/core/wire';
import { beforeEach, expect, test } from 'vitest';
import { createPromptCache, type PromptCache } from './prompt-cache.ts';

let now = 0;
let cache: PromptCache;
beforeEach(() => {
  now = 1_000_000;
  cache = createPromptCache({ tokensMin: 10, now: () => now });
});

const text = (tokens: number, letter = 'a') => ({ text: letter.repeat(tokens * 4) });
const point = (ttl?: '1h') => ({ cachePoint: { type: 'default' as const, ...(ttl === undefined ? {} : { ttl }) } });
const prompt = (...content: ConverseRequestBody['messages'][number]['content']): ConverseRequestBody => ({
  messages: [{ role: 'user', content }],
});
const use = (body: ConverseRequestBody, model = 'm') => {
  const { readTokens, writeTokens } = cache.use(model, body) ?? {};
  return [readTokens, writeTokens];
};

test('a prompt without cache points uses no cache', () => {
  expect(cache.use('m', prompt(text(100)))).toBeUndefined();
});

test('writes first, reads afterwards, and writes what is new', () => {
  expect(use(prompt(text(100), point()))).toEqual([0, 100]);
  expect(use(prompt(text(100), point()))).toEqual([100, 0]);
  expect(use(prompt(text(100), point(), text(50, 'b'), point()))).toEqual([100, 50]);
  expect(use(prompt(text(100), text(50, 'b'), point()))).toEqual([150, 0]);
});

test('another model, another text or another system prompt is another prefix', () => {
  use(prompt(text(100), point()));
  expect(use(prompt(text(100), point()), 'other')).toEqual([0, 100]);
  expect(use(prompt(text(100, 'b'), point()))).toEqual([0, 100]);
  expect(use({ ...prompt(text(100), point()), system: [text(20)] })).toEqual([0, 120]);
});

test('entries end with their lifetime, which reading renews', () => {
  use(prompt(text(100), point()));
  now += 4 * 60_000;
  expect(use(prompt(text(100), point()))).toEqual([100, 0]);
  now += 4 * 60_000;
  expect(use(prompt(text(100), point()))).toEqual([100, 0]);
  now += 6 * 60_000;
  expect(use(prompt(text(100), point()))).toEqual([0, 100]);
});

test('tells writes of an hour from those of five minutes', () => {
  const body = { ...prompt(text(100), point()), system: [text(50), point('1h')] };
  expect(cache.use('m', body)?.writes).toEqual([
    { ttl: '1h', inputTokens: 50 },
    { ttl: '5m', inputTokens: 100 },
  ]);
  now += 30 * 60_000;
  expect(use(body)).toEqual([50, 100]);
});

test('a short prefix is not cached', () => {
  expect(use(prompt(text(9), point()))).toEqual([0, 0]);
  expect(use(prompt(text(9), point()))).toEqual([0, 0]);
});
