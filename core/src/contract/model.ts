// What a provider offers.

export interface Model {
  /** The name to write after `provider/`. */
  readonly id: string;
  readonly name?: string;
  readonly inputTokensMax?: number;
  readonly outputTokensMax?: number;
  /** US dollars per million tokens; `output` is 0 for a model that writes none. */
  readonly price?: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead?: number;
    readonly cacheWrite?: number;
  };
  /** What it can do, in words: `tools`, `images`, `reasoning`, `embeddings` … */
  readonly abilities?: readonly string[];
  /** Anything else worth a column, e.g. inference profiles. */
  readonly note?: string;
}

/** One step of a provider's self-examination, for `/readyz` and `doctor`. */
export interface Finding {
  readonly ok: boolean;
  /** Not looked at, or not to be found out: says nothing about the provider. */
  readonly skipped?: true;
  /** What was looked at: `credentials`, `endpoint` … */
  readonly what: string;
  /** What was found, or what to do about it. Holds no secret. */
  readonly detail: string;
}
