// What Converse's clients call the canonical fields.
import type { ConverseEcho } from './decode.ts';

const NAMES: ReadonlyMap<string, string> = new Map([
  ['stop', 'stopSequences'],
  ['parallelToolCalls', 'tool_choice'],
  ['topK', 'top_k'],
  ['output', 'textFormat'],
  ['reasoning', 'thinking'],
  ['reasoning-history', 'reasoningContent'],
  ['cache', 'cachePoint'],
]);

/** The name that the client used for a canonical field; one that is not here has the same name in Converse. */
export function fieldName(field: string, echo: ConverseEcho): string {
  return echo.names.get(field) ?? NAMES.get(field) ?? field;
}
