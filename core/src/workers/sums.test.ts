// Sums over workers that come and go.
import { expect, test } from 'vitest';
import type { Metric } from '../observe/index.ts';
import { Sums } from './sums.ts';

const counted = (value: number): Metric[] => [
  { name: 'requests_total', help: 'h', type: 'counter', across: 'sum', samples: [{ value }] },
  { name: 'running', help: 'h', type: 'gauge', across: 'sum', samples: [{ value }] },
  { name: 'process_cpu', help: 'h', type: 'counter', across: 'apart', samples: [{ value }] },
];
const valuesOf = (sums: Sums, name: string) =>
  sums.all().flatMap((metric) => (metric.name === name ? metric.samples.map(({ value }) => value) : []));

test('a sum does not become smaller when a worker ends, or begins anew', () => {
  const sums = new Sums();
  sums.note(1, counted(10));
  sums.note(2, counted(5));
  expect(valuesOf(sums, 'requests_total')).toEqual([15]);
  sums.leave(1);
  expect(valuesOf(sums, 'requests_total')).toEqual([15]);
  sums.note(1, counted(1));
  expect(valuesOf(sums, 'requests_total')).toEqual([16]);
  sums.leave(1);
  expect(valuesOf(sums, 'requests_total')).toEqual([16]);
});

test('what is so at a moment goes with the worker', () => {
  const sums = new Sums();
  sums.note(1, counted(10));
  sums.note(2, counted(5));
  sums.leave(1);
  expect(valuesOf(sums, 'running')).toEqual([5]);
  expect(valuesOf(sums, 'process_cpu')).toEqual([5]);
  expect(sums.all().find(({ name }) => name === 'process_resident_memory_bytes')?.samples).toHaveLength(1);
});
