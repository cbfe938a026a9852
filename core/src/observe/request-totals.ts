// What of each request is counted, by the names of OpenTelemetry's conventions for generative AI (2026-11) where these have one.
import type { Usage } from '../contract/index.ts';
import { DIRECT, LabelNames, type NamedRoutes, splitTarget } from './names.ts';
import { endOf, failureOf } from './outcome.ts';
import type { RequestRecord } from './record.ts';
import { Counter, Histogram, type Spread, type Sum } from './totals.ts';

/** What of a configuration at work is looked at for one request. */
export interface Providers {
  readonly config: NamedRoutes;
  readonly upstreams: ReadonlyMap<
    string,
    {
      readonly provider: { readonly vendor?: string };
      readonly config: { readonly plugin: { readonly name: string } };
    }
  >;
}

/** OpenTelemetry's name of who is behind a provider of the YAML. */
export function vendorOf({ upstreams }: Pick<Providers, 'upstreams'>, provider: string): string {
  const upstream = upstreams.get(provider);
  return upstream?.provider.vendor ?? upstream?.config.plugin.name ?? provider;
}

// The bounds are the conventions' own.
const DURATIONS_S = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const FIRST_TOKENS_S = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const PER_TOKENS_S = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);
const OVERHEADS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

const GEN_AI = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'];

export class RequestTotals {
  /** The targets and fields that have labels of their own. */
  readonly names = new LabelNames();

  readonly #requests = new Counter({
    name: 'turnout_requests_total',
    help: 'Requests that have ended. provider: of the YAML; code: of the error, none when it was answered.',
    labels: ['protocol', 'operation', 'route', 'provider', 'status', 'code'],
  });
  readonly #attempts = new Counter({
    name: 'turnout_attempts_total',
    help: 'Upstream tries. code: ok, or why it failed.',
    labels: ['target', 'code'],
  });
  readonly #durations = new Histogram({
    name: 'gen_ai_server_request_duration_seconds',
    help: 'From the body of a request to the end of its answer. gen_ai_request_model: the route.',
    labels: [...GEN_AI, 'error_type'],
    bounds: DURATIONS_S,
  });
  readonly #firstTokens = new Histogram({
    name: 'gen_ai_server_time_to_first_token_seconds',
    help: 'From the body of a request to the first content of its streamed answer.',
    labels: GEN_AI,
    bounds: FIRST_TOKENS_S,
  });
  readonly #perTokens = new Histogram({
    name: 'gen_ai_server_time_per_output_token_seconds',
    help: 'Of a streamed answer, after its first content.',
    labels: GEN_AI,
    bounds: PER_TOKENS_S,
  });
  readonly #calls = new Histogram({
    name: 'gen_ai_client_operation_duration_seconds',
    help: 'Each upstream try, from the call to the end of its answer. gen_ai_request_model: the model asked.',
    labels: [...GEN_AI, 'error_type'],
    bounds: DURATIONS_S,
  });
  readonly #tokenUsage = new Histogram({
    name: 'gen_ai_client_token_usage',
    help: 'Tokens of an answer; input with what was read from and written to a cache.',
    labels: [...GEN_AI, 'gen_ai_token_type'],
    bounds: TOKENS,
  });
  readonly #tokens = new Counter({
    name: 'turnout_tokens_total',
    help: 'Tokens of answers. input: without cache_read and cache_write; reasoning: a part of output.',
    labels: ['route', 'target', 'type'],
  });
  readonly #cost = new Counter({
    name: 'turnout_cost_dollars_total',
    help: 'What the answers cost by the list prices that providers have, in US dollars.',
    labels: ['route', 'target'],
  });
  readonly #overheads = new Histogram({
    name: 'turnout_overhead_seconds',
    help: "The router's own time up to the first byte.",
    labels: ['protocol'],
    bounds: OVERHEADS_S,
  });
  readonly #waits = new Counter({
    name: 'turnout_wait_seconds_total',
    help: 'Time before tries spent in pauses and in the queue of the provider.',
    labels: ['target'],
  });
  readonly #losses = new Counter({
    name: 'turnout_losses_total',
    help: 'What answered requests have lost on their way, by the field of the client.',
    labels: ['field', 'action'],
  });

  #config: NamedRoutes | undefined;
  #chosen = 0;
  readonly #requestSums = new Map<string, RequestSums>();
  readonly #trySums = new Map<string, TrySums>();

  get families(): readonly (Counter | Histogram)[] {
    return [
      ...[this.#requests, this.#attempts, this.#durations, this.#firstTokens, this.#perTokens, this.#calls],
      ...[this.#tokenUsage, this.#tokens, this.#cost, this.#overheads, this.#waits, this.#losses],
    ];
  }

  /** Counts a request that has ended. */
  add(record: RequestRecord, providers: Providers): void {
    const { error, stream, totalMs = 0, firstTokenMs, overheadMs, usage } = record;
    this.#forgetLabels(providers);
    const sums = this.#sumsOf(record, providers);
    sums.requests.add(1);
    sums.durations.observe(totalMs / 1e3);
    if (overheadMs !== undefined) sums.overheads.observe(overheadMs / 1e3);
    if (stream && firstTokenMs !== undefined) {
      sums.firstTokens ??= this.#firstTokens.of(...sums.served);
      sums.firstTokens.observe(firstTokenMs / 1e3);
      const rest = (usage?.outputTokens ?? 0) - 1;
      if (error === undefined && rest > 0) {
        sums.perTokens ??= this.#perTokens.of(...sums.served);
        sums.perTokens.observe((totalMs - firstTokenMs) / rest / 1e3);
      }
    }
    // A count of tokens uses none.
    const isUsed = record.operation !== 'count_tokens' && record.target !== undefined;
    if (usage && isUsed) this.#addUsage(sums, usage, record.costUsd);
    for (const { field, action } of record.losses) this.#losses.of(this.names.field(field), action).add(1);
    for (const position of record.tries.keys()) this.#addTry(record, position, providers);
  }

  /** What a name's label is may change with the configuration, and when a name gets one of its own. */
  #forgetLabels({ config }: Providers): void {
    const chosen = this.names.chosen.size;
    const isFull = Math.max(this.#requestSums.size, this.#trySums.size) >= KEPT_MAX;
    if (config === this.#config && chosen === this.#chosen && !isFull) return;
    this.#config = config;
    this.#chosen = chosen;
    this.#requestSums.clear();
    this.#trySums.clear();
  }

  #sumsOf(record: RequestRecord, providers: Providers): RequestSums {
    const { protocol, operation, status, error, target: name, tries } = record;
    const route = record.route ?? (tries.length > 0 ? DIRECT : '');
    const code = error?.code ?? '';
    const key = `${operation}\0${protocol}\0${route}\0${name}\0${status}\0${code}`;
    const known = this.#requestSums.get(key);
    if (known) return known;
    const target = name === undefined ? '' : this.names.target(name, providers.config, error === undefined);
    const { provider, model } = splitTarget(target);
    const vendor = provider === '' ? '' : vendorOf(providers, provider);
    const sums = {
      requests: this.#requests.of(protocol, operation, route, provider, `${Math.trunc(status / 100)}xx`, code),
      durations: this.#durations.of(operation, vendor, route, code),
      overheads: this.#overheads.of(protocol),
      served: [operation, vendor, route],
      asked: [operation, vendor, model],
      way: [route, target],
    };
    this.#requestSums.set(key, sums);
    return sums;
  }

  #addUsage(sums: RequestSums, usage: Partial<Usage>, costUsd: number | undefined): void {
    const { asked, way } = sums;
    const { inputTokens = 0, outputTokens } = usage;
    sums.input ??= { spread: this.#tokenUsage.of(...asked, 'input'), sum: this.#tokens.of(...way, 'input') };
    sums.input.spread.observe(inputOf(usage));
    sums.input.sum.add(inputTokens);
    // Embeddings have no output.
    if (outputTokens) {
      sums.output ??= { spread: this.#tokenUsage.of(...asked, 'output'), sum: this.#tokens.of(...way, 'output') };
      sums.output.spread.observe(outputTokens);
      sums.output.sum.add(outputTokens);
    }
    if (usage.cacheReadTokens) this.#tokens.of(...way, 'cache_read').add(usage.cacheReadTokens);
    if (usage.cacheWriteTokens) this.#tokens.of(...way, 'cache_write').add(usage.cacheWriteTokens);
    if (usage.reasoningTokens) this.#tokens.of(...way, 'reasoning').add(usage.reasoningTokens);
    if (costUsd !== undefined) {
      sums.cost ??= this.#cost.of(...way);
      sums.cost.add(costUsd);
    }
  }

  #addTry(record: RequestRecord, position: number, providers: Providers): void {
    const one = record.tries[position];
    if (one === undefined) return;
    const { target: name, startMs, waitMs } = one;
    const code = failureOf(record, position) ?? '';
    const key = `${record.operation}\0${name}\0${code}`;
    let sums = this.#trySums.get(key);
    if (!sums) {
      const target = this.names.target(name, providers.config, code === '');
      const { provider, model } = splitTarget(target);
      const calls = this.#calls.of(record.operation, vendorOf(providers, provider), model, code);
      sums = { target, attempts: this.#attempts.of(target, code || 'ok'), calls };
      this.#trySums.set(key, sums);
    }
    sums.attempts.add(1);
    sums.calls.observe((endOf(record, position) - startMs) / 1e3);
    if (waitMs > 0) this.#waits.of(sums.target).add(waitMs / 1e3);
  }
}

/** So many sums are kept at hand before they are looked for again. */
const KEPT_MAX = 2_000;

/** What requests of one kind, on one way, with one outcome add to; what not all of them need is looked for when one does. */
interface RequestSums {
  readonly requests: Sum;
  readonly durations: Spread;
  readonly overheads: Spread;
  /** Operation, vendor and route. */
  readonly served: readonly string[];
  /** Operation, vendor and the target's own model. */
  readonly asked: readonly string[];
  /** Route and target. */
  readonly way: readonly string[];
  firstTokens?: Spread;
  perTokens?: Spread;
  input?: { readonly spread: Spread; readonly sum: Sum };
  output?: { readonly spread: Spread; readonly sum: Sum };
  cost?: Sum;
}

interface TrySums {
  readonly target: string;
  readonly attempts: Sum;
  readonly calls: Spread;
}

/** The conventions count what a cache had to do with as input. */
export const inputOf = ({ inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 }: Partial<Usage>): number =>
  inputTokens + cacheReadTokens + cacheWriteTokens;
