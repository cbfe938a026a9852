// The server-sent events of an answer, as they stand on the wire.
import { describe, expect, test } from 'vitest';
import { type Block, type ChatEvent, type Extensions, type FinishEvent, RouterError } from '../../contract/index.ts';
import { carrySignature } from '../carried-signature.ts';
import { seal } from '../reasoning-envelope.ts';
import { MessagesEvents } from './events.ts';
import { MessagesStreamEncoder } from './stream.ts';

const context = { requestId: 'r1', model: 'alias', createdS: 1, echo: { names: new Map<string, string>() } };
const start: ChatEvent = { type: 'start', id: 'up', model: 'wire' };
const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };
const finish: FinishEvent = { type: 'finish', reason: 'stop', rawReason: 'end_turn', usage };

const begin = (index: number, block: Block, extensions?: Extensions): ChatEvent => ({
  type: 'block-start',
  index,
  block,
  ...(extensions ? { extensions } : {}),
});
const delta = (index: number, text: string): ChatEvent => ({ type: 'block-delta', index, text });
const end = (index: number, more: object = {}): ChatEvent => ({ type: 'block-end', index, ...more });

/** The events of the content, each as its type and what matters of it. */
function content(...events: ChatEvent[]): unknown[] {
  const seen: unknown[] = [];
  const out = new MessagesEvents(context, (type, json) => {
    const event = JSON.parse(json);
    expect(event.type).toBe(type);
    if (type === 'content_block_start') seen.push([event.index, event.content_block]);
    if (type === 'content_block_delta') seen.push([event.index, event.delta]);
    if (type === 'content_block_stop') seen.push([event.index, 'stop']);
  });
  for (const event of events) out.push(event);
  return seen;
}

/** `delta` and `usage` of the end. */
function endOf(event: Partial<FinishEvent>): Record<string, unknown> {
  let end: Record<string, unknown> = {};
  const out = new MessagesEvents(context, (type, json) => {
    if (type === 'message_delta') end = JSON.parse(json);
  });
  out.push({ ...finish, ...event });
  return end;
}

test('the whole of a stream', () => {
  const encoder = new MessagesStreamEncoder(context);
  const events = [{ ...start, usage: { inputTokens: 3 } }, begin(0, { type: 'text' }), delta(0, 'hé"'), end(0), finish];
  const none = '"cache_creation_input_tokens":0,"cache_read_input_tokens":0';
  const cache = '"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}';
  const head = '"id":"msg_r1","type":"message","role":"assistant","model":"alias","content":[]';
  expect(events.map((event) => encoder.push(event)).join('')).toBe(
    [
      'event: message_start',
      `data: {"type":"message_start","message":{${head},"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":3,${none},${cache},"output_tokens":0}}}`,
      '',
      'event: ping',
      'data: {"type":"ping"}',
      '',
      'event: content_block_start',
      'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
      '',
      'event: content_block_delta',
      'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hé\\""}}',
      '',
      'event: content_block_stop',
      'data: {"type":"content_block_stop","index":0}',
      '',
      'event: message_delta',
      `data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null},"usage":{"input_tokens":3,${none},"output_tokens":5}}`,
      '',
      'event: message_stop',
      'data: {"type":"message_stop"}',
      '',
      '',
    ].join('\n'),
  );
});

test('a sign of life, and an end that is none', () => {
  const encoder = new MessagesStreamEncoder(context);
  expect(encoder.heartbeat).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  expect(encoder.fail(new RouterError('upstream-failed', 'cut'), 'r1')).toBe(
    'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"cut"},"request_id":"r1"}\n\n',
  );
});

describe('blocks', () => {
  test('a call: its input as it comes, whatever it is', () => {
    const call: Block = { type: 'tool-call', id: 't', name: 'f' };
    expect(content(begin(4, call), delta(4, '{"a"'), delta(4, ''), delta(4, ': oops'), end(4))).toEqual([
      [0, { type: 'tool_use', id: 't', name: 'f', input: {} }],
      [0, { type: 'input_json_delta', partial_json: '' }],
      [0, { type: 'input_json_delta', partial_json: '{"a"' }],
      [0, { type: 'input_json_delta', partial_json: ': oops' }],
      [0, 'stop'],
    ]);
  });

  test('blocks that say nothing are left out, and the count goes on without them', () => {
    expect(
      content(
        ...[begin(0, { type: 'text' }), end(0)],
        ...[begin(1, { type: 'reasoning', origin: 'claude' }), delta(1, ''), end(1)],
        ...[begin(2, { type: 'text' }), delta(2, 'x'), end(2)],
      ),
    ).toEqual([
      [0, { type: 'text', text: '' }],
      [0, { type: 'text_delta', text: 'x' }],
      [0, 'stop'],
    ]);
  });

  test('thinking of Claude is raw; of others sealed; of nobody unsigned', () => {
    const think = (origin: string | undefined, more: object) =>
      content(begin(0, { type: 'reasoning', ...(origin ? { origin } : {}) }), delta(0, 'hm'), end(0, more)).slice(2);
    expect(think('claude', { signature: 's' })).toEqual([
      [0, { type: 'signature_delta', signature: 's' }],
      [0, 'stop'],
    ]);
    const sealed = seal({ origin: 'nova', value: 's' });
    expect(think('nova', { signature: 's' })).toEqual([
      [0, { type: 'signature_delta', signature: sealed }],
      [0, 'stop'],
    ]);
    expect(think(undefined, { signature: 's' })).toEqual([[0, 'stop']]);
    expect(think('openai', { data: 'd' })).toEqual([
      [0, 'stop'],
      [1, { type: 'redacted_thinking', data: seal({ origin: 'openai', value: 'd' }) }],
      [1, 'stop'],
    ]);
  });

  test('redacted thinking is one block', () => {
    const redacted: Block = { type: 'reasoning', redacted: true, origin: 'claude' };
    expect(content(begin(0, redacted), end(0, { data: 'ZGF0YQ==' }))).toEqual([
      [0, { type: 'redacted_thinking', data: 'ZGF0YQ==' }],
      [0, 'stop'],
    ]);
  });

  test('signatures of texts and calls stand in a block of their own', () => {
    const carrier = { type: 'redacted_thinking', data: carrySignature({ origin: 'gemini', value: 's' }) };
    expect(content(begin(0, { type: 'text', origin: 'gemini' }), end(0, { signature: 's' }))).toEqual([
      [0, { type: 'text', text: '' }],
      [0, 'stop'],
      [1, carrier],
      [1, 'stop'],
    ]);
  });

  test('citations', () => {
    const place = { in: 'characters', document: 0, start: 1, end: 2 } as const;
    const citation = { title: 'T', text: 'c', place };
    const cited: ChatEvent = { type: 'block-delta', index: 0, text: 'x', citation };
    const nowhere: ChatEvent = { type: 'block-delta', index: 0, text: '', citation: { title: 'T' } };
    const wire = {
      ...{ type: 'char_location', cited_text: 'c', document_index: 0, document_title: 'T', file_id: null },
      ...{ start_char_index: 1, end_char_index: 2 },
    };
    expect(content(begin(0, { type: 'text' }), cited, nowhere, end(0))).toEqual([
      [0, { type: 'text', text: '' }],
      [0, { type: 'text_delta', text: 'x' }],
      [0, { type: 'citations_delta', citation: wire }],
      [0, 'stop'],
    ]);
  });

  test("a vendor's own tools: Anthropic's as they are, others as an MCP server's", () => {
    const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
    const found = { type: 'web_search_tool_result', tool_use_id: 's', content: [] };
    const own = (key: string, raw: object) => ({ 'anthropic-messages': { [key]: raw } });
    const call: Block = { type: 'tool-call', id: 's', name: 'web_search', server: true };
    const result: Block = { type: 'tool-result', id: 's', server: true };
    expect(
      content(
        ...[begin(0, call, own('server_tool_use', search)), delta(0, '{}'), end(0)],
        ...[begin(1, result), end(1, { extensions: own('web_search_tool_result', found) })],
        ...[begin(2, { ...call, name: 'grounding', origin: 'nova' }), delta(2, '{"q":'), delta(2, '1}'), end(2)],
        ...[begin(3, result), delta(3, 'a'), delta(3, 'b'), end(3)],
      ),
    ).toEqual([
      [0, search],
      [0, { type: 'input_json_delta', partial_json: '' }],
      [0, { type: 'input_json_delta', partial_json: '{}' }],
      [0, 'stop'],
      [1, found],
      [1, 'stop'],
      [2, { type: 'mcp_tool_use', id: 's', name: 'grounding', server_name: 'nova', input: { q: 1 } }],
      [2, 'stop'],
      [3, { type: 'mcp_tool_result', tool_use_id: 's', is_error: false, content: [{ type: 'text', text: 'ab' }] }],
      [3, 'stop'],
    ]);
  });

  test('media are spoken of', () => {
    expect(content(begin(0, { type: 'media', mediaType: 'image/png' }), end(0, { data: 'AAAA' }))).toEqual([
      [0, { type: 'text', text: '' }],
      [0, { type: 'text_delta', text: '[image/png: not shown, this protocol has no place for it]' }],
      [0, 'stop'],
    ]);
  });

  test('interleaved blocks come one after the other', () => {
    const call = (id: string): Block => ({ type: 'tool-call', id, name: 'f' });
    const events = [begin(0, call('a')), begin(1, call('b')), delta(1, '{}'), delta(0, '[]'), end(1), end(0)];
    const indexes = content(...events).map((event) => (Array.isArray(event) ? event[0] : undefined));
    expect(indexes).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  test('what cannot be is the fault of the upstream', () => {
    expect(() => content(delta(0, 'x'))).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
    const result = [begin(0, { type: 'tool-result', id: 's', server: true }), delta(0, 'x'.repeat(5_000_000))] as const;
    expect(() => content(...result)).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
  });
});

describe('the end', () => {
  test.each<[FinishEvent['reason'], string, string]>([
    ['stop', 'end_turn', 'end_turn'],
    ['stop', 'stop', 'end_turn'],
    ['stop', 'stop_sequence', 'stop_sequence'],
    ['length', 'length', 'max_tokens'],
    ['length', 'model_context_window_exceeded', 'model_context_window_exceeded'],
    // The reader of the blocks knows better than the word.
    ['tool-calls', 'end_turn', 'tool_use'],
    ['content-filter', 'guardrail_intervened', 'refusal'],
    ['refusal', 'refusal', 'refusal'],
    ['pause', 'pause_turn', 'pause_turn'],
    ['other', 'compaction', 'compaction'],
    ['other', 'whatever', 'end_turn'],
  ])('%s (%s) is %s', (reason, rawReason, stop_reason) => {
    expect(endOf({ reason, rawReason }).delta).toEqual({ stop_reason, stop_sequence: null, stop_details: null });
  });

  test('the sequence that stopped it', () => {
    expect(endOf({ stopSequence: '###' }).delta).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: '###' });
  });

  test('usage excludes the cache, and says what an hour of it took', () => {
    const cached = { cacheReadTokens: 7, cacheWriteTokens: 9, cacheWrite1hTokens: 4, reasoningTokens: 2 };
    expect(endOf({ usage: { ...usage, ...cached, totalTokens: 24 } }).usage).toEqual({
      input_tokens: 3,
      cache_creation_input_tokens: 9,
      cache_read_input_tokens: 7,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 4 },
      output_tokens: 5,
      output_tokens_details: { thinking_tokens: 2 },
    });
  });

  test("Anthropic's own words besides", () => {
    const own = { stop_details: { type: 'refusal' }, usage: { service_tier: 'standard' }, container: { id: 'c' } };
    const {
      delta: said,
      usage: counted,
      ...rest
    } = endOf({
      extensions: { 'anthropic-messages': { ...own, context_management: { applied_edits: [] } } },
    });
    expect(said).toMatchObject({ stop_details: { type: 'refusal' }, container: { id: 'c' } });
    expect(counted).toMatchObject({ input_tokens: 3, service_tier: 'standard' });
    expect(rest).toEqual({ type: 'message_delta', context_management: { applied_edits: [] } });
  });
});
