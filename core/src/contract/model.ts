// What a provider offers.

/** US dollars per million tokens; `output` is 0 for a model that writes none. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Absent: as `input`. */
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

export interface Model {
  /** The name to write after `provider/`. */
  readonly id: string;
  readonly name?: string;
  readonly inputTokensMax?: number;
  readonly outputTokensMax?: number;
  readonly price?: Price;
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
  /** The member of a pool that it is about: a pool can be used when one member can. */
  readonly member?: string;
  /** What was looked at: `credentials`, `endpoint` … */
  readonly what: string;
  /** What was found, or what to do about it. Holds no secret. */
  readonly detail: string;
}

/** Whether a provider can be used by what it found about itself: nothing wrong, or at least one member with nothing wrong. */
export function isUsable(findings: readonly Finding[]): boolean {
  const members = new Set(findings.flatMap(({ member }) => member ?? []));
  const isSound = (member: string | undefined) => findings.every((one) => one.member !== member || one.ok);
  return isSound(undefined) && (members.size === 0 || [...members].some(isSound));
}
