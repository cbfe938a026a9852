// Images and documents as Anthropic's blocks.
import { type MediaPart, RouterError } from '@turnout/core/contract';
import type { Losses } from '@turnout/core/plugin';
import type { WireBlock } from './wire.ts';

// Anthropic's page on vision (2026-11).
const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const TEXTUAL =
  /^(text\/|application\/(json|xml|x-yaml|yaml|x-ndjson|javascript|toml)$|application\/[\w.-]+\+(json|xml)$)/;

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
  if (TEXTUAL.test(mediaType) && data !== undefined) {
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

/** The image type that the first bytes show. */
function sniffImage(data: string): string | undefined {
  const head = Buffer.from(data.slice(0, 24), 'base64').toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('GIF8')) return 'image/gif';
  return head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP' ? 'image/webp' : undefined;
}
