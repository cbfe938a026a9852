// The tools of a request and how the model may choose among them.
import { type ChatRequest, RouterError, type Tool } from '@turnout/core/contract';
import { asksForNothing, flatTools, shapeInputSchema } from '@turnout/core/plugin';
import type { SERVER_TOOLS } from './config.ts';
import type { Draft } from './draft.ts';
import type { Bag } from './wire.ts';

export interface ToolPlan {
  readonly fields: { readonly tools?: readonly Bag[]; readonly toolConfig?: Bag };
  /** Wire names of functions that stand for tools of free text. */
  readonly textTools: ReadonlySet<string>;
}

type ServerTool = (typeof SERVER_TOOLS)[number];

/** "Maximum 512 function declarations can be provided" (Tool, 2026-08). */
const FUNCTIONS_MAX = 512;

/** `serverTools`: of Google, which only Gemini's own settings ask for. Throws RouterError `invalid-request` when the chosen tool
 * does not exist, `unsupported` for more tools than Gemini takes. */
export function planTools(request: ChatRequest, serverTools: readonly ServerTool[], draft: Draft): ToolPlan {
  const textTools = new Set<string>();
  const functions = new Map<string, Bag>();
  for (const tool of flatTools(request.tools)) {
    noteTool(tool, draft);
    if (tool.kind === 'server') draft.losses.drop('tools', `${tool.name} is a tool of another vendor's servers`);
    else if (functions.has(tool.name)) draft.losses.drop('tools', 'a second tool of the same name is not sent');
    else functions.set(tool.name, declare(tool, draft, textTools));
  }
  if (functions.size > FUNCTIONS_MAX)
    throw new RouterError('unsupported', `Gemini takes ${FUNCTIONS_MAX} tools at most`, { field: 'tools' });
  const hasFunctions = functions.size > 0;
  const own = ownTools(serverTools, hasFunctions, draft);
  const tools: Bag[] = own.map((name) => ({ [name]: {} }));
  if (hasFunctions) tools.push({ functionDeclarations: [...functions.values()] });
  if (request.parallelToolCalls === false && hasFunctions)
    draft.losses.drop('parallelToolCalls', 'Gemini has no such setting');
  const config = {
    ...(hasFunctions ? choiceOf(request, draft) : {}),
    // Without it such a mixture is refused (ai.google.dev/gemini-api/docs/tool-combination, 2026-11).
    ...(hasFunctions && own.length > 0 ? { includeServerSideToolInvocations: true } : {}),
  };
  const fields = {
    ...(tools.length === 0 ? {} : { tools }),
    ...(Object.keys(config).length === 0 ? {} : { toolConfig: config }),
  };
  return { fields, textTools };
}

function ownTools(
  asked: readonly ServerTool[],
  hasFunctions: boolean,
  { traits, losses }: Draft,
): readonly ServerTool[] {
  if (asked.length === 0 || !hasFunctions || traits.combines) return asked;
  losses.drop('gemini.serverTools', 'the model takes either tools of Google or of the client');
  return [];
}

function declare(tool: Tool, { traits, names, losses }: Draft, textTools: Set<string>): Bag {
  const name = names.wire(tool.name);
  const head = { name, ...(tool.description === undefined ? {} : { description: tool.description }) };
  if (tool.kind === 'custom') {
    losses.approximate('tools', 'a tool of free text is sent as a function with one string');
    textTools.add(name);
    return { ...head, parametersJsonSchema: FREE_TEXT };
  }
  if (tool.strict && !traits.validates) losses.drop('strict', 'the model has no such setting');
  return { ...head, ...parametersOf(tool.schema) };
}

const FREE_TEXT = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };

/** "The schema must describe an object"; "For function with no parameters, this can be left unset" (FunctionDeclaration, 2026-08). */
function parametersOf(schema: Bag | undefined): Bag {
  return schema === undefined ? {} : { parametersJsonSchema: shapeInputSchema(schema, false).json };
}

function noteTool(tool: Tool, { losses }: Draft): void {
  for (const bag of Object.values(tool.extensions ?? {})) {
    // What was set for a tool of another vendor's servers is lost with the tool.
    if (tool.kind === 'server') continue;
    for (const [field, value] of Object.entries(bag))
      if (!asksForNothing(field, value)) losses.drop(field, 'the target has no such setting');
  }
  if (tool.deferred) losses.approximate('deferred', 'the tool is sent with the request');
}

const MODES = { auto: 'AUTO', none: 'NONE', required: 'ANY' } as const;

/** A tool that is strict makes AUTO to VALIDATED: "constrained to predict either function calls or natural language, and ensures function
 * schema adherence", as ANY does by itself (function calling guide, 2026-11). */
function choiceOf({ toolChoice, tools }: ChatRequest, { traits, names, losses }: Draft): Bag {
  const isStrict = traits.validates && tools.some(({ kind, strict }) => kind === 'function' && strict === true);
  if (isStrict && (toolChoice ?? 'auto') === 'auto') return { functionCallingConfig: { mode: 'VALIDATED' } };
  if (toolChoice === undefined) return {};
  if (typeof toolChoice === 'string') return { functionCallingConfig: { mode: MODES[toolChoice] } };
  const chosen = tools.find(({ name }) => name === toolChoice.name);
  if (chosen === undefined) {
    const message = `toolChoice names ${JSON.stringify(toolChoice.name.slice(0, 80))}, which is none of the tools`;
    throw new RouterError('invalid-request', message, { field: 'toolChoice' });
  }
  if (chosen.kind === 'server') {
    losses.drop('toolChoice', "a tool of a vendor's servers cannot be chosen");
    return {};
  }
  return { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [names.wire(chosen.name)] } };
}
