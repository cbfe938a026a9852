// What a provider does. A present method IS the capability: there are no flags.
import type { ChatEvent, ChatResult } from './event.ts';
import type { Loss } from './loss.ts';
import type { Finding, Model } from './model.ts';
import type { Logger } from './plugin.ts';
import type { ChatRequest, Protocol } from './request.ts';

/** How a model name was resolved, for `explain` and the log. Holds no secret. */
export interface Resolution {
  /** The wire model id. */
  readonly model: string;
  readonly region?: string;
  /** Base URL of the endpoint. */
  readonly endpoint: string;
  /** The auth mode, e.g. `profile default`. */
  readonly auth: string;
  /** The reasoning setting as it is sent, in one line. */
  readonly reasoning?: string;
  /** One sentence for each decision. */
  readonly reasons: readonly string[];
}

/** Everything a provider can decide about a request without I/O. */
export interface Plan {
  readonly resolution: Resolution;
  readonly losses: readonly Loss[];
  /** The body as it will be sent. Only the provider that made it reads it. */
  readonly wire: unknown;
}

export interface PlanCall {
  /** What the client speaks. */
  readonly protocol: Protocol;
  readonly stream: boolean;
}

export interface Call {
  /** The router's request id. */
  readonly id: string;
  /** Aborted whenever core stops reading: client gone, timeout, failover. */
  readonly signal: AbortSignal;
  /** When the whole request must be over, in milliseconds since the epoch. */
  readonly deadline: number;
  readonly plan: Plan;
  readonly log: Logger;
}

/** Calls without a request behind them: listing models, self-examination. */
export type IdleCall = Pick<Call, 'signal' | 'log'>;

export interface Provider {
  /** Synchronous, pure, no I/O. Called before every attempt, and by `explain`. Throws RouterError (`unsupported`,
   * `invalid-request`) for what cannot be sent at all. */
  plan(request: ChatRequest, call: PlanCall): Plan;
  /** One upstream call. Never retries: throws RouterError, with `again` when it repaired itself. */
  stream(request: ChatRequest, call: Call): AsyncIterable<ChatEvent>;
  /** The same, not streamed. Absent: core collects `stream()`. */
  generate?(request: ChatRequest, call: Call): Promise<ChatResult>;
  models?(call: IdleCall): Promise<readonly Model[]>;
  check?(call: IdleCall): Promise<readonly Finding[]>;
  /** Idempotent. No event and no socket after it resolves. */
  close?(): Promise<void>;
}
