// The content of a message or of a tool's output: a string or a list of typed parts, to canonical parts.
import { type MediaPart, RouterError, type TextPart } from '../../contract/index.ts';
import { type Decoding, spendParts } from '../decoding.ts';
import {
  asBag,
  asList,
  type Bag,
  checkDepth,
  isAbsent,
  isBag,
  join,
  optionalString,
  requiredBag,
  requiredString,
  requiredWord,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import { base64Of, mediaOfUrl, mediaTypeOfFile } from '../media-source.ts';
import { cacheOf, refusalPart } from '../openai-chat/decode-parts.ts';
import { citationsIn } from './annotation.ts';

export type ContentPart = TextPart | MediaPart;
/** What any part may carry besides its content. */
type Marks = Pick<TextPart, 'cache' | 'extensions'>;

const LIST_MAX = 10_000;
const PART_TYPES = 'input_text, input_image, input_file, input_audio, output_text, refusal';

const knownFields = (...fields: string[]): ReadonlySet<string> =>
  new Set(['type', 'id', 'cache_control', 'prompt_cache_breakpoint', ...fields]);
/** `logprobs` and what the SDK's helpers add come back with an answer and ask for nothing. */
const TEXT_FIELDS = knownFields('text', 'annotations', 'logprobs', 'parsed');
const IMAGE_FIELDS = knownFields('image_url', 'file_id', 'detail');
const FILE_FIELDS = knownFields('file_data', 'file_url', 'file_id', 'filename', 'detail');
const AUDIO_FIELDS = knownFields('input_audio');
const AUDIO_INNER_FIELDS: ReadonlySet<string> = new Set(['data', 'format']);

/** A string or a list of parts. Throws `invalid-request` naming the part that is wrong, and `unsupported` for files that only
 * OpenAI holds. */
export function decodeContent(value: unknown, field: string, decoding: Decoding): ContentPart[] {
  if (typeof value === 'string') {
    spendParts(decoding, 1);
    return [{ type: 'text', text: value }];
  }
  if (!Array.isArray(value)) throw wrong(field, 'expected a string or a list of parts');
  const list = asList(value, field, LIST_MAX);
  spendParts(decoding, list.length);
  return list.map((part, index) => decodePart(asBag(part, `${field}[${index}]`), `${field}[${index}]`, decoding));
}

function decodePart(part: Bag, path: string, decoding: Decoding): ContentPart {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    // Chat's word, which several clients keep when they change over.
    case 'text':
      return textPart(part, path, decoding);
    case 'refusal':
      return refusalPart(requiredString(part, 'refusal', path));
    case 'input_image':
      return imagePart(part, path, decoding);
    case 'input_file':
      return filePart(part, path, decoding);
    case 'input_audio':
      return audioPart(part, path, decoding);
    default:
      throw wrong(join(path, 'type'), `expected one of ${PART_TYPES}`);
  }
}

function textPart(part: Bag, path: string, decoding: Decoding): TextPart {
  const citations = citationsIn(part.annotations);
  return {
    type: 'text',
    text: requiredString(part, 'text', path),
    ...(citations.length > 0 ? { citations } : {}),
    ...marksOf(part, TEXT_FIELDS, path, decoding),
  };
}

function imagePart(part: Bag, path: string, decoding: Decoding): MediaPart {
  const image = part.image_url;
  if (isAbsent(image)) throw storedAtOpenai(part, path, 'image_url');
  const url = isBag(image) ? image.url : image;
  const source = mediaOfUrl(url, join(path, 'image_url'), 'image/*');
  return { type: 'media', ...source, ...marksOf(part, IMAGE_FIELDS, path, decoding, detailOf(part)) };
}

function filePart(part: Bag, path: string, decoding: Decoding): MediaPart {
  const name = optionalString(part, 'filename', path) || undefined;
  const url = optionalString(part, 'file_url', path);
  const field = join(path, 'file_data');
  if (isAbsent(part.file_data) && !url) throw storedAtOpenai(part, path, 'file_data');
  const content = isAbsent(part.file_data) ? undefined : requiredString(part, 'file_data', path);
  const source =
    content === undefined
      ? mediaOfUrl(url, join(path, 'file_url'), typeOfLink(name, url))
      : /^[a-z][a-z0-9+.-]+:/i.test(content)
        ? mediaOfUrl(content, field, mediaTypeOfFile(name, ''))
        : { mediaType: mediaTypeOfFile(name, content), data: base64Of(content, field) };
  const named = name === undefined ? {} : { name };
  return { type: 'media', ...source, ...named, ...marksOf(part, FILE_FIELDS, path, decoding, detailOf(part)) };
}

/** What the file's name or its link tell; a file at a link is a PDF unless it says otherwise. */
function typeOfLink(name: string | undefined, url = ''): string {
  const known = mediaTypeOfFile(name ?? url.replace(/[?#].*$/s, ''), '');
  return known === 'application/octet-stream' ? 'application/pdf' : known;
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

/** `auto` asks for nothing. */
function detailOf(part: Bag): Bag | undefined {
  return isAbsent(part.detail) || part.detail === 'auto' ? undefined : { detail: part.detail };
}

/** The error for a file that is only named, or not even that. */
export function storedAtOpenai(part: Bag, path: string, field: string): RouterError {
  if (isAbsent(part.file_id)) return wrong(join(path, field), 'missing: a data URI or a URL');
  const at = join(path, 'file_id');
  const why = `the file is stored at OpenAI, where the router cannot read it; send its content as ${field}`;
  return new RouterError('unsupported', `${at}: ${why}`, { field: at });
}

function marksOf(bag: Bag, known: ReadonlySet<string>, path: string, decoding: Decoding, extra?: Bag): Marks {
  const cache = cacheOf(bag, path, decoding);
  const unknown = unknownFields(bag, known);
  checkDepth(unknown, path);
  return {
    ...(cache ? { cache } : {}),
    ...(unknown || extra ? { extensions: { 'openai-responses': { ...unknown, ...extra } } } : {}),
  };
}
