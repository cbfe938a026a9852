// The one error class and the one table that says what each code means to a client, to the retry loop and to the breaker.
import type { Usage } from './event.ts';

export type ErrorCode =
  | 'invalid-request'
  | 'context-overflow'
  | 'content-blocked'
  | 'unauthenticated'
  | 'forbidden'
  | 'upstream-denied'
  | 'model-not-found'
  | 'unsupported'
  | 'rate-limited'
  | 'overloaded'
  | 'upstream-failed'
  | 'upstream-timeout'
  | 'cancelled'
  | 'internal';

export interface ErrorPolicy {
  /** The HTTP status a client sees. */
  readonly status: number;
  /** Whether the same target is tried again. `after` waits out `retryAfterMs` first. */
  readonly retrySame: boolean | 'after';
  /** Whether the next target of the route is tried. */
  readonly nextTarget: boolean;
  /** Whether it counts as a failure of the target. */
  readonly tripsBreaker: boolean;
}

const policy = (
  status: number,
  retrySame: boolean | 'after',
  nextTarget: boolean,
  tripsBreaker: boolean,
): ErrorPolicy => ({ status, retrySame, nextTarget, tripsBreaker });

/** What every code means. A plugin only chooses the code; everything else follows from this table. */
export const ERROR_POLICIES: Readonly<Record<ErrorCode, ErrorPolicy>> = {
  'invalid-request': policy(400, false, false, false),
  'context-overflow': policy(400, false, true, false),
  'content-blocked': policy(400, false, false, false),
  /** The caller's own key. */
  unauthenticated: policy(401, false, false, false),
  forbidden: policy(403, false, false, false),
  /** The router's credentials at a provider. */
  'upstream-denied': policy(502, false, true, true),
  'model-not-found': policy(404, false, true, false),
  unsupported: policy(400, false, true, false),
  'rate-limited': policy(429, 'after', true, false),
  overloaded: policy(503, true, true, true),
  'upstream-failed': policy(502, true, true, true),
  'upstream-timeout': policy(504, false, true, true),
  cancelled: policy(499, false, false, false),
  internal: policy(500, false, false, false),
};

/** What the upstream said, for the log. Never sent to a client as it is. */
export interface UpstreamFailure {
  readonly status?: number;
  /** The vendor's own error name, e.g. `ThrottlingException`. */
  readonly name?: string;
  readonly requestId?: string;
}

export interface RouterErrorOptions {
  readonly cause?: unknown;
  /** Overrides the table's status where HTTP has a better one (413 for a body that is too large). */
  readonly status?: number;
  /** How long the upstream asked to be left alone, in milliseconds. A day counts for all that is longer, and no number for none. */
  readonly retryAfterMs?: number;
  readonly upstream?: UpstreamFailure;
  /** The message for the caller where `message` holds what only the operator may see (account ids, principal ARNs). */
  readonly publicMessage?: string;
  /** The upstream's own words within `message`. What it says of a request may quote a prompt or an answer, which a log must not
   * hold: there they are left out, but for failures that are about the operator's account or the upstream itself. */
  readonly quote?: string;
  /** The client's field that is wrong, e.g. `messages.0.content`. */
  readonly field?: string;
  /** What the client's own protocol calls it, where it has a name for this alone: `InvalidSignatureException`. */
  readonly errorName?: string;
  /** Usage the upstream had reported before it failed. */
  readonly usage?: Partial<Usage>;
  /** The plugin repaired itself (fresh credentials, a learnt profile): core grants one extra try of the same target. */
  readonly again?: true;
  /** A limit of the router's own was met: it says nothing of the target, and waiting for the same one is no use. */
  readonly own?: true;
  /** It may be this one request that was refused, as by a firewall that reads it: that is not held against the target. */
  readonly ofRequest?: true;
  /** There was no connection, so the upstream has seen nothing of the request: another target is asked at once where there is one. */
  readonly unreached?: true;
}

/** What an upstream that is wrong about its own clock may cost at most. */
const RETRY_AFTER_MS_MAX = 24 * 60 * 60_000;

const boundedMs = (ms: number | undefined): number | undefined =>
  ms === undefined || Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX);

/** For an error that repeats the message of another one. */
export const quoteOf = ({ quote }: Pick<RouterError, 'quote'>): { readonly quote?: string } =>
  quote === undefined ? {} : { quote };

const MARK = Symbol.for('turnout.RouterError');

/** The only failure that crosses a room's border. Everything else that is thrown becomes `internal`. */
export class RouterError extends Error {
  override readonly name = 'RouterError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly upstream: UpstreamFailure | undefined;
  readonly publicMessage: string;
  readonly quote: string | undefined;
  readonly field: string | undefined;
  readonly errorName: string | undefined;
  readonly usage: Partial<Usage> | undefined;
  readonly again: boolean;
  readonly own: boolean;
  readonly ofRequest: boolean;
  readonly unreached: boolean;
  readonly [MARK] = true;

  constructor(code: ErrorCode, message: string, options: RouterErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? ERROR_POLICIES[code].status;
    this.retryAfterMs = boundedMs(options.retryAfterMs);
    this.upstream = options.upstream;
    this.publicMessage = options.publicMessage ?? message;
    this.quote = options.quote;
    this.field = options.field;
    this.errorName = options.errorName;
    this.usage = options.usage;
    this.again = options.again ?? false;
    this.own = options.own ?? false;
    this.ofRequest = options.ofRequest ?? false;
    this.unreached = options.unreached ?? false;
  }

  /** True for a RouterError of any copy of this package: a plugin may bring its own. */
  static is(value: unknown): value is RouterError {
    return typeof value === 'object' && value !== null && MARK in value;
  }

  /** The error itself when it is a RouterError, else `internal` around it, with nothing of its text for the caller. */
  static from(value: unknown): RouterError {
    if (RouterError.is(value)) return value;
    // A parser's message quotes what it parsed, and that is somebody's prompt or answer.
    const quotes = value instanceof SyntaxError;
    const message = value instanceof Error ? `${value.name}${quotes ? '' : `: ${value.message}`}` : typeof value;
    return new RouterError('internal', message, { cause: value, publicMessage: 'internal error' });
  }
}
