// What counts as a change of a watched file: other contents, however they came there, and nothing else.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOfFile } from './digest.ts';
import { type FileWatch, watchFiles } from './watch.ts';

let dir: string;
let watch: FileWatch;
let changes = 0;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'turnout-watch-'));
  changes = 0;
  watch = watchFiles(() => {
    changes++;
  });
});
afterEach(() => {
  watch.close();
  rmSync(dir, { recursive: true });
});

const at = (name: string) => join(dir, name);
const pause = (ms: number) => new Promise((later) => setTimeout(later, ms));
const changed = (times: number) => expect.poll(() => changes, { timeout: 5_000 }).toBe(times);

test('a file that is touched has not changed; one that is written twice at once has changed once', async () => {
  writeFileSync(at('a'), 'one');
  watch.follow(new Map([[at('a'), await digestOfFile(at('a'))]]));
  await pause(300);
  utimesSync(at('a'), new Date(0), new Date(0));
  await pause(1_000);
  expect(changes).toBe(0);
  writeFileSync(at('a'), '');
  await pause(20);
  writeFileSync(at('a'), 'two');
  await changed(1);
  await pause(800);
  expect(changes).toBe(1);
});

test('what changed between its reading and its watching is noticed, and what is not known yet is no change', async () => {
  writeFileSync(at('a'), 'one');
  writeFileSync(at('b'), 'any');
  const read = await digestOfFile(at('a'));
  writeFileSync(at('a'), 'two');
  watch.follow(
    new Map([
      [at('a'), read],
      [at('b'), undefined],
    ]),
  );
  await changed(1);
  writeFileSync(at('b'), 'other');
  await changed(2);
  // A file that is gone has changed, and that it comes back is a change again.
  rmSync(at('a'));
  await changed(3);
  writeFileSync(at('a'), 'three');
  await changed(4);
});

test('who is no longer followed is not heard of', async () => {
  writeFileSync(at('a'), 'one');
  watch.follow(new Map([[at('a'), undefined]]));
  await pause(300);
  watch.follow(new Map());
  writeFileSync(at('a'), 'two');
  await pause(900);
  expect(changes).toBe(0);
});
