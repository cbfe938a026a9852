// Five framings of a streamed answer: how a client asks for it, how an upstream writes it, and what a client makes of the bytes.
import { encodeFrame, FrameReader } from '../../core/src/wire/event-stream.ts';

/** A JSON object that a test has parsed: read by key, without more ado. */
// biome-ignore lint/suspicious/noExplicitAny: what stands in it is what the tests look at
type Json = Record<string, any>;

/** What a client has of an answer. */
export interface Got {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: number;
  /** How often the answer begins, and how often a text of it does, where the framing says so. */
  readonly starts: number;
  readonly texts: number;
  /** `clean`: the framing's own end. `failed`: its own way to tell a failure. `open`: neither. */
  readonly end: 'clean' | 'failed' | 'open';
  readonly outputTokens: number | undefined;
  readonly comments: readonly string[];
}

export interface Framing {
  readonly name: 'chat' | 'responses' | 'messages' | 'converse' | 'invoke';
  path(model: string): string;
  body(model: string): Json;
  /** Of an answer as an upstream writes it, with a text of any number of deltas. */
  readonly head: Uint8Array;
  delta(text: string): Uint8Array;
  /** The beginning of an answer that thinks before it speaks. */
  thinking(text: string): Uint8Array;
  readonly end: Uint8Array;
  /** A whole streamed answer without content that was refused. */
  readonly refused: Uint8Array;
  /** The same, not streamed. */
  readonly refusedWhole: string;
  readonly contentType: string;
  read(bytes: Uint8Array): Got;
}

interface Tally {
  text: string;
  reasoning: string;
  calls: number;
  starts: number;
  texts: number;
  ended: number;
  failed: number;
  outputTokens: number | undefined;
  comments: string[];
}

const newTally = (): Tally => ({
  ...{ text: '', reasoning: '', calls: 0, starts: 0, texts: 0, ended: 0, failed: 0 },
  ...{ outputTokens: undefined, comments: [] },
});

function got({ ended, failed, ...tally }: Tally): Got {
  if (ended + failed > 1) throw new Error(`ended ${ended} times and failed ${failed} times`);
  return { ...tally, end: failed > 0 ? 'failed' : ended > 0 ? 'clean' : 'open' };
}

const sse = (...events: (Json | string)[]): Uint8Array =>
  Buffer.from(
    events
      .map((event) => {
        if (typeof event === 'string') return `data: ${event}\n\n`;
        const name = typeof event.type === 'string' ? `event: ${event.type}\n` : '';
        return `${name}data: ${JSON.stringify(event)}\n\n`;
      })
      .join(''),
  );

/** Calls `see` with each event's data, in order; throws for what is cut off within an event. */
function readSse(bytes: Uint8Array, tally: Tally, see: (data: string, name: string) => void): void {
  const text = Buffer.from(bytes).toString('utf8');
  if (text !== '' && !text.endsWith('\n\n')) throw new Error('cut off within an event');
  for (const event of text.split('\n\n')) {
    const lines = event.split('\n');
    for (const line of lines) if (line.startsWith(':')) tally.comments.push(line.slice(1).trim());
    const data = lines.flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
    const name = lines.find((line) => line.startsWith('event: '))?.slice(7) ?? '';
    if (data.length > 0) see(data.join('\n'), name);
  }
}

const chunk = (delta: Json, finish: string | null = null): Json => ({
  ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'upstream' },
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const chatUsage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };

const chat: Framing = {
  name: 'chat',
  path: () => '/v1/chat/completions',
  body: (model) => ({ model, stream: true, messages: [{ role: 'user', content: 'Hello' }], ...withUsage }),
  contentType: 'text/event-stream',
  head: sse(chunk({ role: 'assistant', content: '' })),
  delta: (text) => sse(chunk({ content: text })),
  thinking: (text) => sse(chunk({ role: 'assistant', content: '' }), chunk({ reasoning_content: text })),
  end: sse(chunk({}, 'stop'), { ...chunk({}), choices: [], usage: chatUsage }, '[DONE]'),
  refused: sse(chunk({ role: 'assistant', content: '' }), chunk({}, 'content_filter'), '[DONE]'),
  refusedWhole: JSON.stringify({
    ...{ id: 'c', object: 'chat.completion', created: 1, model: 'upstream', usage: chatUsage },
    choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'content_filter' }],
  }),
  read: (bytes) => {
    const tally = newTally();
    readSse(bytes, tally, (data) => {
      if (data === '[DONE]') tally.ended++;
      if (data === '[DONE]') return;
      const { choices, usage, error } = JSON.parse(data) as Json;
      if (error) tally.failed++;
      if (usage) tally.outputTokens = usage.completion_tokens;
      const delta = choices?.[0]?.delta ?? {};
      if (delta.role) tally.starts++;
      tally.text += delta.content ?? '';
      tally.reasoning += delta.reasoning_content ?? '';
      for (const call of delta.tool_calls ?? []) if (call.id) tally.calls++;
    });
    return got(tally);
  },
};
const withUsage = { stream_options: { include_usage: true } };

const response = (status: string, more: Json = {}): Json => ({
  ...{ id: 'resp_1', object: 'response', created_at: 1, model: 'upstream', status, output: [] },
  ...more,
});
const message = (text: string): Json => ({
  ...{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' },
  content: [{ type: 'output_text', text, annotations: [] }],
});
const responsesUsage = { input_tokens: 5, output_tokens: 7, total_tokens: 12 };
const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const summary = { item_id: 'rs_1', output_index: 0, summary_index: 0 };
const refusal = { incomplete_details: { reason: 'content_filter' }, usage: responsesUsage };

const responses: Framing = {
  name: 'responses',
  path: () => '/v1/responses',
  body: (model) => ({ model, stream: true, store: false, input: 'Hello' }),
  contentType: 'text/event-stream',
  head: sse(
    { type: 'response.created', sequence_number: 0, response: response('in_progress') },
    { type: 'response.output_item.added', sequence_number: 1, output_index: 0, item: { ...message(''), content: [] } },
    { type: 'response.content_part.added', sequence_number: 2, ...place, part: message('').content[0] },
  ),
  delta: (delta) => sse({ type: 'response.output_text.delta', sequence_number: 3, ...place, delta }),
  thinking: (delta) =>
    sse(
      { type: 'response.created', sequence_number: 0, response: response('in_progress') },
      {
        ...{ type: 'response.output_item.added', sequence_number: 1, output_index: 0 },
        item: { type: 'reasoning', id: 'rs_1', summary: [] },
      },
      {
        ...{ type: 'response.reasoning_summary_part.added', sequence_number: 2, ...summary },
        part: { type: 'summary_text', text: '' },
      },
      { type: 'response.reasoning_summary_text.delta', sequence_number: 3, ...summary, delta },
    ),
  end: sse(
    { type: 'response.output_text.done', sequence_number: 4, ...place, text: '…' },
    { type: 'response.content_part.done', sequence_number: 5, ...place, part: message('…').content[0] },
    { type: 'response.output_item.done', sequence_number: 6, output_index: 0, item: message('…') },
    {
      ...{ type: 'response.completed', sequence_number: 7 },
      response: response('completed', { output: [message('…')], usage: responsesUsage }),
    },
  ),
  refused: sse(
    { type: 'response.created', sequence_number: 0, response: response('in_progress') },
    { type: 'response.incomplete', sequence_number: 1, response: response('incomplete', refusal) },
  ),
  refusedWhole: JSON.stringify(response('incomplete', refusal)),
  read: (bytes) => {
    const tally = newTally();
    readSse(bytes, tally, (data) => {
      const event = JSON.parse(data) as Json;
      if (event.type === 'response.created') tally.starts++;
      if (event.type === 'response.output_text.delta') tally.text += event.delta;
      if (event.type === 'response.reasoning_summary_text.delta') tally.reasoning += event.delta;
      if (event.type === 'response.content_part.added') tally.texts++;
      if (event.type === 'response.output_item.added' && event.item.type === 'function_call') tally.calls++;
      // Behind an event of the type `error`, which some clients look for.
      if (event.type === 'response.failed') tally.failed++;
      if (event.type !== 'response.completed' && event.type !== 'response.incomplete') return;
      tally.ended++;
      tally.outputTokens = event.response.usage?.output_tokens;
    });
    return got(tally);
  },
};

const claudeStart: Json = {
  type: 'message_start',
  message: {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'upstream', content: [] },
    ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: 5, output_tokens: 1 } },
  },
};
const claudeBlock = (content_block: Json): Json => ({ type: 'content_block_start', index: 0, content_block });
const claudeText = claudeBlock({ type: 'text', text: '' });
const claudeDelta = (text: string): Json => ({
  ...{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
});
const claudeThought = (thinking: string): Json[] => [
  claudeBlock({ type: 'thinking', thinking: '', signature: '' }),
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking } },
];
const claudeStop = (stop_reason: string, output_tokens: number): Json[] => [
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens } },
  { type: 'message_stop' },
];
const claudeRefusedWhole = JSON.stringify({
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'upstream', content: [] },
  ...{ stop_reason: 'refusal', stop_sequence: null, usage: { input_tokens: 5, output_tokens: 2 } },
});
const claudeEnd = [{ type: 'content_block_stop', index: 0 }, ...claudeStop('end_turn', 7)];

function seeClaude(tally: Tally, event: Json): void {
  const { type, delta, content_block: block } = event;
  if (type === 'message_start') tally.starts++;
  if (type === 'content_block_start' && block.type === 'text') tally.texts++;
  if (type === 'content_block_start' && block.type === 'tool_use') tally.calls++;
  if (type === 'content_block_delta') tally.text += delta.text ?? '';
  if (type === 'content_block_delta') tally.reasoning += delta.thinking ?? '';
  if (type === 'message_delta') tally.outputTokens = event.usage.output_tokens;
  if (type === 'message_stop') tally.ended++;
  if (type === 'error') tally.failed++;
}

const messages: Framing = {
  name: 'messages',
  path: () => '/v1/messages',
  body: (model) => ({ model, stream: true, max_tokens: 1000, messages: [{ role: 'user', content: 'Hello' }] }),
  contentType: 'text/event-stream',
  head: sse(claudeStart, claudeText),
  delta: (text) => sse(claudeDelta(text)),
  thinking: (text) => sse(claudeStart, ...claudeThought(text)),
  end: sse(...claudeEnd),
  refused: sse(claudeStart, ...claudeStop('refusal', 2)),
  refusedWhole: claudeRefusedWhole,
  read: (bytes) => {
    const tally = newTally();
    readSse(bytes, tally, (data) => seeClaude(tally, JSON.parse(data) as Json));
    return got(tally);
  },
};

const frames = (...all: readonly (readonly [type: string, payload: Json])[]): Uint8Array =>
  Buffer.concat(
    all.map(([type, payload]) =>
      encodeFrame(
        { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
        JSON.stringify(payload),
      ),
    ),
  );

function readFrames(bytes: Uint8Array, tally: Tally, see: (type: string, payload: Json) => void): void {
  const reader = new FrameReader();
  reader.push(bytes);
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    if (frame.headers.messageType === 'exception') tally.failed++;
    else see(frame.headers.eventType ?? '', JSON.parse(frame.text()) as Json);
  }
  reader.end();
}

const converseEnd = (stopReason: string, outputTokens: number) =>
  [
    ['messageStop', { stopReason }],
    ['metadata', { usage: { inputTokens: 5, outputTokens, totalTokens: 5 + outputTokens }, metrics: { latencyMs: 1 } }],
  ] as const;

const converse: Framing = {
  name: 'converse',
  path: (model) => `/model/${encodeURIComponent(model)}/converse-stream`,
  body: () => ({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }),
  contentType: 'application/vnd.amazon.eventstream',
  head: frames(['messageStart', { role: 'assistant' }]),
  delta: (text) => frames(['contentBlockDelta', { contentBlockIndex: 0, delta: { text } }]),
  thinking: (text) =>
    frames(
      ['messageStart', { role: 'assistant' }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text } } }],
    ),
  end: frames(['contentBlockStop', { contentBlockIndex: 0 }], ...converseEnd('end_turn', 7)),
  refused: frames(['messageStart', { role: 'assistant' }], ...converseEnd('content_filtered', 2)),
  refusedWhole: JSON.stringify({
    output: { message: { role: 'assistant', content: [] } },
    ...{ stopReason: 'content_filtered', usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 } },
    metrics: { latencyMs: 1 },
  }),
  read: (bytes) => {
    const tally = newTally();
    const open = new Set<number>();
    readFrames(bytes, tally, (type, payload) => {
      if (type === 'messageStart') tally.starts++;
      const { delta, contentBlockIndex: index } = payload;
      if (delta?.text !== undefined && !open.has(index)) tally.texts++;
      if (delta?.text !== undefined) open.add(index);
      tally.text += delta?.text ?? '';
      tally.reasoning += delta?.reasoningContent?.text ?? '';
      if (payload.start?.toolUse) tally.calls++;
      if (type === 'metadata') tally.outputTokens = payload.usage.outputTokens;
      if (type === 'messageStop') tally.ended++;
    });
    return got(tally);
  },
};

const inChunks = (...events: Json[]): Uint8Array =>
  frames(
    ...events.map((event) => ['chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64') }] as const),
  );

const invoke: Framing = {
  name: 'invoke',
  path: (model) => `/model/${encodeURIComponent(model)}/invoke-with-response-stream`,
  body: () => ({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 1000,
    messages: [{ role: 'user', content: 'Hello' }],
  }),
  contentType: 'application/vnd.amazon.eventstream',
  head: inChunks(claudeStart, claudeText),
  delta: (text) => inChunks(claudeDelta(text)),
  thinking: (text) => inChunks(claudeStart, ...claudeThought(text)),
  end: inChunks(...claudeEnd),
  refused: inChunks(claudeStart, ...claudeStop('refusal', 2)),
  refusedWhole: claudeRefusedWhole,
  read: (bytes) => {
    const tally = newTally();
    readFrames(bytes, tally, (_type, { bytes: event }) =>
      seeClaude(tally, JSON.parse(Buffer.from(event, 'base64').toString()) as Json),
    );
    return got(tally);
  },
};

export const FRAMINGS: readonly Framing[] = [chat, responses, messages, converse, invoke];

/** The framing of an upstream that the same bytes of ours are asked of. */
export function framingOf(path: string): Framing {
  const found = [
    ['/chat/completions', chat],
    ['/responses', responses],
    ['/messages', messages],
    ['/converse-stream', converse],
    ['/converse', converse],
    ['/invoke-with-response-stream', invoke],
    ['/invoke', invoke],
  ].find(([end]) => path.endsWith(String(end)));
  if (!found) throw new Error(`no framing for ${path}`);
  return found[1] as Framing; // the second of each pair
}
