// The readers of what comes in pieces, or signed, or as text: frames, server-sent events, signatures, data URLs.
import assert from 'node:assert/strict';
import { RouterError } from '../../core/src/contract/index.ts';
import { SseReader } from '../../core/src/plugin/sse.ts';
import { SseFrames } from '../../core/src/plugin/sse-frames.ts';
import { base64Of, mediaOfUrl } from '../../core/src/protocol/media-source.ts';
import {
  encodeFrame,
  FrameError,
  FrameReader,
  Signer,
  type VerifyRequest,
  verify,
  verifyHead,
} from '../../core/src/wire/index.ts';
import { cutAnywhere, mutateBytes, mutateText } from './mutate.ts';
import type { Random } from './random.ts';
import type { Subject } from './subject.ts';

const FRAME_BYTES_MAX = 64 * 1024;

function anyText(random: Random, lengthMax: number): string {
  const letters = ['a', 'b', ' ', '"', '{', '}', ':', 'ü', '🚂', '\\n', '\r', 'data', '0'];
  return Array.from({ length: random.integer(lengthMax) }, () => random.pick(letters)).join('');
}

/** What was read of an event stream before its end or its first fault. */
function readFrames(pieces: readonly Buffer[]): { readonly payloads: string[]; readonly fault?: FrameError } {
  const reader = new FrameReader({ frameBytesMax: FRAME_BYTES_MAX });
  const payloads: string[] = [];
  try {
    for (const bytes of pieces) {
      reader.push(bytes);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        payloads.push(`${JSON.stringify([...frame.headers.all])} ${frame.text()}`);
      }
    }
    reader.end();
    return { payloads };
  } catch (fault) {
    if (!(fault instanceof FrameError)) throw fault;
    // Final: a reader that has lost its place must not find another one.
    assert.throws(() => reader.next(), FrameError);
    return { payloads, fault };
  }
}

const eventStream: Subject = {
  name: 'event-stream',
  cases: 3_000,
  prepare(random) {
    const frames = Array.from({ length: random.between(1, 5) }, () =>
      encodeFrame({ ':event-type': anyText(random, 5) || 'x', ':message-type': 'event' }, anyText(random, 60)),
    );
    const sound = Buffer.concat(frames);
    const sent = random.chance(0.1) ? sound : mutateBytes(random, sound);
    const pieces = cutAnywhere(random, sent);
    return {
      input: sent,
      check() {
        const expected = readFrames([sound]).payloads;
        const { payloads, fault } = readFrames(pieces);
        // Both checksums stand between a changed bit and a client: what gets through is as it was sent. A mutation may repeat or
        // leave out whole frames, no more.
        for (const payload of payloads) assert(expected.includes(payload), `made up: ${payload}`);
        assert.deepEqual(readFrames([sent]).payloads, payloads, 'cuts change nothing');
        if (fault === undefined && sent.equals(sound)) assert.deepEqual(payloads, expected);
        return fault === undefined ? 'taken' : 'refused';
      },
    };
  },
};

const SSE_LINES = [
  ...[
    'data: {"a":1}',
    'data:{"a":2}',
    'data: [DONE]',
    'data: half {',
    'event: delta',
    'event:',
    ': comment',
    'id: 7',
    'retry: 1',
  ],
  ...['', '', '', '{"error":"bare"}', 'data', 'data:', 'nonsense', 'data: ü🚂', '\u0000', 'data: {"a":"\\n"}'],
];

function sseText(random: Random): Buffer {
  const feed = random.pick(['\n', '\n', '\r\n']);
  const lines = Array.from({ length: random.between(1, 14) }, () => random.pick(SSE_LINES));
  const text = Buffer.from(lines.join(feed) + feed);
  return random.chance(0.5) ? text : mutateBytes(random, text);
}

const SSE_LENGTH_MAX = 2_000;

function readSse(pieces: readonly Buffer[]): string[] {
  const reader = new SseReader(SSE_LENGTH_MAX);
  const events: string[] = [];
  const take = () => {
    for (let event = reader.next(); event !== undefined; event = reader.next())
      events.push(`${event.name} ${event.data}`);
  };
  for (const bytes of pieces) {
    reader.push(bytes);
    take();
  }
  reader.end();
  take();
  return events;
}

const sse: Subject = {
  name: 'sse-reader',
  cases: 3_000,
  prepare(random) {
    const long = random.chance(0.05)
      ? Buffer.from(`data: ${'x'.repeat(random.between(1, 3 * SSE_LENGTH_MAX))}`)
      : undefined;
    const sent = long ?? sseText(random);
    const pieces = cutAnywhere(random, sent);
    return {
      input: sent,
      check() {
        try {
          assert.deepEqual(readSse(pieces), readSse([sent]), 'cuts change nothing');
          return 'taken';
        } catch (error) {
          if (!RouterError.is(error)) throw error;
          assert.equal(error.code, 'upstream-failed');
          assert(sent.length > SSE_LENGTH_MAX);
          return 'refused';
        }
      },
    };
  },
};

/** What is passed on of a relayed answer, and what it says. */
function readSseFrames(pieces: readonly Buffer[]): { readonly bytes: string; readonly events: string[] } {
  const frames = new SseFrames();
  const events: string[] = [];
  let bytes = '';
  const take = (frame: ReturnType<SseFrames['next']>) => {
    if (frame === undefined) return;
    bytes += Buffer.from(frame.bytes).toString('latin1');
    const data = frame.data();
    if (data !== '') events.push(`${frame.name} ${data}`);
  };
  for (const piece of pieces) {
    frames.push(piece);
    for (let frame = frames.next(); frame !== undefined; frame = frames.next()) take(frame);
  }
  for (let rest = frames.rest(); rest !== undefined; rest = frames.rest()) take(rest);
  return { bytes, events };
}

const sseFrames: Subject = {
  name: 'sse-frames',
  cases: 3_000,
  prepare(random) {
    const sent = sseText(random);
    const pieces = cutAnywhere(random, sent);
    return {
      input: sent,
      check() {
        const whole = readSseFrames([sent]);
        assert.deepEqual(readSseFrames(pieces), whole, 'cuts change nothing');
        // Nothing is made up but line ends, and what is passed on reads as it did.
        const plain = (text: string) => text.replaceAll(/[\r\n]/g, '');
        assert(plain(sent.toString('latin1')).startsWith(plain(whole.bytes)), 'passed on as it came');
        assert.deepEqual(readSseFrames([Buffer.from(whole.bytes, 'latin1')]).events, whole.events);
        return 'taken';
      },
    };
  },
};

const KEY = { accessKeyId: 'TURNOUTTEAMA', secretAccessKey: 'fuzz-secret-not-a-real-one' };
const NOW = new Date('2026-11-23T12:00:00Z');
const SERVICE = 'bedrock';
const signer = new Signer({ region: 'us-east-1', service: SERVICE });

function signedRequest(random: Random): VerifyRequest {
  const path = `/model/${encodeURIComponent(random.pick(['anthropic.claude-sonnet-5', 'a:b', 'a/b', 'ü']))}/converse`;
  const query = random.pick(['', 'a=1&b=2', 'x']);
  const headers = {
    'content-type': 'application/json',
    ...(random.chance(0.5) && { 'x-amzn-trace': anyText(random, 5).replaceAll(/[^a-z]/g, '') }),
  };
  const body = anyText(random, 30);
  const request = { method: 'POST', host: 'localhost:4180', path, query, headers, body };
  const signed = signer.sign(request, KEY, NOW);
  return {
    method: 'POST',
    target: query === '' ? path : `${path}?${query}`,
    headers: { ...headers, host: request.host, ...signed },
    body,
  };
}

/** One thing is different. */
function tamper(random: Random, request: VerifyRequest): VerifyRequest {
  const { headers } = request;
  switch (random.integer(5)) {
    case 0:
      return { ...request, body: `${request.body}x` };
    case 1:
      return { ...request, target: mutateText(random, request.target) };
    case 2:
      return { ...request, method: random.pick(['GET', 'PUT', '', 'post']) };
    case 3: {
      const name = random.pick(['authorization', 'authorization', ...Object.keys(headers)]);
      return { ...request, headers: { ...headers, [name]: mutateText(random, String(headers[name])) } };
    }
    default: {
      const name = random.pick([...Object.keys(headers), 'x-amz-new', '__proto__']);
      const value = random.pick([undefined, '', 'x', ['a', 'b'], 'AWS4-HMAC-SHA256 ']);
      return { ...request, headers: { ...headers, [name]: value } };
    }
  }
}

const sigv4: Subject = {
  name: 'sigv4',
  cases: 2_000,
  prepare(random) {
    const sound = signedRequest(random);
    const request = random.chance(0.1) ? sound : tamper(random, sound);
    return {
      input: JSON.stringify(request),
      check() {
        const options = {
          lookup: (id: string) => (id === KEY.accessKeyId ? KEY : undefined),
          service: SERVICE,
          now: NOW,
        };
        const { body, ...head } = request;
        const result = verify(request, options);
        const inTwo = verifyHead(head, options);
        assert.equal(inTwo.ok === false ? false : inTwo.checkBody(body).ok, result.ok, 'in one step as in two');
        if (result.ok === false) {
          assert(!result.message.includes(KEY.secretAccessKey) && result.message.length < 500);
          assert.notEqual(request, sound, 'a sound request was refused');
          return 'refused';
        }
        const names = Object.keys(sound.headers).filter((name) => name !== 'authorization');
        assert.equal(covered(request, names), covered(sound, names), 'another request than the one that was signed');
        return 'taken';
      },
    };
  },
};

/** What a signature covers, as AWS normalises it: requests that are the same in this way have one signature. Other headers may
 * come and go on the way. */
function covered({ method, target, headers, body }: VerifyRequest, names: readonly string[]): string {
  const [path = '', query = ''] = target.split('?', 2);
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  const pairs = query
    .split('&')
    .map(decoded)
    .filter((pair) => pair !== '');
  const full = pairs.map((pair) => (pair.includes('=') ? pair : `${pair}=`)).toSorted();
  const values = names.map((name) =>
    String(headers[name] ?? '')
      .trim()
      .replaceAll(/[ \t\r\n]+/g, ' '),
  );
  return JSON.stringify([method, segments, path.endsWith('/'), full, values, String(body)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const DATA_URLS = [
  ...[
    'data:image/png;base64,iVBORw0KGgo=',
    'data:text/plain,hello%20you',
    'data:application/pdf;name=a.pdf;base64,JVBERi0=',
  ],
  ...['https://example.com/a.png?x=1#y', 'data:image/jpg;base64,/9j_4-AAQSk', 'data:;base64,AAAA', 's3://bucket/key'],
];

const dataUrls: Subject = {
  name: 'data-urls',
  cases: 3_000,
  prepare(random) {
    const long = random.chance(0.01) ? `data:image/png;base64,${'AAAA'.repeat(200_000)}` : undefined;
    const changed = mutateText(random, mutateText(random, long ?? random.pick(DATA_URLS)));
    return {
      input: changed,
      check() {
        const reads = [
          () => mediaOfUrl(changed, 'url', 'image/*'),
          () => ({ mediaType: 'a/b', data: base64Of(changed, 'data') }),
        ];
        let taken = false;
        for (const read of reads) {
          try {
            const source = read();
            taken = true;
            assert.match(source.mediaType, /^[a-z0-9.+-]+\/[a-z0-9.+*-]+$/);
            if ('url' in source) continue;
            const bytes = Buffer.from(source.data, 'base64');
            assert(bytes.length > 0);
            // Padded, without anything between: the next reader is strict.
            assert.match(source.data, /^[A-Za-z0-9+/]*={0,2}$/);
            assert.equal(source.data.length % 4, 0);
          } catch (error) {
            if (!RouterError.is(error)) throw error;
            assert.equal(error.code, 'invalid-request');
            assert(error.message.length < 500);
          }
        }
        return taken ? 'taken' : 'refused';
      },
    };
  },
};

export const READERS: readonly Subject[] = [eventStream, sse, sseFrames, sigv4, dataUrls];
