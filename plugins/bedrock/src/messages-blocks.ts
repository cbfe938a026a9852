// One block of a Messages client's conversation, as InvokeModel takes it for a Claude.
import { isObject } from '@turnout/core/plugin';
import { TOOL_SEARCH } from './beta.ts';
import { isSet, type Json, type Shaping } from './messages-shaping.ts';

export type Place = 'system' | 'user' | 'assistant' | 'result';

interface Kind {
  readonly places: readonly Place[];
  readonly members: ReadonlySet<string>;
  /** Part of the search for tools, which has a flag. */
  readonly searches?: true;
}

const kind = (places: readonly Place[], ...members: string[]): Kind => ({ places, members: new Set(members) });
const OF_USER: readonly Place[] = ['user', 'result'];

/** All that Bedrock's Claudes read (2026-11), by type. */
const KINDS: ReadonlyMap<unknown, Kind> = new Map([
  ['text', kind(['system', 'user', 'assistant', 'result'], 'text', 'citations')],
  ['image', kind(OF_USER, 'source')],
  ['document', kind(OF_USER, 'source', 'title', 'context', 'citations')],
  ['search_result', kind(OF_USER, 'source', 'title', 'content', 'citations')],
  ['thinking', kind(['assistant'], 'thinking', 'signature')],
  ['redacted_thinking', kind(['assistant'], 'data')],
  ['tool_use', kind(['assistant'], 'id', 'name', 'input')],
  ['tool_result', kind(['user'], 'tool_use_id', 'content', 'is_error')],
  ['tool_reference', { ...kind(['result'], 'tool_name'), searches: true }],
  ['server_tool_use', { ...kind(['assistant'], 'id', 'name', 'input'), searches: true }],
  ['tool_search_tool_result', { ...kind(['assistant'], 'tool_use_id', 'content'), searches: true }],
]);

/** The block itself where nothing of it has to go. What cannot stand there makes the body unfit. */
export function blockShape(given: unknown, place: Place, shaping: Shaping): Json {
  const block: Json = isObject(given) ? given : {};
  const known = KINDS.get(block.type);
  const name = String(block.type).slice(0, 64);
  const searched = !known?.searches || (shaping.betas.has(TOOL_SEARCH) && isOfSearch(block));
  if (!known?.places.includes(place) || !searched) {
    shaping.unfit(`a block of the type ${name}`);
    return block;
  }
  const fault = faultOf(block);
  if (fault !== undefined) shaping.unfit(fault);
  return keep(block, known, place, shaping);
}

const isOfSearch = ({ type, name }: Json): boolean =>
  type !== 'server_tool_use' || String(name).startsWith('tool_search_tool');

function keep(block: Json, { members }: Kind, place: Place, shaping: Shaping): Json {
  let kept: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(block)) {
    if (name === 'type') continue;
    const told = members.has(name) ? memberOf(name, value, block, shaping) : markOf(name, value, place, shaping);
    if (told === value) continue;
    kept ??= { ...block };
    if (told === undefined) delete kept[name];
    else kept[name] = told;
  }
  const shaped = kept ?? block;
  return block.type === 'tool_result' ? raiseMark(shaped, shaping) : shaped;
}

function memberOf(name: string, value: unknown, block: Json, shaping: Shaping): unknown {
  if (!isSet(value)) return undefined;
  if (name !== 'content' || block.type !== 'tool_result' || !Array.isArray(value)) return value;
  const blocks = value.map((inner) => blockShape(inner, 'result', shaping));
  return blocks.every((inner, index) => inner === value[index]) ? value : blocks;
}

/** A member besides the content: a cache mark, or what is not sent. */
function markOf(name: string, value: unknown, place: Place, shaping: Shaping): unknown {
  if (!isSet(value)) return undefined;
  // One inside a result means the same as one on it, and is counted there.
  if (name === 'cache_control') return place === 'result' ? value : shaping.cacheControl(value);
  const idle =
    // What the SDK's `parse()` leaves on an answer, and that the model itself has called.
    name === 'parsed_output' || name === 'parsed' || (name === 'caller' && isObject(value) && value.type === 'direct');
  if (!idle) shaping.losses.drop(name.slice(0, 100), 'the target has no such setting');
  return undefined;
}

/** A cache mark inside a result, put on the result. */
function raiseMark(result: Json, shaping: Shaping): Json {
  const { content } = result;
  if (!Array.isArray(content) || !content.some((inner) => isObject(inner) && isSet(inner.cache_control))) return result;
  const inner = content.findLast((one) => isObject(one) && isSet(one.cache_control)).cache_control;
  const mark = result.cache_control ?? shaping.cacheControl(inner);
  const plain = content.map(({ cache_control: _mark, ...others }: Json) => others);
  return { ...result, content: plain, ...(mark === undefined ? {} : { cache_control: mark }) };
}

const ID = /^[a-zA-Z0-9_-]{1,64}$/;

/** What the target would refuse of it, and what another family has signed. */
function faultOf(block: Json): string | undefined {
  switch (block.type) {
    case 'text':
      return /\S/.test(String(block.text)) ? undefined : 'a blank text';
    case 'image':
      return imageFault(block.source);
    case 'document':
      return documentFault(block.source);
    case 'thinking':
      return signatureFault(block.signature);
    case 'redacted_thinking':
      return signatureFault(block.data);
    case 'tool_use':
      if (!isObject(block.input)) return 'the input of a call that is no object';
      return ID.test(String(block.id)) ? undefined : 'the id of a call';
    default:
      return undefined;
  }
}

const SEALED = /^tns?1\./;

function signatureFault(signature: unknown): string | undefined {
  if (typeof signature !== 'string' || signature === '') return 'reasoning without a signature';
  return SEALED.test(signature) ? 'reasoning of another family in the history' : undefined;
}

/** How the base64 of each kind of file begins. */
const STARTS: Readonly<Record<string, string>> = {
  'image/png': 'iVBOR',
  'image/jpeg': '/9j/',
  'image/gif': 'R0lGOD',
  'image/webp': 'UklGR',
};

function imageFault(source: unknown): string | undefined {
  if (!isObject(source) || source.type !== 'base64') return 'media behind a URL';
  const start = STARTS[String(source.media_type)];
  const fits = start !== undefined && typeof source.data === 'string' && source.data.startsWith(start);
  return fits ? undefined : 'an image of another format than it says';
}

function documentFault(source: unknown): string | undefined {
  if (!isObject(source)) return 'a document without a source';
  if (source.type === 'content') {
    const inner: readonly unknown[] = Array.isArray(source.content) ? source.content : [];
    return inner.map((block) => (isObject(block) ? faultOf(block) : undefined)).find((fault) => fault !== undefined);
  }
  if (source.type === 'text') return /\S/.test(String(source.data)) ? undefined : 'a blank document';
  if (source.type !== 'base64') return 'media behind a URL';
  return source.media_type === 'application/pdf' ? undefined : 'a document of another format than PDF';
}
