// Laws of the Messages encoder and decoder, over generated answers and requests.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Part } from '../../core/src/contract/index.ts';
import { anthropicCount, anthropicMessages } from '../../core/src/protocol/anthropic-messages/index.ts';
import { checkGrammar } from '../../core/src/testing/grammar.ts';
import {
  type AnswerBlock,
  anyBlocks,
  encodeAll,
  encodeWhole,
  eventsOf,
  finishEvent,
  replayableBlocks,
} from './answers.ts';
import { bodyOf, canonicalRequest } from './requests.ts';
import { sdkClients } from './sdk-client.ts';

const picks = fc.array(fc.nat(20), { maxLength: 40 });
const noHeaders = { headers: {} };

test('generated answers keep the grammar', async () => {
  await fc.assert(
    fc.asyncProperty(anyBlocks, finishEvent, picks, async (blocks, finish, order) => {
      async function* stream() {
        yield* eventsOf(blocks, finish, order);
      }
      for await (const _ of checkGrammar(stream()));
    }),
  );
});

/** What the helper adds of its own; and the one thing that the end of a stream does not say. */
function normal(message: unknown): unknown {
  const own = ['parsed_output', '_request_id', 'cache_creation'];
  return JSON.parse(JSON.stringify(message, (key, value) => (own.includes(key) ? undefined : value)));
}

describe.each(sdkClients)('the SDK, $version', ({ stream, whole }) => {
  test('a streamed answer adds up to the whole one, however its blocks interleave', async () => {
    await fc.assert(
      fc.asyncProperty(anyBlocks, finishEvent, picks, async (blocks, finish, order) => {
        const events = eventsOf(blocks, finish, order);
        expect(normal(await stream(encodeAll(events)))).toEqual(normal(encodeWhole(events)));
      }),
      { numRuns: 150 },
    );
  });

  test('a stream cut at any byte is the same answer', async () => {
    await fc.assert(
      fc.asyncProperty(anyBlocks, finishEvent, fc.nat(), async (blocks, finish, at) => {
        const bytes = Buffer.from(encodeAll(eventsOf(blocks, finish)));
        const cut = at % bytes.length;
        const message = await stream([bytes.subarray(0, cut), bytes.subarray(cut, cut + 1), bytes.subarray(cut + 1)]);
        expect(normal(message)).toEqual(normal(encodeWhole(eventsOf(blocks, finish))));
      }),
      { numRuns: 60 },
    );
  });

  test('a whole answer is read as it is', async () => {
    await fc.assert(
      fc.asyncProperty(anyBlocks, finishEvent, async (blocks, finish) => {
        const written = encodeWhole(eventsOf(blocks, finish));
        expect(normal(await whole(JSON.stringify(written)))).toEqual(normal(written));
      }),
      { numRuns: 30 },
    );
  });
});

test('never more than one block is open, and indexes count up from 0', () => {
  fc.assert(
    fc.property(anyBlocks, finishEvent, picks, (blocks, finish, order) => {
      let open = -1;
      let next = 0;
      for (const frame of encodeAll(eventsOf(blocks, finish, order))
        .split('\n\n')
        .slice(0, -1)) {
        const { type, index } = JSON.parse(frame.slice(frame.indexOf('data: ') + 6));
        expect(frame.startsWith(`event: ${type}\n`)).toBe(true);
        if (type === 'content_block_start') {
          expect([open, index]).toEqual([-1, next++]);
          open = index;
        } else if (type === 'content_block_delta') expect(index).toBe(open);
        else if (type === 'content_block_stop') {
          expect(index).toBe(open);
          open = -1;
        }
      }
      expect(open).toBe(-1);
    }),
  );
});

/** What must come back of an answer: everything shown that is not empty, signatures with their origin. */
function expectedParts(blocks: readonly AnswerBlock[]): Part[] {
  return blocks.flatMap(({ block, fragments, citations = [], end }): Part[] => {
    const text = fragments.join('');
    const signed = end.signature !== undefined || end.data !== undefined;
    const marks = {
      ...end,
      ...(signed && 'origin' in block && block.origin !== undefined ? { origin: block.origin } : {}),
    };
    if (block.type === 'tool-call') {
      return [{ type: 'tool-call', id: block.id, name: block.name, input: text === '' ? '{}' : text, ...marks }];
    }
    if (text === '' && !signed && citations.length === 0) return [];
    if (block.type === 'text')
      return [{ type: 'text', text, ...(citations.length > 0 ? { citations } : {}), ...marks }];
    // Claude's own redacted thinking never has words: what it shows and what it hides are two blocks.
    if (end.data === undefined) return [{ type: 'reasoning', text, ...marks }];
    if (text === '') return [{ type: 'reasoning', ...marks }];
    if (marks.origin !== 'claude') return [{ type: 'reasoning', text, ...marks }];
    return [
      { type: 'reasoning', text },
      { type: 'reasoning', ...marks },
    ];
  });
}

test('an answer that is brought back is what it was, whoever signed it', () => {
  fc.assert(
    fc.property(replayableBlocks, picks, (blocks, order) => {
      const { content } = encodeWhole(eventsOf(blocks, undefined, order));
      const body = {
        model: 'm',
        max_tokens: 1,
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content },
        ],
      };
      const { request, losses } = anthropicMessages.decode(body, noHeaders);
      expect(losses).toEqual([]);
      const order2 = startOrder(blocks, order);
      expect(request.messages[1]?.parts ?? []).toEqual(expectedParts(order2));
    }),
    { numRuns: 400 },
  );
});

/** The blocks in the order in which they began. */
function startOrder(blocks: readonly AnswerBlock[], order: readonly number[]): AnswerBlock[] {
  return eventsOf(blocks, undefined, order).flatMap((event) => {
    const block = event.type === 'block-start' ? blocks[event.index] : undefined;
    return block ? [block] : [];
  });
}

test('what a canonical request would be as Messages decodes to that request', () => {
  fc.assert(
    fc.property(canonicalRequest, (request) => {
      const body: unknown = JSON.parse(JSON.stringify(bodyOf(request)));
      const decoded = anthropicMessages.decode(body, noHeaders);
      expect(decoded.losses).toEqual([]);
      expect(decoded.request).toEqual(request);
      const { maxTokens: _, ...counted } = request;
      expect(anthropicCount.decode(body, noHeaders).request).toEqual(counted);
    }),
    { numRuns: 500 },
  );
});
