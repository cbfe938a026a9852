// Script files: what they may hold, and what is said of what they may not.
import { expect, test } from 'vitest';
import { parseScript } from './script-file.ts';

test('the steps alone are enough', () => {
  const steps = [
    { kind: 'answer', delayMs: 5, times: 'always', when: { model: 'a', operation: 'invoke' } },
    { kind: 'recorded', status: 200, headers: { a: 'b' }, body: { base64: 'AAAA' }, chunks: 'every-byte' },
    { kind: 'error', name: 'ThrottlingException', retryAfterSeconds: 2 },
    { kind: 'html', status: 503 },
    { kind: 'exception', name: 'throttlingException', afterFrames: 3, details: { a: 1 } },
    { kind: 'cut', afterBytes: 9, chunks: [1, 2] },
    { kind: 'end', from: { json: {} } },
    { kind: 'stall', forMs: 10, chunks: { seed: 4 } },
    { kind: 'corrupt', frame: 1, part: 'prelude' },
  ];
  expect(parseScript(JSON.stringify(steps))).toEqual({ script: steps });
});

test.each([
  ['{', /^not valid JSON: /],
  ['{"scripts": []}', /Unrecognized key: "scripts"/],
  ['[{"kind": "explode"}]', /script\[0\]/],
  ['[{"kind": "cut", "afterFrame": 1}]', /Unrecognized key: "afterFrame"[\s\S]*script\[0\]/],
  ['[{"kind": "error"}]', /script\[0\]\.name/],
])('%s is refused', (text, message) => {
  expect(() => parseScript(text)).toThrow(message);
});
