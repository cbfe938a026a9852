// The end of a relayed answer, read out of bytes that go to the client as they are: why it ended and what it used.
import type { FinishEvent, FinishReason, Usage } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';
import type { ConverseResponseBody, ConverseStreamPayloads } from '@turnout/core/wire';
import { brokenAnswer } from './error.ts';
import { finishReasonOf, NO_USAGE, pickNotes, readStopSequence, readUsage } from './finish.ts';

type Json = Readonly<Record<string, unknown>>;

/** Of an answer of Converse. `calls`: of the client's own tools. */
export function endOfConverse(
  stop: ConverseStreamPayloads['messageStop'],
  metadata: Partial<ConverseStreamPayloads['metadata']>,
  calls: number,
): FinishEvent {
  const usage = metadata.usage === undefined ? NO_USAGE : readUsage(metadata.usage);
  const stopSequence = readStopSequence(stop.additionalModelResponseFields);
  return finish(stop.stopReason, calls, usage, stopSequence, pickNotes(metadata, 0, usage));
}

/** Calls of the client's own tools in a whole answer. */
export const callsOfConverse = ({ output }: ConverseResponseBody): number =>
  output.message.content.filter(({ toolUse }) => toolUse !== undefined && toolUse.type === undefined).length;

/** A call or an answer that the model did not get right is worth another try. */
export function refuseMalformed(stopReason: string, label: string): void {
  if (stopReason.startsWith('malformed_')) throw brokenAnswer(label, `the model's answer was unusable (${stopReason})`);
}

/** What is read of Anthropic's own form while an answer passes. */
export class ClaudeEnd {
  #usage: Json = {};
  #metrics: Json | undefined;
  #stopReason = '';
  #stopSequence: string | undefined;
  #calls = 0;
  #blocked = false;

  /** A message: the whole one, or the one that a stream begins with. */
  message({ usage, content, stop_reason, stop_sequence }: Json): void {
    this.#addUsage(usage);
    this.#stop(stop_reason, stop_sequence);
    if (Array.isArray(content)) for (const block of content) this.block(block);
  }

  block(block: unknown): void {
    if (isObject(block) && block.type === 'tool_use') this.#calls++;
  }

  /** A `message_delta`. */
  delta({ delta, usage }: Json): void {
    this.#addUsage(usage);
    if (isObject(delta)) this.#stop(delta.stop_reason, delta.stop_sequence);
  }

  /** Bedrock's own members, of a whole answer or of any event. */
  own(members: Json): void {
    if (members['amazon-bedrock-guardrailAction'] === 'INTERVENED') this.#blocked = true;
    const metrics = members['amazon-bedrock-invocationMetrics'];
    if (isObject(metrics)) this.#metrics = metrics;
  }

  /** What has been reported so far. */
  get usage(): Usage | undefined {
    return usageOfClaude(this.#usage) ?? usageOfMetrics(this.#metrics);
  }

  finish(): FinishEvent {
    const usage = this.usage ?? NO_USAGE;
    const end = finish(this.#stopReason, this.#calls, usage, this.#stopSequence, pickNotes({}, 0, usage));
    return this.#blocked ? { ...end, reason: 'content-filter' } : end;
  }

  /** A later count takes the place of an earlier one; what it leaves out stays. */
  #addUsage(usage: unknown): void {
    if (!isObject(usage)) return;
    const counted = Object.entries(usage).filter(([, value]) => value !== null);
    this.#usage = { ...this.#usage, ...Object.fromEntries(counted) };
  }

  #stop(reason: unknown, sequence: unknown): void {
    if (typeof reason === 'string') this.#stopReason = reason;
    if (typeof sequence === 'string') this.#stopSequence = sequence;
  }
}

function finish(
  rawReason: string,
  calls: number,
  usage: Usage,
  stopSequence: string | undefined,
  notes: FinishEvent['notes'],
): FinishEvent {
  return {
    type: 'finish',
    reason: reasonOf(rawReason, calls),
    rawReason,
    ...(stopSequence === undefined ? {} : { stopSequence }),
    usage,
    ...(notes === undefined ? {} : { notes }),
  };
}

/** Some models say end_turn although they call tools. */
function reasonOf(rawReason: string, calls: number): FinishReason {
  const reason = finishReasonOf(rawReason);
  if ((reason !== 'stop' && reason !== 'tool-calls') || rawReason === 'stop_sequence') return reason;
  return calls > 0 ? 'tool-calls' : 'stop';
}

function usageOfClaude(usage: Json): Usage | undefined {
  const { input_tokens: input, output_tokens: output, cache_creation: created } = usage;
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  const read = count(usage.cache_read_input_tokens);
  const write = count(usage.cache_creation_input_tokens);
  const hour = isObject(created) ? count(created.ephemeral_1h_input_tokens) : undefined;
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: input + output + (read ?? 0) + (write ?? 0),
    ...(read === undefined ? {} : { cacheReadTokens: read }),
    ...(write === undefined ? {} : { cacheWriteTokens: write }),
    ...(hour === undefined ? {} : { cacheWrite1hTokens: hour }),
  };
}

const count = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** Bedrock's own count, which is there for every model. */
function usageOfMetrics(metrics: Json | undefined): Usage | undefined {
  const input = count(metrics?.inputTokenCount);
  if (input === undefined) return undefined;
  const output = count(metrics?.outputTokenCount) ?? 0;
  const read = count(metrics?.cacheReadInputTokenCount);
  const write = count(metrics?.cacheWriteInputTokenCount);
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: input + output + (read ?? 0) + (write ?? 0),
    ...(read === undefined ? {} : { cacheReadTokens: read }),
    ...(write === undefined ? {} : { cacheWriteTokens: write }),
  };
}

// The words for the end of an answer, in the forms of other vendors' models.
const NATIVE_REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['finish', 'stop'],
  ['complete', 'stop'],
  ['endoftext', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['content_filter', 'content-filter'],
]);
const REASON_MEMBERS = ['stop_reason', 'stopReason', 'finish_reason', 'completionReason', 'finishReason'];
const REASON_LISTS = ['choices', 'outputs', 'results', 'generations', 'completions'];

/** The end of an answer in the form of a model of another vendor: `last` is the whole of it, or its last chunk. */
export function endOfNative(last: unknown, metrics: Json | undefined): FinishEvent {
  const members: Json = isObject(last) ? last : {};
  const own = members['amazon-bedrock-invocationMetrics'];
  const usage = usageOfMetrics(isObject(own) ? own : metrics) ?? NO_USAGE;
  const rawReason = nativeReason(members) ?? '';
  const reason = NATIVE_REASONS.get(rawReason.toLowerCase()) ?? finishReasonOf(rawReason);
  const blocked = members['amazon-bedrock-guardrailAction'] === 'INTERVENED';
  const notes = pickNotes({}, 0, usage);
  return {
    type: 'finish',
    reason: blocked ? 'content-filter' : reason,
    rawReason,
    usage,
    ...(notes === undefined ? {} : { notes }),
  };
}

function nativeReason(members: Json): string | undefined {
  const lists = REASON_LISTS.flatMap((name) => (Array.isArray(members[name]) ? members[name].slice(0, 1) : []));
  const stop = isObject(members.messageStop) ? [members.messageStop] : [];
  for (const holder of [members, ...stop, ...lists]) {
    if (!isObject(holder)) continue;
    for (const name of REASON_MEMBERS) {
      const word = holder[name];
      if (typeof word === 'string') return word;
      if (isObject(word) && typeof word.reason === 'string') return word.reason;
    }
  }
  return undefined;
}
