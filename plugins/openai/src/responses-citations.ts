// What the annotations of a response cite: pages of the web, and files.
import type { Citation } from '@turnout/core/contract';
import { bagsIn, textIn } from './wire.ts';

export function responseCitations(annotations: unknown): Citation[] {
  return bagsIn(annotations).flatMap((annotation) => {
    const { type } = annotation;
    const title = textIn(annotation.title) ?? textIn(annotation.filename);
    const named = title === undefined ? {} : { title };
    const url = textIn(annotation.url);
    if (type === 'url_citation' && url !== undefined)
      return [{ ...named, source: url, place: { in: 'web' as const, url } }];
    return type === 'file_citation' && title !== undefined ? [{ ...named, source: title }] : [];
  });
}
