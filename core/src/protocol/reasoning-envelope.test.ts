// Sealing and unsealing: byte-faithful, and nothing foreign is taken for ours.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seal, unseal } from './reasoning-envelope.ts';

fc.configureGlobal({ seed: 20261123 });

test('what is sealed comes back byte for byte, with its family', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1, unit: 'binary' }), (origin, value) => {
      expect(unseal(seal({ origin, value }))).toEqual({ origin, value });
    }),
  );
});

test('the form is tn1.<family>.<base64url>', () => {
  expect(seal({ origin: 'claude', value: 'EqQB+/==' })).toBe('tn1.claude.RXFRQisvPT0');
});

test.each([
  undefined,
  null,
  5,
  '',
  'EqQB+/==',
  'tn1.',
  'tn1.claude',
  'tn1..abcd',
  'tn1.claude.',
  'tn1.claude.a+b/',
  'tn2.claude.abcd',
])('not an envelope: %j', (text) => {
  expect(unseal(text)).toBeUndefined();
});
