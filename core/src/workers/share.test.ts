// How limits are divided.
import { expect, test } from 'vitest';
import type { Config, ConfigIssue } from '../config/config.ts';
import { countWorkers, partOf, shareOf, shareWarnings } from './share.ts';

const parts = (whole: number, of: number) =>
  Array.from({ length: of }, (_, index) => partOf(whole, { worker: index + 1, of }));

test('the parts are the whole, differ by one at most, and none is less than one', () => {
  expect(parts(7, 3)).toEqual([3, 2, 2]);
  expect(parts(6, 3)).toEqual([2, 2, 2]);
  expect(parts(2, 4)).toEqual([1, 1, 1, 1]);
  expect(parts(0, 4)).toEqual([0, 0, 0, 0]);
  for (let whole = 1; whole < 200; whole++) {
    for (const of of [1, 2, 5, 16]) {
      const sum = parts(whole, of).reduce((total, part) => total + part, 0);
      expect(sum).toBe(Math.max(whole, of));
    }
  }
});

test('auto is at least one', () => {
  expect(countWorkers({ workers: 'auto' })).toBeGreaterThanOrEqual(1);
  expect(countWorkers({ workers: 5 })).toBe(5);
});

// As much of a configuration as is looked at.
const config = {
  server: { workers: 3 },
  keys: [
    { name: 'a', admin: false, sha256: Buffer.alloc(32), limits: { rpm: 7, concurrent: 2 } },
    { name: 'b', admin: true, pair: { accessKeyId: 'ABCD', secretAccessKey: () => 'secret' } },
  ],
  providers: [{ name: 'p', concurrency: { max: 5, queue: 0 } }],
  issue: (path: readonly (string | number)[], message: string) => ({ path: path.join('.'), message }) as ConfigIssue,
} as unknown as Config;

test('a worker gets its part of every limit, and all else as it is', () => {
  const first = shareOf(config, { worker: 1, of: 3 });
  const last = shareOf(config, { worker: 3, of: 3 });
  expect(first.keys[0]).toMatchObject({ name: 'a', limits: { rpm: 3, concurrent: 1 } });
  expect(last.keys[0]).toMatchObject({ name: 'a', limits: { rpm: 2, concurrent: 1 } });
  expect(first.keys[1]).toBe(config.keys[1]);
  expect(first.providers[0]).toEqual({ name: 'p', concurrency: { max: 2, queue: 0 } });
  expect(last.providers[0]).toEqual({ name: 'p', concurrency: { max: 1, queue: 0 } });
  expect(first.issue).toBe(config.issue);
});

test('what cannot be divided is warned of, at its place', () => {
  expect(shareWarnings(config).map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'keys.0.limits.concurrent: warning: 2 cannot be divided among 3 workers: each takes 1, which makes 3',
  ]);
  expect(shareWarnings({ ...config, server: { ...config.server, workers: 1 } })).toEqual([]);
});
