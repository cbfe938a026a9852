// What an answer's head says of the caller's limits, in the words of the vendor whose protocol it is.
import type { Protocol } from '../contract/index.ts';

/** One limit by the minute, and how it stands. */
export interface LimitStanding {
  readonly limit: number;
  readonly remaining: number;
  /** Until all of it is there again. */
  readonly resetMs: number;
}

/** Those that the caller has. */
export interface LimitStandings {
  readonly requests?: LimitStanding;
  readonly tokens?: LimitStanding;
}

/** What vendors say of their own limits (OpenAI, Anthropic, Groq, and the IETF's draft, 2026-11). */
const LIMIT_HEADER = /^(?:x-|anthropic-)?ratelimit|^anthropic-priority-/;

/** Whether a header tells of limits. Names in lower case. */
export const isLimitHeader = (name: string): boolean => LIMIT_HEADER.test(name);

/** The headers of OpenAI, or of Anthropic for its own clients; AWS has none. */
export function limitHeaders(
  standings: LimitStandings,
  protocol: Protocol | 'openai-embeddings',
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const kind of ['requests', 'tokens'] as const) {
    const standing = standings[kind];
    if (standing === undefined) continue;
    const { limit, remaining, resetMs } = standing;
    if (protocol === 'anthropic-messages') {
      headers[`anthropic-ratelimit-${kind}-limit`] = String(limit);
      headers[`anthropic-ratelimit-${kind}-remaining`] = String(remaining);
      headers[`anthropic-ratelimit-${kind}-reset`] = resetTime(resetMs);
    } else {
      headers[`x-ratelimit-limit-${kind}`] = String(limit);
      headers[`x-ratelimit-remaining-${kind}`] = String(remaining);
      headers[`x-ratelimit-reset-${kind}`] = resetDuration(resetMs);
    }
  }
  return headers;
}

/** RFC 3339, to the second. */
const resetTime = (resetMs: number): string =>
  new Date(Math.ceil((Date.now() + resetMs) / 1000) * 1000).toISOString().replace('.000', '');

/** As OpenAI writes it: `0s`, `250ms`, `59s`, `1m1s`. */
function resetDuration(resetMs: number): string {
  if (resetMs > 0 && resetMs < 1000) return `${Math.ceil(resetMs)}ms`;
  const seconds = Math.ceil(resetMs / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
