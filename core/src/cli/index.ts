// The command line. Errors go to stderr, exit code 1; `--help` and `--version` exit 0.
import { check } from './check.ts';
import { doctor } from './doctor.ts';
import { explainRequest } from './explain.ts';
import { type Flag, type Flags, readCommandLine, refuseOthers, requireConfig } from './flags.ts';
import { type CliOptions, loadRouter } from './load.ts';
import { models } from './models.ts';
import { newPlugin } from './plugin-new.ts';
import { printFailure } from './print.ts';
import { serve } from './serve.ts';
import { version } from './version.ts';

export { type CliOptions, loadRouter } from './load.ts';
export { loadLive } from './reload.ts';
export { serve } from './serve.ts';

interface Command {
  /** Its lines of `--help`. */
  readonly usage: readonly string[];
  readonly flags: readonly Flag[];
  /** How many it takes at most. Absent: it says so itself. */
  readonly words?: number;
  /** The exit code. `words`: what stands behind the command. */
  run(words: readonly string[], flags: Flags, options: CliOptions): number | Promise<number>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    usage: ['turnout serve   --config FILE [--port N]           start the router'],
    flags: ['config', 'port'],
    words: 0,
    run: async (_words, flags, options) => {
      const port = parsePort(flags.port);
      return serve(requireConfig(flags), options, port);
    },
  },
  check: {
    usage: [
      'turnout check   --config FILE [--json]             read the file, report everything that is wrong with it',
      '                --config FILE --diff OLD [--json]  which names would go another way than with the file OLD',
    ],
    flags: ['config', 'diff', 'json'],
    words: 0,
    run: (_words, flags, options) => check(requireConfig(flags), flags, options),
  },
  explain: {
    usage: [
      'turnout explain MODEL --config FILE [--json]       where a request for MODEL would go, and why; calls nobody',
      '                [--request FILE] [--protocol P]    the same for a body as a client would send it',
      '                [--key NAME] [--header "N: V"]     … with that key, with that header',
      '                [--wire]                           … with the body that would be sent on',
      '                --replay LOG --config FILE         where the requests of a log (- for stdin) would go by this file',
    ],
    flags: ['config', 'json', 'request', 'protocol', 'key', 'header', 'wire', 'replay'],
    run: explainRequest,
  },
  models: {
    usage: [
      'turnout models  [PROVIDER] --config FILE [--json]  what the providers offer: names, limits, prices, abilities',
    ],
    flags: ['config', 'json'],
    words: 1,
    run: async ([provider], flags, options) =>
      models(await loadRouter(requireConfig(flags), options), { provider, json: flags.json === true }),
  },
  doctor: {
    usage: [
      'turnout doctor  --config FILE [--call] [--json]    whether each provider can be used, step by step',
      '                                                   --call asks each for one token',
    ],
    flags: ['config', 'call', 'json'],
    words: 0,
    run: async (_words, { call = false, json = false, ...flags }, options) =>
      doctor(await loadRouter(requireConfig(flags), options), { call, json }),
  },
  plugin: {
    usage: ['turnout plugin new NAME [--dir D]                  a package with a provider of your own to start from'],
    flags: ['dir'],
    run: ([action, name, ...more], { dir }, { home }) => {
      if (action !== 'new' || more.length > 0) throw new Error(`there is only "plugin new NAME"\n\n${USAGE}`);
      return newPlugin(name, { home, dir });
    },
  },
};

export const USAGE = `turnout: a self-hosted LLM router

${Object.values(COMMANDS)
  .flatMap(({ usage }) => usage.map((line) => `  ${line}`))
  .join('\n')}

  --config is relative to where you stand. --help prints this, --version the version.`;

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
  printFailure(error);
  return 1;
}

async function dispatch(argv: readonly string[], options: CliOptions): Promise<number> {
  const { flags, words } = readCommandLine(argv);
  const [name, ...more] = words;
  if (flags.version && name === undefined) {
    console.log(version(options.home));
    return 0;
  }
  if (flags.help || name === undefined) {
    console.log(USAGE);
    return flags.help ? 0 : 1;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new Error(`there is no command "${name}"\n\n${USAGE}`);
  refuseOthers(name, flags, command.flags);
  const extra = command.words === undefined ? undefined : more[command.words];
  if (extra !== undefined) throw new Error(`${name} takes no "${extra}"`);
  return command.run(more, flags, options);
}

/** What `--port` asks for. Throws for what is no port. */
export function parsePort(text: string | undefined): { readonly port?: number } {
  if (text === undefined) return {};
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${text}: not a port number`);
  return { port };
}
