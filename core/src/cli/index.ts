// The command line: serve · check · explain · models · doctor · plugin new. Errors go to stderr, exit code 1; `--help` exits 0.
import { parseArgs } from 'node:util';
import { ConfigError, formatIssues, loadConfig } from '../config/index.ts';
import { RouterError } from '../contract/index.ts';
import {
  builtInPlugins,
  createPluginLoader,
  createRouter,
  type Router,
  tryProviders,
  unrestricted,
} from '../host/index.ts';
import { createLog, SILENT } from '../observe/index.ts';
import { explain, formatExplanation, routeWarnings } from '../server/index.ts';
import { doctor } from './doctor.ts';
import { models } from './models.ts';
import { newPlugin } from './plugin-new.ts';
import { serve } from './serve.ts';
import { collectSettingNotes } from './setting-notes.ts';

export { createLog } from '../observe/index.ts';
export { serve } from './serve.ts';

export const USAGE = `turnout: a self-hosted LLM router

  turnout serve   --config FILE [--port N]           start the router
  turnout check   --config FILE                      read the file, report everything that is wrong with it
  turnout explain MODEL --config FILE [--json]       where a request for MODEL would go, and why; calls nobody
  turnout models  [PROVIDER] --config FILE [--json]  what the providers offer: names, limits, prices, abilities
  turnout doctor  --config FILE [--call] [--json]    whether each provider can be used, step by step
                                                     --call asks each for one token
  turnout plugin new NAME [--dir D]                  a package with a provider of your own to start from

  --config is relative to where you stand. --help prints this.`;

export interface CliOptions {
  /** The folder whose packages hold the built-in plugins. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs one command; the exit code. `serve` resolves only when the server has ended. */
export async function run(argv: readonly string[], options: CliOptions): Promise<number> {
  try {
    return await dispatch(argv, options);
  } catch (error) {
    return report(error);
  }
}

/** Prints what stopped a command, and gives its exit code. */
export function report(error: unknown): number {
  if (error instanceof ConfigError) console.error(formatIssues(error.issues));
  else console.error(`turnout: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}

async function dispatch(argv: readonly string[], options: CliOptions): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      port: { type: 'string' },
      json: { type: 'boolean', default: false },
      call: { type: 'boolean', default: false },
      dir: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [command, ...names] = positionals;
  if (values.help || command === undefined) {
    console.log(USAGE);
    return values.help ? 0 : 1;
  }
  const load = (log = SILENT) => loadRouter(requireConfig(values.config), options, log);
  if (command === 'serve') {
    const port = parsePort(values.port);
    return serve(await load(createLog()), port);
  }
  if (command === 'check') {
    const notes = collectSettingNotes();
    return check(await load(notes.log), requireConfig(values.config), notes);
  }
  if (command === 'explain') return explainModel(await load(), names, values.json);
  if (command === 'models') {
    const [provider] = names;
    return models(await load(), { provider, json: values.json });
  }
  if (command === 'plugin') {
    const [action, name, ...more] = names;
    if (action !== 'new' || more.length > 0) throw new Error(`there is only "plugin new NAME"\n\n${USAGE}`);
    return newPlugin(name, { home: options.home, dir: values.dir });
  }
  if (command === 'doctor') return doctor(await load(), { call: values.call, json: values.json });
  throw new Error(`there is no command "${command}"\n\n${USAGE}`);
}

/** Reads, checks and builds what a file declares; nothing is called yet. Throws ConfigError with everything wrong. */
export async function loadRouter(file: string, options: CliOptions, log: Router['log']): Promise<Router> {
  const { env, home } = options;
  const config = await loadConfig(file, {
    env,
    loadPlugin: createPluginLoader(home),
    builtIns: builtInPlugins(home),
    tryProviders: (providers, dir) => tryProviders(providers, dir, SILENT),
  });
  return createRouter(config, log);
}

async function check(router: Router, file: string, notes: ReturnType<typeof collectSettingNotes>): Promise<number> {
  const { providers, routes } = router.config;
  const warnings = [...notes.issues(router.config), ...routeWarnings(router)];
  await router.close();
  if (warnings.length > 0) console.error(formatIssues(warnings));
  console.log(`${file}: ok, ${count(providers.length, 'provider')}, ${count(routes.length, 'route')}`);
  return 0;
}

async function explainModel(router: Router, names: readonly string[], json: boolean): Promise<number> {
  try {
    const [model] = names;
    if (model === undefined || names.length > 1) throw new Error('explain takes one model name');
    const explanation = explain(router, model, unrestricted('cli'));
    console.log(json ? JSON.stringify(explanation, null, 2) : formatExplanation(explanation));
    return 0;
  } catch (error) {
    if (RouterError.is(error)) throw new Error(`[${error.code}] ${error.message}`);
    throw error;
  } finally {
    await router.close();
  }
}

function requireConfig(file: string | undefined): string {
  if (file === undefined) throw new Error('--config FILE is missing');
  return file;
}

/** What `--port` asks for. Throws for what is no port. */
export function parsePort(text: string | undefined): { readonly port?: number } {
  if (text === undefined) return {};
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${text}: not a port number`);
  return { port };
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
