// Laws of the Responses encoder and decoder, over generated answers and hostile requests.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Part, RouterError } from '../../core/src/contract/index.ts';
import { openaiResponses } from '../../core/src/protocol/openai-responses/index.ts';
import { type AnswerBlock, eventsOf, finishEvent, plainFinish } from '../openai-chat/answers.ts';
import {
  type Answer,
  accumulatePlainly,
  adorned,
  answerBlocks,
  encodeStream,
  encodeWhole,
  keptBlocks,
  REQUEST,
} from './answers.ts';
import { framesOf, responseOf } from './sse.ts';

const picks = fc.array(fc.nat(20), { maxLength: 40 });

test('a streamed answer is the whole one: by its last event, by its items, and by its deltas, however blocks interleave', () => {
  fc.assert(
    fc.property(answerBlocks, finishEvent, picks, picks, (blocks, finish, order, words) => {
      const events = adorned(eventsOf(blocks, finish, order), words);
      const sse = encodeStream(events);
      const whole = encodeWhole(events);
      const frames = framesOf(sse);
      expect(frames.at(-1)?.response).toEqual(whole);
      expect(responseOf(frames)).toEqual(whole);
      expect(accumulatePlainly(sse)).toEqual(whole);
      expect(frames.map(({ sequence_number }) => sequence_number)).toEqual(frames.map((_, index) => index));
    }),
    { numRuns: 400 },
  );
});

/** What must come back of an answer: everything shown that is not empty, signatures with their origin. */
function expectedParts(blocks: readonly AnswerBlock[]): Part[] {
  return blocks.flatMap(({ block, fragments, end }): Part[] => {
    const text = fragments.join('');
    const signed = end.signature === undefined ? {} : { signature: end.signature };
    const origin = 'origin' in block && (end.signature ?? end.data) !== undefined ? { origin: block.origin ?? '' } : {};
    if (block.type === 'text') {
      return text === '' && end.signature === undefined ? [] : [{ type: 'text', text, ...signed, ...origin }];
    }
    if (block.type === 'reasoning') {
      if (text === '' && end.signature === undefined && end.data === undefined) return [];
      // OpenAI's own signature travels alone, and nothing of it says that there was no text.
      const isAlone = block.origin === 'openai' && end.signature !== undefined && end.data === undefined;
      const shown = text !== '' || (end.signature !== undefined && !isAlone) ? { text } : {};
      return [
        { type: 'reasoning', ...shown, ...(end.data === undefined ? {} : { data: end.data }), ...signed, ...origin },
      ];
    }
    if (block.type !== 'tool-call' || block.server) return [];
    const input = text === '' && !block.custom ? '{}' : text;
    const { id, name, custom } = block;
    return [{ type: 'tool-call', id, name, input, ...(custom ? { custom } : {}), ...signed, ...origin }];
  });
}

const replayed = (output: Answer['output']): readonly Part[] => {
  const { request, losses } = openaiResponses.decode({
    ...REQUEST,
    input: [{ role: 'user', content: 'hi' }, ...output],
  });
  expect(losses).toEqual([]);
  expect(request.messages.length).toBeLessThanOrEqual(2);
  return request.messages[1]?.parts ?? [];
};

test('an answer that a client sends back is what the model said, signed reasoning byte for byte', () => {
  fc.assert(
    fc.property(keptBlocks, (blocks) => {
      const events = eventsOf(blocks, plainFinish);
      const expected = expectedParts(blocks);
      expect(replayed(encodeWhole(events).output)).toEqual(expected);
      expect(replayed(accumulatePlainly(encodeStream(events)).output)).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

test('and so it is when the client keeps only what Codex keeps of an item, and cuts the summaries of signed reasoning', () => {
  const kept = new Set([
    'type',
    'role',
    'content',
    'call_id',
    'name',
    'namespace',
    'arguments',
    'input',
    'summary',
    'encrypted_content',
    'execution',
  ]);
  const asCodex = (item: Record<string, unknown>) => {
    const fields = Object.entries(item).filter(([field]) => kept.has(field));
    const isSealed = String(item.encrypted_content ?? '').startsWith('tn1.');
    return { ...Object.fromEntries(fields), ...(isSealed ? { summary: [] } : {}) };
  };
  fc.assert(
    fc.property(keptBlocks, (blocks) => {
      const { output } = encodeWhole(eventsOf(blocks, plainFinish));
      expect(replayed(output.map(asCodex))).toEqual(expectedParts(blocks));
    }),
    { numRuns: 200 },
  );
});

/** Words and shapes that mean something to the decoder, in places where they may not. */
const WORDS = [
  ...[
    'input',
    'tools',
    'type',
    'role',
    'content',
    'name',
    'call_id',
    'arguments',
    'output',
    'summary',
    'encrypted_content',
  ],
  ...[
    'id',
    'text',
    'format',
    'schema',
    'tool_choice',
    'namespace',
    'parameters',
    'image_url',
    'file_data',
    'input_audio',
    'action',
  ],
  ...[
    'reasoning',
    'effort',
    'include',
    'instructions',
    'metadata',
    'annotations',
    'result',
    'url',
    '__proto__',
    'constructor',
  ],
];
const TYPES = [
  ...['message', 'function_call', 'function_call_output', 'custom_tool_call', 'custom_tool_call_output', 'reasoning'],
  ...[
    'additional_tools',
    'item_reference',
    'web_search_call',
    'local_shell_call',
    'computer_call_output',
    'tool_search_output',
  ],
  ...[
    'image_generation_call',
    'compaction',
    'function',
    'custom',
    'namespace',
    'allowed_tools',
    'input_text',
    'input_image',
  ],
  ...[
    'input_file',
    'input_audio',
    'output_text',
    'refusal',
    'user',
    'assistant',
    'system',
    'developer',
    'required',
    'json_schema',
  ],
  ...['tn1.claude.e30', 'tn1.claude.eyJmb3IiOiJ0ZXh0In0', 'data:image/png;base64,AAAA', 'data:,', 'https://a.example'],
];
const hostile = fc.letrec<{ value: unknown; bag: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>(...TYPES),
    fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, '', 'x', Number.MAX_VALUE),
    tie('bag'),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
  bag: fc
    .array(fc.tuple(fc.constantFrom(...WORDS), tie('value')), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries)),
}));
const typed = fc.tuple(fc.constantFrom(...TYPES), hostile.bag).map(([type, bag]) => ({ ...bag, type }));
const item = fc.oneof(typed, hostile.bag, hostile.value);

test('a hostile request is decoded or refused, and nothing else happens', () => {
  let decoded = 0;
  fc.assert(
    fc.property(
      hostile.bag,
      fc.array(item, { maxLength: 4 }),
      fc.array(typed, { maxLength: 3 }),
      (bag, input, tools) => {
        const body = JSON.parse(JSON.stringify({ ...bag, model: 'm', input, ...(tools.length > 0 ? { tools } : {}) }));
        try {
          const { echo } = openaiResponses.decode(body);
          decoded++;
          openaiResponses.encodeResult(
            { id: '', model: '', blocks: [], finish: plainFinish },
            { requestId: 'r', model: 'm', createdS: 1, echo },
          );
        } catch (error) {
          if (!RouterError.is(error)) throw error;
          expect(['invalid-request', 'unsupported']).toContain(error.code);
          expect(error.status).toBe(400);
        }
      },
    ),
    { numRuns: 3000 },
  );
  expect(decoded).toBeGreaterThan(100);
});

test('nesting without end is refused, wherever it stands', () => {
  const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
  const bodies = [
    { input: deep },
    { input: [{ type: 'mcp_call', id: 'x', output: deep }] },
    { input: [{ role: 'user', content: [{ type: 'input_text', text: 'x', extra: deep }] }] },
    { tools: [{ type: 'web_search', filters: deep }] },
    { input: [{ type: 'additional_tools', tools: [{ type: 'function', name: 'f', parameters: { deep } }] }] },
    { metadata: { deep } },
    { text: { format: { type: 'json_schema', name: 'n', schema: { deep } } } },
    { tool_choice: { type: 'mcp', deep }, tools: [{ type: 'mcp' }] },
    { reasoning: { deep } },
    { unknown: deep },
  ];
  for (const body of bodies) {
    const decode = () => openaiResponses.decode({ model: 'm', input: 'hi', ...body });
    expect(decode, Object.keys(body).join()).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  }
});
