// What a checked configuration is: the YAML after ${ENV}, schema, plugin schemas and cross-references. Frozen, all units said.
import type { Effort, Plugin } from '../contract/index.ts';

/** One thing wrong with the file, with its place. */
export interface ConfigIssue {
  readonly file: string;
  /** 1-based; 0 when the file could not be read at all. */
  readonly line: number;
  readonly column: number;
  /** `providers.bedrock.regionn`, or '' for the file itself. */
  readonly path: string;
  readonly message: string;
  /** The offending line with its number, and a line of carets below; secrets masked. '' when there is none. */
  readonly excerpt: string;
}

export type YamlPath = readonly (string | number)[];

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly bodyLimitBytes: number;
  readonly drainMs: number;
}

/** Somebody who may call, by a key of one of two kinds. */
export type KeyConfig = {
  readonly name: string;
  readonly admin: boolean;
  /** Globs over the names that clients send; absent: all. */
  readonly models?: readonly string[];
} & (BearerKey | PairKey);

export interface BearerKey {
  /** SHA-256 of the key, 32 bytes: the key itself is not kept. */
  readonly sha256: Buffer;
}
export interface PairKey {
  readonly pair: KeyPair;
}

/** What requests with an AWS signature are signed with. */
export interface KeyPair {
  readonly accessKeyId: string;
  /** Needed as it is to check signatures. A function, so that nothing that prints a configuration prints it. */
  secretAccessKey(): string;
}

export interface RetryConfig {
  /** Total tries of one target; 1 means no retry. */
  readonly attempts: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}
export interface TimeoutConfig {
  readonly connectMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  /** Of the whole request, over all its targets. */
  readonly totalMs: number;
}
export interface BreakerConfig {
  /** This many failures in a row open it … */
  readonly failures: number;
  /** … or this share (0–1) of at least 20 calls within the window. */
  readonly rate: number;
  readonly windowMs: number;
  readonly cooldownMs: number;
}
export interface ConcurrencyConfig {
  readonly max: number;
  readonly queue: number;
}

export interface ProviderConfig {
  readonly name: string;
  readonly plugin: Plugin;
  /** Where the plugin's module came from. */
  readonly pluginPath: string;
  /** The plugin's own keys, as its schema returned them. */
  readonly settings: unknown;
  readonly retry: RetryConfig;
  readonly timeout: TimeoutConfig;
  readonly breaker: BreakerConfig;
  readonly concurrency: ConcurrencyConfig;
  readonly headers: Readonly<Record<string, string>>;
  /** PEM file with more certificate authorities, relative to the YAML's folder. */
  readonly caFile?: string | undefined;
}

export type RouteReasoning = 'off' | { readonly budget: number } | { readonly effort: Effort };
export interface RouteDefaults {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
}

export interface RouteConfig {
  /** Exact name, or a pattern with one `*`. */
  readonly name: string;
  readonly line: number;
  /** `provider/model`; a `*` takes what the pattern's star matched. */
  readonly targets: readonly { readonly provider: string; readonly model: string }[];
  readonly reasoning?: RouteReasoning;
  readonly defaults: RouteDefaults;
  /** Settings for plugins, by the plugin's name, as the plugin's `extensions` schema returned them. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Config {
  readonly file: string;
  /** The file's folder. */
  readonly dir: string;
  readonly server: ServerConfig;
  readonly keys: readonly KeyConfig[];
  readonly providers: readonly ProviderConfig[];
  /** In the order of the file. */
  readonly routes: readonly RouteConfig[];
  readonly direct: boolean;
  readonly strict: boolean;
  readonly media: { readonly urls: boolean };
  /** An issue at a place of this file, for what shows only later (a plugin's `create` that throws). */
  issue(path: YamlPath, message: string): ConfigIssue;
}
