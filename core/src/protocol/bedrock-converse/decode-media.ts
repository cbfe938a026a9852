// Images, documents, video and audio: Converse's formats and sources, to media parts.
import type { MediaPart, Part, TextPart } from '../../contract/index.ts';
import type { Decoding } from '../decoding.ts';
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
  wrong,
} from '../field-reader.ts';
import { base64Of } from '../media-source.ts';
import { invalid, loseUnknown } from './validation.ts';

const OWNER = 'bedrock-converse';
const PIECES_MAX = 1000;
const S3_URI = /^s3:\/\/[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9](\/.*)?$/s;

/** The formats of the API model as of 2026-11, with their media types. */
const TYPES = {
  image: { png: 'image/png', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' },
  document: {
    pdf: 'application/pdf',
    csv: 'text/csv',
    doc: 'application/msword',
    docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    xls: 'application/vnd.ms-excel',
    xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    html: 'text/html',
    txt: 'text/plain',
    md: 'text/markdown',
  },
  video: {
    mkv: 'video/x-matroska',
    mov: 'video/quicktime',
    mp4: 'video/mp4',
    webm: 'video/webm',
    flv: 'video/x-flv',
    mpeg: 'video/mpeg',
    mpg: 'video/mpg',
    wmv: 'video/x-ms-wmv',
    three_gp: 'video/3gpp',
  },
  audio: {
    mp3: 'audio/mpeg',
    opus: 'audio/opus',
    wav: 'audio/wav',
    aac: 'audio/aac',
    flac: 'audio/flac',
    // The registered name, and the one that says m4a where both are told apart.
    mp4: 'audio/mp4',
    m4a: 'audio/m4a',
    ogg: 'audio/ogg',
    mkv: 'audio/mkv',
    mka: 'audio/x-matroska',
    'x-aac': 'audio/x-aac',
    mpeg: 'audio/mpeg',
    mpga: 'audio/mpga',
    pcm: 'audio/pcm',
    webm: 'audio/webm',
  },
} as const;

export type MediaKind = keyof typeof TYPES;

const MEMBERS: Readonly<Record<MediaKind, ReadonlySet<string>>> = {
  image: new Set(['format', 'source', 'error']),
  document: new Set(['format', 'name', 'source', 'context', 'citations']),
  video: new Set(['format', 'source']),
  audio: new Set(['format', 'source', 'error']),
};

export const isMediaKind = (word: string): word is MediaKind => Object.hasOwn(TYPES, word);

/** Reads one such block. Throws `invalid-request` for a source that is none. */
export function decodeMedia(kind: MediaKind, block: Bag, path: string, decoding: Decoding): MediaPart | TextPart {
  loseUnknown(block, MEMBERS[kind], decoding);
  // An image or audio of an earlier answer that could not be given says so in place of its content.
  const failure = kind === 'image' || kind === 'audio' ? optionalBag(block, 'error', path) : undefined;
  if (failure && isAbsent(block.source)) {
    const message = optionalString(failure, 'message', join(path, 'error')) ?? '';
    return { type: 'text', text: `(no ${kind}: ${message})`, extensions: { [OWNER]: { [kind]: block } } };
  }
  const mediaType = mediaTypeOf(kind, requiredWord(block, 'format', path), join(path, 'format'));
  const source = decodeSource(kind, block, path);
  if (kind !== 'document') return { type: 'media', mediaType, ...source };
  return { type: 'media', mediaType, ...source, ...documentFields(block, path) };
}

function mediaTypeOf(kind: MediaKind, format: string, field: string): string {
  const types: Readonly<Record<string, string>> = TYPES[kind];
  const known = Object.hasOwn(types, format) ? types[format] : undefined;
  if (known !== undefined) return known;
  const shown = format.slice(0, 80);
  const set = Object.keys(types).join(', ');
  const problem = `Value '${shown}' at '${field}' failed to satisfy constraint: Member must satisfy enum value set: [${set}]`;
  throw invalid(`1 validation error detected: ${problem}`, field);
}

function documentFields(block: Bag, path: string): Pick<MediaPart, 'name' | 'context' | 'citable'> {
  const name = optionalString(block, 'name', path);
  const context = optionalString(block, 'context', path);
  const citations = optionalBag(block, 'citations', path);
  const citable = citations && optionalBoolean(citations, 'enabled', join(path, 'citations'));
  return {
    ...(name ? { name } : {}),
    ...(context ? { context } : {}),
    ...(citable ? { citable } : {}),
  };
}

type Source = Pick<MediaPart, 'data' | 'url' | 'extensions'>;

function decodeSource(kind: MediaKind, block: Bag, path: string): Source {
  const at = join(path, 'source');
  const source = requiredBag(block, 'source', path);
  if (!isAbsent(source.bytes)) return { data: base64Of(source.bytes, join(at, 'bytes')) };
  const place = optionalBag(source, 's3Location', at);
  if (place) return s3Source(kind, block, place, join(at, 's3Location'));
  if (kind === 'document') {
    const text = optionalString(source, 'text', at);
    if (text !== undefined) return { data: asBase64(text) };
    if (!isAbsent(source.content)) {
      const pieces = textPieces(source.content, join(at, 'content'));
      // Its pieces are what citations point at: only Converse has them.
      return { data: asBase64(pieces.join('\n\n')), extensions: { [OWNER]: { document: block } } };
    }
  }
  throw wrong(at, `expected one of bytes, s3Location${kind === 'document' ? ', text, content' : ''}`);
}

/** Only AWS can look there, and whether it may is the operator's to say. */
function s3Source(kind: MediaKind, block: Bag, place: Bag, path: string): Source {
  const url = requiredString(place, 'uri', path);
  if (url.length > 1024 || !S3_URI.test(url)) throw wrong(join(path, 'uri'), 'expected an S3 URI');
  return { url, ...(isAbsent(place.bucketOwner) ? {} : { extensions: { [OWNER]: { [kind]: block } } }) };
}

const asBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** The texts of a list of `{text}`. */
export function textPieces(value: unknown, path: string): string[] {
  return asList(value, path, PIECES_MAX).map((piece, index) => {
    const at = `${path}.${index}`;
    return optionalString(asBag(piece, at), 'text', at) ?? '';
  });
}

/** A search result: its words as text, and the block itself for a target that takes such blocks. */
export function decodeSearchResult(block: Bag, path: string): Part {
  const title = optionalString(block, 'title', path);
  const source = optionalString(block, 'source', path);
  const head = [title, source].filter((line) => line !== undefined && line !== '');
  const text = [...head, ...textPieces(block.content ?? [], join(path, 'content'))].join('\n');
  return { type: 'text', text, extensions: { [OWNER]: { searchResult: block } } };
}
