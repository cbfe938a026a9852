// Any cut of any stream's bytes gives the same events; any damaged byte gives an error, and never a wrong answer. Through the
// plugin's own reading of a ConverseStream answer.
import { type ChatEvent, RouterError } from '@turnout/core/contract';
import { checkGrammar } from '@turnout/core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapeRequest } from '../../plugins/bedrock/src/request.ts';
import { resolveTarget } from '../../plugins/bedrock/src/resolve.ts';
import { streamAnswer } from '../../plugins/bedrock/src/stream.ts';
import { clientOf, eventFrame } from '../../plugins/bedrock/test/fixture.ts';
import { hasCorpus, readRecordings } from '../corpus/recordings.ts';
import { asked } from './proof.ts';

const target = resolveTarget('anthropic.claude-sonnet-5', {
  region: 'us-east-1',
  regionSource: 'the test',
  crossRegion: 'off',
  endpoint: undefined,
  models: {},
});
const { body, echo } = shapeRequest(
  asked('anthropic.claude-sonnet-5', { tools: [{ kind: 'function', name: 'look' }] }),
  target,
);

interface Outcome {
  readonly events: readonly ChatEvent[];
  readonly error: RouterError | undefined;
}

/** Everything that the plugin makes of these bytes. */
async function read(chunks: readonly Uint8Array[]): Promise<Outcome> {
  const events: ChatEvent[] = [];
  try {
    const answer = streamAnswer(
      clientOf(chunks),
      { target, body, echo },
      { id: 'call-1', signal: new AbortController().signal },
    );
    for await (const event of checkGrammar(answer)) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    if (!RouterError.is(error)) throw error;
    return { events, error };
  }
}

const words = fc.string({ maxLength: 8, unit: 'grapheme' });
/** The frames of one block. */
const block = (index: number): fc.Arbitrary<Buffer[]> => {
  const delta = (part: unknown) => eventFrame('contentBlockDelta', { contentBlockIndex: index, delta: part });
  const end = eventFrame('contentBlockStop', { contentBlockIndex: index });
  const text = fc.array(words, { maxLength: 4 }).map((texts) => [...texts.map((value) => delta({ text: value })), end]);
  const thought = fc
    .array(words, { minLength: 1, maxLength: 3 })
    .map((texts) => [
      ...texts.map((value) => delta({ reasoningContent: { text: value } })),
      delta({ reasoningContent: { signature: 'c2lnbmVk' } }),
      end,
    ]);
  const redacted = fc
    .uint8Array({ minLength: 1, maxLength: 9 })
    .map((bytes) => [delta({ reasoningContent: { redactedContent: Buffer.from(bytes).toString('base64') } }), end]);
  const call = fc.array(fc.constantFrom('{"a"', ':1}', '', '{}'), { maxLength: 3 }).map((inputs) => [
    eventFrame('contentBlockStart', {
      contentBlockIndex: index,
      start: { toolUse: { toolUseId: `t${index}`, name: 'look' } },
    }),
    ...inputs.map((input) => delta({ toolUse: { input } })),
    end,
  ]);
  return fc.oneof(text, thought, redacted, call);
};
const stream: fc.Arbitrary<Buffer> = fc
  .integer({ min: 0, max: 4 })
  .chain((count) =>
    fc.tuple(
      fc.tuple(...Array.from({ length: count }, (_, index) => block(index))),
      fc.constantFrom('end_turn', 'tool_use', 'max_tokens', 'guardrail_intervened'),
    ),
  )
  .map(([blocks, stopReason]) =>
    Buffer.concat([
      eventFrame('messageStart', { role: 'assistant', p: 'abcdef' }),
      ...blocks.flat(),
      eventFrame('messageStop', { stopReason }),
      eventFrame('metadata', { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 }, metrics: { latencyMs: 5 } }),
    ]),
  );

/** The bytes in pieces, cut at these shares of their length. */
function cut(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const places = shares.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

/** The same outcome, and where it failed nothing but the beginning of the truth, with no end. */
function holdToTruth(damaged: Outcome, whole: Outcome): void {
  expect(damaged.error?.code).toBe('upstream-failed');
  expect(whole.events.slice(0, damaged.events.length)).toEqual(damaged.events);
  expect(damaged.events.some(({ type }) => type === 'finish')).toBe(false);
}

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
const recordings = readRecordings(['converse-stream']).filter(({ status }) => status === 200);

describe('any stream', () => {
  it('cut anywhere gives the same events', async () => {
    await fc.assert(
      fc.asyncProperty(stream, shares, async (bytes, places) => {
        const whole = await read([bytes]);
        expect(whole.error).toBeUndefined();
        expect(await read(cut(bytes, places))).toEqual(whole);
      }),
      { numRuns: 400, seed: 3 },
    );
  });

  it('with a damaged byte fails, and has said nothing wrong until then', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.nat(), fc.integer({ min: 1, max: 255 }), shares, async (bytes, at, flip, places) => {
        const damaged = Buffer.from(bytes);
        const place = at % damaged.length;
        damaged[place] = (damaged[place] ?? 0) ^ flip;
        holdToTruth(await read(cut(damaged, places)), await read([bytes]));
      }),
      { numRuns: 600, seed: 5 },
    );
  });

  it('that stops early fails, and has said nothing wrong until then', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.double({ min: 0, max: 0.999, noNaN: true }), async (bytes, share) => {
        // Its last frame says nothing that an answer needs.
        const last = eventFrame('metadata', {
          usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
          metrics: { latencyMs: 5 },
        }).length;
        const needed = bytes.length - last;
        holdToTruth(await read([bytes.subarray(0, Math.floor(share * needed))]), await read([bytes]));
      }),
      { numRuns: 300, seed: 9 },
    );
  });
});

if (!hasCorpus) console.log('recorded streams: skipped, the corpus is not on this machine');

describe.skipIf(!hasCorpus)('recorded streams', () => {
  it('cut anywhere give the same events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...recordings), shares, async ({ body: bytes }, places) => {
        expect(await read(cut(bytes, places))).toEqual(await read([bytes]));
      }),
      { numRuns: 150, seed: 21 },
    );
  });

  it('with a damaged byte fail, and have said nothing wrong until then', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...recordings), fc.nat(), fc.nat(7), async ({ body: bytes }, at, bit) => {
        const damaged = Buffer.from(bytes);
        const place = at % damaged.length;
        damaged[place] = (damaged[place] ?? 0) ^ (1 << bit);
        const whole = await read([bytes]);
        const outcome = await read([damaged]);
        // One recording ends with an exception frame of its own.
        if (whole.error === undefined) holdToTruth(outcome, whole);
        else expect(outcome.error).toBeDefined();
      }),
      { numRuns: 300, seed: 23 },
    );
  });
});
