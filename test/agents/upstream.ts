// What a model is to these tests: a local vendor behind Turnout whose answers a function thinks up.
import type { Sight, Thought } from './brain.ts';

export interface Upstream {
  /** Of the YAML, under `providers`. */
  readonly yaml: string;
  close(): Promise<void>;
}

/** Asked for every request; undefined for the vendor's own answer. */
export type Mind = (sight: Sight) => Thought | undefined;

export interface Model {
  readonly name: string;
  /** `provider/model`: what Turnout is told. */
  readonly target: string;
  /** It thinks before it calls a tool, signs that, and wants it back. */
  readonly reasons: boolean;
  start(mind: Mind): Promise<Upstream>;
}
