// Laws of the chat encoder and decoder, over generated answers.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChatEvent, Part } from '../../core/src/contract/index.ts';
import { createCollector } from '../../core/src/protocol/collect.ts';
import { openaiChat } from '../../core/src/protocol/openai-chat/index.ts';
import { checkGrammar } from '../../core/src/testing/grammar.ts';
import {
  type AnswerBlock,
  accumulateAsSdk,
  accumulatePlainly,
  anyBlocks,
  contextFor,
  encodeAll,
  eventsOf,
  finishEvent,
  plainFinish,
  replayableBlocks,
} from './answers.ts';

const picks = fc.array(fc.nat(20), { maxLength: 40 });

function encodeWhole(events: readonly ChatEvent[]): Record<string, unknown> {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return JSON.parse(openaiChat.encodeResult(collector.result(), contextFor()));
}

/** A stream says '' where a whole answer says null or nothing. */
function normal(completion: Record<string, unknown>): unknown {
  const { object: _, ...rest } = JSON.parse(JSON.stringify(completion));
  const [choice] = rest.choices;
  const { content, refusal, ...message } = choice.message;
  return {
    ...rest,
    choices: [{ ...choice, message: { ...message, content: content || null, refusal: refusal || null } }],
  };
}

/** The SDK's helper adds `parsed` fields, and keeps only the last fragment of a field that it does not know. */
function withoutHelpersOwn(completion: Record<string, unknown>): unknown {
  const own = ['parsed', 'parsed_arguments', 'reasoning_content'];
  return JSON.parse(JSON.stringify(normal(completion), (key, value) => (own.includes(key) ? undefined : value)));
}

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

test('a streamed answer adds up to the whole one, however its blocks interleave', () => {
  fc.assert(
    fc.property(anyBlocks, finishEvent, picks, (blocks, finish, order) => {
      const events = eventsOf(blocks, finish, order);
      expect(normal(accumulatePlainly(encodeAll(events)))).toEqual(normal(encodeWhole(events)));
    }),
    { numRuns: 400 },
  );
});

test("the openai SDK's helper reads the same tool calls, content and usage from it", async () => {
  await fc.assert(
    fc.asyncProperty(anyBlocks, finishEvent, picks, async (blocks, finish, order) => {
      const events = eventsOf(blocks, finish, order);
      const streamed = await accumulateAsSdk(encodeAll(events));
      expect(withoutHelpersOwn(streamed)).toEqual(withoutHelpersOwn(encodeWhole(events)));
    }),
    { numRuns: 200 },
  );
});

/** What must come back of an answer: everything shown that is not empty, signatures with their origin. */
function expectedParts(blocks: readonly AnswerBlock[], order: readonly AnswerBlock[] = blocks): Part[] {
  return order.flatMap(({ block, fragments, end }): Part[] => {
    const text = fragments.join('');
    const signature = end.signature === undefined ? {} : { signature: end.signature };
    if (block.type === 'tool-call' && !block.server) {
      const { origin, ...call } = block;
      const input = text === '' && !block.custom ? '{}' : text;
      return [{ ...call, input, ...signature, ...(end.signature !== undefined && origin ? { origin } : {}) }];
    }
    if (block.type !== 'text' && block.type !== 'reasoning') return [];
    if (text === '' && end.signature === undefined && end.data === undefined) return [];
    const origin =
      (end.signature !== undefined || end.data !== undefined) && block.origin ? { origin: block.origin } : {};
    if (block.type === 'text') return [{ type: 'text', text, ...signature, ...origin }];
    const data = end.data === undefined ? {} : { data: end.data };
    const shown = text !== '' || end.data === undefined ? { text } : {};
    return [{ type: 'reasoning', ...shown, ...data, ...signature, ...origin }];
  });
}

const isCarried = (part: Part): boolean =>
  part.signature !== undefined || (part.type === 'reasoning' && part.data !== undefined);
const replayed = (message: unknown): readonly Part[] | undefined =>
  openaiChat.decode({ model: 'm', messages: [{ role: 'user', content: 'hi' }, message] }).request.messages[1]?.parts;

function firstMessage(completion: Record<string, unknown>): unknown {
  const { choices } = completion;
  return Array.isArray(choices) ? choices[0].message : undefined;
}

test('signed reasoning comes back byte for byte in the same order, through every kind of accumulator', async () => {
  const sealedAnswers = replayableBlocks.filter((blocks) => expectedParts(blocks).some(isCarried));
  await fc.assert(
    fc.asyncProperty(sealedAnswers, async (blocks) => {
      const events = eventsOf(blocks, plainFinish);
      const sse = encodeAll(events);
      const expected = expectedParts(blocks);
      expect(replayed(firstMessage(await accumulateAsSdk(sse)))).toEqual(expected);
      expect(replayed(firstMessage(accumulatePlainly(sse)))).toEqual(expected);
      expect(replayed(firstMessage(encodeWhole(events)))).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

test('an answer without signatures comes back with its reasoning in front', () => {
  const plain = replayableBlocks.map((blocks) => blocks.map((block) => ({ ...block, end: {} })));
  fc.assert(
    fc.property(plain, (blocks) => {
      const parts = expectedParts(blocks);
      fc.pre(parts.length > 0);
      const textOf = (type: 'text' | 'reasoning') =>
        parts.map((part) => (part.type === type ? part.text : '')).join('');
      const joined = (['reasoning', 'text'] as const).flatMap((type) =>
        textOf(type) ? [{ type, text: textOf(type) }] : [],
      );
      const message = firstMessage(accumulatePlainly(encodeAll(eventsOf(blocks, plainFinish))));
      expect(replayed(message)).toEqual([...joined, ...parts.filter((part) => part.type === 'tool-call')]);
    }),
  );
});
