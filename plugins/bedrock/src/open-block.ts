// A block of an answer while it is read, and the events that close it.
import type { BlockEndEvent, ChatEvent } from '@turnout/core/contract';
import type { FreeText, JsonText } from '@turnout/core/plugin';
import { redactedFromConverse } from '@turnout/core/wire';

/** `input`: a tool call whose fragments go to the client as they come; `custom`: one whose JSON holds the free text;
 * `output`: the call of the tool that stands for the answer; `ignored`: a call that the client does not want. */
export type Kind = 'text' | 'reasoning' | 'redacted' | 'input' | 'custom' | 'output' | 'ignored' | 'server' | 'media';

export interface OpenBlock {
  readonly kind: Kind;
  /** The index in our events: Bedrock's may change its kind half way. */
  readonly index: number;
  empty: boolean;
  signature: string;
  /** Fragments to be joined at the end. */
  held: string[];
  /** Takes the JSON out of the text. */
  json: JsonText | undefined;
  /** Takes the free text out of a tool's arguments. */
  free: FreeText | undefined;
}

/** What was held until the block was over, and its end; nothing for a block that the client does not see. */
export function closingEvents({ kind, index, empty, signature, held, json, free }: OpenBlock): ChatEvent[] {
  if (kind === 'ignored') return [];
  const data = kind === 'redacted' || kind === 'media' ? { data: dataOf(kind, joinBase64(held)) } : {};
  const end: BlockEndEvent = { type: 'block-end', index, ...(signature === '' ? {} : { signature }), ...data };
  const text = free?.end() ?? json?.end() ?? (isInput(kind) && empty ? '{}' : '');
  // Free text is the input even when it is empty.
  return text === '' && !(kind === 'custom' && empty) ? [end] : [{ type: 'block-delta', index, text }, end];
}

/** Whose text is a JSON object, which a model may leave out when it has no members. */
const isInput = (kind: Kind): boolean => kind === 'input' || kind === 'output';

const dataOf = (kind: 'redacted' | 'media', base64: string): string =>
  kind === 'redacted' ? redactedFromConverse(base64) : base64;

/** Each fragment is base64 of its own. A single one stays as it is, byte for byte. */
function joinBase64(fragments: readonly string[]): string {
  const [only] = fragments;
  if (fragments.length === 1 && only !== undefined) return only;
  return Buffer.concat(fragments.map((fragment) => Buffer.from(fragment, 'base64'))).toString('base64');
}
