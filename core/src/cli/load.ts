// From a file to a router: what every command begins with.
import { createRouter, type Router } from '../host/index.ts';
import { SILENT } from '../observe/index.ts';
import { configLoader } from './reload.ts';

export interface CliOptions {
  /** The folder whose packages hold the built-in plugins. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Reads, checks and builds what a file declares; nothing is called yet. Throws ConfigError with everything wrong. */
export async function loadRouter(file: string, options: CliOptions, log: Router['log'] = SILENT): Promise<Router> {
  return createRouter(await configLoader(file, options)(() => false), log);
}
