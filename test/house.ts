// A whole Turnout for a test: a router from YAML text, served on a free port, with its log lines kept.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { loadLive } from '../core/src/cli/index.ts';
import type { Logger } from '../core/src/contract/index.ts';
import type { Live } from '../core/src/host/index.ts';
import { listen } from '../core/src/server/index.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  // What a request's line holds, as far as tests look at it.
  readonly fields: Record<string, unknown>;
}

export interface House {
  readonly url: string;
  /** What is at work. */
  readonly live: Live;
  /** Writes the file anew; `live.reload()` reads it. */
  rewrite(yaml: string): void;
  readonly log: readonly LogLine[];
  /** The official SDK, without retries of its own. */
  readonly openai: OpenAI;
  /** POST to a path of the router. */
  post(path: string, body: unknown, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  /** The log line of a request, once it is written. */
  line(requestId: string): Promise<LogLine>;
  close(): Promise<void>;
}

export interface HouseOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly key?: string;
  /** Listen where the file says, instead of on a free port. */
  readonly asFiled?: true;
}

const home = fileURLToPath(new URL('../bin', import.meta.url));

export async function openHouse(yaml: string, options: HouseOptions = {}): Promise<House> {
  const dir = mkdtempSync(join(tmpdir(), 'turnout-test-'));
  const file = join(dir, 'turnout.yaml');
  writeFileSync(file, yaml);
  const log: LogLine[] = [];
  const live = await loadLive(file, { home, env: options.env ?? {} }, collector(log));
  const at = options.asFiled ? live.router.config.server : { host: '127.0.0.1', port: 0 };
  const listening = await listen(live, at);
  const { url } = listening;
  const key = options.key ?? 'no-key-needed';
  return {
    url,
    live,
    rewrite: (next) => writeFileSync(file, next),
    log,
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 }),
    post: (path, body, headers = {}, signal) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...(signal && { signal }),
      }),
    line: async (requestId) => {
      for (let tries = 0; tries < 500; tries++) {
        const found = log.find((line) => line.message === 'request' && line.fields.id === requestId);
        if (found) return found;
        await new Promise((later) => setTimeout(later, 10));
      }
      throw new Error(`no log line for ${requestId}`);
    },
    close: async () => {
      await listening.close();
      await live.close();
      rmSync(dir, { recursive: true });
    },
  };
}

function collector(log: LogLine[]): Logger {
  const write = (level: LogLine['level']) => (fields: object, message: string) => {
    log.push({ level, message, fields: fields as Record<string, unknown> }); // an object literal of the caller's
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
