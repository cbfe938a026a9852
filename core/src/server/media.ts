// Media by URL, replaced by their bytes before any plan is made.
import type { ChatRequest, Message, Part } from '../contract/index.ts';
import { RouterError } from '../contract/index.ts';
import type { MediaFetcher } from '../host/index.ts';
import type { Journey } from './journey.ts';

/** One request fetches at most this many. */
const URLS_MAX = 20;
/** And at most so much in all: as much as a body may hold by default. */
const BYTES_MAX = 32 * 1024 * 1024;

/** The same journey with every media URL fetched, each once, all at the same time. The same object when there is none. */
export async function fetchMedia<J extends Pick<Journey, 'request'>>(
  journey: J,
  media: MediaFetcher,
  signal: AbortSignal,
): Promise<J> {
  const urls = new Set<string>();
  for (const message of journey.request.messages) collectUrls(message.parts, urls);
  if (urls.size === 0) return journey;
  if (urls.size > URLS_MAX) {
    throw new RouterError('invalid-request', `${urls.size} media URLs in one request; at most ${URLS_MAX} are fetched`);
  }
  const budget = { bytesLeft: BYTES_MAX };
  const fetched = await fetchAll(urls, (url, group) => media.fetch(url, group, budget), signal);
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

/** All or none: when one fails, the others are not fetched on. */
async function fetchAll<T>(
  urls: ReadonlySet<string>,
  fetch: (url: string, signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<Map<string, T>> {
  const group = new AbortController();
  const both = AbortSignal.any([signal, group.signal]);
  try {
    return new Map(await Promise.all([...urls].map(async (url) => [url, await fetch(url, both)] as const)));
  } catch (error) {
    group.abort();
    throw error;
  }
}

function collectUrls(parts: readonly Part[], urls: Set<string>): void {
  for (const part of parts) {
    if (part.type === 'tool-result') collectUrls(part.parts, urls);
    else if (part.type === 'media' && part.url !== undefined) urls.add(part.url);
  }
}
