// What is said of a plugin that could not be imported: one line, with the place where there is one.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHECK_MS = 5_000;

/** `error` is what `import()` of the file at `path` threw: anything. */
export function importFault(error: unknown, path: string): string {
  if (!(error instanceof Error)) return `${path} threw ${describe(error)} while it was imported`;
  const text = firstLine(error.message);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') {
    return `${path} is TypeScript, of which Node runs nothing in node_modules: the package must be built to JavaScript`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const missing = /^Cannot find package '([^']+)'/.exec(text)?.[1];
    return missing === undefined ? text : `${text}; install it there: npm install ${packageOf(missing)}`;
  }
  if (error instanceof SyntaxError && !isThrownBy(error, path))
    return `${unreadable(error, path)} cannot be read: ${text}`;
  return `${path} threw while it was imported: ${text === '' ? error.name : text}`;
}

/** The file's own code has run, and this came of it: a JSON.parse, say. */
const isThrownBy = ({ stack = '' }: Error, path: string): boolean =>
  stack.split('\n').some((line) => /^ +at /.test(line) && line.includes(path));

/** The file and line that Node cannot parse. */
function unreadable(error: SyntaxError, path: string): string {
  const place = placeIn(error.stack ?? '');
  if (place !== undefined) return place;
  // Of an ES module's error Node tells the place only to those whose program it is.
  const checked = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: CHECK_MS });
  return checked.status === 0 ? `a file that ${path} imports` : (placeIn(checked.stderr) ?? path);
}

/** Node writes the place above the excerpt, where it knows it: `file:///a/b.ts:3`. */
function placeIn(text: string): string | undefined {
  const [, file, line] = /^(.+):(\d+)$/.exec(firstLine(text)) ?? [];
  if (file === undefined) return undefined;
  return `${file.startsWith('file:') ? fileURLToPath(file) : file}:${line}`;
}

/** A package's name without the path of a module in it. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

const describe = (value: unknown): string => (typeof value === 'string' ? `"${firstLine(value)}"` : String(value));
