// Which file of an installed package an `import` of it means. Node tells only for the importing module's own folder.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** In any order: the package's own order decides. */
const CONDITIONS = new Set(['node', 'import', 'module-sync', 'default']);

/** The file that a specifier (`name`, `@scope/name`, either with `/path`) means in `folder`; undefined when no such package is
 * installed where Node looks. Throws Node's Error for a package that has no such module. */
export function packageEntry(specifier: string, folder: string): string | undefined {
  const require = createRequire(join(folder, 'package.json'));
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  const places = require.resolve.paths(specifier) ?? [];
  const home = places.map((place) => join(place, name)).find((place) => existsSync(join(place, 'package.json')));
  if (home === undefined) return undefined;
  const entry = folderEntry(home, `.${specifier.slice(name.length)}`);
  // What `exports` does not say plainly (none, patterns) Node resolves as `require` does.
  return entry ?? realpathSync(require.resolve(specifier));
}

/** What the package.json of a folder exports for `import` under a path, `.` for the package itself; undefined when it does not
 * say. */
export function folderEntry(home: string, path = '.'): string | undefined {
  const { exports } = readManifest(join(home, 'package.json'));
  const byPath = isMap(exports) && Object.keys(exports).some((key) => key.startsWith('.'));
  const target = pick(byPath ? exports[path] : path === '.' ? exports : undefined);
  if (target === undefined) return undefined;
  const file = join(home, target);
  if (!existsSync(file)) throw new Error(`${home} exports ${target}, which does not exist: is the package built?`);
  return realpathSync(file);
}

/** What is read of a package.json. */
export interface Manifest {
  readonly exports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Throws an Error that names the file. */
export function readManifest(file: string): Manifest {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Manifest; // a package.json
  } catch {
    throw new Error(`${file} cannot be read as JSON`);
  }
}

/** The first target whose conditions hold. */
function pick(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return target.map(pick).find((one) => one !== undefined);
  if (!isMap(target)) return undefined;
  for (const [condition, value] of Object.entries(target)) {
    const found = CONDITIONS.has(condition) ? pick(value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
