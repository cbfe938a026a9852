// What `encrypted_content` carries, there and back, and what it makes of content that nobody here has written.
import { describe, expect, test } from 'vitest';
import { seal } from '../reasoning-envelope.ts';
import { type Carried, carriedIn, encryptedOf } from './carrier.ts';

const carried: readonly Carried[] = [
  { for: 'reasoning', origin: 'claude', text: 'hm "so"\u2028', signature: 'a+/=' },
  { for: 'reasoning', origin: 'claude', text: '', signature: 'a' },
  { for: 'reasoning', origin: 'claude', data: 'a+/=' },
  { for: 'reasoning', origin: 'openai', data: 'gAAA' },
  { for: 'reasoning', origin: 'openai', signature: 'gAAA' },
  { for: 'text', origin: 'gemini-2.5', length: 3, signature: 'a' },
  { for: 'tool-call', origin: 'gemini-2.5', id: 'call_1', signature: 'a' },
];

test.each(carried)('%j comes back as it was', (one) => {
  expect(carriedIn(encryptedOf(one))).toEqual(one);
});

test("only OpenAI's own signature is not sealed", () => {
  const raw = carried.map(encryptedOf).filter((text) => !text.startsWith('tn1.'));
  expect(raw).toEqual(['gAAA']);
});

describe('what is sealed otherwise is a signature', () => {
  test.each(['', '{', '{}', '[]', '{"for":"text","signature":"a"}', '{"for":"tool-call","id":"c"}', 'EqQB+/=='])(
    '%j',
    (value) => {
      const encrypted = seal({ origin: 'claude', value });
      // Nothing at all is not even sealed.
      const expected =
        value === '' ? { origin: 'openai', signature: encrypted } : { origin: 'claude', signature: value };
      expect(carriedIn(encrypted)).toEqual({ for: 'reasoning', ...expected });
    },
  );
});
