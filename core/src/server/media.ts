// Media by URL, replaced by their bytes before any plan is made.
import type { ChatRequest, MediaPart, Message, Part } from '../contract/index.ts';
import { RouterError } from '../contract/index.ts';
import type { Media, MediaFetcher } from '../host/index.ts';
import { allTargetsOf } from '../routing/index.ts';
import { type Journey, prepare, type RouteTarget } from './journey.ts';

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
  const urls = mediaUrls(journey.request);
  if (urls.size === 0) return journey;
  if (urls.size > URLS_MAX) {
    throw new RouterError('invalid-request', `${urls.size} media URLs in one request; at most ${URLS_MAX} are fetched`);
  }
  const budget = { bytesLeft: BYTES_MAX };
  const fetched = await fetchAll(urls, (url, group) => media.fetch(url, group, budget), signal);
  return { ...journey, request: withMedia(journey.request, ({ url }) => fetched.get(url)) };
}

/** Whether anybody the request may reach needs what its links lead to. A body that is relayed takes them along, and its vendor looks them
 * up itself. */
export function needsMedia(journey: Journey): boolean {
  if (mediaUrls(journey.request).size === 0) return false;
  return allTargetsOf(journey.group).some((target) => !relays(target, journey));
}

function relays(target: RouteTarget, journey: Journey): boolean {
  try {
    return prepare(target, journey).plan.relay === true;
  } catch (refusal) {
    // With bytes it may take it; and if not, it says so when it is asked.
    if (RouterError.is(refusal)) return false;
    throw refusal;
  }
}

/** The addresses of a request's media, each once. */
export function mediaUrls(request: ChatRequest): ReadonlySet<string> {
  const urls = new Set<string>();
  for (const message of request.messages) collectUrls(message.parts, urls);
  return urls;
}

/** The request with bytes in place of addresses; where there are none the address stays. */
export function withMedia(
  request: ChatRequest,
  bytesOf: (part: MediaPart & { readonly url: string }) => Media | undefined,
): ChatRequest {
  const withBytes = (part: Part): Part => {
    if (part.type === 'tool-result') return { ...part, parts: part.parts.map(withBytes) };
    if (part.type !== 'media' || part.url === undefined) return part;
    const { url, ...rest } = part;
    const bytes = bytesOf({ ...part, url });
    if (!bytes) return part;
    // What the server says it is; a provider looks at the bytes themselves.
    return { ...rest, mediaType: bytes.mediaType, data: bytes.data };
  };
  const messages: Message[] = request.messages.map((message) => ({ ...message, parts: message.parts.map(withBytes) }));
  return { ...request, messages };
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
