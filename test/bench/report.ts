// What a run of the bench comes to: a table for the reader, and the same as JSON with a chart for the README.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from './chart.ts';
import type { Figures, Row } from './measure.ts';
import type { Single } from './single.ts';
import type { Contender } from './workload.ts';

export interface Report {
  readonly node: string;
  readonly machine: string;
  /** The first digits of the floor's SHA-256: reports with the same floor can be compared by their ratios. */
  readonly floor: string;
  readonly date: string;
  readonly rounds: number;
  /** Its name and version; absent: it was left out. */
  readonly portkey?: string;
  readonly rows: readonly Row[];
  readonly singles: readonly Single[];
}

/** Writes bench.json and bench.svg. */
export function save(report: Report, dir: string): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'bench.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(dir, 'bench.svg'), chart(report));
}

const verdict = (value: number, budget: number | undefined): string => {
  if (budget === undefined) return '';
  return value <= budget ? `≤ ${budget}` : `> ${budget}: OVER BUDGET`;
};

export const HEAD = [
  'path'.padEnd(44),
  'who'.padEnd(9),
  'CPU µs'.padStart(8),
  '  ratio to the floor (spread)'.padEnd(30),
  'req/s'.padStart(8),
  'p50 ms'.padStart(9),
  'p99 ms'.padStart(9),
  '  budget',
].join('');

/** The lines of one row. */
export function rowText({ path, budget, paced, figures }: Row): string {
  const lines = (Object.entries(figures) as [Contender, Figures][]).map(([who, one], at) => {
    const gaps =
      paced && one.gapP99Ms !== undefined
        ? `  gaps p50 ${one.gapP50Ms?.toFixed(1)}, p99 ${one.gapP99Ms.toFixed(1)} ms`
        : '';
    return [
      (at === 0 ? path : '').padEnd(44),
      who.padEnd(9),
      one.cpuUs.toFixed(0).padStart(8),
      `  ${one.ratio.toFixed(2)} (${one.ratioMin.toFixed(2)}–${one.ratioMax.toFixed(2)})`.padEnd(30),
      one.perSecond.toFixed(0).padStart(8),
      one.p50Ms.toFixed(2).padStart(9),
      one.p99Ms.toFixed(2).padStart(9),
      who === 'turnout' ? `  ${verdict(one.ratio, budget)}` : '',
      gaps,
      one.lost > 0 ? `  ${one.lost} LOST` : '',
    ].join('');
  });
  return lines.join('\n');
}

export function singleText({ name, unit, value, min, max, budget, note }: Single): string {
  const digits = unit === '×' || (unit === 'ms' && value < 10) ? 2 : 0;
  const spread = min === max ? '' : ` (${min.toFixed(digits)}–${max.toFixed(digits)})`;
  const words = [verdict(value, budget), note].filter((word) => word).join('; ');
  return `${name}: ${value.toFixed(digits)} ${unit}${spread}${words === '' ? '' : `; ${words}`}`;
}
