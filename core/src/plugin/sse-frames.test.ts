// Events as bytes: whole, in order, at any cut.
import { expect, it } from 'vitest';
import { SseFrames } from './sse-frames.ts';

function split(text: string, size: number): { bytes: string[]; names: string[]; data: string[]; rest: string } {
  const frames = new SseFrames();
  const all = Buffer.from(text);
  const told: { bytes: Uint8Array; name: string; data: string }[] = [];
  for (let at = 0; at < all.length; at += size) {
    frames.push(all.subarray(at, at + size));
    for (let frame = frames.next(); frame !== undefined; frame = frames.next())
      told.push({ ...frame, data: frame.data() });
  }
  // Only now: what has been told must not change when more comes.
  return {
    bytes: told.map(({ bytes }) => Buffer.from(bytes).toString()),
    names: told.map(({ name }) => name),
    data: told.map(({ data }) => data),
    rest: Buffer.from(frames.rest()?.bytes ?? []).toString(),
  };
}

const TEXT =
  ': hi\n\nevent: a\ndata: {"x":"ü"}\n\ndata: {"y":\ndata:2}\n\nevent: b\r\ndata: 3\r\n\r\n\nevent: c\ndata: 4\n\n';

it.each([1, 2, 3, 5, 7, 16, 1000])('in pieces of %i bytes', (size) => {
  const { bytes, names, data, rest } = split(TEXT, size);
  expect(bytes.join('')).toBe(TEXT);
  expect(names.filter((name) => name !== '')).toEqual(['a', 'b', 'c']);
  expect(data.filter((one) => one !== '')).toEqual(['{"x":"ü"}', '{"y":\n2}', '3', '4']);
  expect(rest).toBe('');
});

it.each([1, 4, 1000])('an event without its blank line gets one, in pieces of %i bytes', (size) => {
  const { bytes, names } = split('event: a\ndata: 1\nevent: b\ndata: 2\n\n', size);
  expect(bytes).toEqual(['event: a\ndata: 1\n\n', 'event: b\ndata: 2\n\n']);
  expect(names).toEqual(['a', 'b']);
});

it.each([1, 4, 1000])(
  'data that is whole JSON ends where more begins, and JSON may stand bare, in pieces of %i bytes',
  (size) => {
    const { bytes, data } = split('data: {"a":1}\ndata: {"b":\ndata: 2}\ndata: [DONE]\n{"error":1}\n\n', size);
    expect(data).toEqual(['{"a":1}', '{"b":\n2}', '[DONE]', '{"error":1}']);
    expect(bytes.slice(0, 2)).toEqual(['data: {"a":1}\n\n', 'data: {"b":\ndata: 2}\n\n']);
  },
);

it('what has no end is the rest, if it says anything', () => {
  expect(split('event: a\ndata: 1\n', 3).rest).toBe('event: a\ndata: 1\n\n');
  expect(split('event: a\ndata: 1', 3).rest).toBe('event: a\ndata: 1\n\n');
  expect(split('data: 1\n\nevent: a', 3).rest).toBe('');
});

it('the rest of a stream without blank lines may be two events: the last is cut off, the one before it is whole', () => {
  const frames = new SseFrames();
  frames.push(Buffer.from('data: {"a":1}\ndata: {"b":'));
  expect(frames.next()).toBeUndefined();
  expect([frames.rest()?.data(), frames.rest()?.data(), frames.rest()]).toEqual(['{"a":1}', '{"b":', undefined]);
});

it('an event may be long, but not for ever', () => {
  const frames = new SseFrames();
  const piece = Buffer.alloc(1024 * 1024, 'a');
  for (let mebibytes = 0; mebibytes < 32; mebibytes++) frames.push(piece);
  expect(frames.next()).toBeUndefined();
  expect(() => frames.push(piece)).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
});

it('an event of very many lines is read once, not once a line', () => {
  const lines = 20_000;
  const { data } = split(`data: [\n${'data: 1,\n'.repeat(lines)}data: 1]\n\n`, 1 << 20);
  expect(data).toEqual([`[\n${'1,\n'.repeat(lines)}1]`]);
});
