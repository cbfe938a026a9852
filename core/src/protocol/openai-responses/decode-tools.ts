// Tools and the choice among them. Tools of a namespace get one flat name each.
import type { ChatRequest, Tool } from '../../contract/index.ts';
import { type Decoding, lose } from '../decoding.ts';
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
  optionalChoice,
  optionalString,
  requiredWord,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import { TOOL_SEARCH, ToolNames } from './tool-names.ts';

const TOOLS_MAX = 1024;
/** `encrypted` parameters and `output_schema` are for OpenAI; null asks for nothing and is no field. */
const FUNCTION_FIELDS: ReadonlySet<string> = new Set([
  ...['type', 'name', 'description', 'parameters', 'strict', 'defer_loading'],
]);
const CUSTOM_FIELDS: ReadonlySet<string> = new Set(['type', 'name', 'description', 'format', 'defer_loading']);
const SEARCH_FIELDS: ReadonlySet<string> = new Set(['type', 'execution', 'description', 'parameters']);
const NAMESPACE_FIELDS: ReadonlySet<string> = new Set(['type', 'name', 'description', 'tools']);

export interface Tooling {
  readonly tools: readonly Tool[];
  readonly toolChoice: ChatRequest['toolChoice'];
  /** A choice of one of OpenAI's own tools, as it was sent. */
  readonly serverChoice: unknown;
  readonly names: ToolNames;
}

/** A list of tools in the request, and where it stands. */
interface ToolList {
  readonly value: unknown;
  readonly path: string;
  readonly found?: boolean;
}

interface Reading {
  readonly names: ToolNames;
  readonly decoding: Decoding;
}

/** The request's `tools` and those that its input brings along, which take the place of earlier ones with their name. Throws
 * `invalid-request` naming the tool that is wrong. */
export function decodeTools(body: Bag, decoding: Decoding): Tooling {
  const lists = [{ value: body.tools, path: 'tools' }, ...toolListsOf(body.input)].flatMap(readList);
  const names = new ToolNames(lists.flatMap(({ tool }) => (typeof tool.name === 'string' ? [tool.name] : [])));
  const reading = { names, decoding };
  const tools: Tool[] = [];
  const places = new Map<string, number>();
  for (const { tool, path, joins, found } of lists) {
    for (const listed of decodeTool(tool, path, reading)) {
      const read = found ? shownAtOnce(listed) : listed;
      const place = joins && read.kind !== 'server' ? places.get(read.name) : undefined;
      if (place !== undefined) {
        tools[place] = read;
        continue;
      }
      if (tools.length >= TOOLS_MAX) throw wrong('tools', `expected at most ${TOOLS_MAX} tools in all`);
      if (read.kind !== 'server' && !places.has(read.name)) places.set(read.name, tools.length);
      tools.push(read);
    }
  }
  return { names, ...decodeChoice(body.tool_choice, tools, reading) };
}

/** What `additional_tools` brings, and what a client's own search for tools has found. */
function toolListsOf(input: unknown): ToolList[] {
  if (!Array.isArray(input)) return [];
  return input.flatMap((item: unknown, index) =>
    isBag(item) && (item.type === 'additional_tools' || item.type === 'tool_search_output')
      ? [{ value: item.tools, path: `input[${index}].tools`, found: item.type === 'tool_search_output' }]
      : [],
  );
}

interface ListedTool {
  readonly tool: Bag;
  readonly path: string;
  /** It stands in the input. */
  readonly joins: boolean;
  /** The client's search has found it. */
  readonly found: boolean;
}

function readList({ value, path, found = false }: ToolList): ListedTool[] {
  if (isAbsent(value)) return [];
  const list = asList(value, path, TOOLS_MAX);
  checkDepth(list, path);
  return list.map((item, index) => {
    const at = `${path}[${index}]`;
    return { tool: asBag(item, at), path: at, joins: path !== 'tools', found };
  });
}

function decodeTool(tool: Bag, path: string, reading: Reading): Tool[] {
  if (tool.type !== 'namespace') return [searchTool(tool, path, reading) ?? plainTool(tool, path)];
  const namespace = requiredWord(tool, 'name', path);
  const inner = asList(tool.tools, join(path, 'tools'), TOOLS_MAX);
  const about = optionalString(tool, 'description', path);
  const extra = { ...unknownFields(tool, NAMESPACE_FIELDS), ...(about ? { namespace_description: about } : {}) };
  return inner.map((item, index) => {
    const read = plainTool(asBag(item, `${path}.tools[${index}]`), `${path}.tools[${index}]`);
    if (read.kind === 'server') return read;
    const own = { ...extra, ...read.extensions?.['openai-responses'] };
    return {
      ...read,
      name: reading.names.add(namespace, read.name),
      namespace,
      ...(Object.keys(own).length > 0 ? { extensions: { 'openai-responses': own } } : {}),
    };
  });
}

/** A search among tools that the client does itself (Codex 0.169) is a function to the model, and what it finds joins the tools. */
function searchTool(tool: Bag, path: string, { names }: Reading): Tool | undefined {
  if (tool.type !== 'tool_search' || tool.execution !== 'client' || !names.addSearch()) return undefined;
  const schema = optionalBag(tool, 'parameters', path);
  return {
    kind: 'function',
    name: TOOL_SEARCH,
    ...described(tool, path),
    ...(schema === undefined ? {} : { schema }),
    ...marks(tool, SEARCH_FIELDS),
  };
}

/** What a search has found is deferred no longer. */
function shownAtOnce({ deferred: _, ...tool }: Tool): Tool {
  return tool;
}

function plainTool(tool: Bag, path: string): Tool {
  if (tool.type === 'function') return functionTool(tool, path);
  if (tool.type === 'custom') return customTool(tool, path);
  const type = requiredWord(tool, 'type', path);
  // Run by whoever serves the model: web_search and the like. The whole of it is for a provider that knows it.
  return { kind: 'server', name: type, extensions: { 'openai-responses': { [type]: tool } } };
}

function functionTool(tool: Bag, path: string): Tool {
  const schema = optionalBag(tool, 'parameters', path);
  const strict = optionalBoolean(tool, 'strict', path);
  return {
    kind: 'function',
    name: requiredWord(tool, 'name', path),
    ...described(tool, path),
    ...(schema === undefined ? {} : { schema }),
    ...(strict === undefined ? {} : { strict }),
    ...marks(tool, FUNCTION_FIELDS),
  };
}

function customTool(tool: Bag, path: string): Tool {
  const format = optionalBag(tool, 'format', path);
  const kind = format && optionalChoice(format, 'type', join(path, 'format'), ['text', 'grammar']);
  return {
    kind: 'custom',
    name: requiredWord(tool, 'name', path),
    ...described(tool, path),
    // `text` is what a custom tool without a format takes.
    ...(kind === 'grammar' ? { format } : {}),
    ...marks(tool, CUSTOM_FIELDS),
  };
}

function described(tool: Bag, path: string): Pick<Tool, 'description' | 'deferred'> {
  const description = optionalString(tool, 'description', path);
  return {
    ...(description === undefined ? {} : { description }),
    ...(optionalBoolean(tool, 'defer_loading', path) ? { deferred: true } : {}),
  };
}

function marks(tool: Bag, known: ReadonlySet<string>): Pick<Tool, 'extensions'> {
  const unknown = unknownFields(tool, known);
  return unknown ? { extensions: { 'openai-responses': unknown } } : {};
}

type Choice = Pick<Tooling, 'tools' | 'toolChoice' | 'serverChoice'>;

function decodeChoice(value: unknown, tools: readonly Tool[], reading: Reading): Choice {
  const field = 'tool_choice';
  const choice = (toolChoice: ChatRequest['toolChoice']): Choice => ({ tools, toolChoice, serverChoice: undefined });
  if (isAbsent(value)) return choice(undefined);
  if (value === 'auto' || value === 'none') return choice(tools.length > 0 ? value : undefined);
  if (tools.length === 0) throw wrong(field, 'expected tools to choose from');
  if (value === 'required') return choice(value);
  if (!isBag(value)) throw wrong(field, 'expected auto, none, required or an object that names a tool');
  if (value.type === 'allowed_tools') return allowedTools(value, field, tools, reading);
  if (value.type !== 'function' && value.type !== 'custom') {
    requiredWord(value, 'type', field);
    checkDepth(value, field);
    // One of OpenAI's own: a target that has it reads the choice as it was sent, any other one lets the model choose.
    return { tools, toolChoice: 'auto', serverChoice: value };
  }
  const name = nameIn(value, field, reading);
  if (!tools.some((tool) => tool.name === name && tool.kind !== 'server')) {
    throw wrong(join(field, 'name'), 'expected the name of one of the tools');
  }
  return choice({ name });
}

/** No other vendor has this choice: the model is shown only the allowed tools. */
function allowedTools(choice: Bag, field: string, tools: readonly Tool[], reading: Reading): Choice {
  const path = join(field, 'tools');
  const names = new Set(
    asList(choice.tools, path, TOOLS_MAX).map((item, index) => {
      const tool = asBag(item, `${path}[${index}]`);
      const isPlain = tool.type === 'function' || tool.type === 'custom';
      return isPlain ? nameIn(tool, `${path}[${index}]`, reading) : requiredWord(tool, 'type', `${path}[${index}]`);
    }),
  );
  const shown = tools.filter((tool) => names.has(tool.name));
  if (shown.length === 0) throw wrong(path, 'expected the name of one of the tools');
  lose(reading.decoding, 'toolChoice', 'approximated', 'only the allowed tools are shown to the model');
  const toolChoice = optionalChoice(choice, 'mode', field, ['auto', 'required']) ?? 'auto';
  return { tools: shown, toolChoice, serverChoice: undefined };
}

/** The flat name of a tool that is named with its namespace or without. */
function nameIn(bag: Bag, path: string, { names }: Reading): string {
  const name = requiredWord(bag, 'name', path);
  const namespace = optionalString(bag, 'namespace', path);
  return namespace ? (names.find(namespace, name) ?? name) : name;
}
