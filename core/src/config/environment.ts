// ${NAME}, ${NAME:-default} and ${file:/path} in the text of one scalar: one pass, and what comes in is not read again.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { digestOf } from './digest.ts';
import type { ReadFiles } from './read.ts';
import { didYouMean } from './suggestion.ts';

const FILE_BYTES_MAX = 65_536;
/** A brace inside ends the match, which keeps it linear. */
const REFERENCE = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;
const UNFINISHED = 'expected "}" after "${"; a literal "${" is written "$${"';
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

export interface Environment {
  readonly variables: NodeJS.ProcessEnv;
  /** Relative paths of `${file:…}` start here. */
  readonly dir: string;
  /** Gets the path and the digest of each file that is read, '' when it cannot be. */
  readonly sources?: Map<string, string>;
  /** See `ReadFiles`. */
  readonly files?: ReadFiles | undefined;
}

export interface Substitution {
  readonly text: string;
  /** What came in, piece by piece. */
  readonly foreign: readonly string[];
  /** What could not be replaced; `text` is then of no use. */
  readonly errors: readonly string[];
}

/** Undefined when there is nothing to replace. */
export function substitute(text: string, environment: Environment): Substitution | undefined {
  if (!text.includes('${')) return undefined;
  const foreign: string[] = [];
  const errors: string[] = [];
  const replaced = text.replace(REFERENCE, (match: string, inner: string | undefined) => {
    if (match === '$${') return '${';
    const value = inner === undefined ? new ValueError(UNFINISHED) : read(inner, environment);
    if (value instanceof ValueError) {
      errors.push(value.message);
      return '';
    }
    foreign.push(value);
    return value;
  });
  return { text: replaced, foreign, errors };
}

/** Says in one clause why there is no value; returned, not thrown. */
class ValueError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

function read(inner: string, environment: Environment): string | ValueError {
  const { variables, dir } = environment;
  if (inner.startsWith('file:')) return readSecretFile(resolve(dir, inner.slice('file:'.length)), environment);
  const match = VARIABLE.exec(inner);
  if (match === null) {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the syntax of the file
    return new ValueError('expected ${NAME}, ${NAME:-default} or ${file:/path}');
  }
  const [, name = '', fallback] = match;
  // As in a shell, `:-` also stands in for a variable that is set but empty.
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
  if (value !== undefined) return value;
  return new ValueError(`the environment variable ${name} is not set${didYouMean(name, Object.keys(variables))}`);
}

/** The file's text without one line break at its end. */
function readSecretFile(path: string, { sources, files }: Environment): string | ValueError {
  sources?.set(path, '');
  try {
    const bytes = files?.get(path) ?? bytesOf(path);
    if (bytes === undefined) return new ValueError(`${path} is not a file`);
    if (bytes.length > FILE_BYTES_MAX) return new ValueError(`${path} is larger than ${FILE_BYTES_MAX} bytes`);
    // Only what was read: the buffer that it was read into is larger.
    if (!files?.has(path)) files?.set(path, new Uint8Array(bytes));
    sources?.set(path, digestOf(bytes));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (error) {
    return new ValueError(`${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** At most one byte more than a file may have; undefined for what is no file. */
function bytesOf(path: string): Uint8Array | undefined {
  const descriptor = openSync(path, 'r');
  try {
    if (!fstatSync(descriptor).isFile()) return undefined;
    const buffer = Buffer.alloc(FILE_BYTES_MAX + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(descriptor, buffer, length, buffer.length - length, null);
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** The reason of a failed file operation in plain words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not UTF-8 text';
  if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') return 'it is no whole gzip file';
  return code === '' ? String(error instanceof Error ? error.message : error) : code;
}
