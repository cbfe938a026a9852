// Why an answer ended: the words of chat completions, and of servers that pass on another vendor's.
import type { FinishReason } from '@turnout/core/contract';

/** `said`: what else the answer held. A call that was forced ends with `stop` at OpenAI, and some servers say `tool_calls` of none. */
export function finishReasonOf(
  raw: string | undefined,
  said: { readonly calls: boolean; readonly refused: boolean },
): FinishReason {
  const reason = raw === undefined ? 'stop' : (FINISH_REASONS.get(raw) ?? 'other');
  if (reason !== 'stop' && reason !== 'tool-calls' && reason !== 'other') return reason;
  if (said.calls) return 'tool-calls';
  if (said.refused) return 'refusal';
  return reason === 'tool-calls' ? 'stop' : reason;
}

/** The code of an ending that is a failure; undefined for any other. */
export function faultOf(raw: string | undefined): 'upstream-failed' | 'overloaded' | undefined {
  if (raw === 'error') return 'upstream-failed';
  return raw === 'insufficient_system_resource' ? 'overloaded' : undefined;
}

const FINISH_REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
  // Of servers that pass on another vendor's word.
  ['end_turn', 'stop'],
  ['eos', 'stop'],
  ['eos_token', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['tool_use', 'tool-calls'],
  ['safety', 'content-filter'],
  ['refusal', 'refusal'],
]);
