// What a plugin and its provider must have, checked member by member: both are other people's code.
import type { Plugin, Provider } from '../contract/index.ts';

/** The one contract this core speaks. */
const CONTRACT = 1;

const METHODS = ['plan', 'stream'] as const satisfies readonly (keyof Provider)[];
const OPTIONAL_METHODS = [
  'members',
  'generate',
  'relay',
  'countTokens',
  'models',
  'check',
  'close',
] as const satisfies readonly (keyof Provider)[];

/** The default export of a module, if it is a plugin of this contract. `name` is the word in the YAML. Throws an Error that says
 * what is wrong. */
export function checkPlugin(module: unknown, name: string): Plugin {
  const candidate = defaultExport(module);
  if (!isObject(candidate)) throw new Error(`plugin "${name}" has no default export that is a plugin`);
  // The cast only gives names to what is checked member by member below.
  const plugin = candidate as Partial<Plugin>;
  if (typeof plugin.name !== 'string' || plugin.name === '') throw new Error(`plugin "${name}" does not say its name`);
  if (plugin.contract !== CONTRACT) {
    const spoken: unknown = plugin.contract;
    const shown = typeof spoken === 'string' ? `"${spoken}"` : String(spoken);
    throw new Error(`plugin "${plugin.name}" speaks contract ${shown}, this core speaks ${CONTRACT}`);
  }
  if (plugin.config === undefined) throw new Error(`plugin "${plugin.name}" has no config schema`);
  if (!isSchema(plugin.config)) throw new Error(`plugin "${plugin.name}": config is not a Standard Schema`);
  if (plugin.extensions !== undefined && !isSchema(plugin.extensions)) {
    throw new Error(`plugin "${plugin.name}": extensions is not a Standard Schema`);
  }
  if (typeof plugin.create !== 'function') throw new Error(`plugin "${plugin.name}" has no create()`);
  return plugin as Plugin; // every member that the type promises has been looked at
}

/** What is wrong with what `create` returned; undefined when it is a provider. */
export function providerFault(provider: unknown): string | undefined {
  if (!isObject(provider)) return `create() returned ${provider === null ? 'null' : typeof provider}, not a provider`;
  const lacking = METHODS.filter((method) => typeof provider[method] !== 'function');
  if (lacking.length > 0)
    return `create() returned something without ${lacking.map((one) => `${one}()`).join(' and ')}`;
  const odd = OPTIONAL_METHODS.find((method) => !['undefined', 'function'].includes(typeof provider[method]));
  return odd === undefined ? undefined : `create() returned something whose ${odd} is no function`;
}

/** A CommonJS module that a compiler made of an ES module has its default export one deeper. */
function defaultExport(module: unknown): unknown {
  const exported = isObject(module) ? module.default : undefined;
  return isObject(exported) && exported.__esModule === true ? exported.default : exported;
}

function isSchema(value: unknown): boolean {
  // Some schema libraries' schemas are functions.
  if (!isObject(value) && typeof value !== 'function') return false;
  const standard = (value as Record<string, unknown>)['~standard']; // functions have members too
  return isObject(standard) && typeof standard.validate === 'function';
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
