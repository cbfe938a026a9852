// Images, audio, video and documents as inline data.
import { type MediaPart, RouterError } from '@turnout/core/contract';
import { documentText, isTextual, sniffImage } from '@turnout/core/plugin';
import type { Draft } from './draft.ts';
import type { Blob, WirePart } from './wire.ts';

// ai.google.dev/gemini-api/docs/{image-understanding,audio,video-understanding,document-processing} (2026-11).
const TYPES: ReadonlySet<string> = new Set([
  ...['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'],
  ...['audio/wav', 'audio/mp3', 'audio/mpeg', 'audio/aiff', 'audio/aac', 'audio/ogg', 'audio/flac', 'audio/m4a'],
  ...['audio/mp4', 'audio/opus', 'audio/webm', 'audio/pcm', 'audio/l16'],
  ...['video/mp4', 'video/mpeg', 'video/mov', 'video/quicktime', 'video/avi', 'video/x-flv', 'video/mpg', 'video/webm'],
  ...['video/wmv', 'video/3gpp'],
  'application/pdf',
]);
/** Other words for the same. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['image/jpg', 'image/jpeg'],
  ['audio/wave', 'audio/wav'],
  ['audio/x-wav', 'audio/wav'],
  ['audio/x-aiff', 'audio/aiff'],
  ['audio/x-m4a', 'audio/m4a'],
]);

/** The parts for one medium, its name and context in front. Throws RouterError `unsupported` for a type that Gemini does not
 * take, and for a medium that has not been fetched. */
export function mediaParts(part: MediaPart, { losses }: Draft): WirePart[] {
  const mediaType = (part.mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (part.citable) losses.drop('citations', 'Gemini cites no documents of a request');
  if (part.data === undefined) throw unsupported('Gemini is given media as bytes, and these have not been fetched');
  const { data } = part;
  if (isTextual(mediaType)) {
    losses.approximate('media', 'a text document is sent as text');
    return [{ text: documentText(part, data) }];
  }
  const mimeType = (mediaType.startsWith('image/') ? sniffImage(data) : undefined) ?? SAME.get(mediaType) ?? mediaType;
  if (!TYPES.has(mimeType)) throw unsupported(`Gemini takes no media of the type ${mimeType.slice(0, 80) || '(none)'}`);
  const about = part.context ? [{ text: part.context }] : [];
  return [...about, { inlineData: { mimeType, data } }];
}

/** What Gemini 3 takes inside a function's response (ai.google.dev/gemini-api/docs/function-calling, 2026-11). */
const OF_RESULTS: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'application/pdf']);

export const fitsResult = ({ mimeType }: Blob): boolean => OF_RESULTS.has(mimeType);

const unsupported = (message: string): RouterError => new RouterError('unsupported', message, { field: 'messages' });
