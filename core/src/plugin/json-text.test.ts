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
    ['after one that was given up', 'An empty {} is not right. {"a":1}', '{"a":1}'],
    ['in a fence after prose', 'So:\n```json\n{"a":[{"b":1}]}\n```\nRight?', '{"a":[{"b":1}]}'],
    ['before braces that are none', 'So {"a":1}, of the set {"x", y}', '{"a":1}'],
    ['after one that does not parse', 'Not {"a":} but {"a":1}.', '{"a":1}'],
    ['cut off after prose', 'So: {"a":[1,2', '{"a":[1,2'],
    ['behind a quotation mark', 'He is 6" tall: {"a":1}', '{"a":1}'],
    ['of a list of objects stays whole', 'Here: [{"a":1},{"b":2}]', 'Here: [{"a":1},{"b":2}]'],
    ['of a list alone stays whole', '[{"a":1},{"b":2}]', '[{"a":1},{"b":2}]'],
    ['after a list of objects stays with it', 'Not [{"a":1}] but {"a":1}', 'Not [{"a":1}] but {"a":1}'],
    ['after a footnote', 'See [1]: {"a":1}', '{"a":1}'],
    ['cut off', '```json\n{"a":[1,2', '{"a":[1,2'],
    ['that is not there: a refusal stays', 'I cannot {do} that.', 'I cannot {do} that.'],
    ['of nothing', '', ''],
  ])('%s', (_name, text, json) => {
    for (const pieces of [1, 2, 3, 100]) expect(take(text, '{', pieces)).toBe(json);
  });

  it('may be a list', () => {
    expect(take('Sure: [{"a":1}, 2]!', '[')).toBe('[{"a":1}, 2]');
    expect(take('See [here]', '[')).toBe('See [here]');
    expect(take('An empty [] is not right: [1]', '[')).toBe('[1]');
    expect(take('So: {"a":[1]}', '[')).toBe('So: {"a":[1]}');
  });

  it('comes piece by piece where the text begins with it, and at the end where it does not', () => {
    const reader = new JsonText('{');
    expect([
      reader.push('```json'),
      reader.push('\n{'),
      reader.push('"a"'),
      reader.push(':1} so'),
      reader.end(),
    ]).toEqual(['', '', '{"a"', ':1}', '']);
    const late = new JsonText('{');
    expect([late.push('So: {"a"'), late.push(':1}'), late.end()]).toEqual(['', '', '{"a":1}']);
  });

  it('of nothing but openers is given up in good time', () => {
    const text = `x ${'{"'.repeat(500_000)}`;
    expect(take(text).length).toBeGreaterThan(500_000);
    const lists = `x ${'[{"a":'.repeat(200_000)}`;
    expect(take(lists, '[').length).toBeGreaterThan(500_000);
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
