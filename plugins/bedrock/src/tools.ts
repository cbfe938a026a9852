// The tools of a request and how the model may choose among them.
import { type ChatRequest, RouterError, type Tool } from '@turnout/core/contract';
import type { Losses } from '@turnout/core/plugin';
import { asksForNothing, FLATTENED, fitsStrict, shapeInputSchema } from '@turnout/core/plugin';
import type { ConverseTool, ConverseToolConfig } from '@turnout/core/wire';
import { type CacheMark, markOf } from './cache.ts';
import type { OutputPlan } from './output.ts';
import type { Draft, Turn } from './turns.ts';

/** One entry of toolConfig.tools. */
interface Entry {
  /** The client's name. */
  readonly name: string;
  readonly spec: ConverseTool;
  readonly mark: CacheMark | undefined;
}

export interface ToolPlan {
  readonly entries: readonly Entry[];
  readonly toolChoice?: ConverseToolConfig['toolChoice'];
  /** Claude's own tool_choice, for additionalModelRequestFields: then Converse's must not be there. */
  readonly nativeChoice?: Readonly<Record<string, unknown>>;
  /** The client wants no calls, but the history forces tools into the request: calls are left out of the answer. */
  readonly ignoresCalls: boolean;
  /** Wire names of tools whose input is free text. */
  readonly customNames: ReadonlySet<string>;
}

/** At most so many tools may be strict (live tests of another project, 2026-08). */
export const STRICT_MAX = 20;

/** Throws RouterError `unsupported` when the model has no tools, `invalid-request` when the chosen one does not exist. */
export function planTools(
  request: ChatRequest,
  turns: readonly Turn[],
  output: OutputPlan,
  draft: Draft,
  thinking: boolean,
): ToolPlan {
  const { family, losses, names } = draft;
  const customNames = new Set(
    request.tools.filter(({ kind }) => kind === 'custom').map(({ name }) => names.wire(name)),
  );
  const wanted = request.toolChoice !== 'none';
  const own = wanted || hasToolBlocks(turns) ? readTools(request.tools, draft) : [];
  if (own.length > 0 && wanted && !family.tools) {
    throw new RouterError('unsupported', 'the model takes no tools', { field: 'tools' });
  }
  const ours: Entry[] =
    output.tool === undefined ? [] : [{ name: output.tool.name, spec: output.tool.spec, mark: undefined }];
  const invented = own.length > 0 || !hasToolBlocks(turns) ? own : inventTools(turns, draft);
  const listed = [...invented, ...recallTools(turns, own)];
  const calls = wanted && own.length > 0;
  if (!wanted && listed.length > 0) {
    losses.approximate(
      'toolChoice',
      'the history has tool calls, so the tools are sent; calls are left out of the answer',
    );
  }
  const plan = { customNames, ignoresCalls: listed.length > 0 && !calls };
  const nativeChoice = chooseNative(request, { draft, thinking, alone: own.length === 0 });
  const native = nativeChoice === undefined ? {} : { nativeChoice };
  if (!family.tools || listed.length + ours.length === 0) return { ...plan, ...native, entries: [] };
  if (isOfNative(request, draft)) return { ...plan, ...native, entries: [...listed, ...ours] };
  const chosen = chooseTools(request, calls ? listed : [], draft, thinking);
  const entries = [...(chosen.only ?? listed), ...ours];
  const choice: Choice | undefined =
    output.tool === undefined
      ? chosen.choice
      : calls && family.toolChoice === 'tool'
        ? { type: 'any' }
        : forceOutput(output.tool.name, draft);
  return { ...plan, ...native, entries, ...writeChoice(request, choice, calls, draft) };
}

/** Whether one of the tools is chosen that go to a Claude in Anthropic's own form. */
const isOfNative = ({ toolChoice }: ChatRequest, { native }: Draft): boolean =>
  typeof toolChoice === 'object' && native?.has(toolChoice.name) === true;

/** A choice that Converse cannot express: of one of those tools, or of any where there is nothing else to choose. */
function chooseNative(
  request: ChatRequest,
  { draft, thinking, alone }: { readonly draft: Draft; readonly thinking: boolean; readonly alone: boolean },
): ToolPlan['nativeChoice'] {
  const { family, losses, native } = draft;
  const { toolChoice, parallelToolCalls } = request;
  const name = typeof toolChoice === 'object' ? native?.get(toolChoice.name) : undefined;
  if (native === undefined || native.size === 0 || (name === undefined && !alone)) return undefined;
  const forces = name !== undefined || toolChoice === 'required';
  const forcible = family.toolChoice !== 'auto' && (!thinking || family.forcedToolThinks);
  if (forces && !forcible)
    losses.approximate('toolChoice', 'the model takes no forced tool choice here: it may choose');
  const choice =
    forces && forcible ? (name === undefined ? { type: 'any' } : { type: 'tool', name }) : { type: 'auto' };
  if (parallelToolCalls === false) return { ...choice, disable_parallel_tool_use: true };
  return choice.type === 'auto' ? undefined : choice;
}

const hasToolBlocks = (turns: readonly Turn[]): boolean =>
  turns.some(({ pieces }) => pieces.some(({ kind }) => kind === 'call'));

type Choice = { readonly type: 'any' } | { readonly type: 'tool'; readonly name: string };

/** With no other tool in play `any` is as good as the name. */
const forceOutput = (name: string, { family }: Draft): Choice =>
  family.toolChoice === 'tool' ? { type: 'tool', name } : { type: 'any' };

/** What of the client's choice the family can do. `only`: the one tool that is left to choose from. */
function chooseTools(
  { toolChoice }: ChatRequest,
  tools: readonly Entry[],
  { family, losses, names }: Draft,
  thinking: boolean,
): { choice?: Choice; only?: readonly Entry[] } {
  if (tools.length === 0 || toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none') return {};
  const forcible = family.toolChoice !== 'auto' && (!thinking || family.forcedToolThinks);
  if (!forcible) {
    const why =
      family.toolChoice === 'auto'
        ? 'the model takes no forced tool choice'
        : 'a thinking model takes no forced tool choice';
    losses.approximate('toolChoice', `${why}: it may choose`);
  }
  if (toolChoice === 'required') return forcible ? { choice: { type: 'any' } } : {};
  const named = tools.filter(({ name }) => name === toolChoice.name);
  if (named.length === 0) {
    const message = `toolChoice names ${JSON.stringify(toolChoice.name.slice(0, 80))}, which is none of the tools`;
    throw new RouterError('invalid-request', message, { field: 'toolChoice' });
  }
  if (!forcible) return { only: named };
  if (family.toolChoice === 'any') return { choice: { type: 'any' }, only: named };
  return { choice: { type: 'tool', name: names.wire(toolChoice.name) } };
}

function writeChoice(
  request: ChatRequest,
  choice: Choice | undefined,
  calls: boolean,
  { family, losses }: Draft,
): Pick<ToolPlan, 'toolChoice' | 'nativeChoice'> {
  if (request.parallelToolCalls === false && calls) {
    if (family.parallelSwitch)
      return { nativeChoice: { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true } };
    losses.drop('parallelToolCalls', 'the model has no such setting');
  }
  // The model's own choice is the default, and some families refuse to be told so.
  if (choice === undefined) return {};
  return { toolChoice: choice.type === 'any' ? { any: {} } : { tool: { name: choice.name } } };
}

function readTools(tools: readonly Tool[], draft: Draft): Entry[] {
  const { losses } = draft;
  const entries = new Map<string, Entry>();
  let strictLeft = STRICT_MAX;
  for (const tool of tools) {
    if (draft.native?.has(tool.name) && tool.kind === 'server') continue;
    noteExtras(tool, draft);
    if (tool.kind === 'server' && draft.family.systemTools?.includes(tool.name)) {
      entries.set(tool.name, { name: tool.name, spec: { systemTool: { name: tool.name } }, mark: undefined });
      continue;
    }
    if (tool.kind === 'server') {
      noteServerTool(tool.name.slice(0, 80), losses);
      continue;
    }
    if (entries.has(tool.name)) {
      losses.drop('tools', 'a second tool of the same name is not sent');
      continue;
    }
    const strict = tool.strict === true && strictLeft > 0 && canBeStrict(tool, draft);
    if (strict) strictLeft--;
    else if (tool.strict === true)
      losses.drop('strict', 'the model, or its subset of JSON Schema, takes no strict tools here');
    entries.set(tool.name, { name: tool.name, spec: toSpec(tool, strict, draft), mark: markOf(tool.cache) });
  }
  return [...entries.values()];
}

const canBeStrict = (tool: Tool, { family }: Draft): boolean =>
  family.strictTools && tool.kind === 'function' && tool.schema?.type === 'object' && fitsStrict(tool.schema);

/** Nothing is hidden from the model, so that there is nothing to be searched for. */
export function noteServerTool(name: string, losses: Losses): void {
  if (name.startsWith('tool_search'))
    losses.approximate('tools', 'the model is shown all tools: it needs no tool search');
  else losses.drop('tools', `${name} is a tool of another vendor's servers`);
}

function noteExtras(tool: Tool, { losses }: Draft): void {
  for (const bag of Object.values(tool.extensions ?? {})) {
    for (const [field, value] of Object.entries(bag)) {
      // A tool of a vendor's own is in there whole.
      const isSaid = (tool.kind === 'server' && field === tool.name) || asksForNothing(field, value);
      if (!isSaid) losses.drop(field, 'the target has no such setting');
    }
  }
  if (tool.deferred) losses.approximate('deferred', 'the tool is sent with the request');
}

function toSpec(tool: Tool, strict: boolean, { family, losses, names }: Draft): ConverseTool {
  const name = names.wire(tool.name);
  const description =
    tool.description !== undefined && /\S/.test(tool.description) ? { description: tool.description } : {};
  if (tool.kind === 'custom') {
    losses.approximate('tools', 'a tool of free text is sent as a function with one string');
    return { toolSpec: { name, ...description, inputSchema: { json: FREE_TEXT } } };
  }
  const { json, flattened } = shapeInputSchema(tool.schema, family.plainSchema);
  if (flattened) losses.approximate('tools', FLATTENED);
  return { toolSpec: { name, ...description, inputSchema: { json }, ...(strict ? { strict } : {}) } };
}

const FREE_TEXT = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };

/** Tools for calls in the history of a request that has none: Bedrock refuses tool blocks without toolConfig. */
function inventTools(turns: readonly Turn[], { native, names: wireNames }: Draft): Entry[] {
  const names = new Set<string>();
  for (const { pieces } of turns) for (const { block } of pieces) if (block.toolUse) names.add(block.toolUse.name);
  // Those are in the request, where Converse does not see them; it wants to see one.
  for (const name of native?.values() ?? []) names.delete(name);
  if (names.size === 0) names.add(wireNames.free('none'));
  const inputSchema = { json: { type: 'object', properties: {} } };
  return [...names].map((name) => ({ name, spec: { toolSpec: { name, inputSchema } }, mark: undefined }));
}

/** Tools of Bedrock's own that the history has used and the request does not name again. */
function recallTools(turns: readonly Turn[], own: readonly Entry[]): Entry[] {
  const names = new Set<string>();
  for (const { pieces } of turns) {
    for (const { kind, block } of pieces) if (kind === 'server' && block.toolUse) names.add(block.toolUse.name);
  }
  for (const { name } of own) names.delete(name);
  return [...names].map((name) => ({ name, spec: { systemTool: { name } }, mark: undefined }));
}

/** The tools on the wire, cache points included: settle the marks first. */
export function writeTools({ entries, toolChoice }: ToolPlan): ConverseToolConfig | undefined {
  if (entries.length === 0) return undefined;
  const tools = entries.flatMap(({ spec, mark }): ConverseTool[] =>
    mark?.point === undefined ? [spec] : [spec, { cachePoint: mark.point }],
  );
  return { tools, ...(toolChoice === undefined ? {} : { toolChoice }) };
}
