// The tools of a request in the words of Responses, with namespaces, free text and OpenAI's own ones as they are.
import { type ChatRequest, RouterError, type Tool } from '@turnout/core/contract';
import { asksForNothing } from '@turnout/core/plugin';
import type { Draft } from './content.ts';
import type { Traits } from './dialect.ts';
import { fitsStrict, toolParameters } from './schema.ts';
import { FREE_TEXT } from './tools.ts';
import { type Bag, isBag } from './wire.ts';

/** What a tool is called on the wire, and back. */
export interface LocalNames {
  local(name: string): { readonly name: string; readonly namespace?: string };
  /** The client's name of a tool that the model calls. */
  client(name: string, namespace: string | undefined): string;
}

/** Names of a request's tools: those of a namespace by their own name inside it. */
export function localNames(tools: readonly Tool[], { names, dialect }: Pick<Draft, 'names' | 'dialect'>): LocalNames {
  const locals = new Map<string, { readonly name: string; readonly namespace: string }>();
  const clients = new Map<string, string>();
  for (const { name, namespace } of tools) {
    const prefix = `${namespace}__`;
    if (namespace === undefined || !dialect.knowsResponses || !name.startsWith(prefix)) continue;
    const own = name.slice(prefix.length);
    locals.set(name, { name: own, namespace });
    clients.set(JSON.stringify([namespace, own]), name);
  }
  return {
    local: (name) => locals.get(name) ?? { name: names.wire(name) },
    client: (name, namespace) =>
      (namespace === undefined ? undefined : clients.get(JSON.stringify([namespace, name]))) ??
      names.client(name) ??
      (namespace === undefined ? name : `${namespace}__${name}`),
  };
}

/** How the tools of a request are written. */
interface ToolDraft extends Draft {
  readonly local: LocalNames;
  readonly traits: Traits;
  /** The client speaks one of OpenAI's protocols. */
  readonly ownWords: boolean;
  /** Wire names of functions that stand for tools of free text: filled in here. */
  readonly textTools: Set<string>;
}

/** Throws RouterError `invalid-request` when the chosen tool does not exist. */
export function planResponsesTools(request: ChatRequest, draft: ToolDraft): Bag {
  const { local } = draft;
  const tools: Bag[] = [];
  const spaces = new Map<string, Bag[]>();
  const seen = new Set<string>();
  for (const tool of request.tools) {
    const key = tool.kind === 'server' ? `server ${tool.name}` : tool.name;
    if (seen.has(key)) {
      draft.losses.drop('tools', 'a second tool of the same name is not sent');
      continue;
    }
    seen.add(key);
    const written = writeTool(tool, draft);
    if (written === undefined) continue;
    const { namespace } = local.local(tool.name);
    if (tool.kind === 'server' || namespace === undefined) tools.push(written);
    else {
      const inner = spaces.get(namespace);
      if (inner === undefined) {
        const listed = [written];
        spaces.set(namespace, listed);
        const about = tool.extensions?.['openai-responses']?.namespace_description;
        // A namespace without a description is refused (OpenAI's page on tool search, 2026-11).
        tools.push({
          type: 'namespace',
          name: namespace,
          description: typeof about === 'string' ? about : namespace,
          tools: listed,
        });
      } else inner.push(written);
    }
  }
  if (tools.length === 0) return {};
  return { tools, ...writeChoice(request, draft), ...writeParallel(request, draft) };
}

/** What a tool's own extension says that is written elsewhere. */
const OF_NAMESPACE = 'namespace_description';

function writeTool(tool: Tool, { losses, dialect, local, ownWords, textTools }: ToolDraft): Bag | undefined {
  const own = tool.extensions?.['openai-responses'] ?? {};
  if (tool.kind === 'server') {
    const raw = own[tool.name];
    if (isBag(raw)) return raw;
    losses.drop('tools', `${tool.name} is a tool of another vendor's servers`);
    return undefined;
  }
  for (const [owner, bag] of Object.entries(tool.extensions ?? {})) {
    if (owner === 'openai-responses') continue;
    for (const [field, value] of Object.entries(bag))
      if (!asksForNothing(field, value)) losses.drop(field, 'the target has no such setting');
  }
  if (tool.cache !== undefined && !dialect.cachesByItself)
    losses.drop('cache', 'the server is not known to take cache marks');
  const beside = Object.fromEntries(Object.entries(own).filter(([field]) => field !== OF_NAMESPACE));
  const { name } = local.local(tool.name);
  const described = {
    ...beside,
    name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...(tool.deferred ? { defer_loading: true } : {}),
  };
  if (tool.kind === 'custom' && !dialect.customTools) {
    losses.approximate('tools', 'a tool of free text is sent as a function with one string');
    textTools.add(name);
    return { type: 'function', ...described, parameters: FREE_TEXT, strict: false };
  }
  if (tool.kind === 'custom') {
    return {
      type: 'custom',
      ...described,
      ...(tool.format === undefined ? {} : { format: responsesFormat(tool.format) }),
    };
  }
  const { parameters, merged } = toolParameters(tool.schema, dialect.plainSchemas);
  if (merged)
    losses.approximate(
      'tools',
      'OpenAI takes no anyOf, oneOf or allOf at the top of a schema: its branches are merged',
    );
  const tooOpen = tool.strict === true && !ownWords && !fitsStrict(parameters);
  if (tooOpen) losses.drop('strict', 'OpenAI takes only closed schemas with every member required as strict');
  // Left out it means true here, and false in every other protocol.
  return { type: 'function', ...described, parameters, strict: tooOpen ? false : (tool.strict ?? false) };
}

/** Chat completions put a grammar one level deeper. */
function responsesFormat(format: unknown): unknown {
  return isBag(format) && isBag(format.grammar) ? { type: 'grammar', ...format.grammar } : format;
}

function writeChoice(request: ChatRequest, { losses, local, dialect }: ToolDraft): Bag {
  const raw = request.extensions?.['openai-responses']?.tool_choice;
  if (raw !== undefined) return { tool_choice: raw };
  const { toolChoice, tools } = request;
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
  return {
    tool_choice: {
      type: chosen.kind === 'custom' && dialect.customTools ? 'custom' : 'function',
      ...local.local(chosen.name),
    },
  };
}

function writeParallel({ parallelToolCalls }: ChatRequest, { losses, traits }: ToolDraft): Bag {
  if (parallelToolCalls === undefined) return {};
  if (traits.parallelSwitch) return { parallel_tool_calls: parallelToolCalls };
  if (!parallelToolCalls) losses.drop('parallelToolCalls', 'the model has no such setting');
  return {};
}
