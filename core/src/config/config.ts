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
  /** An address, or `unix:` and a path. */
  readonly host: string;
  readonly port: number;
  /** Processes that serve; `auto`: as many as the machine has processors for this one. */
  readonly workers: number | 'auto';
  readonly bodyLimitBytes: number;
  readonly drainMs: number;
  /** Reload when the file changes. */
  readonly watch: boolean;
  readonly metrics: 'key' | 'open';
  /** Origins that may call from a browser; `*` for any. */
  readonly cors: readonly string[];
  /** PEM files, relative to the YAML's folder. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Somebody who may call, by a key of one of two kinds. */
export type KeyConfig = {
  readonly name: string;
  readonly admin: boolean;
  /** Globs over the names that clients send; absent: all. */
  readonly models?: readonly string[];
  readonly limits?: LimitsConfig;
} & (BearerKey | PairKey);

/** How much a key may use; what is absent has no limit. */
export interface LimitsConfig {
  /** Requests a minute. */
  readonly rpm?: number;
  /** Tokens a minute, in and out. */
  readonly tpm?: number;
  /** Requests at a time. */
  readonly concurrent?: number;
}

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
  /** From the arrival of a request to the end of any call made for it here. The longest of its targets bounds the whole request. */
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
  /** The same as the file has them, variables replaced: by these a reload tells whether the provider is still the same. */
  readonly written: unknown;
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

/** Which target of a route is asked first; the others follow when it fails. */
export type Strategy = 'ordered' | 'weighted' | 'round-robin' | 'least-latency' | 'sticky';

/** What `sticky` keeps at one target. */
export type StickyBy = { readonly by: 'prefix' | 'user' } | { readonly by: 'header'; readonly header: string };

/** A place that a route leads to: a model of a provider, or all that another route leads to. */
export type TargetConfig =
  /** A `*` in `model` takes what the pattern's star matched. */
  { readonly provider: string; readonly model: string } | { readonly route: string };

/** `weight` is 1 where the file says nothing. */
export type WeightedTarget = TargetConfig & { readonly weight: number };

export interface RouteConfig {
  /** Exact name, or a pattern with one `*`. */
  readonly name: string;
  readonly line: number;
  /** At least one. */
  readonly targets: readonly WeightedTarget[];
  readonly strategy: Strategy;
  /** Present with the strategy `sticky`. */
  readonly sticky?: StickyBy;
  /** Asked in place of the remaining targets when the prompt is too long for one. */
  readonly onContextOverflow?: readonly TargetConfig[];
  /** Asked in place of the remaining targets when a request, or its answer before it began, is blocked by a filter. */
  readonly onContentBlocked?: readonly TargetConfig[];
  /** A stream that breaks after the commit goes on at the next target. */
  readonly resume: boolean;
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
  /** What was read: the file itself and every `${file:…}`, by absolute path, with the digest of each. */
  readonly sources: ReadonlyMap<string, string>;
  /** An issue at a place of this file, for what shows only later (a plugin's `create` that throws). */
  issue(path: YamlPath, message: string): ConfigIssue;
}
