// Images, documents, video and audio as Converse takes them: by format, not by media type.
import { type MediaPart, RouterError } from '@turnout/core/contract';
import { type Losses, sniffImage } from '@turnout/core/plugin';
import type { ConverseBlock, ConverseDocument, ConverseMediaSource } from '@turnout/core/wire';
import type { Family } from './family.ts';

export type MediaKind = 'image' | 'document' | 'video' | 'audio';

export interface MediaBlock {
  /** `text`: words in its place, for a model that takes no such media. */
  readonly kind: MediaKind | 'text';
  readonly block: ConverseBlock;
}

const DOCUMENTS: ReadonlyMap<string, string> = new Map([
  ['application/pdf', 'pdf'],
  ['text/csv', 'csv'],
  ['application/msword', 'doc'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['text/html', 'html'],
  ['text/markdown', 'md'],
  ['text/x-markdown', 'md'],
  // Not among Converse's formats, but text all the same.
  ['application/json', 'txt'],
  ['application/xml', 'txt'],
  ['application/x-yaml', 'txt'],
]);
const DOCUMENT_ENDINGS = new Set(['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'md', 'txt']);
const IMAGES: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/jpg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
]);
const VIDEOS: ReadonlyMap<string, string> = new Map([
  ['video/mp4', 'mp4'],
  ['video/x-m4v', 'mp4'],
  ['video/quicktime', 'mov'],
  ['video/mov', 'mov'],
  ['video/matroska', 'mkv'],
  ['video/mkv', 'mkv'],
  ['video/x-matroska', 'mkv'],
  ['video/webm', 'webm'],
  ['video/x-flv', 'flv'],
  ['video/flv', 'flv'],
  ['video/mpeg', 'mpeg'],
  ['video/mpg', 'mpg'],
  ['video/x-ms-wmv', 'wmv'],
  ['video/wmv', 'wmv'],
  ['video/3gpp', 'three_gp'],
]);
const AUDIOS: ReadonlyMap<string, string> = new Map([
  ['audio/aac', 'aac'],
  ['audio/x-aac', 'x-aac'],
  ['audio/flac', 'flac'],
  ['audio/x-flac', 'flac'],
  ['audio/mp4', 'm4a'],
  ['audio/x-m4a', 'm4a'],
  ['audio/m4a', 'm4a'],
  ['audio/x-matroska', 'mka'],
  ['audio/mka', 'mka'],
  ['audio/mkv', 'mkv'],
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
  ['audio/mpga', 'mpga'],
  ['audio/ogg', 'ogg'],
  ['audio/opus', 'opus'],
  ['audio/wav', 'wav'],
  ['audio/wave', 'wav'],
  // What OpenAI calls pcm16.
  ['audio/pcm16', 'pcm'],
  ['audio/pcm', 'pcm'],
  ['audio/l16', 'pcm'],
  ['audio/x-wav', 'wav'],
  ['audio/webm', 'webm'],
]);

/** Turns media parts into blocks; document names stay unique within the request. */
export class MediaShaper {
  readonly #family: Family;
  readonly #losses: Losses;
  /** The names that are taken, with the number to try when the same comes again. */
  readonly #names = new Map<string, number>();
  /** What is being read is what the model is asked now, not what went before. */
  present = true;

  constructor(family: Family, losses: Losses) {
    this.#family = family;
    this.#losses = losses;
  }

  /** undefined when the bytes are not there (a URL that core did not fetch). Throws RouterError `unsupported` for a
   * format that Converse does not have, and for an image of now where the model takes none. */
  shape(part: MediaPart): MediaBlock | undefined {
    const source = this.#source(part);
    if (source === undefined) return undefined;
    const mediaType = (part.mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
    // A declared format that is not the real one is a 400.
    const image = IMAGES.get((part.data === undefined ? undefined : sniffImage(part.data)) ?? mediaType);
    if (image !== undefined && !this.#family.images) return this.#unseen('image');
    if (image !== undefined) return { kind: 'image', block: { image: { format: image, source } } };
    const video = VIDEOS.get(mediaType);
    if (video !== undefined) {
      return this.#takes('video')
        ? { kind: 'video', block: { video: { format: video, source } } }
        : this.#unseen('video');
    }
    const audio = AUDIOS.get(mediaType);
    if (audio !== undefined) {
      return this.#takes('audio')
        ? { kind: 'audio', block: { audio: { format: audio, source } } }
        : this.#unseen('audio');
    }
    const format = documentFormat(mediaType, part);
    if (format === undefined) {
      throw new RouterError('unsupported', `Bedrock takes no media of the type ${mediaType.slice(0, 80) || '(none)'}`);
    }
    const settings = this.#documentSettings(part);
    return {
      kind: 'document',
      block: { document: { format, name: this.#documentName(part.name), source, ...settings } },
    };
  }

  /** What a document is, and that the answer should cite it. */
  #documentSettings({ context, citable }: MediaPart): Pick<ConverseDocument, 'context' | 'citations'> {
    if (citable && !this.#family.citations) this.#losses.drop('citations', 'the model cites no documents');
    return {
      ...(context === undefined || context === '' ? {} : { context }),
      ...(citable && this.#family.citations ? { citations: { enabled: true } } : {}),
    };
  }

  #takes(kind: 'video' | 'audio'): boolean {
    return this.#family.timedMedia?.includes(kind) === true;
  }

  /** An image of now is what the question is about; one of an earlier turn, seen by another model, is not worth an error. */
  #unseen(kind: keyof typeof UNSEEN): MediaBlock {
    const [many, one] = UNSEEN[kind];
    if (this.present) throw new RouterError('unsupported', `the model takes no ${many}`, { field: 'messages' });
    this.#losses.drop('media', `the model takes no ${many}: those of earlier turns are not sent`);
    return { kind: 'text', block: { text: `(${one} that is not shown)` } };
  }

  #source(part: MediaPart): ConverseMediaSource | undefined {
    if (part.data !== undefined) return { bytes: part.data };
    // It would be read with the operator's rights, from any bucket that they reach.
    if (part.url?.startsWith('s3:')) {
      throw new RouterError('unsupported', 'media are not taken from S3: send their bytes', { field: 'messages' });
    }
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
    let count = this.#names.get(base) ?? 1;
    let unique = count === 1 ? base : `${base} (${count})`;
    while (this.#names.has(unique)) unique = `${base} (${++count})`;
    this.#names.set(unique, 1);
    this.#names.set(base, count + 1);
    return unique;
  }
}

const UNSEEN = {
  image: ['images', 'an image'],
  video: ['video', 'a video'],
  audio: ['audio', 'an audio'],
} as const;

const NAME_LENGTH_MAX = 190;

function documentFormat(mediaType: string, part: MediaPart): string | undefined {
  const known = DOCUMENTS.get(mediaType);
  if (known !== undefined) return known;
  const ending = /\.([A-Za-z0-9]+)$/.exec(part.name ?? '')?.[1]?.toLowerCase();
  if (ending !== undefined && DOCUMENT_ENDINGS.has(ending)) return ending;
  if (mediaType.startsWith('text/')) return 'txt';
  // `%PDF` in base64.
  return part.data?.startsWith('JVBERi') ? 'pdf' : undefined;
}
