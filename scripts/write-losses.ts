// Writes docs/losses.md: what each protocol's fields become at each family of targets.
import { writeFile } from 'node:fs/promises';
import { lossTable } from './losses/table.ts';

await writeFile(new URL('../docs/losses.md', import.meta.url), await lossTable());
