// docs/losses.md says what the code does.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lossTable } from '../scripts/losses/table.ts';

test('docs/losses.md is what `pnpm losses` writes', async () => {
  const file = new URL('../docs/losses.md', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(await lossTable());
});
