import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTextDelta } from './text-delta.ts';

/** Of a payload that stands between other bytes, as a frame's does. */
function read(json: string, behind = '"},"p":"x"}') {
  const bytes = Buffer.from(`{"${json}${behind}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return readTextDelta({ bytes, view, start: 2, end: 2 + Buffer.byteLength(json) });
}

/** What JSON.parse makes of it, when it is the payload of a text delta and nothing else. */
function parsed(json: string): { index: number; text: string } | undefined {
  try {
    const { contentBlockIndex, delta } = JSON.parse(json);
    return typeof delta.text === 'string' ? { index: contentBlockIndex, text: delta.text } : undefined;
  } catch {
    return undefined;
  }
}

test.each([
  ['{"contentBlockIndex":0,"delta":{"text":"Hello"},"p":"abcdefgh"}', { index: 0, text: 'Hello' }],
  ['{"contentBlockIndex":9,"delta":{"text":""},"p":""}', { index: 9, text: '' }],
  ['{"contentBlockIndex":1,"delta":{"text":"grün 🚂 "}}', { index: 1, text: 'grün 🚂 ' }],
])('reads %s', (json, delta) => {
  expect(read(json)).toEqual(delta);
});

test.each([
  '',
  '{}',
  '{"contentBlockIndex":0,"delta":{"text":"a\\nb"},"p":"x"}',
  '{"contentBlockIndex":0,"delta":{"text":"a\nb"},"p":"x"}',
  '{"contentBlockIndex":10,"delta":{"text":"a"},"p":"x"}',
  '{"contentBlockIndex":0,"delta":{"text":"a","more":1},"p":"x"}',
  '{"contentBlockIndex":0,"delta":{"text":"a"},"p":"x","delta":{"text":"b"}}',
  '{"contentBlockIndex":0,"delta":{"text":"a"},"p":"x"} ',
  '{"contentBlockIndex":0,"delta":{"text":"a"},"p":"\\u0022}',
  '{"contentBlockIndex":0,"delta":{"text":"a"},"p":"x"',
  '{"contentBlockIndex":0,"delta":{"text":"a"},"p":"}',
  '{"contentBlockIndex":0,"delta":{"text":"a"}',
  '{"contentBlockIndex":0,"delta":{"text":"a',
  '{ "contentBlockIndex":0,"delta":{"text":"a"},"p":"x"}',
  '{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"a"}},"p":"x"}',
])('leaves %j to the parser', (json) => {
  expect(read(json)).toBeUndefined();
});

test('whatever it reads, the parser reads the same', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('"', '\\', '"}', '"},"p":"', '\n'));
  const payload = fc
    .tuple(fc.nat(12), text, fc.option(text, { nil: undefined }))
    .map(([contentBlockIndex, value, p]) =>
      JSON.stringify({ contentBlockIndex, delta: { text: value }, ...(p === undefined ? {} : { p }) }),
    );
  // Sound payloads, and payloads with a piece cut out or put in.
  const spoilt = fc
    .tuple(payload, fc.nat(), fc.nat(5), text)
    .map(
      ([json, at, count, piece]) => json.slice(0, at % json.length) + piece + json.slice((at % json.length) + count),
    );
  fc.assert(
    fc.property(fc.oneof(payload, spoilt), (json) => {
      const found = read(json);
      // Half a character has no bytes.
      if (found !== undefined) expect(found).toEqual(parsed(json.toWellFormed()));
    }),
    { seed: 7, numRuns: 5_000 },
  );
});
