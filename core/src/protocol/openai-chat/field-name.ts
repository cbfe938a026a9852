// What chat clients call the canonical fields.
import type { ChatEcho } from './decode.ts';

const NAMES: ReadonlyMap<string, string> = new Map([
  ['toolChoice', 'tool_choice'],
  ['parallelToolCalls', 'parallel_tool_calls'],
  ['maxTokens', 'max_completion_tokens'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['output', 'response_format'],
  ['reasoning', 'reasoning_effort'],
  ['reasoning-history', 'reasoning_content'],
  ['cache', 'cache_control'],
]);

/** The name that the client used for a canonical field; a name that is not canonical is the client's own already. */
export function fieldName(field: string, echo: ChatEcho): string {
  return echo.names.get(field) ?? NAMES.get(field) ?? field;
}
