// The options of the command line, and which command takes which.
import { parseArgs } from 'node:util';

const FLAGS = {
  config: { type: 'string' },
  port: { type: 'string' },
  json: { type: 'boolean' },
  call: { type: 'boolean' },
  dir: { type: 'string' },
  diff: { type: 'string' },
  request: { type: 'string' },
  protocol: { type: 'string' },
  key: { type: 'string' },
  header: { type: 'string', multiple: true },
  wire: { type: 'boolean' },
  replay: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

export type Flag = keyof typeof FLAGS;
export type Flags = ReturnType<typeof parse>['values'];

export interface CommandLine {
  readonly flags: Flags;
  readonly words: readonly string[];
}

const parse = (argv: readonly string[]) => parseArgs({ args: [...argv], allowPositionals: true, options: FLAGS });

/** Throws an Error for an option that there is not. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals } = parse(argv);
  return { flags: values, words: positionals };
}

/** Throws an Error for an option that the command would ignore. */
export function refuseOthers(command: string, flags: Flags, taken: readonly Flag[]): void {
  const other = Object.keys(flags).find((flag) => !taken.some((one) => one === flag));
  if (other !== undefined) throw new Error(`${command} takes no --${other}`);
}

/** The file that every command reads. Throws an Error when it is not said. */
export function requireConfig({ config }: { readonly config?: string | undefined }): string {
  if (config === undefined) throw new Error('--config FILE is missing');
  return config;
}
