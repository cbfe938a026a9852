// The chart of a report, for the README: CPU per request as a multiple of the bare proxy's, drawn to one linear scale. It brings its own
// ground, light or dark as the reader's system is, since the page that shows it may be either.
import type { Figures, Row } from './measure.ts';
import type { Report } from './report.ts';
import type { Contender } from './workload.ts';

/** Who has bars: the floor is the line at 1. */
const DRAWN: readonly Contender[] = ['turnout', 'portkey'];

const WIDTH = 920;
/** Where the bars begin, and how long the longest is; the rest is for what stands beside it. */
export const LEFT = 315;
export const BAR_MAX = 405;
const TOP = 92;
const BAR_HEIGHT = 13;
const BAR_STEP = 16;
const PATH_GAP = 12;

const STYLE = `
text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1f2328}
.title{font-size:15px;font-weight:600}.end{text-anchor:end}.mid{text-anchor:middle}
.ground{fill:#fff;stroke:#d1d9e0}.soft{fill:#59636e}.floor{stroke:#6e7781;stroke-dasharray:3 3}
.turnout{fill:#0969da}.portkey{fill:#c2903a}.spread{stroke:#1f2328}.budget{stroke:#1a7f37;stroke-width:2.5}.over{fill:#cf222e}
@media(prefers-color-scheme:dark){
text{fill:#e6edf3}.ground{fill:#0d1117;stroke:#30363d}.soft{fill:#9198a1}.floor{stroke:#9198a1}
.turnout{fill:#4493f8}.portkey{fill:#d29922}.spread{stroke:#e6edf3}.budget{stroke:#3fb950}.over{fill:#ff7b72}}
`;

/** One bar, in pixels, and what it stands for. */
export interface Bar {
  readonly who: Contender;
  readonly y: number;
  readonly width: number;
  /** Where the rounds' lowest and highest would end. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly over: boolean;
}

/** The bars of one path. */
export interface Group {
  readonly path: string;
  /** The middle of them. */
  readonly y: number;
  readonly top: number;
  readonly bottom: number;
  readonly bars: readonly Bar[];
  /** Where the budget's mark stands. */
  readonly budget?: number;
}

/** Pixels for a ratio of 1: the longest of what is drawn fills its room. */
export function scaleOf(rows: readonly Row[]): number {
  const drawn = rows.flatMap(({ budget = 0, figures }) => [budget, ...DRAWN.map((who) => figures[who]?.ratioMax ?? 0)]);
  return BAR_MAX / Math.max(1, ...drawn);
}

/** Where everything goes. */
export function layOut(rows: readonly Row[]): readonly Group[] {
  const scale = scaleOf(rows);
  let y = TOP;
  return rows.map(({ path, budget, figures }) => {
    const top = y;
    const bars = DRAWN.flatMap((who) => {
      const one = figures[who];
      // Without the floor there is nothing to compare with.
      if (!one || !Number.isFinite(one.ratio)) return [];
      const over = who === 'turnout' && budget !== undefined && one.ratio > budget;
      const bar: Bar = {
        ...{ who, y, over, width: one.ratio * scale },
        ...{ from: LEFT + one.ratioMin * scale, to: LEFT + one.ratioMax * scale, text: textOf(one, over) },
      };
      y += BAR_STEP;
      return [bar];
    });
    const bottom = y - BAR_STEP + BAR_HEIGHT;
    y += PATH_GAP;
    const mark = budget === undefined ? {} : { budget: LEFT + budget * scale };
    return { path, y: (top + bottom) / 2, top, bottom, bars, ...mark };
  });
}

const textOf = ({ ratio, cpuUs }: Figures, over: boolean): string => {
  const time = cpuUs < 10_000 ? `${cpuUs.toFixed(0)} µs` : `${(cpuUs / 1_000).toFixed(1)} ms`;
  return `${ratio.toFixed(1)}× · ${time}${over ? ' · over budget' : ''}`;
};

export function chart({ rows, machine, node, date, floor, rounds, portkey }: Report): string {
  const groups = layOut(rows);
  const bottom = groups.at(-1)?.bottom ?? TOP;
  const height = bottom + 44;
  const one = px(LEFT + scaleOf(rows));
  const title = 'CPU time per request, as a multiple of a bare proxy’s';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title said">
<title id="title">${title}</title>
<desc id="said">${escaped(groups.map(inWords).join('; '))}</desc>
<style>${STYLE}</style>
<rect class="ground" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="20" y="30">${title}</text>
<text class="soft" x="${WIDTH - 20}" y="30" text-anchor="end">shorter is better</text>
${legend(portkey)}
<line class="floor" x1="${one}" y1="${TOP - 8}" x2="${one}" y2="${bottom + 6}"/>
${groups.map(drawGroup).join('\n')}
<text class="soft" x="20" y="${height - 16}">${escaped(`${machine}, node ${node}, ${date}, medians of ${rounds} rounds, floor ${floor}`)}</text>
</svg>
`;
}

/** For who cannot see it. */
const inWords = ({ path, bars }: Group): string =>
  `${path}: ${bars.map(({ who, text }) => `${who} ${text}`).join(', ')}`;

function legend(portkey: string | undefined): string {
  const y = 56;
  const box = (who: Contender, x: number, name: string) =>
    `<rect class="${who}" x="${x}" y="${y - 10}" width="12" height="12" rx="2"/><text x="${x + 18}" y="${y}">${escaped(name)}</text>`;
  const mark = (kind: string, x: number, name: string) =>
    `<line class="${kind}" x1="${x}" y1="${y - 11}" x2="${x}" y2="${y + 3}"/><text x="${x + 8}" y="${y}">${name}</text>`;
  return [
    box('turnout', 20, 'Turnout'),
    portkey === undefined ? '' : box('portkey', 110, portkey),
    mark('floor', 240, 'bare proxy (1×)'),
    mark('budget', 365, 'budget'),
    `<line class="spread" x1="436" y1="${y - 4}" x2="460" y2="${y - 4}"/><text x="468" y="${y}">lowest to highest round</text>`,
  ].join('');
}

function drawGroup({ path, y, top, bars, budget = 0 }: Group): string {
  const drawn = bars.map(({ who, y: at, width, from, to, text, over }) => {
    const middle = at + BAR_HEIGHT / 2;
    return [
      `<rect class="${who}" x="${LEFT}" y="${at}" width="${px(width)}" height="${BAR_HEIGHT}" rx="2"/>`,
      `<line class="spread" x1="${px(from)}" y1="${middle}" x2="${px(to)}" y2="${middle}"/>`,
      `<text${over ? ' class="over"' : ''} x="${px((who === 'turnout' ? Math.max(to, budget) : to) + 6)}" y="${at + 11}">${text}</text>`,
    ].join('');
  });
  const mark =
    budget === 0
      ? ''
      : `<line class="budget" x1="${px(budget)}" y1="${top - 3}" x2="${px(budget)}" y2="${top + BAR_HEIGHT + 1}"/>`;
  return `<text class="end" x="${LEFT - 12}" y="${px(y + 4)}">${escaped(path)}</text>${drawn.join('')}${mark}`;
}

const px = (value: number): string => String(Math.round(value * 10) / 10);

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (mark) => ({ '&': '&amp;', '<': '&lt;' })[mark] ?? '&gt;');
