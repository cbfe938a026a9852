// The log of a process of its own: it writes to stderr.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const LOG = new URL('./log.ts', import.meta.url).href;

/** The lines that a program writes with a log. */
function linesOf(program: string, worker?: number): Record<string, unknown>[] {
  const source = `import { createLog } from '${LOG}';
const log = createLog(${worker === undefined ? '' : `{ worker: ${worker} }`});
${program}`;
  const args = ['--input-type=module', '-e', `${source}\nprocess.exit(0);`];
  // Its stderr in place of its stdout.
  const text = execFileSync('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1 >/dev/null', process.execPath, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const lines = text.split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line));
}

const withoutTime = ({ time, ...line }: Record<string, unknown>) => {
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  return line;
};

test('each level its line, in order, also where pino writes it', () => {
  const lines = linesOf(`
    log.debug({ a: 1 }, 'not shown');
    log.info({ id: 'r"1', nothing: undefined, list: [1, { b: null }] }, 'request');
    log.error({ err: new TypeError('broken') }, 'failed');
    log.warn({}, 'no fields');
    const circle = { name: 'c' };
    circle.self = circle;
    log.info(circle, 'a circle');
    log.info({ big: 1n }, 'a number that JSON has not');
    log.warn({ last: 'grün 🚂\\n' }, 'end "of" it');
    log.flush();`).map(withoutTime);
  expect(lines).toMatchObject([
    { level: 30, id: 'r"1', list: [1, { b: null }], msg: 'request' },
    { level: 50, err: { type: 'TypeError', message: 'broken' }, msg: 'failed' },
    { level: 40, msg: 'no fields' },
    { level: 30, name: 'c', msg: 'a circle' },
    { level: 30, msg: 'a number that JSON has not' },
    { level: 40, last: 'grün 🚂\n', msg: 'end "of" it' },
  ]);
  expect(Object.keys(lines[0] ?? {})).toEqual(['level', 'id', 'list', 'msg']);
});

test('the number of the worker is in each line, whoever writes it', () => {
  const lines = linesOf(`log.info({ a: 1 }, 'one'); log.error({ err: new Error('x') }, 'two'); log.flush();`, 3);
  expect(lines.map(({ worker }) => worker)).toEqual([3, 3]);
});

test.each([undefined, 2])('lines of any length are whole and in order (worker %s)', (worker) => {
  const program = `
    for (let n = 0; n < 600; n++) log.info({ n, text: 'ä'.repeat(n % 7 === 0 ? 9000 : n) }, 'line');
    log.flush();`;
  const lines = linesOf(program, worker);
  expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 600 }, (_, n) => n));
});

test('nothing is lost at the end of the program', () => {
  expect(linesOf(`for (let n = 0; n < 3; n++) log.info({ n }, 'last');`).map(({ n }) => n)).toEqual([0, 1, 2]);
});

test('whatever a plugin logs, a line is JSON', () => {
  const lines = linesOf(`
    log.info({ a: 1 });
    log.warn('only a text');
    log.info([1, 2], 'a list');
    log.info(new Date(0), 'a date');
    log.info(null, 'nothing');
    log.info(undefined, 'undefined');
    log.info(() => {}, 'a function');
    log.info({ toJSON: () => 'text' }, 'as a text');
    log.flush();`);
  expect(lines.map(({ msg }) => msg).filter((msg) => msg !== undefined)).toContain('only a text');
  expect(lines).toHaveLength(8);
});

test('a line is not kept back for long', () => {
  const program = `
    log.info({ n: 1 }, 'alone');
    await new Promise((later) => setTimeout(later, 600));`;
  expect(linesOf(program).map(({ n }) => n)).toEqual([1]);
});
