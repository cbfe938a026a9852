// Media by URL: fetched by core before `plan`, from public addresses only.
import { lookup as dnsLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import ipaddr from 'ipaddr.js';
import { Agent, request } from 'undici';
import { RouterError } from '../contract/index.ts';

export interface Media {
  readonly mediaType: string;
  /** base64 */
  readonly data: string;
}

/** What one request may still fetch in all; counted down as bytes arrive. */
export interface MediaBudget {
  bytesLeft: number;
}

export interface MediaFetcher {
  /** Fetches one https URL. Throws `invalid-request` for whatever is wrong with it. */
  fetch(url: string, signal: AbortSignal, budget: MediaBudget): Promise<Media>;
  close(): Promise<void>;
}

export interface MediaLimits {
  readonly bytesMax: number;
  readonly redirectsMax: number;
  readonly timeoutMs: number;
}

/** Bedrock's largest is a 4.5 MB document (2026-11); others take up to 20 MB. */
const LIMITS: MediaLimits = { bytesMax: 20 * 1024 * 1024, redirectsMax: 3, timeoutMs: 20_000 };

export interface MediaFetcherOptions {
  /** Which addresses may be connected to. The default is the only one for production; tests serve from loopback. */
  readonly isAllowed?: (address: string) => boolean;
  readonly limits?: Partial<MediaLimits>;
  /** PEM of an extra certificate authority. */
  readonly ca?: string;
}

/** True for an address of the public internet: no loopback, private, link-local, CGNAT, multicast, unspecified, unique
 * local, mapped, NAT64 or otherwise reserved one. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  // The library calls unicast whatever has no name of its own, such as IPv4 in ::/96; the internet is all in 2000::/3 (IANA, 2026).
  const isAssigned = parsed.kind() === 'ipv4' || ((parsed.toByteArray()[0] ?? 0) & 0xe0) === 0x20;
  return isAssigned && parsed.range() === 'unicast';
}

export function createMediaFetcher(options: MediaFetcherOptions = {}): MediaFetcher {
  const isAllowed = options.isAllowed ?? isPublicAddress;
  const limits = { ...LIMITS, ...options.limits };
  // The address that was checked is the one connected to: the check sits in the lookup of the connection itself.
  const lookup: LookupFunction = (hostname, lookupOptions, done) => {
    dnsLookup(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error) return done(error, '');
      const refused = addresses.find(({ address }) => !isAllowed(address));
      if (refused) return done(new Error('its name leads to an address that is not public'), '');
      const [first] = addresses;
      if (!first) return done(new Error('its name has no address'), '');
      if (lookupOptions.all) return done(null, addresses);
      return done(null, first.address, first.family);
    });
  };
  const agent = new Agent({
    connect: { lookup, timeout: 5_000, ...(options.ca === undefined ? {} : { ca: options.ca }) },
    headersTimeout: limits.timeoutMs,
    bodyTimeout: limits.timeoutMs,
    keepAliveTimeout: 1_000,
  });
  return {
    fetch: (url, signal, budget) => {
      return fetchGuarded(url, AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)]), budget);
    },
    close: () => agent.destroy(),
  };

  async function fetchGuarded(text: string, signal: AbortSignal, budget: MediaBudget): Promise<Media> {
    let url = checkUrl(text, isAllowed);
    for (let redirects = 0; ; redirects++) {
      let answer: Awaited<ReturnType<typeof request>>;
      try {
        answer = await request(url, { dispatcher: agent, signal, headers: { accept: '*/*' } });
      } catch (error) {
        if (RouterError.is(error)) throw error;
        throw refuse(url, error instanceof Error ? error.message : String(error), error);
      }
      const { statusCode, headers, body } = answer;
      const { location } = headers;
      if (statusCode >= 300 && statusCode < 400 && typeof location === 'string') {
        discard(body);
        if (redirects >= limits.redirectsMax) throw refuse(url, `more than ${limits.redirectsMax} redirects`);
        if (!URL.canParse(location, url.href)) throw refuse(url, 'it redirects to what is no URL');
        url = checkUrl(new URL(location, url).href, isAllowed);
        continue;
      }
      if (statusCode !== 200) {
        discard(body);
        throw refuse(url, `it answers with status ${statusCode}`);
      }
      const declared = Array.isArray(headers['content-type']) ? headers['content-type'][0] : headers['content-type'];
      const mediaType = declared?.split(';')[0]?.trim().toLowerCase() || 'application/octet-stream';
      return { mediaType, data: await readAll(url, body, limits.bytesMax, budget) };
    }
  }
}

function checkUrl(text: string, isAllowed: (address: string) => boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw new RouterError('invalid-request', 'a media URL is not a URL');
  if (url.protocol !== 'https:') throw refuse(url, 'only https URLs are fetched');
  if (url.username !== '' || url.password !== '') throw refuse(url, 'a URL with credentials is not fetched');
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal) && !isAllowed(literal)) throw refuse(url, 'its address is not public');
  return url;
}

/** undici reports a body that is given up as an error event, and one that nobody hears ends the process. */
function discard(body: Readable): void {
  body.on('error', () => {}).destroy();
}

async function readAll(url: URL, body: AsyncIterable<Buffer>, bytesMax: number, budget: MediaBudget): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw refuse(url, `it is larger than ${bytesMax} bytes`);
      budget.bytesLeft -= chunk.length;
      if (budget.bytesLeft < 0) throw refuse(url, 'the media of this request are too large together');
      chunks.push(chunk);
    }
  } catch (error) {
    if (RouterError.is(error)) throw error;
    throw refuse(url, error instanceof Error ? error.message : String(error), error);
  }
  return Buffer.concat(chunks).toString('base64');
}

/** The path and query stay out of the message: signed URLs are secrets. */
function refuse(url: URL, why: string, cause?: unknown): RouterError {
  return new RouterError('invalid-request', `the media at ${url.protocol}//${url.hostname}/… was not fetched: ${why}`, {
    cause,
  });
}
