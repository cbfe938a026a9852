// What the annotations of an answer cite: pages of the web.
import type { Citation } from '@turnout/core/contract';
import { bagsIn, isBag, textIn } from './wire.ts';

/** Annotations of any other kind are about files that are stored at OpenAI. */
export function annotationsIn(value: unknown): Citation[] {
  return bagsIn(value).flatMap(({ type, url_citation: cited }) => {
    if (type !== 'url_citation' || !isBag(cited)) return [];
    const url = textIn(cited.url);
    if (url === undefined) return [];
    const title = textIn(cited.title);
    const text = textIn(cited.content);
    return [
      {
        ...(title === undefined ? {} : { title }),
        ...(text === undefined ? {} : { text }),
        source: url,
        place: { in: 'web' as const, url },
      },
    ];
  });
}
