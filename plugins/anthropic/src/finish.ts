// The end of an answer: why it ended and what it used.
import type { FinishEvent, FinishReason, Usage } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';
import { MESSAGES_OWNER } from '@turnout/core/wire';
import { type Bag, isSet } from './wire.ts';

const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool-calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
]);

/** Counts that the canonical form has; all others go along in an extension. */
const COUNTS = new Set([
  ...['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens', 'cache_creation'],
  'output_tokens_details',
]);

/** What is said of an answer's end, piece by piece: by its beginning, its last delta, or the whole message. */
export class AnswerEnd {
  #usage: Bag = {};
  #reason = '';
  #sequence: string | undefined;
  #further: Bag = {};

  /** A message: the whole one, or the one that a stream begins with. */
  message({ usage, stop_reason, stop_sequence, stop_details, container, context_management }: Bag): void {
    this.#addUsage(usage);
    this.#stop({ stop_reason, stop_sequence, stop_details, container, context_management });
  }

  /** A `message_delta`. */
  delta({ delta, usage, context_management }: Bag): void {
    this.#addUsage(usage);
    this.#stop({ ...(isObject(delta) ? delta : {}), context_management });
  }

  /** Why it ended, in Anthropic's word; '' as long as nobody says. */
  get reason(): string {
    return this.#reason;
  }

  /** What has been reported so far; undefined before anything was. */
  get usage(): Usage | undefined {
    const { input_tokens: input, output_tokens: output, cache_creation: created } = this.#usage;
    if (typeof input !== 'number' && typeof output !== 'number') return undefined;
    const inputTokens = count(input) ?? 0;
    const outputTokens = count(output) ?? 0;
    const read = count(this.#usage.cache_read_input_tokens);
    const write = count(this.#usage.cache_creation_input_tokens);
    const hour = isObject(created) ? count(created.ephemeral_1h_input_tokens) : undefined;
    const { output_tokens_details: details } = this.#usage;
    const thought = isObject(details) ? count(details.thinking_tokens) : undefined;
    return {
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens + (read ?? 0) + (write ?? 0),
      ...(read === undefined ? {} : { cacheReadTokens: read }),
      ...(write === undefined ? {} : { cacheWriteTokens: write }),
      ...(hour === undefined ? {} : { cacheWrite1hTokens: Math.min(hour, write ?? 0) }),
      ...(thought === undefined ? {} : { reasoningTokens: Math.min(thought, outputTokens) }),
    };
  }

  /** `calls`: how many tools of the client's own were called. */
  finish(calls: number): FinishEvent {
    const further = this.#furtherOf();
    return {
      type: 'finish',
      reason: reasonOf(this.#reason, calls),
      rawReason: this.#reason,
      ...(this.#sequence === undefined ? {} : { stopSequence: this.#sequence }),
      usage: this.usage ?? { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      ...(further === undefined ? {} : { extensions: { [MESSAGES_OWNER]: further } }),
    };
  }

  /** A later count takes the place of an earlier one; what it leaves out stays. */
  #addUsage(usage: unknown): void {
    if (isObject(usage)) this.#usage = { ...this.#usage, ...said(usage) };
  }

  #stop({ stop_reason, stop_sequence, ...further }: Bag): void {
    if (typeof stop_reason === 'string') this.#reason = stop_reason;
    if (typeof stop_sequence === 'string') this.#sequence = stop_sequence;
    const { stop_details, container, context_management } = further;
    this.#further = { ...this.#further, ...said({ stop_details, container, context_management }) };
  }

  #furtherOf(): Bag | undefined {
    const counts = Object.entries(this.#usage).filter(([name]) => !COUNTS.has(name));
    const further = { ...this.#further, ...(counts.length === 0 ? {} : { usage: Object.fromEntries(counts) }) };
    return Object.keys(further).length === 0 ? undefined : further;
  }
}

const said = (bag: Bag): Bag => Object.fromEntries(Object.entries(bag).filter(([, value]) => isSet(value)));

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** Some servers that speak Anthropic's protocol say end_turn although they call tools. */
function reasonOf(rawReason: string, calls: number): FinishReason {
  const reason = REASONS.get(rawReason) ?? 'other';
  if (reason === 'tool-calls') return calls > 0 ? reason : 'stop';
  return rawReason === 'end_turn' && calls > 0 ? 'tool-calls' : reason;
}
