// What steps make of an answer.
import { expect, test } from 'vitest';
import { type Dialect, type Playback, playBytes, playStep, splitEvents, type Take } from './playback.ts';
import type { LocalFault } from './script.ts';

const frames = ['a\n\n', 'b\n\n', 'c\n\n'].map((text) => Buffer.from(text));
const take: Take = { headers: { x: 'y' }, frames, stream: true, endFrames: 1, outputTokens: 30 };
const dialect: Dialect<{ readonly name: string }, { readonly name: string }> = {
  error: ({ name }) => playBytes(500, {}, Buffer.from(name)),
  exception: ({ name }) => Buffer.from(`!${name}`),
  split: splitEvents,
};
type Fault = LocalFault<object, { readonly name: string }, { readonly name: string }>;
const text = ({ pieces }: Playback) => Buffer.concat([...pieces]).toString();

test.each<[Fault, string, unknown]>([
  [{ kind: 'answer' }, 'a\n\nb\n\nc\n\n', 'finish'],
  [{ kind: 'recorded', body: { json: { a: 1 } } }, '{"a":1}', 'finish'],
  [{ kind: 'recorded', body: { base64: 'aGk=' } }, 'hi', 'finish'],
  [{ kind: 'error', name: 'no' }, 'no', 'finish'],
  [{ kind: 'exception', name: 'no' }, '!no', 'finish'],
  [{ kind: 'exception', name: 'no', afterFrames: 2 }, 'a\n\nb\n\n!no', 'finish'],
  [{ kind: 'cut' }, '', 'cut'],
  [{ kind: 'cut', afterFrames: 1 }, 'a\n\n', 'cut'],
  [{ kind: 'cut', afterBytes: 4 }, 'a\n\nb', 'cut'],
  [{ kind: 'end' }, 'a\n\nb\n\n', 'finish'],
  [{ kind: 'end', from: 'x\n\ny\n\nz' }, 'x\n\ny\n\n', 'finish'],
  [{ kind: 'stall', afterFrames: 1, forMs: 5 }, 'a\n\n', { stallMs: 5, rest: frames.slice(1) }],
])('%j', (step, sent, end) => {
  const playback = playStep(step, () => take, dialect);
  expect([text(playback), playback.end]).toEqual([sent, end]);
});

test('an answer is not asked for where it is not needed', () => {
  const own = () => {
    throw new Error('asked');
  };
  expect(playStep({ kind: 'html' }, own, dialect)).toMatchObject({ status: 502 });
  expect(() => playStep({ kind: 'cut' }, own, dialect)).toThrow('asked');
});

test('an exception where there is no stream is an error', () => {
  expect(playStep({ kind: 'exception', name: 'no' }, () => ({ ...take, stream: false }), dialect).status).toBe(500);
});

test('a speed is spread over the frames', () => {
  expect(playStep({ kind: 'answer' }, () => take, dialect, 10).paceMs).toBe(1000);
});

test.each(['a\n\nb\n\n', 'a\r\n\r\nb', 'data: ü\n\n', ''])('%j is cut into events and nothing is gone', (sent) => {
  expect(Buffer.concat(splitEvents(Buffer.from(sent))).toString()).toBe(sent);
});
