// The end of an answer: why it ended, what it used, and what Converse says besides.
import type { FinishReason, Usage } from '@turnout/core/contract';
import type { ConverseStreamPayloads, ConverseUsage } from '@turnout/core/wire';
import { invokedModelOf, pickTrace } from './guardrail.ts';

/** Counts that the answer did not give. */
export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

const REASONS = new Map<string, FinishReason>(
  Object.entries({
    end_turn: 'stop',
    stop_sequence: 'stop',
    tool_use: 'tool-calls',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    guardrail_intervened: 'content-filter',
    content_filtered: 'content-filter',
    refusal: 'refusal',
    pause_turn: 'pause',
  }),
);

/** The reason in the answer's own word. Whether tools were called is for the reader of the blocks to say. */
export const finishReasonOf = (stopReason: string): FinishReason => REASONS.get(stopReason) ?? 'other';

/** Bedrock's input count leaves out what the cache read and wrote, as ours does. */
export function readUsage(usage: ConverseUsage | undefined): Usage {
  if (usage === undefined) return NO_USAGE;
  const inputTokens = countOf(usage.inputTokens) ?? 0;
  const outputTokens = countOf(usage.outputTokens) ?? 0;
  const cacheRead = countOf(usage.cacheReadInputTokens);
  const cacheWrite = countOf(usage.cacheWriteInputTokens);
  const hour = countOf(usage.cacheDetails?.find(({ ttl }) => ttl === '1h')?.inputTokens);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens + (cacheRead ?? 0) + (cacheWrite ?? 0),
    ...(cacheRead === undefined ? {} : { cacheReadTokens: cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWriteTokens: cacheWrite }),
    ...(hour === undefined ? {} : { cacheWrite1hTokens: hour }),
  };
}

/** What is no count would go into sums, limits and headers. */
const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

type Metadata = Partial<ConverseStreamPayloads['metadata']>;

/** What a client that speaks Converse would miss; undefined when there is nothing. `wantsTrace`: of the guardrail. */
export function pickExtras(
  { metrics, trace, serviceTier, performanceConfig }: Metadata,
  fields: unknown,
  wantsTrace: boolean,
): Record<string, unknown> | undefined {
  const extras: Record<string, unknown> = {};
  if (metrics !== undefined) extras.metrics = metrics;
  const kept = pickTrace(trace, wantsTrace);
  if (kept !== undefined) extras.trace = kept;
  if (serviceTier !== undefined) extras.serviceTier = serviceTier;
  if (performanceConfig !== undefined) extras.performanceConfig = performanceConfig;
  if (fields !== undefined && fields !== null) extras.additionalModelResponseFields = fields;
  return Object.keys(extras).length === 0 ? undefined : extras;
}

/** For the log line: what was really used, how often sources were cited, and that the counts of `usage` are none of the
 * answer's; undefined when there is nothing. */
export function pickNotes(
  { trace, serviceTier, performanceConfig }: Metadata,
  citations: number,
  usage: Usage,
): Record<string, string | number> | undefined {
  const notes: Record<string, string | number> = {};
  if (serviceTier !== undefined) notes.serviceTier = serviceTier.type;
  if (performanceConfig !== undefined) notes.latency = performanceConfig.latency;
  const invoked = invokedModelOf(trace);
  if (invoked !== undefined) notes.invokedModel = invoked;
  if (citations > 0) notes.citations = citations;
  if (usage === NO_USAGE) notes.usage = 'missing';
  return Object.keys(notes).length === 0 ? undefined : notes;
}

/** It comes at the top for whole answers and below `delta` for streams. */
export function readStopSequence(fields: unknown): string | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined;
  if ('stop_sequence' in fields && typeof fields.stop_sequence === 'string') return fields.stop_sequence;
  return 'delta' in fields ? readStopSequence(fields.delta) : undefined;
}
