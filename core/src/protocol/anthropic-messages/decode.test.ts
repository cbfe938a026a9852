// What each field and block of a Messages request becomes.
import { describe, expect, test } from 'vitest';
import type { ChatRequest, Part } from '../../contract/index.ts';
import { RouterError, unreadExtensions } from '../../contract/index.ts';
import { carrySignature } from '../carried-signature.ts';
import { seal } from '../reasoning-envelope.ts';
import { decode } from './decode.ts';
import { fieldName } from './field-name.ts';
import { anthropicCount, anthropicMessages } from './index.ts';

const OWN = 'anthropic-messages';
const user = { role: 'user', content: 'hi' };
const minimal = { model: 'm', max_tokens: 8, messages: [user] };

const requestOf = (fields: object): ChatRequest => decode({ ...minimal, ...fields }, { headers: {} }).request;
const lossesOf = (fields: object): string[] =>
  decode({ ...minimal, ...fields }, { headers: {} }).losses.map(({ field, action }) => `${field}:${action}`);
const ownOf = (fields: object) => requestOf(fields).extensions?.[OWN];

function failureOf(fields: object): RouterError {
  try {
    decode({ ...minimal, ...fields }, { headers: {} });
  } catch (error) {
    if (RouterError.is(error)) return error;
    throw error;
  }
  throw new Error('it was taken');
}

/** The parts of one message with this block. Answers of the assistant stand behind a turn of the user's. */
function partsOf(role: 'user' | 'assistant', ...content: unknown[]): readonly Part[] {
  const messages = role === 'user' ? [{ role, content }] : [user, { role, content }];
  return requestOf({ messages }).messages.at(-1)?.parts ?? [];
}

describe('the request', () => {
  test('the least there can be', () => {
    expect(decode(minimal, { headers: {} })).toEqual({
      request: {
        model: 'm',
        system: [],
        messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
        tools: [],
        maxTokens: 8,
      },
      stream: false,
      echo: { names: new Map() },
      losses: [],
    });
  });

  test('model and stream of the path win over those of the body', () => {
    const head = { headers: {}, model: 'of-path', stream: false };
    const { request, stream } = decode({ ...minimal, stream: true }, head);
    expect([request.model, stream]).toEqual(['of-path', false]);
    const { model: _, ...nameless } = minimal;
    expect(decode(nameless, { headers: {}, model: 'of-path', stream: true })).toMatchObject({ stream: true });
  });

  test.each<[string, object]>([
    ['model', { model: '' }],
    ['max_tokens', { max_tokens: undefined }],
    ['max_tokens', { max_tokens: -1 }],
    ['max_tokens', { max_tokens: '8' }],
    ['messages', { messages: undefined }],
    ['messages', { messages: [] }],
    ['messages.0', { messages: ['hi'] }],
    ['messages.0.role', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages.0.content', { messages: [{ role: 'user' }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: [] }] }],
    ['messages.0.content.0', { messages: [{ role: 'user', content: ['x'] }] }],
    ['messages.0.content.0.type', { messages: [{ role: 'user', content: [{ text: 'x' }] }] }],
    ['messages.0.content.0.text', { messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
    [
      'messages.0.content.0.type',
      { messages: [{ role: 'user', content: [{ type: 'tool_use', id: 'a', name: 'b' }] }] },
    ],
    ['messages.1.content.0.type', { messages: [user, { role: 'assistant', content: [{ type: 'tool_result' }] }] }],
    ['system', { system: 1 }],
    ['stream', { stream: 'yes' }],
    ['temperature', { temperature: 3 }],
    ['top_p', { top_p: 2 }],
    ['top_k', { top_k: 0.5 }],
    ['stop_sequences', { stop_sequences: 'x' }],
    ['stop_sequences.1', { stop_sequences: ['x', 1] }],
    ['metadata', { metadata: 'u' }],
    ['metadata.user_id', { metadata: { user_id: 1 } }],
    ['thinking.type', { thinking: { type: 'maybe' } }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled' } }],
    ['output_config.effort', { output_config: { effort: 'enormous' } }],
    ['output_config.format.type', { output_config: { format: { type: 'yaml' } } }],
    ['output_config.format.schema', { output_config: { format: { type: 'json_schema' } } }],
    ['output_format.schema', { output_format: { type: 'json_schema' } }],
    ['cache_control.type', { cache_control: { type: 'for ever' } }],
    ['cache_control.ttl', { cache_control: { type: 'ephemeral', ttl: '2h' } }],
    ['context_management', { context_management: 'all' }],
    ['betas.0', { betas: [1] }],
  ])('%s is named when it is wrong', (field, fields) => {
    const error = failureOf(fields);
    expect([error.code, error.field]).toEqual(['invalid-request', field]);
    expect(error.message).toContain(field);
  });

  test('a thread is refused in the form that the SDK answers with the whole conversation', () => {
    const error = failureOf({ thread: { type: 'create' } });
    expect(JSON.parse(anthropicMessages.encodeError(error, 'r').body)).toEqual({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: error.message,
        details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] },
      },
      request_id: 'r',
    });
    expect(requestOf({ thread: null }).messages).toHaveLength(1);
  });
});

describe('settings', () => {
  test.each<[string, object, object]>([
    ['sampling', { temperature: 0.5, top_p: 0.9, top_k: 40 }, { temperature: 0.5, topP: 0.9, topK: 40 }],
    ['stop sequences', { stop_sequences: ['a', ' '] }, { stop: ['a', ' '] }],
    ['the user', { metadata: { user_id: '{"device_id":"d"}' } }, { user: '{"device_id":"d"}' }],
    ['no thinking', { thinking: { type: 'disabled' } }, { reasoning: 'off' }],
    ['adaptive', { thinking: { type: 'adaptive', display: 'omitted' } }, { reasoning: { display: 'omitted' } }],
    ['a budget', { thinking: { type: 'enabled', budget_tokens: 1024 } }, { reasoning: { budget: 1024 } }],
    ['summaries', { thinking: { type: 'adaptive', display: 'summarized' } }, { reasoning: { display: 'summary' } }],
    ['an effort', { output_config: { effort: 'xhigh' } }, { reasoning: { effort: 'xhigh' } }],
    [
      'all of it',
      { thinking: { type: 'enabled', budget_tokens: 2000 }, output_config: { effort: 'low' } },
      { reasoning: { budget: 2000, effort: 'low' } },
    ],
    [
      'a format',
      { output_config: { format: { type: 'json_schema', schema: { a: 1 } } } },
      { output: { schema: { a: 1 } } },
    ],
    ['its old name', { output_format: { type: 'json_schema', schema: { a: 1 } } }, { output: { schema: { a: 1 } } }],
  ])('%s', (_, fields, canonical) => {
    expect(requestOf(fields)).toMatchObject(canonical);
    expect(lossesOf(fields)).toEqual([]);
  });

  test.each<[string, object]>([
    ['top_k of everything', { top_k: 0 }],
    ['empty lists', { stop_sequences: [], mcp_servers: [] }],
    ['the usual tier and speed', { service_tier: 'auto', speed: 'standard' }],
    ['null', { system: null, thinking: null, metadata: null, container: null, tool_choice: null }],
    ['the version that Bedrock wants', { anthropic_version: 'bedrock-2023-05-31' }],
  ])('%s asks for nothing', (_, fields) => {
    expect(requestOf(fields)).toEqual(requestOf({}));
  });

  test.each<[string[], object]>([
    [['maxTokens:approximated'], { max_tokens: 0 }],
    [['thinking.display:approximated'], { thinking: { type: 'adaptive', display: 'updates' } }],
    [['thinking.display:dropped'], { thinking: { type: 'adaptive', display: 'as a song' } }],
    [['thinking:approximated'], { thinking: { type: 'between_tools' } }],
    [['output_config.effort:dropped'], { thinking: { type: 'disabled' }, output_config: { effort: 'low' } }],
    [['cache_control.scope:dropped'], { cache_control: { type: 'ephemeral', scope: 'global' } }],
  ])('%j', (losses, fields) => {
    expect(lossesOf(fields)).toEqual(losses);
  });

  test('what only Anthropic knows waits for a target that does too', () => {
    const fields = {
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      ...{ service_tier: 'standard_only', container: 'c', inference_geo: 'eu', speed: 'fast', mcp_servers: [{}] },
    };
    expect(ownOf({ ...fields, of_2027: 1 })).toEqual({ ...fields, of_2027: 1 });
    const rest = { metadata: { a: 1 }, thinking: { block_binding: {} }, output_config: { task_budget: 1 } };
    expect(ownOf({ ...rest, thinking: { type: 'adaptive', ...rest.thinking } })).toEqual(rest);
  });

  test('betas of the header and of the body, each once', () => {
    const headers = { 'anthropic-beta': ['a-1, b', 'b,,c'] };
    const { request } = decode({ ...minimal, betas: ['c', 'd'], anthropic_beta: ['e', 'not one\n'] }, { headers });
    expect(request.extensions).toEqual({ [OWN]: { anthropic_beta: ['a-1', 'b', 'c', 'd', 'e'] } });
    // What a beta switches on is asked for in other fields, and those are the losses of a target that lacks it.
    expect(unreadExtensions(request, {})).toEqual([]);
    expect(unreadExtensions(requestOf({ speed: 'fast' }), {})).toMatchObject([{ field: 'speed' }]);
  });

  test('the field of a plugin is its own', () => {
    expect(requestOf({ bedrock: { guardrail: {} } }).extensions).toEqual({ bedrock: { guardrail: {} } });
    expect(failureOf({ bedrock: 'x' }).field).toBe('bedrock');
  });
});

describe('system', () => {
  test('a string, or blocks with cache marks; empty text is none', () => {
    expect(requestOf({ system: 'be' }).system).toEqual([{ type: 'text', text: 'be' }]);
    expect(requestOf({ system: '' }).system).toEqual([]);
    const blocks = [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2' },
      { type: 'text', text: 'be', cache_control: { type: 'ephemeral', ttl: '1h' } },
      { type: 'text', text: '' },
    ];
    expect(requestOf({ system: blocks }).system).toEqual([
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2' },
      { type: 'text', text: 'be', cache: { ttl: '1h' } },
    ]);
  });

  test('a message between the turns stays in its place; one in front joins the prompt', () => {
    const now = { role: 'system', content: [{ type: 'text', text: 'now', cache_control: { type: 'ephemeral' } }] };
    const { system, messages } = requestOf({
      system: 'be',
      messages: [{ role: 'system', content: 'first' }, user, now, user],
    });
    expect(system.map((part) => 'text' in part && part.text)).toEqual(['be', 'first']);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'system', 'user']);
    expect(messages[1]?.parts).toEqual([{ type: 'text', text: 'now', cache: {} }]);
  });

  test('the effort of the newest one is that of the request', () => {
    const turn = (effort: string) => ({ role: 'system', content: 'x', output_config: { effort } });
    const messages = [user, turn('high'), user, turn('low')];
    expect(requestOf({ messages })).toMatchObject({ reasoning: { effort: 'low' } });
    expect(lossesOf({ messages, output_config: { effort: 'low' } })).toEqual([]);
    expect(lossesOf({ messages, output_config: { effort: 'max' } })).toEqual(['output_config:approximated']);
    const silent = [user, { role: 'system', output_config: { effort: 'low' } }];
    expect(requestOf({ messages: silent })).toMatchObject({
      messages: [{ role: 'user' }],
      reasoning: { effort: 'low' },
    });
  });

  test('one for a single turn is gone when the user has spoken again', () => {
    const once = { role: 'system', content: 'once', clear_at: 'next_user_message' };
    expect(requestOf({ messages: [user, once] }).messages).toHaveLength(2);
    expect(requestOf({ messages: [user, once, user] }).messages.map(({ role }) => role)).toEqual(['user', 'user']);
    const always = { ...once, clear_at: 'never' };
    expect(requestOf({ messages: [user, always, user] }).messages).toHaveLength(3);
  });

  test('a change of the tools is lost', () => {
    const added = { role: 'system', content: [{ type: 'tool_addition', tool: { type: 'tool_reference', name: 'n' } }] };
    expect(lossesOf({ messages: [user, added] })).toEqual(['tool_addition:dropped']);
    expect(requestOf({ messages: [user, added] }).messages).toHaveLength(1);
  });
});

const png = { type: 'base64', media_type: 'image/png', data: 'AAAA' };

describe('blocks of the user', () => {
  test.each<[string, object, object]>([
    ['an image', { type: 'image', source: png }, { mediaType: 'image/png', data: 'AAAA' }],
    [
      'an image somewhere',
      { type: 'image', source: { type: 'url', url: 'https://x.test/i' } },
      { mediaType: 'image/*', url: 'https://x.test/i' },
    ],
    [
      'a PDF',
      {
        type: 'document',
        title: 'T',
        context: 'C',
        citations: { enabled: true },
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
      },
      { mediaType: 'application/pdf', data: 'JVBERi0=', name: 'T', context: 'C', citable: true },
    ],
    [
      'a PDF somewhere',
      { type: 'document', source: { type: 'url', url: 'https://x.test/d' }, citations: { enabled: false } },
      { mediaType: 'application/pdf', url: 'https://x.test/d' },
    ],
    [
      'plain text',
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'héllo' } },
      { mediaType: 'text/plain', data: Buffer.from('héllo').toString('base64') },
    ],
  ])('%s', (_, block, media) => {
    const marked = { ...block, cache_control: { type: 'ephemeral' } };
    expect(partsOf('user', marked)).toEqual([{ type: 'media', ...media, cache: {} }]);
  });

  test('a document of blocks becomes text with its images behind it', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'image', source: png },
      { type: 'text', text: 'b' },
    ];
    const messages = [
      { role: 'user', content: [{ type: 'document', title: 'T', source: { type: 'content', content } }] },
    ];
    expect(requestOf({ messages }).messages[0]?.parts).toEqual([
      { type: 'media', mediaType: 'text/plain', data: Buffer.from('a\nb').toString('base64'), name: 'T' },
      { type: 'media', mediaType: 'image/png', data: 'AAAA' },
    ]);
    expect(lossesOf({ messages })).toEqual(['source.content:approximated']);
  });

  test.each(['image', 'document'])('a file of Anthropic in an %s cannot be sent elsewhere', (type) => {
    const content = [{ type, source: { type: 'file', file_id: 'file_1' } }];
    const error = failureOf({ messages: [{ role: 'user', content }] });
    expect([error.code, error.field]).toEqual(['unsupported', 'messages.0.content.0.source.file_id']);
    expect(error.message).toContain('stored at Anthropic');
  });

  test('a search result is text for those who have none, and itself for those who do', () => {
    const block = {
      type: 'search_result',
      source: 'https://x.test',
      title: 'T',
      content: [{ type: 'text', text: 'C' }],
      citations: { enabled: true },
      cache_control: { type: 'ephemeral' },
    };
    expect(partsOf('user', block)).toEqual([
      { type: 'text', text: 'T\nhttps://x.test\nC', cache: {}, extensions: { [OWN]: { search_result: block } } },
    ]);
  });

  test('results of tools', () => {
    const marked = { type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '5m' } };
    const parts = partsOf(
      'user',
      { type: 'tool_result', tool_use_id: 'a', content: 'done' },
      { type: 'tool_result', tool_use_id: 'b', content: [marked, { type: 'image', source: png }], is_error: true },
      { type: 'tool_result', tool_use_id: 'c', is_error: false },
    );
    expect(parts).toEqual([
      { type: 'tool-result', id: 'a', parts: [{ type: 'text', text: 'done' }] },
      {
        type: 'tool-result',
        id: 'b',
        parts: [
          { type: 'text', text: 'x' },
          { type: 'media', mediaType: 'image/png', data: 'AAAA' },
        ],
        error: true,
        cache: { ttl: '5m' },
      },
      { type: 'tool-result', id: 'c', parts: [] },
    ]);
  });

  test('a tool that a search has found is named in its result', () => {
    const found = { type: 'tool_reference', tool_name: 'weather' };
    expect(partsOf('user', { type: 'tool_result', tool_use_id: 'a', content: [found] })).toEqual([
      {
        type: 'tool-result',
        id: 'a',
        parts: [{ type: 'text', text: 'weather', extensions: { [OWN]: { tool_reference: found } } }],
      },
    ]);
  });

  test('a block that nobody can read is lost, and its turn stays', () => {
    const content = [{ type: 'container_upload', file_id: 'f' }];
    expect(partsOf('user', ...content)).toEqual([{ type: 'text', text: '[container_upload]' }]);
    expect(lossesOf({ messages: [{ role: 'user', content }] })).toEqual(['container_upload:dropped']);
  });
});

describe('blocks of the assistant', () => {
  test('calls', () => {
    const parts = partsOf(
      'assistant',
      { type: 'tool_use', id: 'a', name: 'f', input: { x: [1, 'é'] }, caller: { type: 'direct' } },
      { type: 'tool_use', id: 'b', name: 'g', input: {}, cache_control: { type: 'ephemeral' } },
      {
        type: 'tool_use',
        id: 'c',
        name: 'h',
        input: '{"cut": ',
        caller: { type: 'code_execution_20260120', tool_id: 't' },
      },
    );
    expect(parts).toEqual([
      { type: 'tool-call', id: 'a', name: 'f', input: '{"x":[1,"é"]}' },
      { type: 'tool-call', id: 'b', name: 'g', input: '{}', cache: {} },
      {
        type: 'tool-call',
        id: 'c',
        name: 'h',
        input: '{"cut": ',
        extensions: { [OWN]: { caller: { type: 'code_execution_20260120', tool_id: 't' } } },
      },
    ]);
  });

  test('thinking is of Claude, unless another family has sealed it', () => {
    const parts = partsOf(
      'assistant',
      { type: 'thinking', thinking: 'hm', signature: 'raw' },
      { type: 'thinking', thinking: '', signature: seal({ origin: 'gemini', value: 'sig' }) },
      { type: 'redacted_thinking', data: 'raw' },
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking', thinking: 'shown', signature: '' },
      { type: 'redacted_thinking', data: seal({ origin: 'openai', value: 'hidden' }) },
    );
    expect(parts).toEqual([
      { type: 'reasoning', text: 'hm', signature: 'raw', origin: 'claude' },
      { type: 'reasoning', text: '', signature: 'sig', origin: 'gemini' },
      { type: 'reasoning', data: 'raw', origin: 'claude' },
      { type: 'reasoning', text: 'shown', data: 'hidden', origin: 'openai' },
    ]);
  });

  test('a signature that was carried is put back on what it signs', () => {
    const carrier = { type: 'redacted_thinking', data: carrySignature({ origin: 'gemini', value: 'sig' }) };
    const call = { type: 'tool_use', id: 'a', name: 'f', input: {} };
    expect(partsOf('assistant', call, carrier)).toEqual([
      { type: 'tool-call', id: 'a', name: 'f', input: '{}', signature: 'sig', origin: 'gemini' },
    ]);
    const alone = [user, { role: 'assistant', content: [carrier] }, user];
    expect(lossesOf({ messages: alone })).toEqual(['redacted_thinking:dropped']);
  });

  test('text with citations', () => {
    const page = {
      type: 'page_location',
      cited_text: 'c',
      document_index: 1,
      document_title: 'T',
      start_page_number: 2,
      end_page_number: 3,
      file_id: null,
    };
    expect(
      partsOf(
        'assistant',
        { type: 'text', text: 'x', citations: [page] },
        { type: 'text', text: 'y', citations: null },
      ),
    ).toEqual([
      {
        type: 'text',
        text: 'x',
        citations: [{ title: 'T', text: 'c', place: { in: 'pages', document: 1, start: 2, end: 3 } }],
      },
      { type: 'text', text: 'y' },
    ]);
  });

  test('what Anthropic itself has run', () => {
    const call = { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } };
    const found = [
      { type: 'web_search_result', title: 'T', url: 'https://x.test', encrypted_content: 'e', page_age: null },
    ];
    const result = { type: 'web_search_tool_result', tool_use_id: 's', content: found };
    const failed = {
      type: 'web_fetch_tool_result',
      tool_use_id: 's',
      content: { type: 'web_fetch_tool_result_error', error_code: 'url_not_allowed' },
    };
    expect(partsOf('assistant', call, result, failed)).toEqual([
      {
        type: 'tool-call',
        id: 's',
        name: 'web_search',
        input: '{"query":"q"}',
        server: true,
        extensions: { [OWN]: { server_tool_use: call } },
      },
      {
        type: 'tool-result',
        id: 's',
        parts: [{ type: 'text', text: 'T\nhttps://x.test' }],
        server: true,
        extensions: { [OWN]: { web_search_tool_result: result } },
      },
      {
        type: 'tool-result',
        id: 's',
        parts: [{ type: 'text', text: 'url_not_allowed' }],
        server: true,
        error: true,
        extensions: { [OWN]: { web_fetch_tool_result: failed } },
      },
    ]);
  });

  test('an empty answer is left out', () => {
    const messages = [user, { role: 'assistant', content: [] }, user];
    expect(requestOf({ messages }).messages.map(({ role }) => role)).toEqual(['user', 'user']);
  });

  test('the rest of an answer that is sent back whole asks for nothing', () => {
    const answer = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: 'x',
      stop_reason: 'end_turn',
      usage: {},
    };
    expect(lossesOf({ messages: [user, answer, { ...user, name: 'Ann' }] })).toEqual(['name:dropped']);
  });
});

describe('cache marks', () => {
  test('that of the request stands on its last block that can have one', () => {
    const messages = [
      user,
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'a' },
          { type: 'thinking', thinking: 't', signature: 's' },
        ],
      },
    ];
    const { messages: marked } = requestOf({ messages, cache_control: { type: 'ephemeral', ttl: '1h' } });
    expect(marked[1]?.parts[0]).toEqual({ type: 'text', text: 'a', cache: { ttl: '1h' } });
    expect(JSON.stringify(marked).match(/cache/g)).toHaveLength(1);
  });

  test("a block's own mark is kept", () => {
    const content = [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }];
    const { messages } = requestOf({
      messages: [{ role: 'user', content }],
      cache_control: { type: 'ephemeral', ttl: '1h' },
    });
    expect(messages[0]?.parts[0]?.cache).toEqual({});
  });
});

describe('tools', () => {
  const tool = { name: 'f', input_schema: { type: 'object' } };
  const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 8, cache_control: { type: 'ephemeral' } };

  test('functions, with what only Anthropic knows of them', () => {
    const rich = {
      ...tool,
      ...{ type: 'custom', description: 'd', strict: true, defer_loading: true, eager_input_streaming: true },
      ...{ input_examples: [{}], allowed_callers: ['direct'], cache_control: { type: 'ephemeral', ttl: '5m' } },
    };
    expect(
      requestOf({ tools: [tool, rich, { ...tool, defer_loading: false, eager_input_streaming: false }] }).tools,
    ).toEqual([
      { kind: 'function', name: 'f', schema: { type: 'object' } },
      {
        kind: 'function',
        name: 'f',
        description: 'd',
        schema: { type: 'object' },
        strict: true,
        deferred: true,
        cache: { ttl: '5m' },
        extensions: { [OWN]: { eager_input_streaming: true, input_examples: [{}], allowed_callers: ['direct'] } },
      },
      { kind: 'function', name: 'f', schema: { type: 'object' } },
    ]);
  });

  test("Anthropic's own keep their raw form", () => {
    expect(requestOf({ tools: [search] }).tools).toEqual([
      {
        kind: 'server',
        name: 'web_search_20250305',
        cache: {},
        extensions: { [OWN]: { web_search_20250305: search } },
      },
    ]);
  });

  test.each<[object, unknown]>([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'none' }, 'none'],
    [{ type: 'any' }, 'required'],
    [{ type: 'tool', name: 'f' }, { name: 'f' }],
    [{ type: 'tool', name: 'web_search' }, { name: 'web_search_20250305' }],
  ])('the choice %j', (tool_choice, toolChoice) => {
    const tools = [tool, search];
    expect(requestOf({ tools, tool_choice })).toMatchObject({ toolChoice });
    expect(requestOf({ tools, tool_choice })).not.toHaveProperty('parallelToolCalls');
    const single = { ...tool_choice, disable_parallel_tool_use: true };
    expect(requestOf({ tools, tool_choice: single })).toMatchObject({ toolChoice, parallelToolCalls: false });
  });

  test('a choice among no tools says nothing, unless one must be called', () => {
    expect(requestOf({ tool_choice: { type: 'auto', disable_parallel_tool_use: true } })).toEqual(requestOf({}));
    expect(failureOf({ tool_choice: { type: 'any' } }).field).toBe('tool_choice');
  });

  test.each<[string, object]>([
    ['tools.0.name', { tools: [{ input_schema: {} }] }],
    ['tools.0.type', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['tools.0.input_schema', { tools: [{ name: 'f', input_schema: 'x' }] }],
    ['tools.0.defer_loading', { tools: [{ name: 'f', defer_loading: 1 }] }],
    ['tool_choice.name', { tools: [tool], tool_choice: { type: 'tool', name: 'g' } }],
    ['tool_choice.type', { tools: [tool], tool_choice: { type: 'required' } }],
  ])('%s is named when it is wrong', (field, fields) => {
    expect(failureOf(fields).field).toBe(field);
  });
});

test('a count needs no max_tokens, and is a number', () => {
  const { request } = anthropicCount.decode({ model: 'm', messages: [user] }, { headers: {} });
  expect(request).toEqual({
    model: 'm',
    system: [],
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
    tools: [],
  });
  expect(anthropicCount.encodeCount({ inputTokens: 7 })).toBe('{"input_tokens":7}');
});

test("losses are named in the client's own words", () => {
  const { echo } = decode({ ...minimal, thinking: { type: 'adaptive' }, output_format: null }, { headers: {} });
  const named = [
    'maxTokens',
    'topP',
    'stop',
    'toolChoice',
    'reasoning',
    'reasoning-history',
    'output',
    'cache',
    'user',
    'deferred',
    'temperature',
  ];
  expect(named.map((field) => fieldName(field, echo))).toEqual([
    ...['max_tokens', 'top_p', 'stop_sequences', 'tool_choice'],
    ...['thinking', 'messages.thinking', 'output_config.format'],
    ...['cache_control', 'metadata.user_id', 'defer_loading', 'temperature'],
  ]);
  const format = { type: 'json_schema', schema: {} };
  const old = decode({ ...minimal, output_format: format, output_config: { effort: 'low' } }, { headers: {} }).echo;
  expect(['reasoning', 'output'].map((field) => fieldName(field, old))).toEqual([
    'output_config.effort',
    'output_format',
  ]);
  // What nobody asked for has the name under which it could be asked for.
  expect(fieldName('reasoning', decode(minimal, { headers: {} }).echo)).toBe('thinking');
});
