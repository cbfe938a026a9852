// The config file's bytes to text.
import { open } from 'node:fs/promises';
import { digestOf } from './digest.ts';
import { reasonOf } from './environment.ts';

const FILE_BYTES_MAX = 1_048_576;

/** What a configuration is made of, by absolute path: the bytes of the file itself and of every `${file:…}`. What is there is taken from
 * there, and not read again; what is not is read, and put there. */
export type ReadFiles = Map<string, Uint8Array>;

/** The text without a byte order mark and the digest of its bytes, or in one clause why it cannot be had. `file`: its absolute path. */
export async function readText(
  file: string,
  files?: ReadFiles,
): Promise<{ text: string; digest: string } | { fault: string }> {
  try {
    const bytes = files?.get(file) ?? (await readUpTo(file, FILE_BYTES_MAX + 1));
    // Only what was read: the buffer that it was read into is larger.
    if (!files?.has(file)) files?.set(file, new Uint8Array(bytes));
    if (bytes.length > FILE_BYTES_MAX) return { fault: 'cannot be used: it is larger than 1 MiB' };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), digest: digestOf(bytes) };
  } catch (error) {
    return { fault: `cannot be read: ${reasonOf(error)}` };
  }
}

/** A file that grows, or never ends, is not read on. */
async function readUpTo(file: string, bytesMax: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(bytesMax);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      ({ bytesRead: count } = await handle.read(buffer, length, buffer.length - length, null));
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}
