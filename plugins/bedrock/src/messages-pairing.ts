// Whether every tool call of a conversation in Anthropic's form has its result where Claude looks for it.
import type { ShapedMessage } from './messages-history.ts';
import type { Json } from './messages-shaping.ts';

/** Why the calls and results would be refused; undefined: they fit. `hasTools`: the request has any. */
export function pairingMisfit(messages: readonly ShapedMessage[], hasTools: boolean): string | undefined {
  let waiting: readonly unknown[] = [];
  const seen = new Set<unknown>();
  for (const { role, blocks } of turnsOf(messages)) {
    if (role === 'assistant') {
      waiting = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
      if (waiting.length > 0 && !hasTools) return 'tool calls, and no tools';
      if (waiting.some((id) => seen.has(id)) || new Set(waiting).size < waiting.length) return 'two calls of one id';
      for (const id of waiting) seen.add(id);
    } else {
      const results = blocks.filter(({ type }) => type === 'tool_result').map((result) => result.tool_use_id);
      const leading = blocks.findIndex(({ type }) => type !== 'tool_result');
      const inFront = leading === -1 ? results.length : leading;
      const pairs = results.length === inFront && results.length === waiting.length;
      if (!pairs || !waiting.every((id) => results.includes(id))) return 'tool calls and results that do not pair';
      waiting = [];
    }
  }
  return waiting.length > 0 ? 'a tool call without a result' : undefined;
}

/** Claude reads neighbours of one role as one turn. */
function turnsOf(messages: readonly ShapedMessage[]): { readonly role: unknown; readonly blocks: Json[] }[] {
  const turns: { readonly role: unknown; readonly blocks: Json[] }[] = [];
  for (const { role, content } of messages) {
    const blocks = typeof content === 'string' ? [{ type: 'text' }] : content;
    const last = turns.at(-1);
    if (last !== undefined && last.role === role) last.blocks.push(...blocks);
    else turns.push({ role, blocks: [...blocks] });
  }
  return turns;
}
