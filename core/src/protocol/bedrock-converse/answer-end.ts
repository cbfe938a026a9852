// The end of an answer in Converse's words: why it ended, what it used, how long it took.
import type { FinishEvent, FinishReason, Usage } from '../../contract/index.ts';
import type { ConverseStopReason, ConverseUsage } from '../../wire/converse.ts';
import { type Bag, isBag } from '../field-reader.ts';
import type { ConverseEcho } from './decode.ts';

const OWNER = 'bedrock-converse';

const STOP_REASONS: Readonly<Record<FinishReason, ConverseStopReason>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'content_filtered',
  refusal: 'content_filtered',
  pause: 'end_turn',
  other: 'end_turn',
};

/** Bedrock's own words that say more than the canonical one. */
const FINER: ReadonlyMap<string, FinishReason> = new Map([
  ['stop_sequence', 'stop'],
  ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content-filter'],
  ['malformed_model_output', 'other'],
  ['malformed_tool_use', 'other'],
]);

export function stopReasonOf({ reason, rawReason, stopSequence }: FinishEvent): ConverseStopReason {
  if (reason === 'stop' && stopSequence !== undefined) return 'stop_sequence';
  // The keys of FINER are all words of Converse.
  if (FINER.get(rawReason) === reason) return rawReason as ConverseStopReason;
  return STOP_REASONS[reason];
}

/** Converse counts what the cache read and wrote apart from the input, as the canonical form does. */
export function usageOf(usage: Usage): ConverseUsage {
  const { inputTokens, outputTokens, totalTokens, cacheReadTokens, cacheWriteTokens } = usage;
  const details = cacheDetailsOf(usage);
  return {
    inputTokens,
    outputTokens,
    totalTokens,
    ...(cacheReadTokens === undefined ? {} : { cacheReadInputTokens: cacheReadTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWriteInputTokens: cacheWriteTokens }),
    ...(details.length === 0 ? {} : { cacheDetails: details }),
  };
}

/** What was written, by how long it is kept. Without a word about hours nothing is said: the upstream gave no parts. */
function cacheDetailsOf({ cacheWriteTokens = 0, cacheWrite1hTokens }: Usage): { ttl: string; inputTokens: number }[] {
  if (cacheWrite1hTokens === undefined || cacheWriteTokens === 0) return [];
  const hour = Math.min(cacheWrite1hTokens, cacheWriteTokens);
  const parts = [
    { ttl: '1h', inputTokens: hour },
    { ttl: '5m', inputTokens: cacheWriteTokens - hour },
  ];
  return parts.filter(({ inputTokens }) => inputTokens > 0);
}

/** What stands beside the usage: how long the answer took, by the vendor's clock or else by the router's since the
 * request came, and what Bedrock says where it answered. */
export function metadataOf({ extensions }: FinishEvent, { startedMs }: ConverseEcho): Bag {
  const { metrics, trace, performanceConfig, serviceTier } = extensions?.[OWNER] ?? {};
  const measured = isBag(metrics) && typeof metrics.latencyMs === 'number';
  return {
    metrics: measured ? metrics : { latencyMs: Math.round(performance.now() - startedMs) },
    ...(trace === undefined ? {} : { trace }),
    ...(performanceConfig === undefined ? {} : { performanceConfig }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
  };
}

/** `additionalModelResponseFields`: what the client asked for and is known; undefined when that is nothing. */
export function responseFieldsOf({ stopSequence, extensions }: FinishEvent, echo: ConverseEcho): unknown {
  const given = extensions?.[OWNER]?.additionalModelResponseFields;
  const own: Record<string, unknown> = {};
  for (const pointer of echo.stopPointers) {
    const value = stopSequence ?? null;
    if (pointer === '/stop_sequence') own.stop_sequence = value;
    else own.delta = { stop_sequence: value };
  }
  // Those that nobody asked for are the plugin's own question.
  if (!echo.wantsFields) return echo.stopPointers.length > 0 ? own : undefined;
  if (given === undefined) return echo.stopPointers.length > 0 ? own : undefined;
  return isBag(given) ? { ...own, ...given } : given;
}
