// Items of OpenAI's own tools in a history: kept as calls and results that any target can read, with the item itself for one that
// has the tool. What says nothing without OpenAI is a loss, never a failure.
import { type Part, RouterError, type ToolCallPart } from '../../contract/index.ts';
import { type Decoding, lose, spendParts } from '../decoding.ts';
import { type Bag, checkDepth, isAbsent, isBag } from '../field-reader.ts';
import { base64Of, mediaOfUrl } from '../media-source.ts';
import { decodeContent } from './decode-content.ts';
import { TOOL_SEARCH, type ToolNames } from './tool-names.ts';
import type { Turns } from './turns.ts';

/** Tools that the client runs: type of the call → the tool and the field that says what is asked. */
const CLIENT_CALLS: ReadonlyMap<string, { readonly name: string; readonly asked: readonly string[] }> = new Map([
  ['local_shell_call', { name: 'local_shell', asked: ['action'] }],
  ['shell_call', { name: 'shell', asked: ['action'] }],
  ['apply_patch_call', { name: 'apply_patch', asked: ['operation'] }],
  ['computer_call', { name: 'computer', asked: ['action', 'actions'] }],
  ['tool_search_call', { name: TOOL_SEARCH, asked: ['arguments'] }],
]);
const CLIENT_OUTPUTS: ReadonlyMap<string, string> = new Map([
  ['local_shell_call_output', 'output'],
  ['shell_call_output', 'output'],
  ['apply_patch_call_output', 'output'],
  ['computer_call_output', 'output'],
]);
/** Tools that OpenAI runs: the fields that say what was asked, and those with what came of it. */
const SERVER_CALLS: ReadonlyMap<string, { readonly asked: string; readonly found: string }> = new Map([
  ['web_search_call', { asked: 'action', found: 'results' }],
  ['file_search_call', { asked: 'queries', found: 'results' }],
  ['code_interpreter_call', { asked: 'code', found: 'outputs' }],
  ['mcp_call', { asked: 'arguments', found: 'output' }],
]);

interface Reading {
  readonly turns: Turns;
  readonly names: ToolNames;
  readonly decoding: Decoding;
}

/** Reads an item that is no message, call, output or reasoning of the usual kind. */
export function decodeForeignItem(item: Bag, path: string, { turns, names, decoding }: Reading): void {
  checkDepth(item, path);
  const type = typeof item.type === 'string' ? item.type : 'input';
  const extensions = { 'openai-responses': { [type]: item } };
  // Of a search nothing is lost: what it found has joined the tools.
  const raw = type === 'tool_search_call' ? {} : { extensions };
  const id = wordIn(item, 'call_id') ?? wordIn(item, 'id');
  const client = CLIENT_CALLS.get(type);
  const output = CLIENT_OUTPUTS.get(type);
  const server = SERVER_CALLS.get(type);
  const image = type === 'image_generation_call' ? unlessWrong(() => base64Of(item.result, path)) : undefined;
  if (image !== undefined) {
    spendParts(decoding, 1);
    turns.assistant({ type: 'media', mediaType: `image/${formatOf(item)}`, data: image });
  } else if (client && id !== undefined) {
    const asked = client.asked.map((field) => item[field]).find((value) => !isAbsent(value));
    spendParts(decoding, 1);
    turns.call({ type: 'tool-call', id, name: client.name, input: jsonOf(asked ?? {}), ...raw });
  } else if (type === 'tool_search_output' && id !== undefined) {
    spendParts(decoding, 2);
    turns.result({ type: 'tool-result', id, parts: [{ type: 'text', text: foundIn(item.tools, names) }] });
  } else if (output !== undefined && id !== undefined) {
    spendParts(decoding, 1);
    const parts = outputParts(item[output], `${path}.${output}`, decoding);
    turns.result({ type: 'tool-result', id, parts, extensions });
  } else if (server && id !== undefined) {
    spendParts(decoding, 2);
    const call: ToolCallPart = {
      type: 'tool-call',
      id,
      name: type,
      input: jsonOf(item[server.asked] ?? {}),
      server: true,
      extensions,
    };
    const found = item[server.found];
    turns.assistant(call, ...(isAbsent(found) ? [] : [serverResult(id, found)]));
  } else {
    lose(decoding, type, 'dropped', 'nothing but OpenAI can read such an item');
  }
}

/** The names of the tools that a search has found: their definitions have joined the request's. */
function foundIn(tools: unknown, names: ToolNames): string {
  const found = (Array.isArray(tools) ? tools : []).filter(isBag).flatMap(({ type, name, tools: inner }) => {
    if (typeof name !== 'string' || type !== 'namespace') return typeof name === 'string' ? [name] : [];
    const own = Array.isArray(inner) ? inner.filter(isBag) : [];
    return own.flatMap((tool) => (typeof tool.name === 'string' ? [names.find(name, tool.name) ?? tool.name] : []));
  });
  return JSON.stringify({ tools: found });
}

const serverResult = (id: string, found: unknown): Part => ({
  type: 'tool-result',
  id,
  parts: [{ type: 'text', text: jsonOf(found) }],
  server: true,
});

/** Text as it is, a screenshot as an image, anything else as the JSON it was. */
function outputParts(value: unknown, path: string, decoding: Decoding): Part[] {
  if (typeof value === 'string') return decodeContent(value, path, decoding);
  spendParts(decoding, 1);
  if (isBag(value) && typeof value.image_url === 'string') {
    const source = unlessWrong(() => mediaOfUrl(value.image_url, path, 'image/*'));
    if (source) return [{ type: 'media', ...source }];
    lose(decoding, 'image_url', 'dropped', 'neither a data URI nor a URL');
    return [{ type: 'text', text: '' }];
  }
  return [{ type: 'text', text: isAbsent(value) ? '' : jsonOf(value) }];
}

/** undefined where a reader says that the value is wrong: an old item is no reason to refuse a request. */
function unlessWrong<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (RouterError.is(error)) return undefined;
    throw error;
  }
}

const jsonOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function formatOf({ output_format: format }: Bag): string {
  return typeof format === 'string' && /^[a-z0-9]{1,16}$/.test(format) ? format : 'png';
}

function wordIn(item: Bag, key: string): string | undefined {
  const value = item[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
