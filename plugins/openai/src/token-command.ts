// A token that a program prints, such as an Entra token of `az`: asked for when it is needed, kept until shortly before it expires.
import { execFile } from 'node:child_process';
import { type Host, RouterError } from '@turnout/core/contract';

const TIMEOUT_MS = 30_000;
const OUTPUT_BYTES_MAX = 64 * 1024;
/** A token whose end is not written in it is asked for again after this time. */
const LIFE_MS = 5 * 60_000;
/** It is renewed so long before its end. */
const MARGIN_MS = 60_000;

export interface TokenSource {
  /** The token at hand, if it is still good. */
  current(): string | undefined;
  /** Runs the program; all who ask meanwhile share one run. Throws RouterError `upstream-denied`, which holds nothing of what it
   * printed. */
  load(): Promise<string>;
  /** The server has refused this one. */
  forget(token: string): void;
  /** Ends the program, if it runs. */
  close(): void;
}

/** `command`: the program and its arguments, run without a shell in the YAML's folder. */
export function createTokenSource(command: readonly string[], host: Pick<Host, 'name' | 'dir'>): TokenSource {
  let known: { readonly token: string; readonly endsMs: number } | undefined;
  let running: Promise<string> | undefined;
  const open = new AbortController();
  const run = async (): Promise<string> => {
    try {
      const token = readToken(await outputOf(command, host.dir, open.signal));
      known = { token, endsMs: endOf(token) };
      return token;
    } catch (cause) {
      throw new RouterError('upstream-denied', `${host.name}: tokenCommand ${reasonOf(cause)}: run it by hand`, {
        publicMessage: `${host.name}: no token for the server`,
      });
    } finally {
      running = undefined;
    }
  };
  return {
    current: () => (known !== undefined && Date.now() < known.endsMs - MARGIN_MS ? known.token : undefined),
    load: () => {
      running ??= run();
      return running;
    },
    forget: (token) => {
      if (known?.token === token) known = undefined;
    },
    close: () => open.abort(),
  };
}

function outputOf([program = '', ...args]: readonly string[], cwd: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, signal, timeout: TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX, windowsHide: true, shell: false };
    execFile(program, args, options, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  });
}

class NoToken extends Error {}

/** What may stand in a header, on a line of its own. */
function readToken(output: string): string {
  const token = output.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new NoToken();
  return token;
}

/** What went wrong, without what was printed. */
function reasonOf(cause: unknown): string {
  if (cause instanceof NoToken) return 'prints something that is no token';
  const { code, killed } = cause as { readonly code?: unknown; readonly killed?: unknown }; // what execFile rejects with
  if (code === 'ENOENT') return 'is not found';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'prints too much';
  return killed === true
    ? `takes longer than ${TIMEOUT_MS / 1000} s`
    : `fails${typeof code === 'number' ? ` with ${code}` : ''}`;
}

/** The `exp` of a JSON Web Token, in milliseconds. */
function endOf(token: string): number {
  const fallback = Date.now() + LIFE_MS + MARGIN_MS;
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const exp = typeof payload === 'object' && payload !== null && 'exp' in payload ? payload.exp : undefined;
    return typeof exp === 'number' ? exp * 1000 : fallback;
  } catch {
    return fallback;
  }
}
