// The tools of a request and how the model may choose among them.
import { type ChatRequest, RouterError, type Tool } from '@turnout/core/contract';
import { FLATTENED, fitsStrict, flatTools, isObject, shapeInputSchema } from '@turnout/core/plugin';
import { type ClaudeTraits, MESSAGES_OWNER, rawMessagesBlock } from '@turnout/core/wire';
import type { Draft } from './content.ts';
import type { OutputPlan } from './output.ts';
import type { Bag } from './wire.ts';

export interface ToolPlan {
  readonly fields: { readonly tools?: readonly Bag[]; readonly tool_choice?: Bag };
  /** Wire names of functions that stand for tools of free text. */
  readonly textTools: ReadonlySet<string>;
  readonly ignoresCalls: boolean;
}

/** At most so many tools may be strict (live tests of another project, 2026-08). */
const STRICT_MAX = 20;

/** What the tools written so far leave to the next. */
interface Writing {
  readonly textTools: Set<string>;
  strictLeft: number;
}

/** Whether a tool can be forced on the model. */
export const canForce = ({ tools, forcedTools, thinking: style }: ClaudeTraits, thinking: boolean): boolean =>
  tools &&
  (forcedTools === 'always' ||
    (forcedTools !== 'never' && !thinking) ||
    (forcedTools === 'unless-budget' && style.kind === 'adaptive'));

/** `called`: wire names of the calls in the history. Throws RouterError `invalid-request` when the chosen tool does not exist. */
export function planTools(
  request: ChatRequest,
  called: ReadonlySet<string>,
  output: OutputPlan,
  draft: Draft,
  thinking: boolean,
): ToolPlan {
  const textTools = new Set<string>();
  const writing = { textTools, strictLeft: STRICT_MAX };
  const sent = new Map<string, Bag>();
  if (!draft.traits.tools && request.tools.length > 0) draft.losses.drop('tools', 'the model has no tools');
  for (const tool of draft.traits.tools ? flatTools(request.tools) : []) {
    const key = tool.kind === 'server' ? `server ${tool.name}` : tool.name;
    if (sent.has(key)) {
      draft.losses.drop('tools', 'a second tool of the same name is not sent');
      continue;
    }
    const written = writeTool(tool, draft, writing);
    if (written === undefined) continue;
    sent.set(key, written);
    // One that is loaded later is no part of the prompt.
    if (tool.cache !== undefined && !tool.deferred) draft.marks.add('tools', written, tool.cache);
  }
  const choice = writeChoice(request, sent, draft, thinking);
  if (output.tool !== undefined) {
    const list = [...sent.values(), output.tool];
    const forced = sent.size === 0 || request.toolChoice === 'none';
    const any = { type: forced ? 'tool' : 'any', ...(forced ? { name: output.tool.name } : {}) };
    return { fields: { tools: list, tool_choice: { ...any, ...single(request) } }, textTools, ignoresCalls: false };
  }
  if (sent.size > 0) {
    return { fields: { tools: [...sent.values()], ...choice }, textTools, ignoresCalls: false };
  }
  // Calls in the history want their tools beside them.
  if (called.size === 0) return { fields: {}, textTools, ignoresCalls: false };
  const invented = [...called].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }));
  return { fields: { tools: invented, tool_choice: { type: 'none' } }, textTools, ignoresCalls: true };
}

function writeTool(tool: Tool, draft: Draft, writing: Writing): Bag | undefined {
  const { losses, names } = draft;
  const own = tool.extensions?.[MESSAGES_OWNER];
  if (tool.kind === 'server') {
    const raw = rawMessagesBlock(tool.extensions) ?? own?.[tool.name];
    if (!isObject(raw)) {
      losses.drop('tools', `${tool.name.slice(0, 80)} is a tool of another vendor's servers`);
      return undefined;
    }
    const { cache_control: _mark, ...rest } = raw;
    return rest;
  }
  noteTool(tool, losses);
  const name = names.wire(tool.name);
  const head = { ...own, name, ...(tool.description === undefined ? {} : { description: tool.description }) };
  const deferred = tool.deferred ? { defer_loading: true } : {};
  if (tool.kind === 'custom') {
    losses.approximate('tools', 'a tool of free text is sent as a function with one string');
    writing.textTools.add(name);
    return { ...head, input_schema: FREE_TEXT, ...deferred };
  }
  const { json, flattened } = shapeInputSchema(tool.schema, true);
  if (flattened) losses.approximate('tools', FLATTENED);
  const strict = tool.strict === true && writing.strictLeft > 0 && draft.traits.strictTools && fitsStrict(json);
  if (strict) writing.strictLeft--;
  if (tool.strict === true && !strict)
    losses.drop('strict', 'the model, or its subset of JSON Schema, takes no strict tools here');
  return { ...head, input_schema: json, ...(strict ? { strict } : {}), ...deferred };
}

const FREE_TEXT = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };

function noteTool({ extensions }: Tool, losses: Draft['losses']): void {
  for (const [owner, bag] of Object.entries(extensions ?? {})) {
    if (owner === MESSAGES_OWNER) continue;
    for (const field of Object.keys(bag)) losses.drop(field, 'the target has no such setting');
  }
}

const single = ({ parallelToolCalls }: ChatRequest): Bag =>
  parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};

function writeChoice(
  request: ChatRequest,
  sent: ReadonlyMap<string, Bag>,
  draft: Draft,
  thinking: boolean,
): { tool_choice?: Bag } {
  const { toolChoice } = request;
  const wanted = choiceOf(request, sent, draft);
  const isForced = wanted?.type === 'any' || wanted?.type === 'tool';
  if (isForced && !canForce(draft.traits, thinking)) {
    const who = draft.traits.forcedTools === 'never' ? 'the model' : 'a thinking model';
    draft.losses.approximate('toolChoice', `${who} takes no forced tool choice: it may choose`);
    const parallel = single(request);
    return Object.keys(parallel).length === 0 ? {} : { tool_choice: { type: 'auto', ...parallel } };
  }
  if (toolChoice === 'none') return { tool_choice: { type: 'none' } };
  const parallel = single(request);
  if (wanted === undefined && Object.keys(parallel).length === 0) return {};
  return { tool_choice: { ...(wanted ?? { type: 'auto' }), ...parallel } };
}

function choiceOf({ toolChoice, tools }: ChatRequest, sent: ReadonlyMap<string, Bag>, draft: Draft): Bag | undefined {
  if (toolChoice === undefined || toolChoice === 'none') return undefined;
  if (toolChoice === 'auto') return { type: 'auto' };
  if (toolChoice === 'required') return { type: 'any' };
  const chosen = tools.find(({ name }) => name === toolChoice.name);
  if (chosen === undefined) {
    const message = `toolChoice names ${JSON.stringify(toolChoice.name.slice(0, 80))}, which is none of the tools`;
    throw new RouterError('invalid-request', message, { field: 'toolChoice' });
  }
  const written = sent.get(chosen.kind === 'server' ? `server ${chosen.name}` : chosen.name);
  if (typeof written?.name === 'string') return { type: 'tool', name: written.name };
  draft.losses.drop('toolChoice', 'the chosen tool is not sent');
  return undefined;
}
