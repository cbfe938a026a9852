// Media by URL, replaced by their bytes before any plan is made.
import type { ChatRequest, Message, Part } from '../contract/index.ts';
import { RouterError } from '../contract/index.ts';
import type { MediaFetcher } from '../host/index.ts';
import type { Journey } from './journey.ts';

/** One request fetches at most this many. */
const URLS_MAX = 20;

/** The same journey with every media URL fetched, each once, all at the same time. The same object when there is none. */
export async function fetchMedia(journey: Journey, media: MediaFetcher, signal: AbortSignal): Promise<Journey> {
  const urls = new Set<string>();
  for (const message of journey.request.messages) collectUrls(message.parts, urls);
  if (urls.size === 0) return journey;
  if (urls.size > URLS_MAX) {
    throw new RouterError('invalid-request', `${urls.size} media URLs in one request; at most ${URLS_MAX} are fetched`);
  }
  const list = [...urls];
  const fetched = new Map(await Promise.all(list.map(async (url) => [url, await media.fetch(url, signal)] as const)));
  const withBytes = (part: Part): Part => {
    if (part.type === 'tool-result') return { ...part, parts: part.parts.map(withBytes) };
    if (part.type !== 'media' || part.url === undefined) return part;
    const { url, ...rest } = part;
    const bytes = fetched.get(url);
    if (!bytes) return part;
    // What the server says it is; a provider looks at the bytes themselves.
    return { ...rest, mediaType: bytes.mediaType, data: bytes.data };
  };
  const messages: Message[] = journey.request.messages.map((message) => ({
    ...message,
    parts: message.parts.map(withBytes),
  }));
  const request: ChatRequest = { ...journey.request, messages };
  return { ...journey, request };
}

function collectUrls(parts: readonly Part[], urls: Set<string>): void {
  for (const part of parts) {
    if (part.type === 'tool-result') collectUrls(part.parts, urls);
    else if (part.type === 'media' && part.url !== undefined) urls.add(part.url);
  }
}
