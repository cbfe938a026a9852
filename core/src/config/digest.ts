// What tells whether a file still says what it said when it was read.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';

/** SHA-256, base64. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

/** The digest of what a file says now; '' when it cannot be read, or is none: a pipe or a device may never end. */
export async function digestOfFile(path: string): Promise<string> {
  try {
    if (!(await stat(path)).isFile()) return '';
    return digestOf(await readFile(path));
  } catch {
    return '';
  }
}
