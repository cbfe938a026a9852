// Tools, the choice among them, and the legacy functions that came before them.
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
  requiredBag,
  requiredWord,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import { cacheOf, knownFields } from './decode-parts.ts';

const TOOLS_MAX = 1024;
const TOOL_FIELDS: ReadonlySet<string> = knownFields('function', 'custom');
const FUNCTION_FIELDS: ReadonlySet<string> = knownFields('name', 'description', 'parameters', 'strict');
const CUSTOM_FIELDS: ReadonlySet<string> = knownFields('name', 'description', 'format');
const SERVER_FIELDS: ReadonlySet<string> = knownFields();

export interface Tooling {
  readonly tools: readonly Tool[];
  readonly toolChoice: ChatRequest['toolChoice'];
  readonly parallelToolCalls: boolean | undefined;
  /** The client wrote the legacy `functions`, and reads `function_call`. */
  readonly legacy: boolean;
}

/** Throws `invalid-request` naming the tool that is wrong. */
export function decodeTools(body: Bag, decoding: Decoding): Tooling {
  const list = isAbsent(body.tools) ? [] : asList(body.tools, 'tools', TOOLS_MAX);
  const functions = isAbsent(body.functions) ? [] : asList(body.functions, 'functions', TOOLS_MAX);
  const legacy = functions.length > 0;
  if (legacy && list.length > 0) throw wrong('functions', 'expected either tools or functions');
  const tools = legacy
    ? functions.map((item, index) => functionTool(asBag(item, `functions[${index}]`), `functions[${index}]`, decoding))
    : list.map((item, index) => decodeTool(item, `tools[${index}]`, decoding));
  const chosen = isAbsent(body.tool_choice) ? decodeFunctionCall(body) : body.tool_choice;
  const field = isAbsent(body.tool_choice) ? 'function_call' : 'tool_choice';
  const parallel = optionalBoolean(body, 'parallel_tool_calls', '');
  // Without tools there is nothing to call one after the other.
  const parallelToolCalls = tools.length > 0 ? parallel : undefined;
  return { ...decodeChoice(chosen, field, tools, decoding), parallelToolCalls, legacy };
}

function decodeTool(value: unknown, path: string, decoding: Decoding): Tool {
  const tool = asBag(value, path);
  if (tool.type === 'function' || (isAbsent(tool.type) && isBag(tool.function))) {
    const marks = toolMarks(tool, TOOL_FIELDS, path, decoding);
    return { ...functionTool(requiredBag(tool, 'function', path), join(path, 'function'), decoding), ...marks };
  }
  if (tool.type === 'custom') {
    const marks = toolMarks(tool, TOOL_FIELDS, path, decoding);
    return { ...customTool(requiredBag(tool, 'custom', path), join(path, 'custom'), decoding), ...marks };
  }
  // Run by whoever serves the model: web_search and the like. Its settings are for a provider that knows it.
  return { kind: 'server', name: requiredWord(tool, 'type', path), ...toolMarks(tool, SERVER_FIELDS, path, decoding) };
}

function functionTool(tool: Bag, path: string, decoding: Decoding): Tool {
  const description = optionalString(tool, 'description', path);
  const schema = optionalBag(tool, 'parameters', path);
  const strict = optionalBoolean(tool, 'strict', path);
  checkDepth(schema, join(path, 'parameters'));
  return {
    kind: 'function',
    name: requiredWord(tool, 'name', path),
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { schema }),
    ...(strict === undefined ? {} : { strict }),
    ...toolMarks(tool, FUNCTION_FIELDS, path, decoding),
  };
}

function customTool(tool: Bag, path: string, decoding: Decoding): Tool {
  const description = optionalString(tool, 'description', path);
  const format = optionalBag(tool, 'format', path);
  const kind = format && optionalChoice(format, 'type', join(path, 'format'), ['text', 'grammar']);
  checkDepth(format, join(path, 'format'));
  return {
    kind: 'custom',
    name: requiredWord(tool, 'name', path),
    ...(description === undefined ? {} : { description }),
    // `text` is what a custom tool without a format takes.
    ...(kind === 'grammar' ? { format } : {}),
    ...toolMarks(tool, CUSTOM_FIELDS, path, decoding),
  };
}

function toolMarks(
  tool: Bag,
  known: ReadonlySet<string>,
  path: string,
  decoding: Decoding,
): Pick<Tool, 'cache' | 'extensions'> {
  const cache = cacheOf(tool, path, decoding);
  const unknown = unknownFields(tool, known);
  checkDepth(unknown, path);
  return { ...(cache ? { cache } : {}), ...(unknown ? { extensions: { 'openai-chat': unknown } } : {}) };
}

type Choice = Pick<Tooling, 'tools' | 'toolChoice'>;

function decodeChoice(value: unknown, field: string, tools: readonly Tool[], decoding: Decoding): Choice {
  if (isAbsent(value)) return { tools, toolChoice: undefined };
  if (value === 'auto' || value === 'none') return { tools, toolChoice: tools.length > 0 ? value : undefined };
  if (tools.length === 0) throw wrong(field, 'expected tools to choose from');
  if (value === 'required') return { tools, toolChoice: value };
  if (!isBag(value)) throw wrong(field, 'expected auto, none, required or an object that names a tool');
  if (value.type === 'allowed_tools') return allowedTools(value, field, tools, decoding);
  const kind = value.type === 'custom' ? 'custom' : 'function';
  if (!isAbsent(value.type) && value.type !== kind) {
    throw wrong(join(field, 'type'), 'expected one of function, custom, allowed_tools');
  }
  const name = requiredWord(requiredBag(value, kind, field), 'name', join(field, kind));
  if (!tools.some((tool) => tool.name === name))
    throw wrong(`${field}.${kind}.name`, 'expected the name of one of the tools');
  return { tools, toolChoice: { name } };
}

/** No target has this choice: the model is shown only the allowed tools. */
function allowedTools(choice: Bag, field: string, tools: readonly Tool[], decoding: Decoding): Choice {
  const path = join(field, 'allowed_tools');
  const allowed = requiredBag(choice, 'allowed_tools', field);
  const names = new Set(
    asList(allowed.tools, join(path, 'tools'), TOOLS_MAX).map((item, index) =>
      allowedName(item, `${path}.tools[${index}]`),
    ),
  );
  const shown = tools.filter((tool) => names.has(tool.name));
  if (shown.length === 0) throw wrong(join(path, 'tools'), 'expected the name of one of the tools');
  lose(decoding, 'toolChoice', 'approximated', 'only the allowed tools are shown to the model');
  return { tools: shown, toolChoice: optionalChoice(allowed, 'mode', path, ['auto', 'required']) ?? 'auto' };
}

function allowedName(value: unknown, path: string): string {
  const tool = asBag(value, path);
  if (isBag(tool.function)) return requiredWord(tool.function, 'name', join(path, 'function'));
  if (isBag(tool.custom)) return requiredWord(tool.custom, 'name', join(path, 'custom'));
  return requiredWord(tool, 'type', path);
}

/** The legacy choice, in the form of the new one. */
function decodeFunctionCall(body: Bag): unknown {
  const value = body.function_call;
  return isBag(value) ? { type: 'function', function: value } : value;
}
