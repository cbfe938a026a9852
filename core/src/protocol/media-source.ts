// Media of a request as every protocol may write them: data URIs, bare base64 and URLs.
import { wrong } from './field-reader.ts';

/** The bytes or the place of a media part. */
export type MediaSource =
  | { readonly mediaType: string; readonly data: string }
  | { readonly mediaType: string; readonly url: string };

const MEDIA_TYPE = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/;
/** A scheme of two letters or more, so that `C:\` is none. */
const URL_START = /^[a-z][a-z0-9+.-]+:\/\//i;
const URL_LENGTH_MAX = 8192;
const NOT_BASE64 = /[^A-Za-z0-9+/=]/;

const TYPE_OF_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['csv', 'text/csv'],
  ['doc', 'application/msword'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['gif', 'image/gif'],
  ['htm', 'text/html'],
  ['html', 'text/html'],
  ['jpeg', 'image/jpeg'],
  ['jpg', 'image/jpeg'],
  ['json', 'application/json'],
  ['md', 'text/markdown'],
  ['mov', 'video/quicktime'],
  ['mp3', 'audio/mpeg'],
  ['mp4', 'video/mp4'],
  ['pdf', 'application/pdf'],
  ['png', 'image/png'],
  ['pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  ['txt', 'text/plain'],
  ['wav', 'audio/wav'],
  ['webm', 'video/webm'],
  ['webp', 'image/webp'],
  ['xls', 'application/vnd.ms-excel'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['xml', 'application/xml'],
]);

/** The media type that a file's name tells, else that of the bytes' first characters, else `application/octet-stream`. */
export function mediaTypeOfFile(name: string | undefined, base64: string): string {
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name ?? '')?.[1];
  const known = extension && TYPE_OF_EXTENSION.get(extension.toLowerCase());
  if (known) return known;
  // "%PDF-" in base64: what OpenAI's own examples send with any name.
  return base64.startsWith('JVBERi0') ? 'application/pdf' : 'application/octet-stream';
}

/** Reads a data URI or a URL. `mediaType` is for a URL, which tells none. Throws `invalid-request` for anything else. */
export function mediaOfUrl(text: unknown, field: string, mediaType: string): MediaSource {
  if (typeof text !== 'string') throw wrong(field, 'expected a string: a data URI or a URL');
  if (/^data:/i.test(text)) return mediaOfDataUri(text, field);
  if (text.length > URL_LENGTH_MAX || !URL_START.test(text)) throw wrong(field, 'expected a data URI or a URL');
  return { mediaType, url: text };
}

function mediaOfDataUri(text: string, field: string): MediaSource {
  const comma = text.indexOf(',');
  const head = comma === -1 || comma > 256 ? undefined : text.slice('data:'.length, comma).toLowerCase();
  const [named = '', ...parameters] = head?.split(';').map((word) => word.trim()) ?? [];
  if (!MEDIA_TYPE.test(named)) throw wrong(field, 'expected a data URI that names its media type');
  // Often written, never registered; providers know only the other one.
  const mediaType = named === 'image/jpg' ? 'image/jpeg' : named;
  const body = text.slice(comma + 1);
  return { mediaType, data: parameters.includes('base64') ? base64Of(body, field) : percentDecoded(body, field) };
}

function percentDecoded(body: string, field: string): string {
  try {
    return base64Of(Buffer.from(decodeURIComponent(body), 'utf8').toString('base64'), field);
  } catch {
    throw wrong(field, 'expected a data URI with content');
  }
}

/** Base64 as the contract wants it: standard alphabet, padded, no line breaks. Throws `invalid-request` for anything that
 * is not base64 of at least one byte. */
export function base64Of(value: unknown, field: string): string {
  if (typeof value !== 'string') throw wrong(field, 'expected a base64 string');
  if (isLargeAndSound(value)) return value;
  // A search for one bad character: a pattern over the whole text would cost backtracking memory on large media.
  const text = NOT_BASE64.test(value) ? value.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/') : value;
  const equals = text.indexOf('=');
  const digits = equals === -1 ? text.length : equals;
  const end = text.slice(digits);
  if (digits < 2 || digits % 4 === 1 || end.replaceAll('=', '') !== '' || NOT_BASE64.test(text)) {
    throw wrong(field, 'expected base64 data');
  }
  const padding = '='.repeat((4 - (digits % 4)) % 4);
  return end === padding ? text : text.slice(0, digits) + padding;
}

/** From this length on, base64 is decoded to see whether it is any: a pattern takes three times as long (5 MB: 3.3 ms, twice). */
const LARGE_CHARS = 16 * 1024;

/** Whether a large text is base64 as the contract wants it. Decoding passes over what is none, and comes out shorter. */
function isLargeAndSound(text: string): boolean {
  if (text.length < LARGE_CHARS || text.length % 4 !== 0) return false;
  // The letters of the other alphabet are decoded too.
  if (text.includes('-') || text.includes('_')) return false;
  // Of a character beyond ASCII the decoder looks at the lower byte alone, and may find a letter there (Node 24.21).
  if (Buffer.byteLength(text) !== text.length) return false;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Buffer.from(text, 'base64').length === (text.length / 4) * 3 - padding;
}
