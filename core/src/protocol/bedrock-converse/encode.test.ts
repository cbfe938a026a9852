// What Converse's clients read of a whole answer.
import { expect, test } from 'vitest';
import type { ChatResult, FinishEvent, ResultBlock } from '../../contract/index.ts';
import { bedrockConverse } from './index.ts';

const head = { headers: {}, model: 'claude' };
const plain: FinishEvent = {
  type: 'finish',
  reason: 'stop',
  rawReason: 'stop',
  usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
};

function encode(blocks: readonly ResultBlock[], finish: Partial<FinishEvent> = {}, body: object = {}) {
  const { echo } = bedrockConverse.decode({ messages: [], ...body }, head);
  const result: ChatResult = { id: 'up', model: 'wire', blocks, finish: { ...plain, ...finish } };
  return JSON.parse(bedrockConverse.encodeResult(result, { requestId: 'r', model: 'claude', createdS: 1, echo }));
}
const contentOf = (...blocks: ResultBlock[]) => encode(blocks).output.message.content;

test('text, with and without sources; an empty one is none', () => {
  const place = { in: 'web', url: 'https://x' } as const;
  expect(
    contentOf(
      { block: { type: 'text' }, text: 'hi' },
      { block: { type: 'text' }, text: '' },
      { block: { type: 'text' }, text: 'cited', citations: [{ title: 'T', text: 'own words', place }] },
      { block: { type: 'text' }, text: 'vaguely', citations: [{}] },
    ),
  ).toEqual([
    { text: 'hi' },
    {
      citationsContent: {
        content: [{ text: 'cited' }],
        citations: [{ title: 'T', sourceContent: [{ text: 'own words' }], location: { web: { url: 'https://x' } } }],
      },
    },
    { text: 'vaguely' },
  ]);
});

test('a call keeps every digit of its input; input that is no object is wrapped in one', () => {
  const call = (text: string): ResultBlock => ({ block: { type: 'tool-call', id: 'c', name: 'f' }, text });
  const { echo } = bedrockConverse.decode({ messages: [] }, head);
  const context = { requestId: 'r', model: 'claude', createdS: 1, echo };
  const result = { id: 'up', model: 'wire', blocks: [call('{"n": 12345678901234567890}')], finish: plain };
  expect(bedrockConverse.encodeResult(result, context)).toContain('"input":{"n": 12345678901234567890}}}');
  const inputs = contentOf(call(''), call('{"a'), call('[1]')).map(
    (one: { toolUse: { input: unknown } }) => one.toolUse.input,
  );
  expect(inputs).toEqual([{}, { rawInvalidInput: '{"a' }, { rawInvalidInput: '[1]' }]);
});

test('reasoning: raw only of Claude, sealed of others, unsigned when nobody knows whose it is', () => {
  const reasoning = (origin: string | undefined, rest: object): ResultBlock => ({
    block: { type: 'reasoning', ...(origin === undefined ? {} : { origin }) },
    text: 'hm',
    ...rest,
  });
  expect(
    contentOf(
      reasoning('claude', { signature: 'sig' }),
      reasoning('openai', { signature: 'sig' }),
      reasoning(undefined, { signature: 'sig', data: 'AAAA' }),
      reasoning('claude', { text: '', data: 'AAAA' }),
      reasoning('claude', { text: '', data: 'data:;base64,AAAA' }),
      reasoning('openai', { text: '', data: 'AAAA' }),
    ),
  ).toEqual([
    { reasoningContent: { reasoningText: { text: 'hm', signature: 'sig' } } },
    { reasoningContent: { reasoningText: { text: 'hm', signature: 'tn1.openai.c2ln' } } },
    { reasoningContent: { reasoningText: { text: 'hm' } } },
    { reasoningContent: { redactedContent: btoa('AAAA') } },
    { reasoningContent: { redactedContent: 'AAAA' } },
    { reasoningContent: { redactedContent: btoa('tn1.openai.QUFBQQ') } },
  ]);
});

test('what the vendor itself ran, an image, and media that Converse has no block for', () => {
  expect(
    contentOf(
      { block: { type: 'tool-call', id: 's', name: 'web_search', server: true }, text: '{}' },
      { block: { type: 'tool-result', id: 's', server: true }, text: '{"hits":1}' },
      { block: { type: 'tool-result', id: 's', server: true }, text: 'found' },
      { block: { type: 'media', mediaType: 'image/png' }, text: '', data: 'AAAA' },
      { block: { type: 'media', mediaType: 'audio/wav' }, text: '', data: 'AAAA' },
    ),
  ).toEqual([
    { toolUse: { toolUseId: 's', name: 'web_search', type: 'server_tool_use', input: {} } },
    { toolResult: { toolUseId: 's', type: 'web_search_result', status: 'success', content: [{ json: { hits: 1 } }] } },
    { toolResult: { toolUseId: 's', type: 'web_search_result', status: 'success', content: [{ text: 'found' }] } },
    { image: { format: 'png', source: { bytes: 'AAAA' } } },
    { text: '[audio/wav: not shown, this protocol has no place for it]' },
  ]);
});

test.each([
  ['stop', 'stop', 'end_turn'],
  ['stop', 'stop_sequence', 'stop_sequence'],
  ['tool-calls', 'end_turn', 'tool_use'],
  ['stop', 'tool_use', 'end_turn'],
  ['length', 'model_context_window_exceeded', 'model_context_window_exceeded'],
  ['length', 'length', 'max_tokens'],
  ['content-filter', 'guardrail_intervened', 'guardrail_intervened'],
  ['content-filter', 'SAFETY', 'content_filtered'],
  ['refusal', 'refusal', 'content_filtered'],
  ['pause', 'pause_turn', 'end_turn'],
  ['other', 'whatever', 'end_turn'],
] as const)('%s (%s) is %s', (reason, rawReason, stopReason) => {
  expect(encode([], { reason, rawReason }).stopReason).toBe(stopReason);
});

test('usage: the cache apart from the input, what was written by how long it is kept', () => {
  const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 18, cacheReadTokens: 5, cacheWriteTokens: 10 };
  const counted = {
    inputTokens: 1,
    outputTokens: 2,
    totalTokens: 18,
    cacheReadInputTokens: 5,
    cacheWriteInputTokens: 10,
  };
  expect(encode([], { usage }).usage).toEqual(counted);
  expect(encode([], { usage: { ...usage, cacheWrite1hTokens: 10 } }).usage).toEqual({
    ...counted,
    cacheDetails: [{ ttl: '1h', inputTokens: 10 }],
  });
});

test('the time is the vendor’s, or else a real one of the router', () => {
  const extras = { metrics: { latencyMs: 77 }, trace: { guardrail: {} }, serviceTier: { type: 'flex' } };
  expect(encode([], { extensions: { 'bedrock-converse': extras } })).toMatchObject(extras);
  const { metrics } = encode([]);
  expect(Number.isInteger(metrics.latencyMs) && metrics.latencyMs >= 0).toBe(true);
});

test('additionalModelResponseFields: what was asked for, where it was asked for', () => {
  const fieldsOf = (paths: string[], finish: Partial<FinishEvent>) =>
    encode([], finish, { additionalModelResponseFieldPaths: paths }).additionalModelResponseFields;
  const given = {
    extensions: { 'bedrock-converse': { additionalModelResponseFields: { stop_sequence: 'E', more: 1 } } },
  };
  expect(fieldsOf([], { stopSequence: 'E', ...given })).toBeUndefined();
  expect(fieldsOf(['/stop_sequence'], { stopSequence: 'E', ...given })).toEqual({ stop_sequence: 'E' });
  expect(fieldsOf(['/delta/stop_sequence'], {})).toEqual({ delta: { stop_sequence: null } });
  expect(fieldsOf(['/more'], given)).toEqual({ stop_sequence: 'E', more: 1 });
  expect(encode([], { stopSequence: 'E' }).stopReason).toBe('stop_sequence');
});
