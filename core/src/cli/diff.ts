// What would be different from another file, as a person reads it.

import type { Router } from '../host/index.ts';
import { type Change, type Comparison, compare, type Difference } from '../server/index.ts';
import { type CliOptions, loadRouter } from './load.ts';
import { counted, paragraph } from './paragraph.ts';
import { print, printJson } from './print.ts';

/** Compares the file with an older one; prints it. Throws ConfigError for an old file that is not sound any more. */
export async function diff(router: Router, old: string, json: boolean, options: CliOptions): Promise<void> {
  const before = await loadRouter(old, options);
  try {
    const comparison = compare(before, router);
    if (json) printJson(comparison);
    else print(formatComparison(comparison, old));
  } finally {
    await before.close();
  }
}

/** Its lines, of at most 100 columns where words allow it. */
export function formatComparison({ names, keys, settings, unchanged }: Comparison, old: string): string {
  if (names.length + keys.length + settings.length === 0) {
    return `the same as ${old}: ${counted(unchanged, 'name')}, and nothing is routed in another way`;
  }
  const lines: string[] = [];
  for (const change of names) lines.push(...changeLines('', change));
  for (const change of keys) lines.push(...changeLines('key ', change));
  if (settings.length > 0) lines.push('for all', ...settings.flatMap(differenceLines));
  return [
    ...lines,
    '',
    `${counted(names.length, 'name')} of ${names.length + unchanged} would be routed in another way than by ${old}`,
  ].join('\n');
}

const MARKS = { added: '+', removed: '-', changed: '~' } as const;

function changeLines(noun: string, { kind, name, differences }: Change): string[] {
  return [
    `${MARKS[kind]} ${noun}${name}${kind === 'changed' ? '' : `, ${kind}`}`,
    ...differences.flatMap(differenceLines),
  ];
}

/** In one line where it fits, else what was above what is. */
function differenceLines({ what, was, now }: Difference): string[] {
  const head = `    ${what}: `;
  if (was === undefined && now === undefined) return [`${head}changed`];
  if (was === undefined) return paragraph(`${head}+ `, now ?? '');
  if (now === undefined) return paragraph(`${head}- `, was);
  const line = `${head}${was} → ${now}`;
  return line.length <= 100 ? [line] : [head.trimEnd(), ...paragraph('      - ', was), ...paragraph('      + ', now)];
}
