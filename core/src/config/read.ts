// The config file's bytes to text.
import { open } from 'node:fs/promises';
import { reasonOf } from './environment.ts';

const FILE_BYTES_MAX = 1_048_576;

/** The text without a byte order mark, or in one clause why it cannot be had. */
export async function readText(file: string): Promise<{ text: string } | { fault: string }> {
  try {
    await using handle = await open(file, 'r');
    const buffer = Buffer.alloc(FILE_BYTES_MAX + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      ({ bytesRead: count } = await handle.read(buffer, length, buffer.length - length, null));
    }
    if (length > FILE_BYTES_MAX) return { fault: 'cannot be used: it is larger than 1 MiB' };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length)) };
  } catch (error) {
    return { fault: `cannot be read: ${reasonOf(error)}` };
  }
}
