// Frames written and read without any outside help: cuts, limits, and every way in which a stream can be broken.
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFrameEncoder, encodeFrame, type Frame, FrameError, FrameReader } from './event-stream.ts';

fc.configureGlobal({ seed: 20261123 });

const EVENT = { ':event-type': 'contentBlockDelta', ':content-type': 'application/json', ':message-type': 'event' };

function read(chunks: Iterable<Uint8Array>, reader = new FrameReader()): Frame[] {
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  }
  reader.end();
  return frames;
}

function reasonOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FrameError) return error.reason;
    throw error;
  }
  return 'none';
}

/** A frame with these very header bytes, its checksums right unless said otherwise. */
function rawFrame(headers: Buffer, payload = '', lengths: { frame?: number; headers?: number } = {}): Buffer {
  const frame = Buffer.alloc(16 + headers.length + Buffer.byteLength(payload));
  frame.writeUInt32BE(lengths.frame ?? frame.length, 0);
  frame.writeUInt32BE(lengths.headers ?? headers.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  headers.copy(frame, 12);
  frame.write(payload, 12 + headers.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
  return frame;
}

const header = (name: string, type: number, ...value: number[]): Buffer =>
  Buffer.from([Buffer.byteLength(name), ...Buffer.from(name), type, ...value]);

describe('reading', () => {
  test('gives the headers that matter by name', () => {
    const exception = { ':exception-type': 'throttlingException', ':message-type': 'exception' };
    const error = { ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'no' };
    const stream = [encodeFrame(EVENT, '{}'), encodeFrame(exception, '{"message":"slow"}'), encodeFrame(error, '')];
    const frames = read(stream);
    expect(frames.map(({ headers: { all: _, ...named } }) => named)).toEqual([
      { messageType: 'event', eventType: 'contentBlockDelta' },
      { messageType: 'exception', exceptionType: 'throttlingException' },
      { messageType: 'error', errorCode: 'InternalFailure', errorMessage: 'no' },
    ]);
    expect(frames.map((frame) => frame.payload.toString())).toEqual(['{}', '{"message":"slow"}', '']);
  });

  test('a frame without headers has an empty message type', () => {
    expect(read([rawFrame(Buffer.alloc(0), 'x')])[0]?.headers).toMatchObject({ messageType: '', eventType: undefined });
  });

  test('a header that should be a string but is not counts as absent, and is still listed', () => {
    const frame = read([rawFrame(header(':message-type', 4, 0, 0, 0, 7))])[0];
    expect(frame?.headers.messageType).toBe('');
    expect(frame?.headers.all.get(':message-type')).toBe(7);
  });

  test('reads all ten value types', () => {
    const block = Buffer.concat([
      header('yes', 0),
      header('no', 1),
      header('byte', 2, 0x80),
      header('short', 3, 0xff, 0xfe),
      header('int', 4, 0x80, 0, 0, 0),
      header('long', 5, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      header('bytes', 6, 0, 2, 1, 2),
      header('string', 7, 0, 3, ...Buffer.from('é!')),
      header('timestamp', 8, 0, 0, 0, 0, 0, 0, 3, 0xe8),
      header('uuid', 9, ...Buffer.from('00112233445566778899aabbccddeeff', 'hex')),
    ]);
    expect(Object.fromEntries(read([rawFrame(block)])[0]?.headers.all ?? [])).toEqual({
      yes: true,
      no: false,
      byte: -128,
      short: -2,
      int: -2147483648,
      long: 9223372036854775807n,
      bytes: Buffer.from([1, 2]),
      string: 'é!',
      timestamp: new Date(1000),
      uuid: '00112233-4455-6677-8899-aabbccddeeff',
    });
  });

  test('a whole frame in a chunk is not copied', () => {
    const chunk = encodeFrame(EVENT, 'payload');
    expect(read([chunk])[0]?.payload.buffer).toBe(chunk.buffer);
  });

  test('takes chunks in any number before it is asked', () => {
    const reader = new FrameReader();
    const stream = Buffer.concat([encodeFrame(EVENT, 'one'), encodeFrame(EVENT, 'two')]);
    for (const byte of stream) reader.push(Uint8Array.of(byte));
    expect([reader.next(), reader.next()].map((frame) => frame?.payload.toString())).toEqual(['one', 'two']);
    expect(reader.next()).toBeUndefined();
    reader.end();
  });

  test('the same frames come out however the stream is cut', () => {
    const payloads = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 8 });
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(payloads, sizes, (texts, cuts) => {
        const encode = createFrameEncoder(EVENT);
        const stream = Buffer.concat(texts.map((text) => encode(text)));
        const chunks: Buffer[] = [];
        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const size = cuts[cut % cuts.length] ?? 1;
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(read(chunks).map((frame) => frame.payload.toString())).toEqual(texts.map((text) => text.toWellFormed()));
      }),
    );
  });

  test('more kinds of header blocks than are remembered are all read rightly', () => {
    const names = Array.from({ length: 100 }, (_, index) => `event${index % 40}`);
    const frames = read(names.map((name) => encodeFrame({ ':event-type': name }, name)));
    expect(frames.map((frame) => frame.headers.eventType)).toEqual(names);
  });

  test('a chunk may be filled anew once its frames have been used', () => {
    const chunk = encodeFrame({ ':event-type': 'first' }, '');
    expect(read([chunk])[0]?.headers.eventType).toBe('first');
    chunk.set(encodeFrame({ ':event-type': 'other' }, ''));
    expect(read([chunk])[0]?.headers.eventType).toBe('other');
  });

  test('headers outlive the chunk they came in', () => {
    const chunk = rawFrame(header('bytes', 6, 0, 2, 5, 6));
    const headers = read([chunk])[0]?.headers;
    chunk.fill(0);
    expect(headers?.all.get('bytes')).toEqual(Buffer.from([5, 6]));
  });
});

describe('refusing', () => {
  const good = encodeFrame(EVENT, '{"a":1}');

  test.each([
    ['prelude-crc', Buffer.from('<html>502 Bad Gateway</html>')],
    ['length', rawFrame(Buffer.alloc(0), '', { frame: 15 })],
    ['length', rawFrame(Buffer.alloc(0), '', { frame: 0 })],
    ['length', rawFrame(Buffer.alloc(0), '', { frame: 0xffffffff })],
    ['length', rawFrame(Buffer.alloc(0), 'abc', { headers: 4 })],
    ['length', rawFrame(Buffer.alloc(0), 'a'.repeat(200_000), { headers: 128 * 1024 + 1 })],
    ['header', rawFrame(header('', 0))],
    ['header', rawFrame(Buffer.from([5, 97]))],
    ['header', rawFrame(Buffer.from([1, 97]))],
    ['header', rawFrame(header('a', 10))],
    ['header', rawFrame(header('a', 255, 0, 0))],
    ['header', rawFrame(header('a', 2))],
    ['header', rawFrame(header('a', 3, 0))],
    ['header', rawFrame(header('a', 4, 0, 0, 0))],
    ['header', rawFrame(header('a', 5, 0, 0, 0, 0, 0, 0, 0))],
    ['header', rawFrame(header('a', 6, 0))],
    ['header', rawFrame(header('a', 7, 0, 2, 97))],
    ['header', rawFrame(header('a', 8, 0))],
    ['header', rawFrame(header('a', 9, ...Array.from({ length: 15 }, () => 0)))],
    ['header', rawFrame(Buffer.concat([header('a', 0), header('a', 1)]))],
  ])('%s: %#', (reason, stream) => {
    expect(reasonOf(() => read([good, stream]))).toBe(reason);
    expect(reasonOf(() => read(Array.from(stream, (byte) => Uint8Array.of(byte))))).toBe(reason);
  });

  test('a frame longer than the limit, before its bytes are collected', () => {
    const reader = (): FrameReader => new FrameReader({ frameBytesMax: good.length });
    expect(read([good], reader())).toHaveLength(1);
    const longer = encodeFrame(EVENT, '{"a":12}');
    expect(reasonOf(() => read([longer.subarray(0, 12)], reader()))).toBe('length');
  });

  test('a stream that ends anywhere inside a frame', () => {
    for (let length = 1; length < good.length; length++) {
      expect(reasonOf(() => read([good, good.subarray(0, length)]))).toBe('truncated');
    }
    expect(reasonOf(() => read([]))).toBe('none');
  });

  test('a failure is final, also where sound frames follow', () => {
    const broken = Buffer.from(good);
    broken.writeUInt8(0, broken.length - 1);
    const reader = new FrameReader();
    reader.push(Buffer.concat([broken, good]));
    expect(reasonOf(() => reader.next())).toBe('message-crc');
    reader.push(good);
    expect(reasonOf(() => reader.next())).toBe('message-crc');
    expect(reasonOf(() => reader.end())).toBe('message-crc');
  });

  test('one changed byte, wherever it is, never gives a frame that was not sent', () => {
    const sent = [good, encodeFrame({ ':event-type': 'metadata' }, ''), encodeFrame(EVENT, '{"b":"é"}')];
    const stream = Buffer.concat(sent);
    const fingerprint = (frame: Frame): string => JSON.stringify([...frame.headers.all, frame.payload.toString('hex')]);
    const expected = read([stream]).map(fingerprint);
    for (let at = 0; at < stream.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const broken = Buffer.from(stream);
        broken[at] = (broken[at] ?? 0) ^ flip;
        const reader = new FrameReader();
        const seen: string[] = [];
        reader.push(broken);
        const reason = reasonOf(() => {
          for (let frame = reader.next(); frame !== undefined; frame = reader.next()) seen.push(fingerprint(frame));
          reader.end();
        });
        expect(reason).not.toBe('none');
        expect(seen).toEqual(expected.slice(0, seen.length));
        expect(seen.length).toBeLessThan(expected.length);
      }
    }
  });
});

describe('writing', () => {
  test('strings and bytes give the same frame', () => {
    const encode = createFrameEncoder(EVENT);
    expect(encode('{"é":1}')).toEqual(encode(new TextEncoder().encode('{"é":1}')));
    expect(encodeFrame(EVENT, '{"é":1}')).toEqual(encode('{"é":1}'));
  });

  test('refuses what the format cannot hold', () => {
    expect(reasonOf(() => encodeFrame({ '': 'x' }, ''))).toBe('header');
    expect(reasonOf(() => encodeFrame({ ['n'.repeat(256)]: 'x' }, ''))).toBe('header');
    expect(reasonOf(() => encodeFrame({ n: 'x'.repeat(32_768) }, ''))).toBe('header');
    expect(reasonOf(() => encodeFrame(EVENT, new Uint8Array(16 * 1024 * 1024 + 1)))).toBe('length');
    const many = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`n${index}`, 'x'.repeat(30_000)]));
    expect(reasonOf(() => encodeFrame(many, ''))).toBe('header');
  });

  test('the longest payload is accepted by the reader', () => {
    const stream = encodeFrame(EVENT, new Uint8Array(16 * 1024 * 1024));
    expect(read([stream.subarray(0, 100), stream.subarray(100)])[0]?.payload.length).toBe(16 * 1024 * 1024);
  });
});
