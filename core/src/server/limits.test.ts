// What is reserved for a request, and what becomes of it at its end.
import { describe, expect, test } from 'vitest';
import { RouterError } from '../contract/index.ts';
import { createLimits, Meter } from '../host/index.ts';
import { checkOut, reserveChat, reserveEmbeddings, withLimits } from './limits.ts';

const TPM = 100_000;
const limitsOf = () => createLimits({ tpm: TPM }, new Meter(), () => 5_000);
const JOURNEY = {
  why: '',
  group: { strategy: 'ordered', choices: [] },
  strict: false,
  keyName: 'team',
  protocol: 'bedrock-invoke',
  stream: false,
  fieldName: (field: string) => field,
  decodeLosses: [],
  route: undefined,
  request: { model: 'm', system: [], messages: [], tools: [] },
} as const;
type Journey = Parameters<typeof reserveChat>[1];

/** How many tokens are taken. */
function taken(more: object): number {
  const limits = limitsOf();
  // The cast: what a journey has besides is not looked at here.
  reserveChat(limits.enter(), { ...JOURNEY, ...more } as unknown as Journey);
  return TPM - (limits.standings().tokens?.remaining ?? 0);
}

describe('reserved', () => {
  test('for an answer without a limit: a thousand tokens', () => {
    expect(taken({})).toBe(1024);
  });
  test('as the client limits it, else as the route does', () => {
    expect(taken({ request: { ...JOURNEY.request, maxTokens: 7 }, route: { defaults: { maxTokens: 9 } } })).toBe(7);
    expect(taken({ route: { defaults: { maxTokens: 9 } } })).toBe(9);
  });
  test('for a body that can only be relayed: by its size', () => {
    expect(taken({ relayOnly: 'its own form', body: { prompt: 'x'.repeat(3987) } })).toBe(1000 + 1024);
  });
  test('its images at the flat rate: they are no text', () => {
    const image = { inputImage: Buffer.alloc(3_000_000, 7).toString('base64') };
    expect(taken({ relayOnly: 'its own form', body: image })).toBe(
      Math.ceil('{"inputImage":""}'.length / 4) + 1600 + 1024,
    );
  });
  test('for embeddings: by their texts', () => {
    const limits = limitsOf();
    reserveEmbeddings(limits.enter(), ['x'.repeat(400), 'y'.repeat(5)]);
    expect(limits.standings().tokens?.remaining).toBe(TPM - 102);
  });
});

describe('at the end', () => {
  const failed = new RouterError('upstream-failed', 'broken');
  const left = new RouterError('cancelled', 'the client has left');
  test.each([
    ['answered', { status: 200, calls: 1, usage: { inputTokens: 30, outputTokens: 4 } }, 34],
    [
      'read from a cache alone',
      { status: 200, calls: 1, usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 9 } },
      0,
    ],
    ['answered by who does not count', { status: 200, calls: 1, usage: { inputTokens: 0, outputTokens: 0 } }, 1000],
    ['nobody asked', { status: 400, calls: 0, error: new RouterError('invalid-request', 'no') }, 0],
    ['failed before its begin', { status: 502, calls: 3, error: failed }, 0],
    ['failed after its begin', { status: 200, calls: 1, error: failed }, 1000],
    [
      'failed, and said what it had taken',
      { status: 200, calls: 1, error: new RouterError('upstream-failed', 'broken', { usage: { inputTokens: 12 } }) },
      12,
    ],
    ['left before anybody was asked', { status: 499, calls: 0, error: left }, 0],
    ['left while somebody was', { status: 499, calls: 1, error: left }, 1000],
  ])('%s', (_name, outcome, used) => {
    const limits = limitsOf();
    const pass = limits.enter();
    pass.reserve({ input: 0, output: 1000 });
    checkOut(pass, outcome);
    expect(TPM - (limits.standings().tokens?.remaining ?? 0)).toBe(used);
  });
});

test('the head of a key without limits is left as it is', () => {
  const head = { 'x-ratelimit-limit-requests': '7' };
  expect(withLimits(head, {}, { protocol: 'openai-chat' })).toBe(head);
});
