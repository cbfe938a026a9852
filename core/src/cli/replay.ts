// Where the requests of a log would go by a file, as a person reads it.
import type { Router } from '../host/index.ts';
import { type Fate, type Replay, type Replayed, replay } from '../server/index.ts';
import { readPieces } from './input.ts';
import { counted, listed, paragraph } from './paragraph.ts';
import { print, printJson } from './print.ts';

/** Reads the log and prints what would change. The exit code: 1 when a request that was served would be refused. */
export async function replayLog(router: Router, log: string, json: boolean): Promise<number> {
  const result = await replay(readPieces(log), router);
  if (json) printJson(result);
  else print(formatReplay(result));
  return result.byFate.refused === undefined ? 0 : 1;
}

const TITLES: Readonly<Record<Fate, string>> = {
  refused: 'were served, and would be refused',
  target: 'would go to another target first',
  route: 'would go by another route to the same target',
  losses: 'would lose something new on the way',
  perhaps: 'may go to another target first: chance or load decides',
  served: 'were refused, and would be served',
  same: 'would go the same way',
};
const ORDER: readonly Fate[] = ['refused', 'target', 'route', 'losses', 'perhaps', 'served'];
const SHOWN_MAX = 50;

/** Its lines, of at most 100 columns where words allow it. */
export function formatReplay({ groups, requests, byFate, unread, beyond, otherLines }: Replay): string {
  if (requests === 0) return `there is no request in this log (${counted(otherLines, 'line')})`;
  const lines: string[] = [];
  for (const fate of ORDER) {
    const members = groups.filter((group) => group.fate === fate);
    if (members.length === 0) continue;
    lines.push(`${amount(byFate[fate] ?? 0, requests)}  ${TITLES[fate]}`);
    for (const group of members.slice(0, SHOWN_MAX)) lines.push(...groupLines(group));
    if (members.length > SHOWN_MAX) lines.push(`          … and ${members.length - SHOWN_MAX} more kinds`);
    lines.push('');
  }
  const rest = (count: number, words: string): void => {
    if (count > 0) lines.push(`${amount(count, requests)}  ${words}`);
  };
  rest(byFate.same ?? 0, TITLES.same);
  rest(unread, 'named no model that could be read');
  rest(beyond, `not looked at: more than ${groups.length} different ones`);
  if (byFate.losses !== undefined) lines.push('', 'A log has no prompts: losses are those of the smallest request.');
  lines.push('', 'What a target is sent is in no log: check --diff compares that of two files.');
  return [...lines, '', summary({ groups, requests, byFate, unread, beyond })].join('\n').replaceAll('\n\n\n', '\n\n');
}

function groupLines({ model, key, protocol, requests, route, first, newLosses, error, fate }: Replayed): string[] {
  const head = `  ${thousands(requests).padStart(10)}  `;
  const lines = paragraph(head, `${model} (${key || 'no key'}, ${protocol})`);
  const more = (text: string) => lines.push(...paragraph(' '.repeat(head.length + 2), text));
  if (error !== undefined) more(error);
  if (fate === 'target' || fate === 'perhaps') more(`${listed(first.was)} → ${oneOf(first.now)}`);
  if (fate === 'served') more(`→ ${oneOf(first.now)}`);
  if (fate !== 'refused' && route.was !== route.now && fate !== 'served') {
    more(`route ${route.was ?? 'none (provider/model)'} → ${route.now ?? 'none (provider/model)'}`);
  }
  if (newLosses.length > 0) more(`loses ${listed(newLosses)}`);
  return lines;
}

const oneOf = (names: readonly string[]): string => (names.length > 1 ? `one of ${names.join(', ')}` : names.join(''));

function summary({ groups, requests, byFate, unread, beyond }: Omit<Replay, 'otherLines'>): string {
  const shares: (readonly [number, string])[] = [
    [byFate.same ?? 0, 'the same way'],
    [CHANGES.reduce((sum, fate) => sum + (byFate[fate] ?? 0), 0), 'another way'],
    [byFate.perhaps ?? 0, 'perhaps another way'],
    [byFate.refused ?? 0, 'refused'],
    [unread, 'without a model'],
    [beyond, 'not looked at'],
  ];
  const said = shares.filter(([count]) => count > 0).map(([count, words]) => `${percent(count, requests)} ${words}`);
  return `${counted(requests, 'request')} of ${counted(groups.length, 'kind')}: ${listed(said)}`;
}

const CHANGES: readonly Fate[] = ['target', 'route', 'losses', 'served'];

const thousands = (n: number): string => n.toLocaleString('en-GB');
const percent = (part: number, all: number): string => `${Number(((100 * part) / all).toFixed(1))}%`;
const amount = (part: number, all: number): string =>
  `${thousands(part).padStart(12)} ${percent(part, all).padStart(6)}`;
