// What a provider offers.

export interface Model {
  /** The name to write after `provider/`. */
  readonly id: string;
  readonly name?: string;
  readonly inputTokensMax?: number;
  readonly outputTokensMax?: number;
}

/** One step of a provider's self-examination, for `/readyz` and `doctor`. */
export interface Finding {
  readonly ok: boolean;
  /** What was looked at: `credentials`, `endpoint` … */
  readonly what: string;
  /** What was found, or what to do about it. Holds no secret. */
  readonly detail: string;
}
