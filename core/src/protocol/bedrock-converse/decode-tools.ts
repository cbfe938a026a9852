// The tools of a Converse request and how the model may choose among them.
import type { ChatRequest, Tool } from '../../contract/index.ts';
import { lose } from '../decoding.ts';
import {
  asBag,
  asList,
  type Bag,
  isAbsent,
  join,
  optionalBag,
  optionalBoolean,
  optionalString,
  requiredBag,
  requiredWord,
  wrong,
} from '../field-reader.ts';
import { type ConverseDecoding, cacheOf } from './decode-blocks.ts';
import { loseUnknown } from './validation.ts';

const TOOLS_MAX = 10_000;
const TOOL_SPEC: ReadonlySet<string> = new Set(['name', 'description', 'inputSchema', 'strict']);

interface Tools {
  readonly tools: readonly Tool[];
  readonly toolChoice: ChatRequest['toolChoice'];
}

/** Throws `invalid-request` naming the tool or the choice that is wrong. */
export function decodeTools(body: Bag, decoding: ConverseDecoding): Tools {
  const config = optionalBag(body, 'toolConfig', '');
  if (!config) return { tools: [], toolChoice: undefined };
  const path = 'toolConfig.tools';
  const tools: Tool[] = [];
  for (const [index, item] of asList(config.tools ?? [], path, TOOLS_MAX).entries()) {
    readTool(asBag(item, `${path}.${index}`), `${path}.${index}`, tools, decoding);
  }
  const choice = optionalBag(config, 'toolChoice', 'toolConfig');
  return { tools, toolChoice: choice && decodeChoice(choice) };
}

function readTool(entry: Bag, path: string, tools: Tool[], decoding: ConverseDecoding): void {
  const point = optionalBag(entry, 'cachePoint', path);
  const system = optionalBag(entry, 'systemTool', path);
  if (point) {
    const cache = cacheOf(point, join(path, 'cachePoint'));
    const last = tools.pop();
    if (last) tools.push({ ...last, cache });
    else lose(decoding, 'cachePoint', 'dropped', 'nothing stands before it');
  } else if (system) {
    tools.push({ kind: 'server', name: requiredWord(system, 'name', join(path, 'systemTool')) });
  } else if (!isAbsent(entry.toolSpec)) {
    tools.push(toolSpec(requiredBag(entry, 'toolSpec', path), join(path, 'toolSpec'), decoding));
  } else {
    const [kind] = Object.keys(entry);
    if (kind === undefined) throw wrong(path, 'expected one of toolSpec, systemTool, cachePoint');
    decoding.relayOnly ??= `${path} is a tool of a kind that only Bedrock knows (${kind.slice(0, 80)})`;
  }
}

function toolSpec(spec: Bag, path: string, decoding: ConverseDecoding): Tool {
  loseUnknown(spec, TOOL_SPEC, decoding);
  const input = optionalBag(spec, 'inputSchema', path);
  const schema = input && optionalBag(input, 'json', join(path, 'inputSchema'));
  const description = optionalString(spec, 'description', path);
  const strict = optionalBoolean(spec, 'strict', path);
  return {
    kind: 'function',
    name: requiredWord(spec, 'name', path),
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { schema }),
    ...(strict === undefined ? {} : { strict }),
  };
}

function decodeChoice(choice: Bag): ChatRequest['toolChoice'] {
  const path = 'toolConfig.toolChoice';
  if (!isAbsent(choice.any)) return 'required';
  if (!isAbsent(choice.tool)) return { name: requiredWord(requiredBag(choice, 'tool', path), 'name', `${path}.tool`) };
  if (!isAbsent(choice.auto)) return 'auto';
  throw wrong(path, 'expected one of auto, any, tool');
}
