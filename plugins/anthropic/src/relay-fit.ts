// Whether a body that a client wrote for one model can go to another as it is; what cannot is rebuilt, and loses only what it must.
import type { ChatRequest } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';
import type { ClaudeTraits } from '@turnout/core/wire';
import { isForeign } from './conversation.ts';
import { isKnown } from './traits.ts';
import { type Bag, bagsIn, isSet } from './wire.ts';

/** Why the body cannot go to the model as it is; undefined: it can. */
export function misfitOf(body: Bag, request: ChatRequest, traits: ClaudeTraits): string | undefined {
  const ofHistory = historyMisfit(body, request);
  if (ofHistory !== undefined || !isKnown(traits)) return ofHistory;
  const output = isObject(body.output_config) ? body.output_config : {};
  const choice = isObject(body.tool_choice) ? body.tool_choice.type : undefined;
  const tools = bagsIn(body.tools);
  return (
    samplingMisfit(body, traits) ??
    thinkingMisfit(body.thinking, output.effort, traits) ??
    (isAbove(body.max_tokens, traits) ? 'max_tokens is too large' : undefined) ??
    (isSet(output.format ?? body.output_format) && !traits.jsonSchema ? 'a JSON schema' : undefined) ??
    ((choice === 'any' || choice === 'tool') && !mayForce(body.thinking, traits)
      ? 'a forced tool choice'
      : undefined) ??
    (tools.some(({ strict }) => strict === true) && !traits.strictTools ? 'strict tools' : undefined) ??
    (tools.length > 0 && !traits.tools ? 'tools' : undefined) ??
    turnsMisfit(body, traits) ??
    unsignedMisfit(body)
  );
}

/** What the router has put into an answer in place of something that Messages has no form for, and what Anthropic refuses of any
 * model. */
function historyMisfit(body: Bag, { messages }: ChatRequest): string | undefined {
  const parts = messages.flatMap((message) => message.parts);
  // What another family has signed is sealed in the client's body.
  if (parts.some((part) => part.origin !== undefined && part.origin !== 'claude')) return 'reasoning of another family';
  if (parts.some((part) => part.type === 'reasoning' && isForeign(part.data))) return 'reasoning of another service';
  if (parts.some((part) => part.type === 'reasoning' && part.origin === undefined)) return 'unsigned reasoning';
  const servers = new Set(bagsIn(body.mcp_servers).map(({ name }) => name));
  for (const { content } of bagsIn(body.messages)) {
    for (const block of bagsIn(content)) {
      if (block.type === 'mcp_tool_use' && !servers.has(block.server_name)) return "a call of another vendor's tool";
      if (block.type === 'text' && typeof block.text === 'string' && !/\S/.test(block.text)) return 'empty text';
      const id = block.type === 'tool_use' ? block.id : block.type === 'tool_result' ? block.tool_use_id : undefined;
      if (typeof id === 'string' && !/^[a-zA-Z0-9_-]+$/.test(id))
        return 'ids of tool calls that Anthropic does not take';
      if (block.type === 'tool_use' && !isObject(block.input)) return 'a tool call without an object as its input';
    }
  }
  return undefined;
}

function samplingMisfit({ temperature, top_p, top_k }: Bag, { sampling }: ClaudeTraits): string | undefined {
  if (sampling === 'none' && [temperature, top_p, top_k].some(isSet)) return 'settings of sampling';
  return sampling === 'one' && isSet(temperature) && isSet(top_p) ? 'temperature beside top_p' : undefined;
}

function thinkingMisfit(thinking: unknown, effort: unknown, traits: ClaudeTraits): string | undefined {
  const { thinking: style } = traits;
  const efforts: readonly unknown[] = style.kind === 'none' ? [] : (style.efforts ?? []);
  if (isSet(effort) && !efforts.includes(effort)) return `the effort ${shown(effort)}`;
  const type = isObject(thinking) ? thinking.type : undefined;
  if (typeof type !== 'string') return undefined;
  const fits =
    style.kind === 'budget'
      ? type === 'enabled' || type === 'disabled'
      : style.kind === 'adaptive'
        ? type === 'adaptive' ||
          // Only those that show their thinking unasked still take a budget.
          (type === 'enabled' && !style.display) ||
          (type === 'disabled' && style.least === undefined) ||
          (type === 'between_tools' && style.least === 'between-tools')
        : type === 'disabled';
  return fits ? undefined : `thinking of the type ${shown(type)}`;
}

const shown = (value: unknown): string => String(value).slice(0, 20);

/** A beta lets Claude 3.7 say more. */
const isAbove = (limit: unknown, { outputTokensMax, name }: ClaudeTraits): boolean =>
  typeof limit === 'number' && limit > outputTokensMax && name !== 'claude-3-7';

function mayForce(thinking: unknown, { forcedTools }: ClaudeTraits): boolean {
  if (forcedTools === 'always' || forcedTools === 'never') return forcedTools === 'always';
  const type = isObject(thinking) ? thinking.type : undefined;
  return type !== 'enabled' && (type !== 'adaptive' || forcedTools === 'unless-budget');
}

function turnsMisfit({ messages, thinking }: Bag, { systemTurns, prefill }: ClaudeTraits): string | undefined {
  const list = bagsIn(messages);
  if (list.some(({ role }) => role === 'system') && !systemTurns) return 'a system message between turns';
  const last = list.at(-1);
  if (last?.role !== 'assistant') return undefined;
  const blocks = bagsIn(last.content);
  // An answer that was paused goes on from there.
  if (/_(use|result)$/.test(String(blocks.at(-1)?.type))) return undefined;
  const thinks = isObject(thinking) && thinking.type !== 'disabled';
  return prefill && !thinks ? undefined : "the assistant's own words at the end";
}

/** With a budget Claude wants to see what it thought before the tool call that it goes on from. */
function unsignedMisfit({ thinking, messages }: Bag): string | undefined {
  if (!isObject(thinking) || thinking.type !== 'enabled') return undefined;
  const [call, results] = bagsIn(messages).slice(-2);
  if (results?.role !== 'user' || call?.role !== 'assistant') return undefined;
  const blocks = bagsIn(call.content);
  if (!blocks.some(({ type }) => type === 'tool_use')) return undefined;
  return /thinking$/.test(String(blocks[0]?.type)) ? undefined : 'a tool call without the thinking before it';
}
