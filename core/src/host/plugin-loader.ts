// From the word after `plugin:` to a checked plugin: a built-in, an npm package, or a file beside the YAML.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { digestOf } from '../config/digest.ts';
import type { LoadedPlugin } from '../config/index.ts';
import { importFault } from './import-fault.ts';
import { PLUGIN_PATIENCE_MS, spelled, within } from './patience.ts';
import { locatePlugin } from './plugin-place.ts';
import { checkPlugin } from './plugin-shape.ts';

/** True for a plugin that is named by its file: that one is imported afresh once it has changed. What it imports itself is not, nor
 * is a package: of them Node goes on using what it has read. */
export const isFilePlugin = (name: string): boolean => name.startsWith('.') || isAbsolute(name);

/** Loads plugins by name. A name is looked up from the YAML's folder first, then from `home`, the folder of the program
 * that brings the built-in ones. Nothing is imported that was not asked for. A file that has not changed gives the same plugin as
 * before. Throws an Error that says what is wrong. */
export function createPluginLoader(
  home: string,
  patienceMs = PLUGIN_PATIENCE_MS,
): (name: string, dir: string) => Promise<LoadedPlugin> {
  return async (name, dir) => {
    const path = locatePlugin(name, dir, home);
    const late = `${path} was not imported within ${spelled(patienceMs)}: it awaits something`;
    const module = importModule(path, isFilePlugin(name) ? stateOf(path) : undefined);
    return { plugin: checkPlugin(await within(module, patienceMs, late), name), path };
  };
}

/** The first state of each file that this process has imported, by path: what Node keeps under the file's plain URL. */
const firstStates = new Map<string, string>();

const stateOf = (path: string): string => `${statSync(path).mtimeMs}-${digestOf(readFileSync(path))}`;

async function importModule(path: string, state: string | undefined): Promise<unknown> {
  // An absolute file URL: a relative one would be rewritten by the TypeScript build.
  const url = pathToFileURL(path);
  if (state !== undefined) {
    const first = firstStates.get(path) ?? state;
    firstStates.set(path, first);
    if (state !== first) {
      // Node imports a URL once. What it keeps of a CommonJS module it keeps by the path alone.
      url.searchParams.set('changed', state);
      delete createRequire(url).cache[realpathSync(path)];
    }
  }
  try {
    return await import(url.href);
  } catch (error) {
    throw new Error(importFault(error, path), { cause: error });
  }
}
