// The numbers of the chart: every bar to the one scale, marks where the budgets are, and nothing from outside.
import { expect, test } from 'vitest';
import { BAR_MAX, chart, LEFT, layOut, scaleOf } from './chart.ts';
import type { Figures, Row } from './measure.ts';

const figures = (ratio: number, cpuUs = ratio * 50): Figures => ({
  ...{ cpuUs, perSecond: 1_000, p50Ms: 1, p99Ms: 2, lost: 0 },
  ...{ ratio, ratioMin: ratio * 0.9, ratioMax: ratio * 1.25 },
});
const row = (path: string, turnout: number, portkey?: number, budget?: number): Row => ({
  ...{ path, generator: 'built-in', ...(budget !== undefined && { budget }) },
  figures: {
    floor: figures(1),
    turnout: figures(turnout),
    ...(portkey !== undefined && { portkey: figures(portkey) }),
  },
});
const ROWS = [row('small', 1.5, 9, 2), row('a & b <stream>', 6, 40, 5), row('alone', 3)];

test('the longest of what is drawn fills its room', () => {
  expect(scaleOf(ROWS) * 40 * 1.25).toBeCloseTo(BAR_MAX);
  expect(scaleOf([row('below one', 0.2)])).toBe(BAR_MAX);
  // A budget that nobody reaches has to have room too.
  expect(scaleOf([row('far below', 0.5, undefined, 4)])).toBe(BAR_MAX / 4);
  expect(scaleOf([])).toBe(BAR_MAX);
});

test('a bar is as long as its ratio, with the spread of the rounds on it and the budget beside it', () => {
  const scale = scaleOf(ROWS);
  const [small, stream, alone] = layOut(ROWS);
  expect(small?.bars.map(({ who, width }) => [who, width / scale])).toEqual([
    ['turnout', 1.5],
    ['portkey', 9],
  ]);
  expect(small?.bars[0]).toMatchObject({ from: LEFT + 1.35 * scale, to: LEFT + 1.875 * scale, over: false });
  expect(small?.budget).toBe(LEFT + 2 * scale);
  expect(small?.bars[0]?.text).toBe('1.5× · 75 µs');
  expect(stream?.bars.map(({ over }) => over)).toEqual([true, false]);
  expect(stream?.bars[0]?.text).toBe('6.0× · 300 µs · over budget');
  expect(alone?.budget).toBeUndefined();
});

test('no bar lies on another', () => {
  const tops = layOut(ROWS).flatMap(({ bars }) => bars.map(({ y }) => y));
  const gaps = tops.slice(1).map((top, at) => top - (tops[at] ?? 0));
  expect(gaps.every((gap) => gap >= 14)).toBe(true);
  expect(layOut(ROWS).every(({ y, top, bottom }) => top < y && y < bottom)).toBe(true);
});

test('long times are in milliseconds, and what has no ratio has no bar', () => {
  const image: Row = { ...row('image', 1), figures: { turnout: figures(6, 41_148), portkey: figures(Number.NaN) } };
  expect(layOut([image])[0]?.bars.map(({ text }) => text)).toEqual(['6.0× · 41.1 ms']);
});

test('a picture of its own: small, escaped, nothing from outside', () => {
  const head = {
    node: 'v24',
    machine: '2 × <CPU>',
    floor: 'caae',
    date: '2026-11-23',
    rounds: 5,
    portkey: 'Portkey 1',
  };
  const svg = chart({ ...head, rows: Array.from({ length: 4 }, () => ROWS).flat(), singles: [] });
  expect(Buffer.byteLength(svg)).toBeLessThan(30_000);
  expect(svg).toContain('a &amp; b &lt;stream&gt;');
  expect(svg).toContain('2 × &lt;CPU&gt;');
  expect(svg).not.toMatch(/href|url\(|@import|@font-face|NaN|undefined/);
  expect(svg).toContain('prefers-color-scheme:dark');
  expect(chart({ ...head, rows: [], singles: [] })).not.toMatch(/NaN|undefined/);
});
