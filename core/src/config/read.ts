// The config file's bytes to text.
import { open } from 'node:fs/promises';
import { digestOf } from './digest.ts';
import { reasonOf } from './environment.ts';

const FILE_BYTES_MAX = 1_048_576;

/** The text without a byte order mark and the digest of its bytes, or in one clause why it cannot be had. */
export async function readText(file: string): Promise<{ text: string; digest: string } | { fault: string }> {
  try {
    const bytes = await readUpTo(file, FILE_BYTES_MAX + 1);
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
