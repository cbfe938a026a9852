// JSON taken out of a model's words: fences and prose around it go, and prose without JSON stays.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonText } from './json-text.ts';

function take(text: string, opener: '{' | '[' = '{', pieces = 1): string {
  const reader = new JsonText(opener);
  let out = '';
  const length = Math.max(1, Math.ceil(text.length / pieces));
  for (let at = 0; at < text.length; at += length) out += reader.push(text.slice(at, at + length));
  return out + reader.end();
}

describe('the JSON in a text', () => {
  it.each([
    ['alone', '{"a":1}', '{"a":1}'],
    ['in a fence', '```json\n{"a": {"b": []}}\n```', '{"a": {"b": []}}'],
    ['in a fence without a language', '```\n{}\n```\n', '{}'],
    ['behind words and before words', 'Here it is:\n\n{"a":"}"}\n\nAnything else?', '{"a":"}"}'],
    ['with escapes in its strings', '{"a":"\\"}\\\\"} done', '{"a":"\\"}\\\\"}'],
    ['behind braces that are none', 'The set {x} is {"a":1}', '{"a":1}'],
    ['over two', '{"a":1}\n{"b":2}', '{"a":1}'],
    ['cut off', '```json\n{"a":[1,2', '{"a":[1,2'],
    ['that is not there: a refusal stays', 'I cannot {do} that.', 'I cannot {do} that.'],
    ['of nothing', '', ''],
  ])('%s', (_name, text, json) => {
    for (const pieces of [1, 2, 3, 100]) expect(take(text, '{', pieces)).toBe(json);
  });

  it('may be a list', () => {
    expect(take('Sure: [{"a":1}, 2]!', '[')).toBe('[{"a":1}, 2]');
    expect(take('See [here]', '[')).toBe('See [here]');
  });

  it('comes out whole, whatever stands around it and however it is cut', () => {
    const prose = fc.constantFrom('', 'Here: ', '```json\n', '\n```', ' ok.', '```');
    fc.assert(
      fc.property(
        prose,
        fc.dictionary(fc.string(), fc.jsonValue()),
        prose,
        fc.integer({ min: 1, max: 30 }),
        (before, value, after, pieces) => {
          const json = JSON.stringify(value);
          expect(take(before + json + after, '{', pieces)).toBe(json);
        },
      ),
      { numRuns: 500, seed: 3 },
    );
  });
});
