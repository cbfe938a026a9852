// Why an answer ended, in Google's words: the FinishReason of the API (2026-08).
import type { FinishReason } from '@turnout/core/contract';

const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content-filter'],
  ['IMAGE_RECITATION', 'content-filter'],
]);

/** The model went wrong, and another try may go right: nothing in the answer can be used. */
const FAILURES: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
]);

export const isFailure = (raw: string): boolean => FAILURES.has(raw);

/** Google says STOP of an answer that calls tools, too. */
export function finishReasonOf(raw: string, hasCalls: boolean): FinishReason {
  const reason = REASONS.get(raw) ?? 'other';
  return hasCalls && (reason === 'stop' || reason === 'other') ? 'tool-calls' : reason;
}
