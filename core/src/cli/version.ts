// `--version`: that of the program, as its package says it.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `home`: the program's own folder, somewhere below that of its package. */
export function version(home: string): string {
  for (let dir = home; ; dir = dirname(dir)) {
    const manifest = manifestIn(dir);
    if (manifest?.name === 'turnout') return `turnout ${manifest.version}`;
    if (dir === dirname(dir)) throw new Error('the package of this program is not where it was put');
  }
}

function manifestIn(dir: string): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
}
