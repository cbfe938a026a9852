// The config: from a YAML file to a checked, frozen value, with the place of everything that is wrong.
export type * from './config.ts';
export { reasonOf } from './environment.ts';
export { ConfigError, formatIssues } from './error.ts';
export { configJsonSchema } from './json-schema.ts';
export type { LoadOptions, ProviderFault } from './load.ts';
export { loadConfig } from './load.ts';
export { type LoadedPlugin, type LoadPlugin, PluginNotFoundError } from './provider.ts';
export type { ReadFiles } from './read.ts';
export { type FileWatch, type WatchedFiles, watchFiles } from './watch.ts';
