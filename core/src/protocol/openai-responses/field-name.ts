// What Responses clients call the canonical fields.

const NAMES: ReadonlyMap<string, string> = new Map([
  ['system', 'instructions'],
  ['messages', 'input'],
  ['toolChoice', 'tool_choice'],
  ['parallelToolCalls', 'parallel_tool_calls'],
  ['maxTokens', 'max_output_tokens'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['output', 'text.format'],
  ['reasoning-history', 'input.reasoning'],
  ['verbosity', 'text.verbosity'],
  ['deferred', 'defer_loading'],
  ['cache', 'prompt_cache_breakpoint'],
]);

/** The client's name of a canonical field; a name that is not canonical is the client's own already. */
export const fieldName = (field: string): string => NAMES.get(field) ?? field;
