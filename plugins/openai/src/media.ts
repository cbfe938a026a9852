// Images, audio, video and documents as the parts of a user's message.

import { type MediaPart, RouterError } from '@turnout/core/contract';
import { documentText, isTextual, type Losses, sniffImage } from '@turnout/core/plugin';
import type { Dialect } from './dialect.ts';
import type { ContentPart } from './wire.ts';

// OpenAI's page on images and vision (2026-11).
const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
/** The words that `input_audio.format` takes. */
const AUDIOS: ReadonlyMap<string, string> = new Map([
  ['audio/wav', 'wav'],
  ['audio/wave', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
]);

/** The parts for one medium. Throws RouterError `unsupported` for a type that chat completions do not take. */
export function mediaParts(part: MediaPart, dialect: Dialect, losses: Losses): ContentPart[] {
  const mediaType = (part.mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (part.citable) losses.drop('citations', 'chat completions cite no documents');
  if (mediaType.startsWith('image/')) return [imagePart(part, mediaType)];
  const audio = AUDIOS.get(mediaType);
  if (audio !== undefined && part.data !== undefined)
    return [{ type: 'input_audio', input_audio: { data: part.data, format: audio } }];
  if (dialect.videos && mediaType.startsWith('video/'))
    return [{ type: 'video_url', video_url: { url: urlOf(part, mediaType) } }];
  if (mediaType === 'application/pdf') return [...contextOf(part), pdfPart(part)];
  if (isTextual(mediaType) && part.data !== undefined) {
    losses.approximate('media', 'a text document is sent as text');
    return [{ type: 'text', text: documentText(part, part.data) }];
  }
  throw new RouterError('unsupported', `chat completions take no media of the type ${shown(mediaType)}`, {
    field: 'messages',
  });
}

const shown = (mediaType: string): string => mediaType.slice(0, 80) || '(none)';

function imagePart(part: MediaPart, mediaType: string): ContentPart {
  const type = part.data === undefined ? mediaType : (sniffImage(part.data) ?? mediaType);
  // A URL tells no type: whoever fetches it finds out.
  if (part.data !== undefined && !IMAGES.has(type)) {
    throw new RouterError('unsupported', `chat completions take no images of the type ${shown(type)}`, {
      field: 'messages',
    });
  }
  const { detail } = part.extensions?.['openai-chat'] ?? {};
  return {
    type: 'image_url',
    image_url: { url: urlOf(part, type), ...(typeof detail === 'string' ? { detail } : {}) },
  };
}

/** The keys of a medium's own extension that are read here. */
export const MEDIA_SETTINGS: readonly string[] = ['detail'];

const urlOf = ({ data, url }: MediaPart, mediaType: string): string =>
  data === undefined ? (url ?? '') : `data:${mediaType};base64,${data}`;

/** A file needs a name; one without is refused. */
function pdfPart(part: MediaPart): ContentPart {
  const name = part.name ?? 'document.pdf';
  const filename = /\.pdf$/i.test(name) ? name : `${name}.pdf`;
  return { type: 'file', file: { filename, file_data: urlOf(part, 'application/pdf') } };
}

const contextOf = ({ context }: MediaPart): ContentPart[] =>
  context === undefined || context === '' ? [] : [{ type: 'text', text: context }];
