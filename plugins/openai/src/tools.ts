// The tools of a request and how the model may choose among them.
import { type ChatRequest, RouterError, type Tool } from '@turnout/core/contract';
import { asksForNothing, flatTools } from '@turnout/core/plugin';
import type { Draft } from './content.ts';
import type { Traits } from './dialect.ts';
import { fitsStrict, toolParameters } from './schema.ts';
import type { Bag } from './wire.ts';

export interface ToolFields {
  readonly tools?: readonly Bag[];
  readonly tool_choice?: string | Bag;
  readonly parallel_tool_calls?: boolean;
}

/** What the client speaks: chat completions, or at least one of OpenAI's protocols. */
export interface Speech {
  readonly chat: boolean;
  readonly ownWords: boolean;
}

/** How the tools of a request are written. */
interface ToolDraft extends Draft, Speech {
  readonly textTools: Set<string>;
}

export interface ToolPlan {
  readonly fields: ToolFields;
  /** Wire names of functions that stand for tools of free text. */
  readonly textTools: ReadonlySet<string>;
}

/** Throws RouterError `invalid-request` when the chosen tool does not exist. */
export function planTools(request: ChatRequest, draft: Draft, traits: Traits, speech: Speech): ToolPlan {
  const textTools = new Set<string>();
  const sent = new Map<string, Bag>();
  for (const tool of flatTools(request.tools)) {
    noteTool(tool, draft);
    const key = tool.kind === 'server' ? `server ${tool.name}` : tool.name;
    if (sent.has(key)) {
      draft.losses.drop('tools', 'a second tool of the same name is not sent');
      continue;
    }
    const written = writeTool(tool, { ...draft, ...speech, textTools });
    if (written !== undefined) sent.set(key, written);
  }
  if (sent.size === 0) return { fields: {}, textTools };
  return {
    fields: { tools: [...sent.values()], ...writeChoice(request, draft), ...writeParallel(request, draft, traits) },
    textTools,
  };
}

function writeTool(tool: Tool, draft: ToolDraft): Bag | undefined {
  const { losses, dialect, names } = draft;
  if (tool.kind === 'server') {
    if (dialect.serverTools && draft.chat) return { ...tool.extensions?.['openai-chat'], type: tool.name };
    losses.drop('tools', `${tool.name} is a tool of another vendor's servers`);
    return undefined;
  }
  const beside = tool.extensions?.['openai-chat'] ?? {};
  const name = names.wire(tool.name);
  const description = tool.description === undefined ? {} : { description: tool.description };
  if (tool.kind === 'custom' && dialect.customTools) {
    const format = tool.format === undefined ? {} : { format: tool.format };
    return { type: 'custom', custom: { ...beside, name, ...description, ...format } };
  }
  if (tool.kind === 'custom') {
    losses.approximate('tools', 'a tool of free text is sent as a function with one string');
    draft.textTools.add(name);
    return { type: 'function', function: { name, ...description, parameters: FREE_TEXT } };
  }
  const { parameters, merged } = toolParameters(tool.schema, dialect.plainSchemas);
  if (merged) losses.approximate('tools', MERGED);
  // Other vendors' subsets for strict tools are not OpenAI's, which would refuse the tool.
  const tooOpen = tool.strict === true && !draft.ownWords && !fitsStrict(parameters);
  if (tooOpen) losses.drop('strict', 'OpenAI takes only closed schemas with every member required as strict');
  const strict = tool.strict === undefined || tooOpen ? {} : { strict: tool.strict };
  return { type: 'function', function: { ...beside, name, ...description, parameters, ...strict } };
}

/** What a function takes that stands for a tool of free text. */
export const FREE_TEXT = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
};
const MERGED = 'OpenAI takes no anyOf, oneOf or allOf at the top of a schema: its branches are merged';

function noteTool(tool: Tool, { losses, dialect }: Draft): void {
  // What was set for a tool of a vendor's servers is sent or lost with the tool.
  if (tool.kind === 'server') return;
  for (const [owner, bag] of Object.entries(tool.extensions ?? {})) {
    if (owner === 'openai-chat') continue;
    for (const [field, value] of Object.entries(bag))
      if (!asksForNothing(field, value)) losses.drop(field, 'the target has no such setting');
  }
  if (tool.deferred) losses.approximate('deferred', 'the tool is sent with the request');
  if (tool.cache !== undefined && !dialect.cachesByItself) {
    losses.drop('cache', 'the server is not known to take cache marks');
  }
}

function writeChoice({ toolChoice, tools }: ChatRequest, { names, dialect, losses }: Draft): ToolFields {
  if (toolChoice === undefined) return {};
  if (typeof toolChoice === 'string') return { tool_choice: toolChoice };
  const chosen = tools.find(({ name }) => name === toolChoice.name);
  if (chosen === undefined) {
    const message = `toolChoice names ${JSON.stringify(toolChoice.name.slice(0, 80))}, which is none of the tools`;
    throw new RouterError('invalid-request', message, { field: 'toolChoice' });
  }
  if (chosen.kind === 'server') {
    losses.drop('toolChoice', "a tool of a vendor's servers cannot be chosen");
    return {};
  }
  const kind = chosen.kind === 'custom' && dialect.customTools ? 'custom' : 'function';
  return { tool_choice: { type: kind, [kind]: { name: names.wire(chosen.name) } } };
}

function writeParallel({ parallelToolCalls }: ChatRequest, { losses }: Draft, traits: Traits): ToolFields {
  if (parallelToolCalls === undefined) return {};
  if (traits.parallelSwitch) return { parallel_tool_calls: parallelToolCalls };
  // What it does anyway is no loss.
  if (!parallelToolCalls) losses.drop('parallelToolCalls', 'the model has no such setting');
  return {};
}
