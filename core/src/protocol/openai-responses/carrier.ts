// What `encrypted_content` of a reasoning item holds: OpenAI's own raw, that of every other family sealed with everything that a
// replay needs. OpenAI sends it only where `include` asks for it; here it is always sent, because nothing is stored and a later
// request has no other way to bring it back. A client that does not look at it loses nothing.
import { isBag } from '../field-reader.ts';
import { seal, unseal } from '../reasoning-envelope.ts';

/** Reasoning as its family made it. The text is there because a family's signature covers it, and clients may cut summaries. */
export interface CarriedReasoning {
  readonly for: 'reasoning';
  readonly origin: string;
  /** Absent: the summary has it. */
  readonly text?: string;
  readonly signature?: string;
  readonly data?: string;
}
/** The signature of the text in front of the item. `length` is of that text, in UTF-16 units. */
export interface CarriedText {
  readonly for: 'text';
  readonly origin: string;
  readonly length: number;
  readonly signature: string;
}
/** The signature of a tool call. */
export interface CarriedCall {
  readonly for: 'tool-call';
  readonly origin: string;
  readonly id: string;
  readonly signature: string;
}
export type Carried = CarriedReasoning | CarriedText | CarriedCall;

/** The family whose reasoning Responses carries as it is. */
const OWN = 'openai';

/** The `encrypted_content` for it. */
export function encryptedOf(carried: Carried): string {
  const { origin, ...content } = carried;
  if (carried.for === 'reasoning' && origin === OWN && carried.signature !== undefined && carried.data === undefined) {
    return carried.signature;
  }
  return seal({ origin, value: JSON.stringify(content) });
}

/** What an item's `encrypted_content` holds. What is not sealed is OpenAI's. */
export function carriedIn(encrypted: string): Carried {
  const sealed = unseal(encrypted);
  if (!sealed) return { for: 'reasoning', origin: OWN, signature: encrypted };
  const { origin, value } = sealed;
  return contentIn(value, origin) ?? { for: 'reasoning', origin, signature: value };
}

/** undefined for a sealed value that is a signature by itself. */
function contentIn(value: string, origin: string): Carried | undefined {
  if (!value.startsWith('{')) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(value);
  } catch {
    return undefined;
  }
  if (!isBag(content)) return undefined;
  const { text, signature, data, id, length } = content;
  if (content.for === 'reasoning') {
    return {
      for: 'reasoning',
      origin,
      ...(typeof text === 'string' ? { text } : {}),
      ...(typeof signature === 'string' ? { signature } : {}),
      ...(typeof data === 'string' ? { data } : {}),
    };
  }
  if (typeof signature !== 'string') return undefined;
  if (content.for === 'text' && typeof length === 'number') return { for: 'text', origin, length, signature };
  if (content.for === 'tool-call' && typeof id === 'string') return { for: 'tool-call', origin, id, signature };
  return undefined;
}
