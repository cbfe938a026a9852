// What a run of the bench comes to: a table for the reader, the same as JSON, and a chart for the README.
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
  readonly rows: readonly Row[];
  readonly singles: readonly Single[];
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
export function rowText({ load, figures }: Row): string {
  const lines = (Object.entries(figures) as [Contender, Figures][]).map(([who, one], at) => {
    const gaps =
      load.paced && one.gapP99Ms !== undefined
        ? `  gaps p50 ${one.gapP50Ms?.toFixed(1)}, p99 ${one.gapP99Ms.toFixed(1)} ms`
        : '';
    return [
      (at === 0 ? load.name : '').padEnd(44),
      who.padEnd(9),
      one.cpuUs.toFixed(0).padStart(8),
      `  ${one.ratio.toFixed(2)} (${one.ratioMin.toFixed(2)}–${one.ratioMax.toFixed(2)})`.padEnd(30),
      one.perSecond.toFixed(0).padStart(8),
      one.p50Ms.toFixed(2).padStart(9),
      one.p99Ms.toFixed(2).padStart(9),
      who === 'turnout' ? `  ${verdict(one.ratio, load.budget)}` : '',
      gaps,
      one.lost > 0 ? `  ${one.lost} LOST` : '',
    ].join('');
  });
  return lines.join('\n');
}

export function singleText({ name, unit, value, min, max, budget, note }: Single): string {
  const digits = unit === 'ms' && value < 10 ? 2 : 0;
  const spread = min === max ? '' : ` (${min.toFixed(digits)}–${max.toFixed(digits)})`;
  const words = [verdict(value, budget), note].filter((word) => word).join('; ');
  return `${name}: ${value.toFixed(digits)} ${unit}${spread}${words === '' ? '' : `; ${words}`}`;
}

const BAR = 360;
const LINE = 22;
const LEFT = 300;
const COLOURS: Readonly<Record<Contender, string>> = { floor: '#9aa3ad', turnout: '#2563eb', portkey: '#d97706' };

/** CPU per request of every path as bars, on a scale that the longest fills. */
export function chart({ rows, machine, node, date }: Report): string {
  const bars = rows.flatMap(({ load, figures }) =>
    (Object.entries(figures) as [Contender, Figures][]).map(([who, { cpuUs, ratio }], at) => ({
      ...{ who, cpuUs, ratio, label: at === 0 ? load.name : '' },
    })),
  );
  const most = Math.max(1, ...bars.map(({ cpuUs }) => Math.log10(Math.max(10, cpuUs)) - 1));
  const parts = bars.map(({ who, cpuUs, ratio, label }, at) => {
    const y = 56 + at * LINE;
    const width = ((Math.log10(Math.max(10, cpuUs)) - 1) / most) * BAR;
    return [
      `<text x="${LEFT - 70}" y="${y + 13}" text-anchor="end">${escaped(label)}</text>`,
      `<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end" fill="${COLOURS[who]}">${who}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${LINE - 6}" fill="${COLOURS[who]}"/>`,
      `<text x="${(LEFT + width + 6).toFixed(1)}" y="${y + 13}">${cpuUs.toFixed(0)} µs · ${ratio.toFixed(1)}×</text>`,
    ].join('');
  });
  const height = 56 + bars.length * LINE + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + BAR + 130}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#24292f">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="10" y="20" font-size="14" font-weight="600">CPU time per request, and its ratio to a bare proxy (logarithmic; shorter is better)</text>
<text x="10" y="38" fill="#57606a">${escaped(`${machine}, node ${node}, ${date}`)}</text>
${parts.join('\n')}
</svg>
`;
}

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (mark) => ({ '&': '&amp;', '<': '&lt;' })[mark] ?? '&gt;');
