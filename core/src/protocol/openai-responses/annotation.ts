// Citations as annotations of a text, and back.
import type { Citation } from '../../contract/index.ts';
import { type Bag, isBag } from '../field-reader.ts';
import type { Annotation } from './wire.ts';

const URL = /^https?:\/\//i;

/** The annotations of a text. A citation is of the whole text that it came with: the canonical form knows no narrower place.
 * One that names neither a page of the web nor a document cannot be shown. */
export function annotationsOf(citations: readonly Citation[] | undefined, text: string): Annotation[] {
  return citations === undefined ? [] : citations.flatMap((citation) => annotationOf(citation, text.length) ?? []);
}

function annotationOf({ title, source, place }: Citation, length: number): Annotation | undefined {
  const url = place?.in === 'web' ? place.url : source;
  if (url !== undefined && URL.test(url)) {
    return { type: 'url_citation', url, title: title ?? '', start_index: 0, end_index: length };
  }
  if (place === undefined || place.in === 'web') return undefined;
  const index = place.in === 'search-result' ? place.result : place.document;
  // A document of a request has no id of its own: what it calls itself is the nearest.
  return { type: 'file_citation', file_id: source ?? title ?? '', filename: title ?? source ?? '', index };
}

/** The citations of an earlier answer's text. Files are known to OpenAI only, so only pages of the web are kept. */
export function citationsIn(annotations: unknown): Citation[] {
  if (!Array.isArray(annotations)) return [];
  return annotations.flatMap((annotation: unknown) => (isBag(annotation) ? (citationIn(annotation) ?? []) : []));
}

function citationIn({ type, url, title }: Bag): Citation | undefined {
  if (type !== 'url_citation' || typeof url !== 'string') return undefined;
  return { ...(typeof title === 'string' && title !== '' ? { title } : {}), place: { in: 'web', url } };
}
