// Chunks that differ in their words alone, renamed in one go.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Mould, mouldOf, passAlike } from './mould.ts';
import { headOf } from './rename.ts';

const NAME = 'the "client\'s" name';
const letters = (text: string): string => Buffer.from(text).toString('latin1');

const eventOf = (delta: object, more: object = {}): string =>
  letters(
    `data: ${JSON.stringify({ id: 'a"b', model: 'm', choices: [{ index: 0, delta, finish_reason: null }], ...more })}\n\n`,
  );

function mould(event = eventOf({ content: 'Hi' })): Mould {
  const found = mouldOf(event, headOf(event, NAME));
  if (found === undefined) throw new Error('no mould');
  return found;
}

/** The chunks that stand in server-sent events. */
const chunksIn = (text: string): Record<string, unknown>[] =>
  Buffer.from(text, 'latin1')
    .toString('utf8')
    .split('\n\n')
    .slice(0, -1)
    .map((event) => JSON.parse(event.replace(/^data: /, '')));

describe('a mould', () => {
  it('is what stands around the words', () => {
    const { was, is, after } = mould();
    expect(was).toMatch(/^data: \{"id":"a\\"b","model":"m",.*"content":"$/);
    expect(is).toBe(was.replace('"m"', JSON.stringify(NAME)));
    expect(after).toBe('"},"finish_reason":null}]}\n\n');
  });

  it.each([
    ['without words', eventOf({ role: 'assistant' })],
    ['of several lines', 'data: {"model":"m",\ndata: "content":"Hi"}\n\n'],
    ['with a line behind its data', 'data: {"model":"m","content":"Hi"}\nid: 1\n\n'],
    ['without its end', 'data: {"model":"m","content":"Hi"}\n'],
    ['with words that do not end', 'data: {"model":"m","content":"Hi\n\n'],
    ['of many letters', eventOf({ content: 'a'.repeat(5000) })],
  ])('is none of an event %s', (_what, event) => {
    expect(mouldOf(event, headOf(event, NAME))).toBeUndefined();
  });
});

describe('what fits it', () => {
  const fits = eventOf({ content: 'a\n"b" \\ grün 🚂' });

  it.each([
    ['an end', eventOf({}, { usage: null })],
    ['the last word', 'data: [DONE]\n\n'],
    ['a call', eventOf({ tool_calls: [] })],
    ['another model', fits.replace('"m"', '"n"')],
    ['another member', eventOf({ content: 'x', refusal: '"content":"' })],
    ['long words', eventOf({ content: 'a'.repeat(5000) })],
    ['half an event', fits.slice(0, -10)],
    ['words in two lines', eventOf({ content: 'x#y' }).replace('#', '\n\n')],
    ['words that do not end', eventOf({ content: 'x#' }).replace('#', '\\')],
  ])('ends before %s', (_what, event) => {
    for (const behind of ['', fits, event]) {
      const { passed, length } = passAlike(fits + fits + event + behind, mould());
      expect(length).toBe(2 * fits.length);
      expect(passed).toBe((fits + fits).replaceAll('"model":"m"', `"model":${JSON.stringify(NAME)}`));
    }
    expect(passAlike(event, mould())).toEqual({ passed: '', length: 0 });
  });

  it('has the same words as before, whatever they are', () => {
    const words = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '"', '\\', '\n\n', '","finish_reason":"stop"', '"},"finish_reason":null}]}\n\ndata: '),
    );
    const event = fc.oneof(
      { arbitrary: words.map((content) => eventOf({ content: content.toWellFormed() })), weight: 9 },
      { arbitrary: words.map((refusal) => eventOf({ refusal: refusal.toWellFormed() })), weight: 1 },
      { arbitrary: words.map((content) => eventOf({ content: content.toWellFormed() }, { usage: {} })), weight: 1 },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const { passed, length } = passAlike(events.join(''), mould());
        const before = chunksIn(events.join('').slice(0, length));
        expect(chunksIn(passed)).toEqual(before.map((chunk) => ({ ...chunk, model: NAME })));
        // All that could be taken has been.
        const other = events.findIndex((one) => !/"content":"/.test(one) || /"usage"/.test(one.slice(-20)));
        expect(before.length).toBe(other === -1 ? events.length : other);
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });
});
