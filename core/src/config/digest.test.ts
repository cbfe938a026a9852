// What is taken for the state of a file.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { digestOf, digestOfFile } from './digest.ts';

const file = fileURLToPath(import.meta.url);

test('a file is digested; a folder, or what is not there, has the empty digest', async () => {
  expect(await digestOfFile(file)).toBe(digestOf(await readFile(file)));
  expect(await digestOfFile(dirname(file))).toBe('');
  expect(await digestOfFile(`${file}.none`)).toBe('');
});

test.skipIf(!existsSync('/dev/zero'))('what never ends is not read', async () => {
  expect(await digestOfFile('/dev/zero')).toBe('');
});
