// What Messages clients call the canonical fields.
import type { MessagesEcho } from './decode.ts';

const NAMES: ReadonlyMap<string, string> = new Map([
  ['toolChoice', 'tool_choice'],
  ['parallelToolCalls', 'tool_choice.disable_parallel_tool_use'],
  ['maxTokens', 'max_tokens'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['stop', 'stop_sequences'],
  ['output', 'output_config.format'],
  ['reasoning', 'thinking'],
  ['reasoning-history', 'messages.thinking'],
  ['cache', 'cache_control'],
  ['deferred', 'defer_loading'],
  ['user', 'metadata.user_id'],
  ['anthropic_beta', 'anthropic-beta'],
]);

/** The name that the client used for a canonical field; a name that is not canonical is the client's own already. */
export function fieldName(field: string, echo: MessagesEcho): string {
  return echo.names.get(field) ?? NAMES.get(field) ?? field;
}
