// How one block of an answer looks on the wire, streamed or whole.
import type { Block, Extensions, ResultBlock } from '../../contract/index.ts';
import { messagesCitation } from '../../wire/index.ts';
import { carrySignature } from '../carried-signature.ts';
import { type Bag, isAbsent, isBag } from '../field-reader.ts';
import { outwardOf } from '../reasoning-envelope.ts';
import { OWNER, rawBlockOf } from './raw-block.ts';

type ToolCallBlock = Extract<Block, { type: 'tool-call' }>;
type ToolResultBlock = Extract<Block, { type: 'tool-result' }>;

/** Fields of a tool call that only Anthropic has. */
const CALL_EXTRAS = ['caller', 'toolset_name'] as const;

/** What the client sees of a finished block, as the JSON of no, one or two blocks: the same as the events of a stream add up to. */
export function blocksOf(result: ResultBlock): string[] {
  const { block, text, extensions } = result;
  switch (block.type) {
    case 'text':
      return [...textOf(result), ...signatureOf(result)];
    case 'reasoning':
      return reasoningOf(result, block.origin);
    case 'tool-call': {
      const head = JSON.stringify(callHead(block, extensions)).slice(0, -1);
      return [`${head},"input":${inputJson(text)}}`, ...signatureOf(result)];
    }
    case 'tool-result':
      return [JSON.stringify(serverResult(block, text, extensions))];
    case 'media':
      return [JSON.stringify({ type: 'text', text: mediaNote(block.mediaType) })];
  }
}

/** An empty text says nothing, and Anthropic itself refuses one that is brought back; but a signed one must stand. */
function textOf(result: ResultBlock): string[] {
  const { text, extensions } = result;
  const raw = rawBlockOf(extensions);
  if (raw) return [JSON.stringify(raw)];
  const citations = result.citations?.flatMap((citation) => messagesCitation(citation) ?? []) ?? [];
  if (text === '' && citations.length === 0 && signatureOf(result).length === 0) return [];
  return [JSON.stringify({ type: 'text', text, ...(citations.length === 0 ? {} : { citations }) })];
}

function reasoningOf({ text, signature, data }: ResultBlock, origin: string | undefined): string[] {
  const signed = outwardOf(origin, signature);
  const redacted = outwardOf(origin, data);
  return [
    ...(text === '' && signed === undefined
      ? []
      : [JSON.stringify({ type: 'thinking', thinking: text, signature: signed ?? '' })]),
    ...(redacted === undefined ? [] : [redactedBlock(redacted)]),
  ];
}

/** The block that carries the signature of a text or a tool call, if there is one. */
export function signatureOf({ block, signature }: Pick<ResultBlock, 'block' | 'signature'>): string[] {
  const origin = 'origin' in block ? block.origin : undefined;
  if (!signature || origin === undefined) return [];
  return [redactedBlock(carrySignature({ origin, value: signature }))];
}

/** The head of a tool call, without its input. A call that the vendor itself ran is shown as one of an MCP server: of the forms
 * that Messages has for such calls it is the only one that takes any name and any text as its result. */
export function callHead(block: ToolCallBlock, extensions: Extensions | undefined): Bag {
  const { id, name } = block;
  if (!block.server) return { type: 'tool_use', id, name, ...callExtras(extensions) };
  const { input: _, ...raw } = rawBlockOf(extensions) ?? {};
  if (raw.type !== undefined) return { ...raw, id, name };
  return { type: 'mcp_tool_use', id, name, server_name: block.origin ?? 'provider' };
}

function callExtras(extensions: Extensions | undefined): Bag {
  const own = extensions?.[OWNER];
  if (own === undefined) return {};
  return Object.fromEntries(CALL_EXTRAS.flatMap((key) => (isAbsent(own[key]) ? [] : [[key, own[key]]])));
}

/** The result of a call that the vendor itself ran. */
function serverResult({ id }: ToolResultBlock, text: string, extensions: Extensions | undefined): Bag {
  const raw = rawBlockOf(extensions);
  if (isBag(raw)) return raw;
  const content = text === '' ? [] : [{ type: 'text', text }];
  return { type: 'mcp_tool_result', tool_use_id: id, is_error: false, content };
}

/** The `input` of a call as JSON text. Text that is no JSON stays visible, as a JSON string: an empty object in its place would
 * make the client run the tool with nothing. */
function inputJson(text: string): string {
  if (text.trim() === '') return '{}';
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

/** What says in the answer that there was media, which Messages has no block for. */
export const mediaNote = (mediaType: string): string => `[${mediaType}: not shown, this protocol has no place for it]`;

export const redactedBlock = (data: string): string => JSON.stringify({ type: 'redacted_thinking', data });
