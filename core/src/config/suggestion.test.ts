// What counts as a misspelling.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closest, didYouMean, editDistance } from './suggestion.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['region', 'regionn', 1],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['high', 'hgih', 1],
  ])('%s → %s: %i', (a, b, distance) => expect(editDistance(a, b)).toBe(distance));

  it('is a distance', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });

  it('of one edit is one', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 12 }), fc.nat(), (word, at) => {
        const index = at % word.length;
        expect(editDistance(word, word.slice(0, index) + word.slice(index + 1))).toBe(1);
      }),
    );
  });
});

describe('closest', () => {
  const known = ['region', 'endpoint', 'apiKey', 'maxDelay', 'minDelay', 'temperature'];
  it.each([
    ['regionn', 'region'],
    ['Region', 'region'],
    ['api_key', 'apiKey'],
    ['endpiont', 'endpoint'],
    ['maxdelai', 'maxDelay'],
    ['temp', 'temperature'],
  ])('%s: %s', (word, meant) => expect(closest(word, known)).toEqual([meant]));

  it.each(['port', 'x', '', 'strategy', 'region'])('%s: nothing', (word) => expect(closest(word, known)).toEqual([]));

  it('gives the nearest first, as many as asked for', () => {
    expect(closest('claude-sonet', ['claude-opus', 'claude-sonnet', 'claude-sonnet-5', 'nova'], 3)).toEqual([
      'claude-sonnet',
      'claude-sonnet-5',
    ]);
    expect(didYouMean('regionn', known)).toBe(', did you mean "region"?');
    expect(didYouMean('zzz', known)).toBe('');
  });
});
