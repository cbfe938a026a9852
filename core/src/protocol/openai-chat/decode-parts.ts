// The content of a message: a string or a list of typed parts, to canonical parts.
import type { MediaPart, Part, TextPart } from '../../contract/index.ts';
import { RouterError } from '../../contract/index.ts';
import { type Decoding, lose, spendParts } from '../decoding.ts';
import {
  asBag,
  asList,
  type Bag,
  checkDepth,
  isAbsent,
  isBag,
  join,
  optionalChoice,
  optionalString,
  requiredBag,
  requiredString,
  requiredWord,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import { base64Of, mediaOfUrl, mediaTypeOfFile } from '../media-source.ts';

/** What text and media parts may be. Tool calls and results are not content. */
export type ContentPart = TextPart | MediaPart;
/** What any part may carry besides its content. */
type Marks = Pick<TextPart, 'cache' | 'extensions'>;
/** `text`: only text. `any`: text and media. `assistant`: refusals as well. */
export type ContentKind = 'text' | 'any' | 'assistant';

const LIST_MAX = 10_000;
const MEDIA_URL_TYPES: ReadonlyMap<string, string> = new Map([
  ['document_url', 'application/pdf'],
  ['video_url', 'video/mp4'],
  ['audio_url', 'audio/mpeg'],
]);

/** The fields of a part that are read: what else it holds becomes an extension. */
export const knownFields = (...fields: string[]): ReadonlySet<string> =>
  new Set(['type', 'cache_control', 'prompt_cache_breakpoint', ...fields]);
const TEXT_FIELDS = knownFields('text');
const IMAGE_FIELDS = knownFields('image_url');
const AUDIO_FIELDS = knownFields('input_audio');
const FILE_FIELDS = knownFields('file');
const MEDIA_URL_FIELDS = knownFields(...MEDIA_URL_TYPES.keys());
const IMAGE_INNER_FIELDS = new Set(['url']);
const AUDIO_INNER_FIELDS = new Set(['data', 'format']);
const FILE_INNER_FIELDS = new Set(['file_data', 'filename', 'file_id']);

/** A string or a list of parts. Throws `invalid-request` naming the part that is wrong. */
export function decodeContent(value: unknown, field: string, kind: ContentKind, decoding: Decoding): ContentPart[] {
  if (typeof value === 'string') {
    spendParts(decoding, 1);
    return [{ type: 'text', text: value }];
  }
  if (!Array.isArray(value)) throw wrong(field, 'expected a string or a list of parts');
  const list = asList(value, field, LIST_MAX);
  spendParts(decoding, list.length);
  return list.map((part, index) => decodePart(part, `${field}[${index}]`, kind, decoding));
}

function decodePart(value: unknown, path: string, kind: ContentKind, decoding: Decoding): ContentPart {
  // Mistral's clients and some Python code send bare strings inside the list.
  if (typeof value === 'string') return { type: 'text', text: value };
  const part = asBag(value, path);
  const { type } = part;
  if (type === 'text')
    return { type: 'text', text: requiredString(part, 'text', path), ...marksOf(part, TEXT_FIELDS, path, decoding) };
  if (type === 'refusal' && kind === 'assistant') return refusalPart(requiredString(part, 'refusal', path));
  if (kind === 'text') throw wrong(join(path, 'type'), 'expected text: this message holds nothing else');
  if (type === 'image_url') return imagePart(part, path, decoding);
  if (type === 'input_audio') return audioPart(part, path, decoding);
  if (type === 'file') return filePart(part, path, decoding);
  const mediaType = typeof type === 'string' ? MEDIA_URL_TYPES.get(type) : undefined;
  if (typeof type !== 'string' || mediaType === undefined) {
    throw wrong(join(path, 'type'), 'expected one of text, image_url, input_audio, file');
  }
  const source = mediaOfUrl(urlOf(part[type]), join(path, type), mediaType);
  return { type: 'media', ...source, ...marksOf(part, MEDIA_URL_FIELDS, path, decoding) };
}

/** A refusal is text that chat shows in a field of its own. */
export const refusalPart = (text: string): TextPart => ({
  type: 'text',
  text,
  extensions: { 'openai-chat': { refusal: true } },
});

/** `{url}` as OpenAI has it, or the bare string that others take. */
const urlOf = (value: unknown): unknown => (isBag(value) ? value.url : value);

function imagePart(part: Bag, path: string, decoding: Decoding): MediaPart {
  const image = part.image_url;
  const field = isBag(image) ? `${path}.image_url.url` : `${path}.image_url`;
  const source = mediaOfUrl(urlOf(image), field, 'image/*');
  return { type: 'media', ...source, ...marksOf(part, IMAGE_FIELDS, path, decoding, imageSettings(image)) };
}

/** `detail` and what else stands beside the URL; `auto` asks for nothing. */
function imageSettings(image: unknown): Bag | undefined {
  const settings = isBag(image) ? unknownFields(image, IMAGE_INNER_FIELDS) : undefined;
  if (settings?.detail !== 'auto') return settings;
  const { detail: _, ...others } = settings;
  return Object.keys(others).length === 0 ? undefined : others;
}

function audioPart(part: Bag, path: string, decoding: Decoding): MediaPart {
  const at = join(path, 'input_audio');
  const audio = requiredBag(part, 'input_audio', path);
  const format = requiredWord(audio, 'format', at);
  if (!/^[a-z0-9]{1,16}$/.test(format)) throw wrong(join(at, 'format'), 'expected a format such as wav or mp3');
  const data = base64Of(audio.data, join(at, 'data'));
  const extra = unknownFields(audio, AUDIO_INNER_FIELDS);
  return { type: 'media', mediaType: `audio/${format}`, data, ...marksOf(part, AUDIO_FIELDS, path, decoding, extra) };
}

function filePart(part: Bag, path: string, decoding: Decoding): MediaPart {
  const at = join(path, 'file');
  const file = requiredBag(part, 'file', path);
  const name = optionalString(file, 'filename', at);
  const field = join(at, 'file_data');
  if (isAbsent(file.file_data)) {
    if (isAbsent(file.file_id)) throw wrong(field, 'missing: a data URI or base64');
    const why = 'the file is stored at OpenAI, where the router cannot read it; send its content as file_data';
    throw new RouterError('unsupported', `${join(at, 'file_id')}: ${why}`, { field: join(at, 'file_id') });
  }
  const content = requiredString(file, 'file_data', at);
  const source = /^[a-z][a-z0-9+.-]+:/i.test(content)
    ? mediaOfUrl(content, field, mediaTypeOfFile(name, ''))
    : { mediaType: mediaTypeOfFile(name, content), data: base64Of(content, field) };
  const named = name === undefined || name === '' ? {} : { name };
  const extra = unknownFields(file, FILE_INNER_FIELDS);
  return { type: 'media', ...source, ...named, ...marksOf(part, FILE_FIELDS, path, decoding, extra) };
}

/** Cache marks, what stands in a field of a vendor's name, and whatever else the object holds besides the fields already read, as an extension of the part. */
export function marksOf(bag: Bag, known: ReadonlySet<string>, path: string, decoding: Decoding, extra?: Bag): Marks {
  const cache = cacheOf(bag, path, decoding);
  const unknown = unknownFields(bag, known);
  checkDepth(unknown, path);
  if (!cache && !unknown && !extra) return {};
  if (!unknown && !extra) return cache ? { cache } : {};
  const { bedrock, ...others } = { ...unknown, ...extra };
  const vendor = isAbsent(bedrock) ? undefined : asBag(bedrock, join(path, 'bedrock'));
  const own = Object.keys(others).length > 0 ? { 'openai-chat': others } : {};
  return { ...(cache ? { cache } : {}), extensions: { ...own, ...(vendor ? { bedrock: vendor } : {}) } };
}

/** `cache_control` as Anthropic's users write it through chat, or OpenAI's own `prompt_cache_breakpoint`. */
export function cacheOf(bag: Bag, path: string, decoding: Decoding): TextPart['cache'] {
  if (!isAbsent(bag.cache_control)) {
    const at = join(path, 'cache_control');
    const control = asBag(bag.cache_control, at);
    if (optionalChoice(control, 'type', at, ['ephemeral']) === undefined)
      throw wrong(join(at, 'type'), 'expected ephemeral');
    const ttl = optionalChoice(control, 'ttl', at, ['5m', '1h']);
    return ttl === undefined ? {} : { ttl };
  }
  if (!isBag(bag.prompt_cache_breakpoint)) return undefined;
  if (isAbsent(bag.prompt_cache_breakpoint.ttl)) return {};
  // OpenAI keeps for 30m or 12h (2026-11); the canonical form knows 5m and 1h.
  lose(decoding, 'prompt_cache_breakpoint', 'approximated', 'the time to live becomes one hour');
  return { ttl: '1h' };
}

/** Puts a message's own cache mark on its last part. */
export function withCache<Marked extends Part>(parts: readonly Marked[], cache: TextPart['cache']): Marked[] {
  return parts.map((part, index) =>
    cache && index === parts.length - 1 ? { ...part, cache: part.cache ?? cache } : part,
  );
}

/** Adds a field to the extension of a message's first part: a message itself has none. */
export function withExtension<Marked extends Part>(parts: readonly Marked[], field: string, value: unknown): Marked[] {
  return parts.map((part, index) => {
    if (index > 0) return part;
    const own = { ...part.extensions?.['openai-chat'], [field]: value };
    return { ...part, extensions: { ...part.extensions, 'openai-chat': own } };
  });
}
