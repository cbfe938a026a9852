// Images and documents of a request, by where their bytes are.
import { type MediaPart, type Part, RouterError, type TextPart } from '../../contract/index.ts';
import { type Decoding, lose, spendParts } from '../decoding.ts';
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
  requiredString,
  requiredWord,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import { base64Of, type MediaSource, mediaOfUrl } from '../media-source.ts';
import { knownFields, type Marks, marksOf } from './block-marks.ts';

const BLOCKS_MAX = 10_000;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/;
const IMAGE_FIELDS = knownFields('source');
const DOCUMENT_FIELDS = knownFields('source', 'title', 'context', 'citations');
const CITATIONS_FIELDS: ReadonlySet<string> = new Set(['enabled']);

export function imagePart(block: Bag, path: string, decoding: Decoding): MediaPart {
  const source = sourceOf(requiredBag(block, 'source', path), join(path, 'source'), 'image/*');
  return { type: 'media', ...source, ...marksOf(block, IMAGE_FIELDS, path, decoding) };
}

/** One part, or several for a document that is itself made of blocks. */
export function documentParts(block: Bag, path: string, decoding: Decoding): Part[] {
  const at = join(path, 'source');
  const source = requiredBag(block, 'source', path);
  const marks = { ...documentMarks(block, path, decoding), ...marksOf(block, DOCUMENT_FIELDS, path, decoding) };
  if (source.type === 'text') {
    return [{ type: 'media', mediaType: 'text/plain', data: textData(requiredWord(source, 'data', at)), ...marks }];
  }
  if (source.type === 'content') return contentParts(source, at, marks, decoding);
  return [{ type: 'media', ...sourceOf(source, at, 'application/pdf'), ...marks }];
}

type DocumentMarks = Pick<MediaPart, 'name' | 'context' | 'citable'>;

function documentMarks(block: Bag, path: string, decoding: Decoding): DocumentMarks {
  const name = optionalString(block, 'title', path);
  const context = optionalString(block, 'context', path);
  const citations = optionalBag(block, 'citations', path);
  const citable = citations && optionalBoolean(citations, 'enabled', join(path, 'citations'));
  for (const field of Object.keys((citations && unknownFields(citations, CITATIONS_FIELDS)) ?? {})) {
    lose(decoding, `citations.${field}`, 'dropped', 'the router has no such setting');
  }
  return { ...(name ? { name } : {}), ...(context ? { context } : {}), ...(citable ? { citable } : {}) };
}

const textData = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** Bytes in the request, or a URL. Throws `unsupported` for a file that is stored at Anthropic. */
function sourceOf(source: Bag, path: string, urlType: string): MediaSource {
  const { type } = source;
  if (type === 'base64') {
    const mediaType = requiredString(source, 'media_type', path).toLowerCase();
    if (!MEDIA_TYPE.test(mediaType)) throw wrong(join(path, 'media_type'), 'expected a media type such as image/png');
    // Often written, never registered; providers know only the other one.
    const registered = mediaType === 'image/jpg' ? 'image/jpeg' : mediaType;
    return { mediaType: registered, data: base64Of(source.data, join(path, 'data')) };
  }
  if (type === 'url') return mediaOfUrl(source.url, join(path, 'url'), urlType);
  if (type === 'file') {
    const field = isAbsent(source.file_id) ? path : join(path, 'file_id');
    const why = 'the file is stored at Anthropic, where the router cannot read it; send its content as base64';
    throw new RouterError('unsupported', `${field}: ${why}`, { field });
  }
  throw wrong(join(path, 'type'), 'expected one of base64, url, file');
}

/** A document of blocks: its text as one document, images behind it. */
function contentParts(source: Bag, path: string, marks: DocumentMarks & Marks, decoding: Decoding): Part[] {
  const at = join(path, 'content');
  const { content } = source;
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : asList(content, at, BLOCKS_MAX);
  spendParts(decoding, blocks.length);
  const texts: string[] = [];
  const images: MediaPart[] = [];
  for (const [index, item] of blocks.entries()) {
    const block = asBag(item, `${at}.${index}`);
    if (block.type === 'text') texts.push(requiredString(block, 'text', `${at}.${index}`));
    else if (block.type === 'image') images.push(imagePart(block, `${at}.${index}`, decoding));
    else throw wrong(`${at}.${index}.type`, 'expected one of text, image');
  }
  const text = texts.join('\n');
  if (text === '' && images.length === 0) throw wrong(at, 'expected at least one block that says something');
  lose(decoding, 'source.content', 'approximated', 'the document becomes plain text, with its images behind it');
  if (text !== '') return [{ type: 'media', mediaType: 'text/plain', data: textData(text), ...marks }, ...images];
  const { name, context, citable: _, ...others } = marks;
  const title: TextPart[] = [name, context].flatMap((words) => (words ? [{ type: 'text', text: words }] : []));
  const last = images.length - 1;
  return [...title, ...images.map((image, index) => (index === last ? { ...image, ...others } : image))];
}
