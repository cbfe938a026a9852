// What the parts of one decoding share: the losses found so far and the number of parts still allowed.
import type { Loss } from '../contract/index.ts';
import { wrong } from './field-reader.ts';

/** More parts than any conversation that a model could read. */
const PARTS_MAX = 10_000;
/** Names come from the client, so their number and length are bounded. */
const LOSSES_MAX = 100;
const FIELD_LENGTH_MAX = 100;

export interface Decoding {
  /** By field: what is lost in many messages is one loss. */
  readonly losses: Map<string, Loss>;
  partsLeft: number;
  /** The client's field of the conversation. */
  readonly conversation: string;
}

export const startDecoding = (conversation = 'messages'): Decoding => ({
  losses: new Map(),
  partsLeft: PARTS_MAX,
  conversation,
});

/** Counts parts as they are made. Throws `invalid-request` when a request has too many in all. */
export function spendParts(decoding: Decoding, count: number): void {
  decoding.partsLeft -= count;
  if (decoding.partsLeft < 0) throw wrong(decoding.conversation, `expected at most ${PARTS_MAX} content parts in all`);
}

/** Notes something that the canonical form cannot hold. */
export function lose(decoding: Decoding, field: string, action: Loss['action'], reason: string): void {
  const name = field.slice(0, FIELD_LENGTH_MAX);
  if (decoding.losses.size >= LOSSES_MAX || decoding.losses.has(name)) return;
  decoding.losses.set(name, { field: name, action, reason });
}
