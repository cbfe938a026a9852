// What a provider does. A present method IS the capability: there are no flags.
import type { ChatEvent, ChatResult, RelayEvent } from './event.ts';
import type { Loss } from './loss.ts';
import type { Finding, Model, Price } from './model.ts';
import type { Logger } from './plugin.ts';
import type { ChatRequest, Extensions, Protocol } from './request.ts';

/** How a model name was resolved, for `explain` and the log. Holds no secret. */
export interface Resolution {
  /** The wire model id. */
  readonly model: string;
  readonly region?: string;
  /** The geography of the inference profile that the id names: `us`, `eu`, `global` … */
  readonly profile?: string;
  /** Base URL of the endpoint. */
  readonly endpoint: string;
  /** The auth mode, e.g. `profile default`. */
  readonly auth: string;
  /** The reasoning setting as it is sent, in one line. */
  readonly reasoning?: string;
  /** Whether the provider has heard of the model, where it can tell without asking anybody; absent: see its list. */
  readonly known?: boolean;
  /** How long a prompt the model takes, where the provider has a list of that: `check` looks whether a fallback takes more. */
  readonly inputTokensMax?: number;
  /** What the model costs where the provider has a list of prices: the log and the metrics count with it. */
  readonly price?: Price;
  /** One sentence for each decision. */
  readonly reasons: readonly string[];
}

/** Everything a provider can decide about a request without I/O. */
export interface Plan {
  readonly resolution: Resolution;
  readonly losses: readonly Loss[];
  /** The body as it will be sent. Only the provider that made it reads it. */
  readonly wire: unknown;
  /** `stream` will ask the upstream for a whole answer: there is no first token to wait for, only the end of the request. */
  readonly streams?: false;
  /** The target speaks the client's own protocol: core asks `relay`, and the answer's bytes go to the client as they come. */
  readonly relay?: true;
  /** The conversation ends with the assistant's words and the model goes on with them: its answer begins right behind them, but for
   * white space at their end. Absent where they are an answer that is over to the model. */
  readonly prefill?: true;
}

export interface PlanCall {
  /** What the client speaks. */
  readonly protocol: Protocol;
  readonly stream: boolean;
  /** The client's own body, parsed: for a provider that speaks its protocol, and so can plan to relay it. Not to be changed. */
  readonly body?: unknown;
  /** The body is of a form that core cannot read: a target that cannot relay it is `unsupported`, for this reason. */
  readonly relayOnly?: string;
  /** The member of the pool that is asked, one of `members()`; absent for a provider that is no pool. */
  readonly member?: string;
  /** A client with a key chose the model's name: as `provider/model`, or through a pattern's star. Absent: it is the
   * operator's choice, who is also the one caller of a router without keys. */
  readonly direct?: true;
  /** What the route sets for this plugin (the key of the plugin's name in the route), as the plugin's `extensions` schema
   * returned it. The client's own such settings are in `request.extensions`, unvalidated; which wins is the plugin's to say. */
  readonly routeSettings?: unknown;
  /** The name of the caller's key. */
  readonly keyName?: string;
}

export interface Call {
  /** The router's request id. */
  readonly id: string;
  /** Aborted whenever core stops reading: client gone, timeout, failover. */
  readonly signal: AbortSignal;
  /** When the call must be over, in milliseconds since the epoch: `signal` is aborted then. */
  readonly deadline: number;
  readonly plan: Plan;
  readonly log: Logger;
}

export interface RelayCall extends Call {
  /** The name that the client sent. */
  readonly answerModel: string;
}

export interface RelayAnswer {
  /** What of the upstream's head belongs to the client. Names in lower case, with `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly events: Events<RelayEvent>;
}

/** The events of an answer, read once. */
export interface Events<Event> extends AsyncIterable<Event> {
  [Symbol.asyncIterator](): EventIterator<Event>;
}

export interface EventIterator<Event> extends AsyncIterator<Event> {
  /** The next event, when it is at hand already: many come in one piece, and a promise for each would cost more than to tell it. Undefined:
   * ask `next`, which also tells what went wrong. Never throws, and is never called while `next` is waited for. A generator has none. */
  atHand?(): Event | undefined;
}

/** Calls without a request behind them: listing models, self-examination. */
export type IdleCall = Pick<Call, 'signal' | 'log'>;

/** What is known of a request's way besides the request. */
export type Circumstances = Omit<PlanCall, 'protocol' | 'stream' | 'body' | 'relayOnly'>;

/** A call that has no plan: token counts. */
export type PlainCall = Omit<Call, 'plan'> & Circumstances;

/** `thorough`: somebody waits for the answer (`doctor`), so that others than the provider itself may be asked too. */
export type CheckCall = IdleCall & { readonly thorough?: true };

/** `input`: texts, one embedding each, in order; none is empty. Settings that not every model has are in `extensions`, under
 * `openai-embeddings` as the client named them, or under the plugin's own name. */
export interface EmbedRequest {
  readonly model: string;
  readonly input: readonly string[];
  readonly dimensions?: number;
  readonly user?: string;
  readonly extensions?: Extensions;
}
export interface EmbedResult {
  /** The wire model id that answered. */
  readonly model: string;
  readonly embeddings: readonly (readonly number[])[];
  readonly inputTokens: number;
}

/** The capability of embeddings: a plan and a call, as of a chat and by the same rules. */
export interface Embeddings {
  /** Throws RouterError `unsupported` for a model that makes none. */
  plan(request: EmbedRequest, call: Circumstances): Plan;
  embed(request: EmbedRequest, call: Call): Promise<EmbedResult>;
}

export interface TokenCount {
  readonly inputTokens: number;
  /** The provider has no count for this model: a rule of thumb made it. */
  readonly estimated?: true;
}

export interface Provider {
  /** Who answers, by the names of OpenTelemetry's conventions (`gen_ai.provider.name`), e.g. `aws.bedrock`, for metrics and traces.
   * Absent: the plugin's name. */
  readonly vendor?: string;
  /** The members of a pool (regions …), in order of preference: each becomes a target of its own, with its own breaker.
   * Absent or empty: the provider is one target. Synchronous, pure. */
  members?(model: string): readonly string[];
  /** Synchronous, pure, no I/O. Called before every attempt, and by `explain`. Throws RouterError (`unsupported`,
   * `invalid-request`) for what cannot be sent at all. */
  plan(request: ChatRequest, call: PlanCall): Plan;
  /** One upstream call. Never retries: throws RouterError, with `again` when it repaired itself. */
  stream(request: ChatRequest, call: Call): Events<ChatEvent>;
  /** The same, not streamed. Absent: core collects `stream()`. */
  generate?(request: ChatRequest, call: Call): Promise<ChatResult>;
  /** For a plan with `relay`: the upstream's own answer in the framing of the client's protocol, streamed or not. The answer's
   * `model`, where the protocol has one, is `answerModel`. Throws as `stream` does. */
  relay?(request: ChatRequest, call: RelayCall): Promise<RelayAnswer>;
  readonly embeddings?: Embeddings;
  countTokens?(request: ChatRequest, call: PlainCall): Promise<TokenCount>;
  models?(call: IdleCall): Promise<readonly Model[]>;
  /** One finding for each thing that a call needs, in the order in which they are needed. */
  check?(call: CheckCall): Promise<readonly Finding[]>;
  /** Idempotent. No event and no socket after it resolves. */
  close?(): Promise<void>;
}
