// Redacted reasoning goes back to Bedrock as it came.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactedFromConverse, redactedToConverse } from './redacted.ts';

fc.configureGlobal({ seed: 20261123 });

test('the string of the Messages API is inside', () => {
  const data = 'EvgFCkYIBxgCKkBmxKtC+/==';
  expect(redactedToConverse(data)).toBe('RXZnRkNrWUlCeGdDS2tCbXhLdEMrLz09');
  expect(redactedFromConverse('RXZnRkNrWUlCeGdDS2tCbXhLdEMrLz09')).toBe(data);
});

test('any bytes come back, and any base64 as it was written', () => {
  const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array).toString('base64'));
  const strings = fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text).toString('base64'));
  const odd = fc.constantFrom('QUJD/+==', 'QUI', '', Buffer.from('data:;base64,QUJD').toString('base64'));
  fc.assert(
    fc.property(fc.oneof(bytes, strings, odd), (content) => {
      expect(redactedToConverse(redactedFromConverse(content))).toBe(content);
    }),
  );
});

test('any string of a client reaches Bedrock as bytes', () => {
  fc.assert(
    fc.property(fc.base64String({ minLength: 4 }), (data) => {
      expect(redactedFromConverse(redactedToConverse(data))).toBe(data);
    }),
  );
});
