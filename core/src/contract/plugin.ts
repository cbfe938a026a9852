// What a plugin is: a name, a contract number, a schema of its YAML, and a factory.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Provider } from './provider.ts';

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface UpstreamRequest {
  /** Default: `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | null;
  readonly signal?: AbortSignal;
}

export interface UpstreamResponse {
  readonly statusCode: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Read it to its end, so that its connection can be used again, or give it up. */
  readonly body: UpstreamBody;
}

/** The bytes of an answer as they come. Iterate once, and ask for a chunk only when the last one is there. The upstream waits for a
 * reader that is slow. */
export interface UpstreamBody extends AsyncIterable<Uint8Array> {
  /** Gives up what is left of it and closes the connection; a chunk that is waited for is rejected. Idempotent. */
  destroy(): void;
  /** True once all of it has come: its connection is free again, read or not. Absent where that is not known. */
  readonly complete?: boolean;
}

/** What core lends to a plugin. */
export interface Host {
  /** The provider's name in the YAML. */
  readonly name: string;
  /** The YAML's folder: relative paths in settings start here. */
  readonly dir: string;
  /** A warning from `create` about one key of the settings names it, and `check` prints it there:
   * `log.warn({ provider: host.name, setting: ['endpoint'] }, message)`. */
  readonly log: Logger;
  /** One HTTP request over the provider's own connections: keep-alive, connect timeout, HTTP(S)_PROXY, caFile. It has no other
   * timeout: core's `signal` is what ends a call. Use this for every upstream call, so that close() closes its sockets. Rejects with
   * the signal's reason, or with undici's error (most have a `code`: `ECONNREFUSED`, `UND_ERR_SOCKET` …); any status is an answer. */
  readonly request: (url: string, request?: UpstreamRequest) => Promise<UpstreamResponse>;
  /** The provider's `headers` of the YAML, names in lower case: to be sent with every upstream request. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Plugin<C = unknown> {
  /** Also the word in the YAML. */
  readonly name: string;
  /** Any other number is refused, naming the plugin and both numbers. */
  readonly contract: 1;
  /** Schema of the provider's own keys in the YAML. Ours are zod 4 strictObject. */
  readonly config: StandardSchemaV1<unknown, C>;
  /** Schema of what a route may set for this plugin under its name. Absent: nothing. What clients may send in a field of that
   * name, usually less, is for `plan` to check: RouterError `invalid-request` with the field's whole name. */
  readonly extensions?: StandardSchemaV1;
  /** No network I/O. A throw is a config error at this provider's line of the YAML. */
  create(config: C, host: Host): Provider | Promise<Provider>;
}

/** Gives `create` the type of the schema's output. */
export const definePlugin = <C>(plugin: Plugin<C>): Plugin<C> => plugin;

/** Throw it from `create` to point the config error at one key of the provider's settings. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
  /** Path inside the provider's settings, e.g. `['auth', 'profile']`. */
  readonly path: readonly (string | number)[];
  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.path = path;
  }
}
