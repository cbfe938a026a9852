// What kind of medium something is, and documents that may as well be text.
import type { MediaPart } from '../contract/index.ts';

/** The image type that the first bytes show. `data` is base64. Vendors refuse a declared type that is not the real one. */
export function sniffImage(data: string): string | undefined {
  const head = Buffer.from(data.slice(0, 24), 'base64').toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('GIF8')) return 'image/gif';
  return head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP' ? 'image/webp' : undefined;
}

const TEXTUAL =
  /^(text\/|application\/(json|xml|x-yaml|yaml|x-ndjson|javascript|toml)$|application\/[\w.-]+\+(json|xml)$)/;

/** Whether what has this type, in lower case and without parameters, is text. */
export const isTextual = (mediaType: string): boolean => TEXTUAL.test(mediaType);

/** A document of text as one text, under its name. `data` is base64 of UTF-8. */
export function documentText({ name, context }: Pick<MediaPart, 'name' | 'context'>, data: string): string {
  const head = [name === undefined ? '' : `Document: ${name}`, context ?? ''].filter((line) => line !== '');
  return [...head, Buffer.from(data, 'base64').toString('utf8')].join('\n');
}
