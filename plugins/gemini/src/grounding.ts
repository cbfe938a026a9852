// What an answer rests on: pages that Google's search found, and texts that the model has repeated.
import type { Citation } from '@turnout/core/contract';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

/** The sources of a candidate, each once. Which words rest on which source Google counts in bytes; that stays in
 * `groundingMetadata`. */
export function citationsOf(candidate: Bag): Citation[] {
  const { groundingMetadata, citationMetadata } = candidate;
  const grounding = isBag(groundingMetadata) ? bagsIn(groundingMetadata.groundingChunks) : [];
  const found = grounding.flatMap((chunk) => [chunk.web, chunk.retrievedContext, chunk.maps].filter(isBag));
  const repeated = isBag(citationMetadata)
    ? [...bagsIn(citationMetadata.citationSources), ...bagsIn(citationMetadata.citations)]
    : [];
  const byUrl = new Map<string, Citation>();
  for (const { uri, title, text } of [...found, ...repeated]) {
    const url = textIn(uri);
    if (url === undefined || byUrl.has(url)) continue;
    const words = textIn(text);
    const name = textIn(title);
    byUrl.set(url, {
      ...(name === undefined ? {} : { title: name }),
      ...(words === undefined ? {} : { text: words }),
      source: url,
      place: { in: 'web', url },
    });
  }
  return [...byUrl.values()];
}
