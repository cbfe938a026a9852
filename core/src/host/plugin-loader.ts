// From the word after `plugin:` to a checked plugin: a built-in, an npm package, or a file beside the YAML.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '../contract/index.ts';

export interface LoadedPlugin {
  readonly plugin: Plugin;
  /** The module's file. */
  readonly path: string;
}

/** The one contract this core speaks. */
const CONTRACT = 1;

/** Loads plugins by name. A name is looked up from the YAML's folder first, then from `home`, the folder of the program
 * that brings the built-in ones. Nothing is imported that was not asked for. Throws an Error that says what is wrong. */
export function createPluginLoader(home: string): (name: string, dir: string) => Promise<LoadedPlugin> {
  return async (name, dir) => {
    const path = name.startsWith('.') || isAbsolute(name) ? resolveFile(name, dir) : resolvePackage(name, dir, home);
    // An absolute file URL: a relative one would be rewritten by the TypeScript build.
    const module: unknown = await import(pathToFileURL(path).href);
    return { plugin: checkPlugin(module, name), path };
  };
}

/** The names of the plugins that come with the program, for "did you mean": what its package depends on. */
export function builtInPlugins(home: string): string[] {
  const manifest = findManifest(home);
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> }; // a package.json
  return Object.keys(dependencies).flatMap((name) => /^@turnout\/plugin-(.+)$/.exec(name)?.[1] ?? []);
}

/** The nearest package.json at or above a folder; an empty one when there is none. */
function findManifest(folder: string): string {
  const file = join(folder, 'package.json');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const parent = dirname(folder);
  return parent === folder ? '{}' : findManifest(parent);
}

function resolveFile(name: string, dir: string): string {
  const path = resolve(dir, name);
  if (!existsSync(path)) throw new Error(`there is no file ${path}`);
  return path;
}

function resolvePackage(name: string, dir: string, home: string): string {
  const specifiers = /^[a-z][a-z0-9-]*$/.test(name) ? [`@turnout/plugin-${name}`, name] : [name];
  for (const from of [dir, home]) {
    for (const specifier of specifiers) {
      try {
        return createRequire(join(from, 'package.json')).resolve(specifier);
      } catch {
        // Not here; the next place may have it.
      }
    }
  }
  throw new Error(`there is no plugin "${name}": looked for ${specifiers.join(' and ')} from ${dir}`);
}

/** The default export, if it is a plugin of this contract. */
function checkPlugin(module: unknown, name: string): Plugin {
  const candidate = (module as { default?: unknown }).default;
  if (typeof candidate !== 'object' || candidate === null) {
    throw new Error(`plugin "${name}" has no default export that is a plugin`);
  }
  // The cast only gives names to what is checked member by member below.
  const plugin = candidate as Partial<Plugin>;
  if (typeof plugin.name !== 'string') throw new Error(`plugin "${name}" does not say its name`);
  if (plugin.contract !== CONTRACT) {
    throw new Error(`plugin "${plugin.name}" speaks contract ${String(plugin.contract)}, this core speaks ${CONTRACT}`);
  }
  if (typeof plugin.config?.['~standard']?.validate !== 'function') {
    throw new Error(`plugin "${plugin.name}": config is not a Standard Schema`);
  }
  if (typeof plugin.create !== 'function') throw new Error(`plugin "${plugin.name}" has no create()`);
  return plugin as Plugin;
}
