// What the kit is told of a plugin.
import type { ChatRequest, Plugin } from '../contract/index.ts';
import type { Reply } from './upstream.ts';

/** One exchange with the vendor. */
export interface Fixture {
  readonly name: string;
  /** Put on top of the smallest request. */
  readonly request?: Partial<ChatRequest>;
  /** What the vendor answers to a streamed request. Absent for a provider without an upstream. */
  readonly streamed?: Reply;
  /** What it answers to the same request when it is not streamed: adds up to the same. */
  readonly whole?: Reply;
}

export interface Subject<Config> {
  readonly plugin: Plugin<Config>;
  /** The provider's own keys in the YAML, for an upstream at this URL. */
  config(url: string): unknown;
  /** The model that is asked for. */
  readonly model: string;
  readonly fixtures: readonly Fixture[];
  /** Tests that cannot hold for this plugin, by the beginning of their name, and why. */
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
}

/** `test` of vitest, of node:test, or of any runner that has the two. */
export interface TestFunction {
  (name: string, body: () => Promise<void>): unknown;
  skip(name: string, body: () => Promise<void>): unknown;
}
