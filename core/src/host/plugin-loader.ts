// From the word after `plugin:` to a checked plugin: a built-in, an npm package, or a file beside the YAML.
import { pathToFileURL } from 'node:url';
import type { LoadedPlugin } from '../config/index.ts';
import { importFault } from './import-fault.ts';
import { PLUGIN_PATIENCE_MS, spelled, within } from './patience.ts';
import { locatePlugin } from './plugin-place.ts';
import { checkPlugin } from './plugin-shape.ts';

/** Loads plugins by name. A name is looked up from the YAML's folder first, then from `home`, the folder of the program
 * that brings the built-in ones. Nothing is imported that was not asked for. Throws an Error that says what is wrong. */
export function createPluginLoader(
  home: string,
  patienceMs = PLUGIN_PATIENCE_MS,
): (name: string, dir: string) => Promise<LoadedPlugin> {
  return async (name, dir) => {
    const path = locatePlugin(name, dir, home);
    const late = `${path} was not imported within ${spelled(patienceMs)}: it awaits something`;
    return { plugin: checkPlugin(await within(importModule(path), patienceMs, late), name), path };
  };
}

async function importModule(path: string): Promise<unknown> {
  try {
    // An absolute file URL: a relative one would be rewritten by the TypeScript build.
    return await import(pathToFileURL(path).href);
  } catch (error) {
    throw new Error(importFault(error, path), { cause: error });
  }
}
