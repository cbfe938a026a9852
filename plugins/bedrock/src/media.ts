// Images, documents, video and audio as Converse takes them: by format, not by media type.
import { type MediaPart, RouterError } from '@turnout/core/contract';
import type { ConverseBlock, ConverseMediaSource } from '@turnout/core/wire';
import type { Losses } from './losses.ts';

export type MediaKind = 'image' | 'document' | 'video' | 'audio';

export interface MediaBlock {
  readonly kind: MediaKind;
  readonly block: ConverseBlock;
}

const DOCUMENTS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/x-markdown': 'md',
  // Not among Converse's formats, but text all the same.
  'application/json': 'txt',
  'application/xml': 'txt',
  'application/x-yaml': 'txt',
};
const DOCUMENT_ENDINGS = new Set(['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'md', 'txt']);
const IMAGES: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};
const VIDEOS: Readonly<Record<string, string>> = {
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/x-matroska': 'mkv',
  'video/webm': 'webm',
  'video/x-flv': 'flv',
  'video/mpeg': 'mpeg',
  'video/x-ms-wmv': 'wmv',
  'video/3gpp': 'three_gp',
};
const AUDIOS: Readonly<Record<string, string>> = {
  'audio/aac': 'aac',
  'audio/flac': 'flac',
  'audio/mp4': 'm4a',
  'audio/x-m4a': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/ogg': 'ogg',
  'audio/opus': 'opus',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/webm': 'webm',
};

/** Turns media parts into blocks; document names stay unique within the request. */
export class MediaShaper {
  readonly #losses: Losses;
  readonly #names = new Set<string>();

  constructor(losses: Losses) {
    this.#losses = losses;
  }

  /** undefined when the bytes are not there (a URL that core did not fetch). Throws RouterError `unsupported` for a
   * format that Converse does not have. */
  shape(part: MediaPart): MediaBlock | undefined {
    const source = this.#source(part);
    if (source === undefined) return undefined;
    const mediaType = (part.mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
    // A declared format that is not the real one is a 400.
    const image = (part.data === undefined ? undefined : sniffImage(part.data)) ?? IMAGES[mediaType];
    if (image !== undefined) return { kind: 'image', block: { image: { format: image, source } } };
    const video = VIDEOS[mediaType];
    if (video !== undefined) return { kind: 'video', block: { video: { format: video, source } } };
    const audio = AUDIOS[mediaType];
    if (audio !== undefined) return { kind: 'audio', block: { audio: { format: audio, source } } };
    const format = documentFormat(mediaType, part);
    if (format === undefined) {
      throw new RouterError('unsupported', `Bedrock takes no media of the type ${mediaType.slice(0, 80) || '(none)'}`);
    }
    return { kind: 'document', block: { document: { format, name: this.#documentName(part.name), source } } };
  }

  #source(part: MediaPart): ConverseMediaSource | undefined {
    if (part.data !== undefined) return { bytes: part.data };
    if (part.url?.startsWith('s3://')) return { s3Location: { uri: part.url } };
    this.#losses.drop('media', 'media behind a URL are sent only when they have been fetched');
    return undefined;
  }

  /** Letters, digits, single spaces, hyphens, parentheses and brackets; no two alike. */
  #documentName(name: string | undefined): string {
    const plain = (name ?? '')
      .replace(/\.[A-Za-z0-9]{1,5}$/, '')
      .replace(/[^a-zA-Z0-9 ()[\]-]+/g, ' ')
      .replace(/ {2,}/g, ' ')
      .trim()
      .slice(0, NAME_LENGTH_MAX)
      .trim();
    const base = plain === '' ? 'Document' : plain;
    let unique = base;
    for (let n = 2; this.#names.has(unique); n++) unique = `${base} (${n})`;
    this.#names.add(unique);
    return unique;
  }
}

const NAME_LENGTH_MAX = 190;

function documentFormat(mediaType: string, part: MediaPart): string | undefined {
  const known = DOCUMENTS[mediaType];
  if (known !== undefined) return known;
  const ending = /\.([A-Za-z0-9]+)$/.exec(part.name ?? '')?.[1]?.toLowerCase();
  if (ending !== undefined && DOCUMENT_ENDINGS.has(ending)) return ending;
  if (mediaType.startsWith('text/')) return 'txt';
  // `%PDF` in base64.
  return part.data?.startsWith('JVBERi') ? 'pdf' : undefined;
}

/** The image format that the first bytes show. */
function sniffImage(data: string): string | undefined {
  const head = Buffer.from(data.slice(0, 24), 'base64').toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('GIF8')) return 'gif';
  return head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP' ? 'webp' : undefined;
}
