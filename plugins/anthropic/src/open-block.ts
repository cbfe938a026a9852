// One block of an answer on its way: what it is in the canonical form, and what each of its deltas says.
import type { Block, Extensions } from '@turnout/core/contract';
import { FreeText, isObject, JsonText } from '@turnout/core/plugin';
import { MESSAGES_OWNER, rawMessagesExtension, readableText } from '@turnout/core/wire';
import type { Echo } from './echo.ts';
import { type Bag, isSet, textIn } from './wire.ts';

/** How the deltas of a block are read. */
type Kind = 'text' | 'thinking' | 'redacted' | 'input' | 'raw' | 'result';

export interface OpenBlock {
  readonly index: number;
  readonly kind: Kind;
  readonly block: Block;
  readonly extensions: Extensions | undefined;
  /** Takes the text out of what a tool that stands for something else is called with. */
  readonly reader: FreeText | JsonText | undefined;
  /** A block of Anthropic's own, as far as it has come. */
  raw: Bag | undefined;
  signature: string;
  data: string | undefined;
  /** Some text has been told. */
  told: boolean;
}

/** The block that begins; undefined for one that the client does not get to see. */
export function openBlock(content: Bag, index: number, echo: Echo): OpenBlock | undefined {
  const open = (kind: Kind, block: Block, more: Partial<OpenBlock> = {}): OpenBlock => ({
    ...{ index, kind, block, extensions: undefined, reader: undefined, raw: undefined },
    ...{ signature: '', data: undefined, told: false, ...more },
  });
  switch (content.type) {
    case 'text':
      return open('text', { type: 'text' }, echo.jsonOpener && { reader: new JsonText(echo.jsonOpener) });
    case 'thinking':
      return open('thinking', { type: 'reasoning', origin: 'claude' });
    case 'redacted_thinking': {
      const data = textIn(content.data);
      return open('redacted', { type: 'reasoning', redacted: true, origin: 'claude' }, { data });
    }
    case 'tool_use':
      return toolUse(content, echo, open);
    default:
      return ownBlock(content, open);
  }
}

type Open = (kind: Kind, block: Block, more?: Partial<OpenBlock>) => OpenBlock;

function toolUse(content: Bag, echo: Echo, open: Open): OpenBlock | undefined {
  const name = textIn(content.name) ?? '';
  // Our own tool: its input is the answer.
  if (name === echo.outputTool) return open('input', { type: 'text' });
  if (echo.ignoresCalls) return undefined;
  const custom = echo.textTools.has(name);
  const { caller, toolset_name } = content;
  const extras = {
    // Who called says nothing when it is the model itself.
    ...(isObject(caller) && caller.type !== 'direct' ? { caller } : {}),
    ...(isSet(toolset_name) ? { toolset_name } : {}),
  };
  return open(
    'input',
    {
      type: 'tool-call',
      id: textIn(content.id) ?? '',
      name: echo.names.client(name) ?? name,
      ...(custom ? { custom } : {}),
    },
    {
      ...(Object.keys(extras).length === 0 ? {} : { extensions: { [MESSAGES_OWNER]: extras } }),
      ...(custom ? { reader: new FreeText() } : {}),
    },
  );
}

/** Blocks of Anthropic's own: the raw block for clients that speak Messages, and for the others what can be read of it. */
function ownBlock(content: Bag, open: Open): OpenBlock {
  const type = textIn(content.type) ?? 'unknown';
  const extensions = rawMessagesExtension(type, content);
  const [id, name, called] = [textIn(content.id), textIn(content.name), textIn(content.tool_use_id)];
  if ((type === 'server_tool_use' || type === 'mcp_tool_use') && id !== undefined && name !== undefined) {
    return open('input', { type: 'tool-call', id, name, server: true, origin: 'claude' }, { extensions });
  }
  if (type.endsWith('_tool_result') && called !== undefined) {
    return open('result', { type: 'tool-result', id: called, server: true }, { extensions, raw: content });
  }
  return open('raw', { type: 'text' }, { extensions, raw: content });
}

/** What of a delta is told as text; '' for nothing. */
export function readDelta(open: OpenBlock, delta: Bag): string {
  if (open.raw !== undefined) {
    open.raw = grown(open.raw, delta);
    return '';
  }
  const text = textOf(open, delta);
  if (typeof delta.signature === 'string') open.signature += delta.signature;
  return open.reader === undefined ? text : open.reader.push(text);
}

function textOf({ kind }: OpenBlock, delta: Bag): string {
  const said = kind === 'text' ? delta.text : kind === 'thinking' ? delta.thinking : delta.partial_json;
  return typeof said === 'string' ? said : '';
}

/** Deltas of a kind that came after this plugin: texts go on, all else takes the place of what was there. */
function grown(raw: Bag, { type: _type, ...said }: Bag): Bag {
  const members = Object.entries(said).map(([name, value]): [string, unknown] => {
    const before = Object.hasOwn(raw, name) ? raw[name] : undefined;
    return [name, typeof before === 'string' && typeof value === 'string' ? before + value : value];
  });
  return { ...raw, ...Object.fromEntries(members) };
}

/** What is left to be told when the block ends. */
export function lastText({ kind, reader, raw, told, block }: OpenBlock): string {
  if (raw !== undefined) return readableText(raw);
  if (reader !== undefined) return reader.end();
  // A call without arguments is one with none of them.
  return kind === 'input' && !told && !(block.type === 'tool-call' && block.custom) ? '{}' : '';
}

/** The raw block of one that has grown. */
export function lastExtensions({ raw, extensions }: OpenBlock): Extensions | undefined {
  if (raw === undefined || typeof raw.type !== 'string') return undefined;
  const before = extensions?.[MESSAGES_OWNER]?.[raw.type];
  return before === raw ? undefined : rawMessagesExtension(raw.type, raw);
}
