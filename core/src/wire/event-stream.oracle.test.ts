// Our frames against the AWS SDK's codec: generated ones, published vectors, and every recorded stream.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { EventStreamCodec, Int64, type MessageHeaderValue } from '@smithy/core/event-streams';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame, FrameError, type FrameHeaderValue, FrameReader } from './event-stream.ts';

fc.configureGlobal({ seed: 20261123 });

const corpus = new URL('../../../../shared/corpus/', import.meta.url);
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
);

/** What both sides must agree on, as one text. */
const fingerprint = (headers: Iterable<readonly [string, FrameHeaderValue]>, payload: Uint8Array): string => {
  const shown = Array.from(headers, ([name, value]) => {
    if (Buffer.isBuffer(value)) return `${name}=bytes ${value.toString('hex')}`;
    return `${name}=${typeof value} ${value instanceof Date ? value.getTime() : value}`;
  });
  return `${shown.join('\n')}\n\n${Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1')}`;
};

function plain(header: MessageHeaderValue): FrameHeaderValue {
  if (header.type === 'long') return Buffer.from(header.value.bytes).readBigInt64BE();
  return header.type === 'binary' ? Buffer.from(header.value) : header.value;
}

function decodeWithSdk(stream: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; at < stream.length; at += stream.readUInt32BE(at)) {
    const { headers, body } = codec.decode(stream.subarray(at, at + stream.readUInt32BE(at)));
    const values = Object.entries(headers).map(([name, header]) => [name, plain(header)] as const);
    frames.push(fingerprint(values, body));
  }
  return frames;
}

/** The frames up to the end or the failure. */
function drain(chunks: Iterable<Uint8Array>): { frames: string[]; failure?: unknown } {
  const reader = new FrameReader();
  const frames: string[] = [];
  try {
    for (const chunk of chunks) {
      reader.push(chunk);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        frames.push(fingerprint(frame.headers.all, frame.payload));
      }
    }
    reader.end();
    return { frames };
  } catch (failure) {
    return { frames, failure };
  }
}

function read(chunks: Iterable<Uint8Array>): string[] {
  const { frames, failure } = drain(chunks);
  if (failure !== undefined) throw failure;
  return frames;
}

describe('generated frames', () => {
  const tagged = <T>(type: string, value: fc.Arbitrary<T>) => value.map((drawn) => ({ type, value: drawn }));
  const long = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => new Int64(bytes));
  const value = fc.oneof(
    tagged('boolean', fc.boolean()),
    tagged('byte', fc.integer({ min: -128, max: 127 })),
    tagged('short', fc.integer({ min: -32_768, max: 32_767 })),
    tagged('integer', fc.integer()),
    tagged('long', long),
    tagged('binary', fc.uint8Array({ maxLength: 40 })),
    tagged('string', fc.string({ unit: 'grapheme', maxLength: 40 })),
    tagged(
      'timestamp',
      fc.integer({ min: -(2 ** 45), max: 2 ** 45 }).map((milliseconds) => new Date(milliseconds)),
    ),
    tagged('uuid', fc.uuid()),
    // The tags and the values belong together by construction, which the union's type cannot say.
  ) as fc.Arbitrary<MessageHeaderValue>;
  // Digits first would be reordered, since the SDK keeps headers in an object.
  const name = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `:${text}`);
  const headers = fc.dictionary(name, value, { maxKeys: 8, noNullPrototype: true });

  test('written by the SDK, read alike', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ headers, body: fc.uint8Array({ maxLength: 200 }) }), { maxLength: 5 }),
        (frames) => {
          const stream = Buffer.concat(frames.map((frame) => codec.encode(frame)));
          expect(read([stream])).toEqual(decodeWithSdk(stream));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('written by us, the same bytes as the SDK writes', () => {
    const strings = fc.dictionary(name, fc.string({ unit: 'grapheme' }), { maxKeys: 8, noNullPrototype: true });
    fc.assert(
      fc.property(strings, fc.uint8Array({ maxLength: 200 }), (texts, body) => {
        const typed = Object.entries(texts).map(([key, text]) => [key, { type: 'string' as const, value: text }]);
        const ours = encodeFrame(texts, body);
        expect(ours).toEqual(Buffer.from(codec.encode({ headers: Object.fromEntries(typed), body })));
        expect(decodeWithSdk(ours)).toEqual([fingerprint(Object.entries(texts), body)]);
      }),
      { numRuns: 300 },
    );
  });
});

describe.skipIf(!existsSync(corpus))('the corpus', () => {
  describe('published vectors', () => {
    const file = new URL('eventstream-vectors/vectors.json', corpus);
    const { vectors } = existsSync(corpus) ? JSON.parse(readFileSync(file, 'utf8')) : { vectors: {} };
    const bytes = (name: string): Buffer => Buffer.from(vectors[name], 'base64');
    /** The same bytes with checksums that hold, so that what is behind them is looked at. */
    const sealed = (name: string): Buffer => {
      const frame = bytes(name);
      frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
      frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
      return frame;
    };

    test.each(Object.keys(vectors).filter((name) => name.startsWith('valid')))('%s is read', (name) => {
      expect(read([bytes(name)])).toEqual(decodeWithSdk(bytes(name)));
      expect(read([bytes(name)])).toHaveLength(1);
    });

    test.each(Object.keys(vectors).filter((name) => name.startsWith('invalid')))('%s is refused', (name) => {
      expect(() => read([bytes(name)])).toThrow(FrameError);
      if (!name.endsWith('checksum')) expect(() => read([sealed(name)])).toThrow(FrameError);
    });
  });

  const recordings = existsSync(corpus) ? readdirSync(new URL('recordings/', corpus)) : [];
  const streams = recordings.flatMap((name): { name: string; stream: Buffer }[] => {
    const { kind, response } = JSON.parse(readFileSync(new URL(`recordings/${name}`, corpus), 'utf8'));
    const isStream = kind === 'converse-stream' || kind === 'invoke-stream';
    return isStream && response.bodyBase64 ? [{ name, stream: Buffer.from(response.bodyBase64, 'base64') }] : [];
  });
  const isSmall = ({ stream }: { stream: Buffer }): boolean => stream.length < 4096;

  test('there are streams to read', () => {
    expect(streams.length).toBeGreaterThan(100);
  });

  test.each(streams.filter(isSmall))('$name, cut at every byte', ({ stream }) => {
    const expected = decodeWithSdk(stream);
    expect(expected.length).toBeGreaterThan(0);
    expect(read(Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(expected);
    const whole = expected.join();
    for (let cut = 0; cut <= stream.length; cut++) {
      if (read([stream.subarray(0, cut), stream.subarray(cut)]).join() !== whole) expect.fail(`cut at ${cut}`);
    }
  });

  test.each(streams.filter((one) => !isSmall(one)))('$name, cut at random places', ({ name, stream }) => {
    const expected = decodeWithSdk(stream);
    expect(expected.length).toBeGreaterThan(0);
    const places = fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 200 });
    const property = fc.property(places, (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
      expect(read(edges.slice(1).map((end, index) => stream.subarray(edges[index], end)))).toEqual(expected);
    });
    fc.assert(property, { numRuns: 8, seed: crc32(name) });
  });

  test.each(streams.filter(isSmall))('$name, with any one byte changed, is refused', ({ stream }) => {
    const expected = decodeWithSdk(stream);
    for (let at = 0; at < stream.length; at++) {
      const broken = Buffer.from(stream);
      broken[at] = (broken[at] ?? 0) ^ (1 << (at % 8));
      const { frames, failure } = drain([broken]);
      const isPrefix = frames.length < expected.length && frames.every((frame, index) => frame === expected[index]);
      if (!(failure instanceof FrameError && isPrefix)) expect.fail(`the change at ${at} was not noticed`);
    }
  });
});
