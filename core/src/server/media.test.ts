import { expect, test } from 'vitest';
import type { ChatRequest, Part } from '../contract/index.ts';
import type { MediaFetcher } from '../host/index.ts';
import { fetchMedia } from './media.ts';

const never = new AbortController().signal;
const image = (url: string): Part => ({ type: 'media', mediaType: 'image/*', url, name: 'a.png' });

function request(...parts: Part[]): ChatRequest {
  return { model: 'm', system: [], messages: [{ role: 'user', parts }], tools: [] };
}

/** Answers with the URL itself as bytes, and counts. */
function fetcher(): MediaFetcher & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    fetch: async (url) => {
      asked.push(url);
      return { mediaType: 'image/png', data: btoa(url) };
    },
    close: async () => {},
  };
}

test('media by URL become bytes, in tool results too, each URL fetched once', async () => {
  const media = fetcher();
  const journey = {
    request: request({ type: 'text', text: 'look' }, image('https://a/1'), {
      type: 'tool-result',
      id: 't',
      parts: [image('https://a/1'), image('https://a/2')],
    }),
    other: 1,
  };
  const fetched = await fetchMedia(journey, media, never);
  const bytes = (url: string) => ({ type: 'media', mediaType: 'image/png', data: btoa(url), name: 'a.png' });
  expect(fetched.request.messages[0]?.parts).toEqual([
    { type: 'text', text: 'look' },
    bytes('https://a/1'),
    { type: 'tool-result', id: 't', parts: [bytes('https://a/1'), bytes('https://a/2')] },
  ]);
  expect(fetched.other).toBe(1);
  expect(media.asked).toEqual(['https://a/1', 'https://a/2']);
});

test('a request without URLs is left as it is', async () => {
  const journey = { request: request({ type: 'media', mediaType: 'image/png', data: 'AA==' }) };
  expect(await fetchMedia(journey, fetcher(), never)).toBe(journey);
});

test('too many URLs are refused before any is fetched', async () => {
  const media = fetcher();
  const journey = { request: request(...Array.from({ length: 21 }, (_, n) => image(`https://a/${n}`))) };
  await expect(fetchMedia(journey, media, never)).rejects.toMatchObject({ code: 'invalid-request' });
  expect(media.asked).toEqual([]);
});

test('when one cannot be fetched, the others are not fetched on', async () => {
  const ended: string[] = [];
  const media: MediaFetcher = {
    fetch: (url, signal) =>
      new Promise((_, refuse) => {
        if (url.endsWith('bad')) refuse(new Error('no such picture'));
        signal.addEventListener('abort', () => ended.push(url));
      }),
    close: async () => {},
  };
  const journey = { request: request(image('https://a/slow'), image('https://a/bad')) };
  await expect(fetchMedia(journey, media, never)).rejects.toThrow('no such picture');
  expect(ended).toContain('https://a/slow');
});

test('a client that leaves ends all that is being fetched for it', async () => {
  const client = new AbortController();
  const ended: string[] = [];
  const media: MediaFetcher = {
    fetch: (url, signal) =>
      new Promise((_, refuse) => {
        signal.addEventListener('abort', () => {
          ended.push(url);
          refuse(signal.reason);
        });
      }),
    close: async () => {},
  };
  const fetching = fetchMedia({ request: request(image('https://a/1'), image('https://a/2')) }, media, client.signal);
  const gone = new Error('the client has left');
  client.abort(gone);
  await expect(fetching).rejects.toBe(gone);
  expect(ended).toEqual(['https://a/1', 'https://a/2']);
});
