// How signed and redacted reasoning travels through a client whose protocol is not its family's own:
// `tn1.<family>.<base64url>`, opaque to the client, byte-faithful on the way back.

const PREFIX = 'tn1.';
const BASE64URL = /^[A-Za-z0-9_-]+$/;

export interface SealedReasoning {
  /** The model family that made it (`origin` of a part or block). */
  readonly origin: string;
  /** The signature or redacted data as the vendor gave it. */
  readonly value: string;
}

/** Wraps a signature or redacted data for the way out. */
export function seal({ origin, value }: SealedReasoning): string {
  return `${PREFIX}${origin}.${Buffer.from(value, 'utf8').toString('base64url')}`;
}

/** Unwraps what `seal` made. undefined for anything else: a foreign signature, or none at all. */
export function unseal(text: unknown): SealedReasoning | undefined {
  if (typeof text !== 'string' || !text.startsWith(PREFIX)) return undefined;
  // base64url has no dot, so a family's name may.
  const dot = text.lastIndexOf('.');
  const encoded = text.slice(dot + 1);
  if (dot <= PREFIX.length || !BASE64URL.test(encoded)) return undefined;
  return { origin: text.slice(PREFIX.length, dot), value: Buffer.from(encoded, 'base64url').toString('utf8') };
}

/** A signature or redacted data as it may leave in one of Claude's protocols: raw when Claude made it, sealed when another family
 * did, and not at all when nobody could tell later whose it is. */
export function outwardOf(origin: string | undefined, value: string | undefined): string | undefined {
  if (origin === undefined || value === undefined || value === '') return undefined;
  return origin === 'claude' ? value : seal({ origin, value });
}
