// Whether Anthropic would take the order of a conversation's messages: roles, calls and their results, thinking, the end.
import { isObject } from '@turnout/core/testing';
import type { ClaudeTraits } from '@turnout/core/wire';
import type { Body, Message } from './body.ts';

/** What is wrong, or undefined. `traits`: undefined for a model that is no Claude. */
export function findTurnFault(body: Body, traits: ClaudeTraits | undefined): string | undefined {
  const messages = joined(body.messages);
  return rolesFault(messages, traits) ?? pairingFault(messages) ?? thinkingFault(messages, body.raw.thinking);
}

/** Neighbours of the same role count as one. */
function joined(messages: readonly Message[]): readonly Message[] {
  const list: Message[] = [];
  for (const message of messages) {
    const last = list.at(-1);
    if (last?.role === message.role)
      list[list.length - 1] = { ...last, content: [...last.content, ...message.content] };
    else list.push(message);
  }
  return list;
}

function rolesFault(messages: readonly Message[], traits: ClaudeTraits | undefined): string | undefined {
  const system = messages.findIndex(({ role }) => role === 'system');
  if (system >= 0 && traits?.systemTurns !== true)
    return `messages.${system}.role: Input should be 'user' or 'assistant'`;
  if (messages[0]?.role === 'system') return 'messages: first message must use the "user" role';
  const last = messages.at(-1);
  const text = last?.content.at(-1);
  // An answer that was paused goes on from there.
  if (last?.role !== 'assistant' || /_(use|result)$/.test(text?.type ?? '')) return undefined;
  if (traits?.prefill === false) {
    return 'This model does not support assistant message prefill. The conversation must end with a user message.';
  }
  return typeof text?.text === 'string' && text.text !== text.text.trimEnd()
    ? 'messages: final assistant content cannot end with trailing whitespace'
    : undefined;
}

const idsOf = (message: Message | undefined, type: string, member: string): string[] =>
  message?.content.flatMap((block) => (block.type === type ? [String(block[member])] : [])) ?? [];

function pairingFault(messages: readonly Message[]): string | undefined {
  for (const [index, message] of messages.entries()) {
    const results = leadingResults(messages[index + 1]);
    const missing = idsOf(message, 'tool_use', 'id').filter((id) => !results.includes(id));
    if (missing.length > 0) {
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
    }
    const earlier = idsOf(messages[index - 1], 'tool_use', 'id');
    const stranger = message.content.findIndex(
      (block) => block.type === 'tool_result' && !earlier.includes(String(block.tool_use_id)),
    );
    if (stranger >= 0) {
      const id = String(message.content[stranger]?.tool_use_id);
      return `messages.${index}.content.${stranger}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    }
    const ids = idsOf(message, 'tool_use', 'id');
    if (new Set(ids).size < ids.length) return 'messages: `tool_use` ids must be unique';
  }
  return undefined;
}

/** The ids of the results that a message begins with: those further on do not count. */
function leadingResults(message: Message | undefined): string[] {
  const ids: string[] = [];
  for (const block of message?.content ?? []) {
    if (block.type !== 'tool_result') break;
    ids.push(String(block.tool_use_id));
  }
  return ids;
}

/** With a budget, the tool turn that is going on must begin with its thinking. Adaptive thinking does not insist. */
function thinkingFault(messages: readonly Message[], thinking: unknown): string | undefined {
  if (!isObject(thinking) || thinking.type !== 'enabled') return undefined;
  const [turn, results] = messages.slice(-2);
  if (turn?.role !== 'assistant' || results?.content[0]?.type !== 'tool_result') return undefined;
  const first = turn.content[0]?.type ?? 'text';
  if (/thinking$/.test(first)) return undefined;
  return `messages.${messages.length - 2}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`.`;
}
