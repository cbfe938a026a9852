// docs/observability.md tells of every field and every metric that there is, and of no other.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { RouterError } from '../../core/src/contract/index.ts';
import { expose } from '../../core/src/observe/exposition.ts';
import { lineOf, startRecord } from '../../core/src/observe/index.ts';
import { RequestTotals } from '../../core/src/observe/request-totals.ts';

const text = readFileSync(fileURLToPath(new URL('../../docs/observability.md', import.meta.url)), 'utf8');

/** The names in the first column of the table below a heading of that name. */
function column(name: string): string[] {
  const table = text.slice(text.indexOf(`\n| ${name} |`)).split('\n\n', 1)[0] ?? '';
  const cells = table
    .split('\n')
    .slice(3)
    .map((row) => row.split('|')[1] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word));
}

const record = {
  ...startRecord({ id: 'r', operation: 'chat', protocol: 'openai-chat', idHeader: undefined }),
  error: new RouterError('internal', 'no'),
};

test('the fields of a request’s line', () => {
  const documented = column('field').filter((field) => field !== 'level');
  expect(documented).toEqual(
    Object.keys(lineOf(record)).toSorted((a, b) => documented.indexOf(a) - documented.indexOf(b)),
  );
});

test('the line that it shows has no field that there is not', () => {
  const shown: Record<string, unknown> = JSON.parse(/```json\n([\s\S]*?)```/.exec(text)?.[1] ?? '');
  const { level, time, msg, ...fields } = shown;
  expect([level, time, msg]).toEqual([30, expect.any(String), 'request']);
  expect(Object.keys(lineOf(record))).toEqual(expect.arrayContaining(Object.keys(fields)));
});

test('the metrics', async () => {
  const totals = new RequestTotals();
  const scene = { config: { routes: [] }, upstreams: new Map() };
  const { text: exposed } = await expose({ totals, running: 0, scene, reloads: { version: 1, failures: 0 } });
  const names = [...exposed.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
  const own = names.filter((name) => !/^(?:process|nodejs)_/.test(name));
  expect(
    column('metric')
      .filter((name) => !name.endsWith('…'))
      .toSorted(),
  ).toEqual(own.toSorted());
});
