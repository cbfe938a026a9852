// How much a key may use: requests and tokens a minute, requests at a time. Of this process alone.
import type { LimitsConfig } from '../config/config.ts';
import { RouterError, type Usage } from '../contract/index.ts';
import { SlidingMinute } from './sliding-minute.ts';

/** What a key has used. It outlives a reload; its limits may be others then. */
export class Meter {
  readonly requests = new SlidingMinute();
  readonly tokens = new SlidingMinute();
  running = 0;
}

/** One limit by the minute, and how it stands. */
export interface Standing {
  readonly limit: number;
  readonly remaining: number;
  /** Until all of it is there again. */
  readonly resetMs: number;
}

/** How the limits of a key stand; those that it has not are absent. */
export interface Standings {
  readonly requests?: Standing;
  readonly tokens?: Standing;
}

/** The way of one request through the limits of its key. */
export interface Pass {
  /** Whether `reserve` has anything to do: to estimate a request is not free. */
  readonly countsTokens: boolean;
  /** Takes the tokens that a request may come to; what `settle` is not told remains taken. Throws `rate-limited`. */
  reserve(tokens: RequestTokens): void;
  /** Puts what was used in the place of what was reserved. Of no effect when nothing was. */
  settle(usage: Partial<Usage>): void;
  /** What was cut off before its usage was known keeps what was reserved, or more where more had been sent. */
  cutShort(outputTokens: number): void;
  /** Ends the request's place among those that run. Idempotent. */
  leave(): void;
}

/** An estimate of what a request takes. */
export interface RequestTokens {
  readonly input: number;
  /** The most that the answer may have. */
  readonly output: number;
}

export interface KeyLimits {
  /** Lets a request in. Throws `rate-limited`; nothing has been counted then. */
  enter(): Pass;
  standings(): Standings;
}

/** A place among the requests of a key becomes free when one of them ends, and nobody knows when. */
const PLACE_MS = 1_000;
const MINUTE_MS = 60_000;

/** `nowMs` is a clock that does not go back. */
export function createLimits(
  { rpm, tpm, concurrent }: LimitsConfig,
  meter: Meter,
  nowMs: () => number = () => performance.now(),
): KeyLimits {
  const { requests, tokens } = meter;

  function enter(): Pass {
    const now = nowMs();
    if (rpm !== undefined && requests.used(now) >= rpm) {
      throw refusal(`this key may make ${counted(rpm, 'request')} a minute`, requests.untilMs(now, rpm - 1));
    }
    if (concurrent !== undefined && meter.running >= concurrent) {
      throw refusal(`this key may have ${counted(concurrent, 'request')} running at a time`, PLACE_MS);
    }
    // Counted even where nothing limits it: a reload may bring the limit.
    const entered = requests.add(now, 1);
    meter.running++;
    let inside = true;
    let reserved: { readonly slot: number; readonly amount: number; readonly input: number } | undefined;
    return {
      countsTokens: tpm !== undefined,
      reserve({ input, output }) {
        if (tpm === undefined) return;
        const amount = input + Math.max(0, output);
        const at = nowMs();
        if (tokens.used(at) + amount > tpm) {
          // A request that is refused uses nothing up.
          requests.amend(at, entered, -1);
          throw amount > tpm
            ? refusal(tooLarge(tpm, input, output), MINUTE_MS)
            : refusal(`this key may use ${counted(tpm, 'token')} a minute`, tokens.untilMs(at, tpm - amount));
        }
        reserved = { slot: tokens.add(at, amount), amount, input };
      },
      settle(usage) {
        if (reserved === undefined) return;
        tokens.amend(nowMs(), reserved.slot, countedTokens(usage) - reserved.amount);
        reserved = undefined;
      },
      cutShort(outputTokens) {
        if (reserved === undefined) return;
        const { slot, amount, input } = reserved;
        tokens.amend(nowMs(), slot, Math.max(0, input + outputTokens - amount));
        reserved = undefined;
      },
      leave() {
        if (inside) meter.running--;
        inside = false;
      },
    };
  }

  const standing = (limit: number, used: number, resetMs: number): Standing => ({
    limit,
    remaining: Math.max(0, limit - used),
    resetMs,
  });

  function standings(): Standings {
    const now = nowMs();
    return {
      ...(rpm !== undefined && { requests: standing(rpm, requests.used(now), requests.untilEmptyMs(now)) }),
      ...(tpm !== undefined && { tokens: standing(tpm, tokens.used(now), tokens.untilEmptyMs(now)) }),
    };
  }

  return { enter, standings };
}

/** What counts against `tpm`; 0 for counts that are none. What was read from a cache does not, as at Anthropic, Bedrock and Groq (2026-11): it costs them little, and
 * who has long conversations is not punished for them. */
export function countedTokens({ inputTokens = 0, outputTokens = 0, cacheWriteTokens = 0 }: Partial<Usage>): number {
  const tokens = inputTokens + outputTokens + cacheWriteTokens;
  return Number.isFinite(tokens) ? Math.max(0, tokens) : 0;
}

const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

const tooLarge = (tpm: number, input: number, output: number): string =>
  `this request may take ${input + output} tokens (about ${input} in, up to ${output} out), and this key may use ${tpm} a minute: ask for fewer tokens, or shorten the prompt`;

/** `own`: no target has anything to do with it. */
const refusal = (message: string, retryAfterMs: number): RouterError =>
  new RouterError('rate-limited', message, { retryAfterMs: Math.ceil(retryAfterMs), own: true });
