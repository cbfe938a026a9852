// Images and documents as Anthropic's blocks.
import { type MediaPart, RouterError } from '@turnout/core/contract';
import { isTextual, type Losses, sniffImage } from '@turnout/core/plugin';
import type { WireBlock } from './wire.ts';

// Anthropic's page on vision (2026-11).
const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** The block of one medium. Throws RouterError `unsupported` for a type that Anthropic does not take. */
export function mediaBlock(part: MediaPart, losses: Losses): WireBlock {
  const { data, url } = part;
  const mediaType = (part.mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (mediaType.startsWith('image/')) {
    // Anthropic refuses a type that is not the real one; of a URL it finds out itself.
    const type = data === undefined ? mediaType : (sniffImage(data) ?? mediaType);
    if (data === undefined) return { type: 'image', source: { type: 'url', url: url ?? '' } };
    if (!IMAGES.has(type)) throw refused(`images of the type ${shown(type)}`);
    return { type: 'image', source: { type: 'base64', media_type: type, data } };
  }
  if (mediaType === 'application/pdf') {
    const source =
      data === undefined ? { type: 'url', url: url ?? '' } : { type: 'base64', media_type: mediaType, data };
    return documentBlock(part, source);
  }
  if (isTextual(mediaType) && data !== undefined) {
    if (mediaType !== 'text/plain') losses.approximate('media', 'a text document is sent as plain text');
    const text = Buffer.from(data, 'base64').toString('utf8');
    return documentBlock(part, { type: 'text', media_type: 'text/plain', data: text });
  }
  throw refused(`media of the type ${shown(mediaType)}`);
}

const documentBlock = ({ name, context, citable }: MediaPart, source: object): WireBlock => ({
  type: 'document',
  source,
  ...(name === undefined || name === '' ? {} : { title: name.slice(0, TITLE_LENGTH_MAX) }),
  ...(context === undefined || context === '' ? {} : { context }),
  ...(citable ? { citations: { enabled: true } } : {}),
});

const TITLE_LENGTH_MAX = 500;

const shown = (mediaType: string): string => mediaType.slice(0, 80) || '(none)';
const refused = (what: string): RouterError =>
  new RouterError('unsupported', `Anthropic takes no ${what}`, { field: 'messages' });
