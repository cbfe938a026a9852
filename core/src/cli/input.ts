// The files that a command is pointed to, and what comes in through stdin.
import { createReadStream, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { reasonOf } from '../config/index.ts';

/** In place of a file. */
const STDIN = '-';

/** All of it. Throws an Error that says why it cannot be had. */
export function readWhole(file: string): Buffer {
  try {
    return readFileSync(file === STDIN ? 0 : file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Its text piece by piece; of a log that was put aside and compressed (`.gz`) too. Throws as `readWhole`. */
export async function* readPieces(file: string): AsyncGenerator<string> {
  try {
    yield* textOf(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function textOf(file: string): AsyncIterable<string> {
  if (file === STDIN) return process.stdin.setEncoding('utf8');
  if (!file.endsWith('.gz')) return createReadStream(file, { encoding: 'utf8' });
  // What goes wrong with the file is told by the one that is read.
  return pipeline(createReadStream(file), createGunzip(), () => {}).setEncoding('utf8');
}

const unreadable = (file: string, error: unknown): Error =>
  new Error(`${file === STDIN ? 'stdin' : file} cannot be read: ${reasonOf(error)}`, { cause: error });
