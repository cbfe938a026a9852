// The metrics of several processes as one.
import { expect, test } from 'vitest';
import { type Metric, printMetrics } from './exposition.ts';
import { mergeMetrics } from './merge.ts';

const metric = (
  name: string,
  across: Metric['across'],
  samples: Metric['samples'],
  type: Metric['type'] = 'gauge',
): Metric => ({
  name,
  help: 'h',
  type,
  across,
  samples,
});

test('each metric is put together in its own way', () => {
  const of = (value: number) => [
    metric('a_sum', 'sum', [{ value }]),
    metric('a_max', 'max', [{ value }]),
    metric('a_min', 'min', [{ value }]),
    metric('own', 'apart', [{ labels: { kind: 'x' }, value }]),
  ];
  expect(
    mergeMetrics([
      { worker: '1', metrics: of(2) },
      { worker: '2', metrics: of(5) },
    ]).map(({ samples }) => samples),
  ).toEqual([
    [{ value: 7 }],
    [{ value: 5 }],
    [{ value: 2 }],
    [
      { labels: { kind: 'x', worker: '1' }, value: 2 },
      { labels: { kind: 'x', worker: '2' }, value: 5 },
    ],
  ]);
});

test('what differs in a label is kept apart, and what only one has is there', async () => {
  const bucket = (le: string, route: string, value: number) => ({ name: 'd_bucket', labels: { route, le }, value });
  const merged = mergeMetrics([
    { worker: '1', metrics: [metric('d', 'sum', [bucket('1', 'a', 1), bucket('+Inf', 'a', 3)], 'histogram')] },
    {
      worker: '2',
      metrics: [metric('d', 'sum', [bucket('1', 'b', 4), bucket('+Inf', 'b', 4), bucket('1', 'a', 2)], 'histogram')],
    },
  ]);
  expect((await printMetrics(merged)).text).toBe(
    [
      '# HELP d h',
      '# TYPE d histogram',
      'd_bucket{route="a",le="1"} 3',
      'd_bucket{route="a",le="+Inf"} 3',
      'd_bucket{route="b",le="1"} 4',
      'd_bucket{route="b",le="+Inf"} 4',
      '',
    ].join('\n'),
  );
});
