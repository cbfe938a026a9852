// Sums by label.
import { expect, test } from 'vitest';
import { Counter, Histogram, OTHER } from './totals.ts';

const options = { name: 'n', help: 'h', labels: ['a', 'b'] };

test('a counter keeps apart what differs in a label', () => {
  const counter = new Counter(options);
  counter.of('x', 'y').add(1);
  counter.of('x', 'y').add(2.5);
  counter.of('xy', '').add(4);
  expect([...counter]).toEqual([
    { labels: { a: 'x', b: 'y' }, series: { value: 3.5 } },
    { labels: { a: 'xy', b: '' }, series: { value: 4 } },
  ]);
});

test('a value falls into the first bucket that is not below it', () => {
  const histogram = new Histogram({ ...options, labels: [], bounds: [1, 4, 16] });
  for (const value of [0, 1, 1.1, 4, 16, 16.5, 1e9]) histogram.of().observe(value);
  const [only] = [...histogram];
  expect([...(only?.series.counts ?? [])]).toEqual([2, 2, 1, 2]);
  expect(only?.series.sum).toBeCloseTo(1e9 + 38.6);
});

test('whatever the labels, the memory is bounded', () => {
  const counter = new Counter(options);
  for (let n = 0; n < 20_000; n++) counter.of(String(n), 'y').add(1);
  const series = [...counter];
  expect(series.length).toBeLessThanOrEqual(5_001);
  expect(series.reduce((sum, one) => sum + one.series.value, 0)).toBe(20_000);
  expect(series.at(-1)).toEqual({ labels: { a: OTHER, b: OTHER }, series: { value: 15_000 } });
  counter.of('7', 'y').add(1);
  expect([...counter][7]?.series.value).toBe(2);
});
