// Where the module of a plugin is: the word in the YAML to a file. Nothing is imported here.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { PluginNotFoundError } from '../config/index.ts';
import { folderEntry, type Manifest, packageEntry, readManifest } from './package-entry.ts';

const MODULE = /\.[cm]?[jt]s$/;

/** The file of a plugin that is named by its path (`./file.ts`, `../folder`) or by its package. A package is looked for from the
 * YAML's folder `dir` first, then from `home`, that of the program. Throws an Error that says what is wrong, and a
 * PluginNotFoundError when there is no such thing. */
export function locatePlugin(name: string, dir: string, home: string): string {
  return name.startsWith('.') || isAbsolute(name) ? locateFile(name, dir) : locatePackage(name, [dir, home]);
}

/** The names of the plugins that come with the program, for "did you mean": what its package depends on. */
export function builtInPlugins(home: string): string[] {
  return Object.keys(nearestManifest(home).dependencies ?? {}).flatMap(
    (name) => /^@turnout\/plugin-(.+)$/.exec(name)?.[1] ?? [],
  );
}

function locateFile(name: string, dir: string): string {
  const path = resolve(dir, name);
  if (!existsSync(path)) throw new PluginNotFoundError(`there is no file ${path}`, modulesBeside(name, path));
  if (statSync(path).isDirectory()) {
    if (!existsSync(join(path, 'package.json'))) throw new Error(`${path} is a folder without a package.json`);
    return folderEntry(path) ?? createRequire(join(path, 'package.json')).resolve(path);
  }
  if (!MODULE.test(path)) {
    throw new Error(`${path} is no module: expected a .ts, .js or .mjs file, not "${extname(path)}"`);
  }
  return path;
}

function locatePackage(name: string, folders: readonly [yaml: string, program: string]): string {
  const specifiers = /^[a-z][a-z0-9-]*$/.test(name) ? [`@turnout/plugin-${name}`, name] : [name];
  // A built-in comes before a package that only has its name, wherever that is: vendors' own SDKs are called so too.
  for (const specifier of specifiers) {
    for (const folder of folders) {
      const entry = packageEntry(specifier, folder);
      if (entry !== undefined) return entry;
    }
  }
  const [folder] = folders;
  const message = `there is no plugin "${name}": looked for ${specifiers.join(' and ')} from ${folder}`;
  const { dependencies, devDependencies } = nearestManifest(folder);
  const installed = Object.keys({ ...dependencies, ...devDependencies });
  const forgotten = MODULE.test(name) && existsSync(join(folder, name)) ? `./${name}` : undefined;
  const meant = forgotten ?? installed.find((one) => one.endsWith(`plugin-${name}`));
  throw new PluginNotFoundError(message, meant === undefined ? installed : [meant], meant !== undefined);
}

/** The modules in the folder of a file that is not there, written as the file was. */
function modulesBeside(name: string, path: string): string[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const start = name.slice(0, name.lastIndexOf('/') + 1);
  return readdirSync(folder).flatMap((file) => (MODULE.test(file) ? `${start}${file}` : []));
}

/** The nearest package.json at or above a folder; an empty one when there is none. */
function nearestManifest(folder: string): Manifest {
  const file = join(folder, 'package.json');
  if (existsSync(file)) return readManifest(file);
  const parent = dirname(folder);
  return parent === folder ? {} : nearestManifest(parent);
}
