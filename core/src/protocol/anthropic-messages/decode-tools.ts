// Tools and the choice among them.
import type { ChatRequest, Tool } from '../../contract/index.ts';
import type { Decoding } from '../decoding.ts';
import {
  asBag,
  asList,
  type Bag,
  checkDepth,
  isAbsent,
  isBag,
  join,
  optionalBag,
  optionalBoolean,
  optionalString,
  requiredWord,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import { cacheOf } from './block-marks.ts';
import { OWNER, rawBlockOf, rawExtension } from './raw-block.ts';

const TOOLS_MAX = 1024;
const TOOL_FIELDS: ReadonlySet<string> = new Set([
  ...['type', 'name', 'description', 'input_schema', 'strict', 'defer_loading', 'cache_control'],
]);

export interface Tooling {
  readonly tools: readonly Tool[];
  readonly toolChoice: ChatRequest['toolChoice'];
  readonly parallelToolCalls: boolean | undefined;
}

/** Throws `invalid-request` naming the tool that is wrong. */
export function decodeTools(body: Bag, decoding: Decoding): Tooling {
  const list = isAbsent(body.tools) ? [] : asList(body.tools, 'tools', TOOLS_MAX);
  const tools = list.map((item, index) => decodeTool(item, `tools.${index}`, decoding));
  return { tools, ...decodeChoice(body, tools) };
}

function decodeTool(value: unknown, path: string, decoding: Decoding): Tool {
  const tool = asBag(value, path);
  const type = isAbsent(tool.type) ? 'custom' : requiredWord(tool, 'type', path);
  const cache = cacheOf(tool, path, decoding);
  const deferred = optionalBoolean(tool, 'defer_loading', path);
  const marks = { ...(deferred ? { deferred } : {}), ...(cache ? { cache } : {}) };
  if (type === 'custom') return { ...functionTool(tool, path), ...marks };
  // The form of OpenAI's tools: its functions would go unheard.
  if (type === 'function')
    throw wrong(join(path, 'type'), "expected custom, or the type of one of Anthropic's own tools");
  checkDepth(tool, path);
  // Of Anthropic's own making: some it runs itself, others the client runs (bash, computer …); only the raw form says.
  return { kind: 'server', name: type, ...marks, extensions: rawExtension(type, tool) };
}

function functionTool(tool: Bag, path: string): Tool {
  const description = optionalString(tool, 'description', path);
  const schema = optionalBag(tool, 'input_schema', path);
  const strict = optionalBoolean(tool, 'strict', path);
  checkDepth(schema, join(path, 'input_schema'));
  return {
    kind: 'function',
    name: requiredWord(tool, 'name', path),
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { schema }),
    ...(strict === undefined ? {} : { strict }),
    ...toolExtras(tool, path),
  };
}

/** `input_examples`, `allowed_callers`, `eager_input_streaming` and what else stands there; false asks for nothing. */
function toolExtras(tool: Bag, path: string): Pick<Tool, 'extensions'> {
  const unknown = Object.entries(unknownFields(tool, TOOL_FIELDS) ?? {}).filter(([, value]) => value !== false);
  const extras = Object.fromEntries(unknown);
  checkDepth(extras, path);
  return unknown.length === 0 ? {} : { extensions: { [OWNER]: extras } };
}

function decodeChoice(body: Bag, tools: readonly Tool[]): Omit<Tooling, 'tools'> {
  const choice = optionalBag(body, 'tool_choice', '');
  if (!choice) return { toolChoice: undefined, parallelToolCalls: undefined };
  const single = optionalBoolean(choice, 'disable_parallel_tool_use', 'tool_choice');
  // Without tools there is nothing to call one after the other.
  const parallelToolCalls = single && tools.length > 0 ? false : undefined;
  const { type } = choice;
  if (type === 'auto' || type === 'none') return { toolChoice: tools.length > 0 ? type : undefined, parallelToolCalls };
  if (type !== 'any' && type !== 'tool') throw wrong('tool_choice.type', 'expected one of auto, any, tool, none');
  if (tools.length === 0) throw wrong('tool_choice', 'expected tools to choose from');
  if (type === 'any') return { toolChoice: 'required', parallelToolCalls };
  const name = requiredWord(choice, 'name', 'tool_choice');
  const chosen = tools.find((tool) => ownNameOf(tool) === name);
  if (chosen === undefined) throw wrong('tool_choice.name', 'expected the name of one of the tools');
  return { toolChoice: { name: chosen.name }, parallelToolCalls };
}

/** What the model calls it: of Anthropic's own tools the raw form says. */
function ownNameOf(tool: Tool): unknown {
  if (tool.kind !== 'server') return tool.name;
  const raw = rawBlockOf(tool.extensions);
  return isBag(raw) ? raw.name : undefined;
}
