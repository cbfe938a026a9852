// Decoding Responses requests: every field to its canonical place, every mistake named by the client's own field.
import { describe, expect, test } from 'vitest';
import type { RouterError } from '../../contract/index.ts';
import { seal } from '../reasoning-envelope.ts';
import { encryptedOf } from './carrier.ts';
import { openaiResponses } from './index.ts';

const decode = (fields: Record<string, unknown>) => openaiResponses.decode({ model: 'm', input: 'hi', ...fields });
const messagesOf = (...input: unknown[]) => decode({ input }).request.messages;
const lossesOf = (fields: Record<string, unknown>) => decode(fields).losses.map(({ field }) => field);
const caught = (fields: Record<string, unknown>): Pick<RouterError, 'code' | 'field' | 'message'> => {
  try {
    decode(fields);
  } catch (error) {
    // Anything else fails the comparison that follows.
    return error as RouterError;
  }
  throw new Error('decoded');
};
const text = (said: string) => ({ type: 'text', text: said });

describe('messages', () => {
  test('a string is what the user says', () => {
    const { request, stream, losses } = decode({});
    expect(request).toEqual({
      model: 'm',
      system: [],
      messages: [{ role: 'user', parts: [text('hi')] }],
      tools: [],
    });
    expect([stream, losses]).toEqual([false, []]);
  });

  test('instructions and what the client puts in front are the system prompt, later ones stay in place', () => {
    const { request } = decode({
      instructions: 'be terse',
      input: [
        { role: 'developer', content: 'first' },
        { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'second' }], id: 'msg_1' },
        { role: 'user', content: 'a' },
        { role: 'developer', content: 'third' },
        { role: 'developer', content: '' },
        { role: 'user', content: 'b' },
      ],
    });
    expect(request.system).toEqual([text('be terse'), text('first'), text('second')]);
    expect(request.messages).toEqual([
      { role: 'user', parts: [text('a')] },
      { role: 'system', parts: [text('third')] },
      { role: 'user', parts: [text('b')] },
    ]);
  });

  test("an answer's items in a row are one assistant turn, tool outputs in a row one turn of the user", () => {
    const messages = messagesOf(
      { role: 'user', content: 'go' },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }] },
      {
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'on it', annotations: [] }],
      },
      { type: 'function_call', call_id: 'c1', name: 'read', arguments: '{"a":1}', status: 'completed' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: '*** Begin' },
      { type: 'function_call_output', call_id: 'c1', output: 'one' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'two' }] },
      { type: 'message', role: 'assistant', content: 'done' },
    );
    expect(messages).toEqual([
      { role: 'user', parts: [text('go')] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'hm' },
          text('on it'),
          { type: 'tool-call', id: 'c1', name: 'read', input: '{"a":1}' },
          { type: 'tool-call', id: 'c2', name: 'patch', input: '*** Begin', custom: true },
        ],
      },
      {
        role: 'user',
        parts: [
          { type: 'tool-result', id: 'c1', parts: [text('one')] },
          { type: 'tool-result', id: 'c2', parts: [text('two')] },
        ],
      },
      { role: 'assistant', parts: [text('done')] },
    ]);
  });

  test('an earlier answer without content is no turn', () => {
    expect(
      messagesOf({ role: 'user', content: 'a' }, { type: 'message', role: 'assistant', content: null }),
    ).toHaveLength(1);
  });

  test('empty text of an earlier answer is no turn', () => {
    expect(
      messagesOf({ role: 'user', content: 'a' }, { role: 'assistant', content: [{ type: 'output_text', text: '' }] }),
    ).toHaveLength(1);
  });

  test('images, files and sound, in messages and in outputs', () => {
    const [first, second] = messagesOf(
      {
        role: 'user',
        content: [
          { type: 'input_image', image_url: 'data:image/jpg;base64,AAAA', detail: 'auto' },
          { type: 'input_image', image_url: 'https://a.example/b.png', detail: 'low' },
          { type: 'input_file', file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' },
          { type: 'input_file', file_data: 'JVBERi0x', filename: '' },
          { type: 'input_file', file_url: 'https://a.example/report.csv?x=1' },
          { type: 'input_file', file_url: 'https://a.example/report' },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
        ],
      },
      {
        type: 'function_call_output',
        call_id: 'c',
        output: [
          { type: 'input_text', text: 'see' },
          { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
        ],
      },
    );
    expect(first?.parts).toEqual([
      { type: 'media', mediaType: 'image/jpeg', data: 'AAAA' },
      {
        type: 'media',
        mediaType: 'image/*',
        url: 'https://a.example/b.png',
        extensions: { 'openai-responses': { detail: 'low' } },
      },
      { type: 'media', mediaType: 'application/pdf', data: 'AAAA', name: 'a.pdf' },
      { type: 'media', mediaType: 'application/pdf', data: 'JVBERi0x' },
      { type: 'media', mediaType: 'text/csv', url: 'https://a.example/report.csv?x=1' },
      { type: 'media', mediaType: 'application/pdf', url: 'https://a.example/report' },
      { type: 'media', mediaType: 'audio/wav', data: 'AAAA' },
    ]);
    expect(second?.parts).toEqual([
      { type: 'tool-result', id: 'c', parts: [text('see'), { type: 'media', mediaType: 'image/png', data: 'AAAA' }] },
    ]);
  });

  test('citations of pages, refusals and the phase of an earlier answer come back', () => {
    const annotation = { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 };
    const [message] = messagesOf({
      type: 'message',
      role: 'assistant',
      phase: 'final_answer',
      content: [
        {
          type: 'output_text',
          text: 'so',
          annotations: [annotation, { type: 'file_path', file_id: 'f' }],
          logprobs: [],
        },
        { type: 'refusal', refusal: 'no' },
      ],
    });
    expect(message?.parts).toEqual([
      {
        ...text('so'),
        citations: [{ title: 'A', place: { in: 'web', url: 'https://a.example' } }],
        extensions: { 'openai-responses': { phase: 'final_answer' } },
      },
      { ...text('no'), extensions: { 'openai-chat': { refusal: true } } },
    ]);
  });

  test.each([
    [{ input: undefined }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: 3 }, 'input'],
    [{ input: [7] }, 'input[0]'],
    [{ input: [{ role: 'tool', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'user', content: [] }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [{ type: 'image' }] }] }, 'input[0].content[0].type'],
    [
      { input: [{ role: 'system', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] }] },
      'input[0].content',
    ],
    [{ input: [{ type: 'function_call', name: 'f', arguments: '{}' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'function_call', call_id: 'c', arguments: '{}' }] }, 'input[0].name'],
    [{ input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: {} }] }, 'input[0].arguments'],
    [{ input: [{ type: 'function_call_output', call_id: 'c' }] }, 'input[0].output'],
    [{ input: [{ type: 'reasoning', summary: 'x' }] }, 'input[0].summary'],
    [{ model: '' }, 'model'],
    [{ instructions: [] }, 'instructions'],
    [{ stream: 'yes' }, 'stream'],
  ])('%j is refused for %s', (fields, field) => {
    expect(caught(fields)).toMatchObject({ code: 'invalid-request', field });
  });

  test.each([
    [{ type: 'input_image', file_id: 'file_1' }, 'input[0].content[0].file_id'],
    [{ type: 'input_file', file_id: 'file_1' }, 'input[0].content[0].file_id'],
  ])('%j lies at OpenAI', (part, field) => {
    expect(caught({ input: [{ role: 'user', content: [part] }] })).toMatchObject({ code: 'unsupported', field });
  });
});

describe('reasoning', () => {
  const signedBy = (item: Record<string, unknown>) => messagesOf({ type: 'reasoning', summary: [], ...item })[0]?.parts;

  test("what is not sealed is OpenAI's own", () => {
    expect(signedBy({ encrypted_content: 'gAAAAA' })).toEqual([
      { type: 'reasoning', signature: 'gAAAAA', origin: 'openai' },
    ]);
    expect(signedBy({ encrypted_content: 'gAAAAA', summary: [{ type: 'summary_text', text: 'hm' }] })).toEqual([
      { type: 'reasoning', text: 'hm', signature: 'gAAAAA', origin: 'openai' },
    ]);
  });

  test("another family's comes back as it was, whatever the client did to the summary", () => {
    const encrypted = encryptedOf({ for: 'reasoning', origin: 'claude', text: 'let me see', signature: 'SIG' });
    const expected = [{ type: 'reasoning', text: 'let me see', signature: 'SIG', origin: 'claude' }];
    expect(signedBy({ encrypted_content: encrypted })).toEqual(expected);
    expect(signedBy({ encrypted_content: encrypted, summary: [{ type: 'summary_text', text: 'cut' }] })).toEqual(
      expected,
    );
    const redacted = encryptedOf({ for: 'reasoning', origin: 'claude', data: 'RED' });
    expect(signedBy({ encrypted_content: redacted })).toEqual([{ type: 'reasoning', data: 'RED', origin: 'claude' }]);
  });

  test('a sealed signature alone signs the summary', () => {
    const encrypted = seal({ origin: 'claude', value: '{not json' });
    expect(signedBy({ encrypted_content: encrypted, summary: [{ type: 'summary_text', text: 'hm' }] })).toEqual([
      { type: 'reasoning', text: 'hm', signature: '{not json', origin: 'claude' },
    ]);
  });

  test('open reasoning is read in full, not its summary', () => {
    expect(
      signedBy({
        content: [
          { type: 'reasoning_text', text: 'a' },
          { type: 'reasoning_text', text: 'b' },
        ],
        summary: [{ text: 'c' }],
      }),
    ).toEqual([{ type: 'reasoning', text: 'a\n\nb' }]);
    expect(signedBy({})).toBeUndefined();
  });

  test('signatures of text and calls find their place', () => {
    const [message] = messagesOf(
      { type: 'message', role: 'assistant', content: 'abc' },
      {
        type: 'reasoning',
        summary: [],
        encrypted_content: encryptedOf({ for: 'text', origin: 'gemini', length: 3, signature: 'T' }),
      },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: '' },
      {
        type: 'reasoning',
        summary: [],
        encrypted_content: encryptedOf({ for: 'tool-call', origin: 'gemini', id: 'c', signature: 'C' }),
      },
    );
    expect(message?.parts).toEqual([
      { ...text('abc'), signature: 'T', origin: 'gemini' },
      { type: 'tool-call', id: 'c', name: 'f', input: '{}', signature: 'C', origin: 'gemini' },
    ]);
  });

  test.each([
    encryptedOf({ for: 'text', origin: 'gemini', length: 4, signature: 'T' }),
    encryptedOf({ for: 'tool-call', origin: 'gemini', id: 'd', signature: 'C' }),
  ])('a signature of what has changed is a loss', (encrypted) => {
    const input = [
      { role: 'assistant', content: 'abc' },
      { type: 'reasoning', summary: [], encrypted_content: encrypted },
    ];
    expect(lossesOf({ input })).toEqual(['reasoning-history']);
  });
});

describe('items that only OpenAI knows', () => {
  const raw = (item: Record<string, unknown>) => ({
    extensions: { 'openai-responses': { [String(item.type)]: item } },
  });

  test('calls of tools that the client ran, with their outputs', () => {
    const call = {
      type: 'local_shell_call',
      id: 'x',
      call_id: 'c',
      action: { type: 'exec', command: ['ls'] },
      status: 'completed',
    };
    const output = { type: 'local_shell_call_output', call_id: 'c', output: 'a b' };
    const shot = {
      type: 'computer_call_output',
      call_id: 'd',
      output: { type: 'computer_screenshot', image_url: 'data:image/png;base64,AAAA' },
    };
    const shell = { type: 'shell_call_output', call_id: 'e', output: [{ stdout: 'x', stderr: '' }] };
    expect(messagesOf(call, output, shot, shell)).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'tool-call', id: 'c', name: 'local_shell', input: '{"type":"exec","command":["ls"]}', ...raw(call) },
        ],
      },
      {
        role: 'user',
        parts: [
          { type: 'tool-result', id: 'c', parts: [text('a b')], ...raw(output) },
          {
            type: 'tool-result',
            id: 'd',
            parts: [{ type: 'media', mediaType: 'image/png', data: 'AAAA' }],
            ...raw(shot),
          },
          { type: 'tool-result', id: 'e', parts: [text('[{"stdout":"x","stderr":""}]')], ...raw(shell) },
        ],
      },
    ]);
  });

  test('calls that OpenAI ran', () => {
    const search = { type: 'web_search_call', id: 'ws', status: 'completed', action: { type: 'search', query: 'q' } };
    const code = { type: 'code_interpreter_call', id: 'ci', code: '1+1', outputs: [{ type: 'logs', logs: '2' }] };
    const picture = {
      type: 'image_generation_call',
      id: 'ig',
      status: 'completed',
      result: 'AAAA',
      output_format: 'webp',
    };
    expect(messagesOf(search, code, picture)).toEqual([
      {
        role: 'assistant',
        parts: [
          {
            type: 'tool-call',
            id: 'ws',
            name: 'web_search_call',
            input: '{"type":"search","query":"q"}',
            server: true,
            ...raw(search),
          },
          { type: 'tool-call', id: 'ci', name: 'code_interpreter_call', input: '1+1', server: true, ...raw(code) },
          { type: 'tool-result', id: 'ci', parts: [text('[{"type":"logs","logs":"2"}]')], server: true },
          { type: 'media', mediaType: 'image/webp', data: 'AAAA' },
        ],
      },
    ]);
  });

  test.each([
    'mcp_list_tools',
    'mcp_approval_request',
    'compaction',
    'compaction_trigger',
    'program',
    'web_search_call',
    'something_new',
  ])('%s without anything to read is a loss', (type) => {
    expect(lossesOf({ input: [{ role: 'user', content: 'a' }, { type }] })).toEqual([type]);
  });

  test.each([
    ['image_generation_call', { type: 'image_generation_call', id: 'ig', result: '?' }],
    ['image_url', { type: 'computer_call_output', call_id: 'c', output: { image_url: 'nowhere' } }],
  ])('a broken picture of an old item is the loss %s', (field, item) => {
    expect(lossesOf({ input: [item] })).toEqual([field]);
  });

  test.each([[{ type: 'item_reference', id: 'rs_1' }], [{ id: 'rs_1' }]])('%j refers to what nobody stored', (item) => {
    const { code, field, message } = caught({ input: [item] });
    expect([code, field]).toEqual(['invalid-request', 'input[0]']);
    expect(message).toContain('send the item itself');
  });

  test('an unknown field of an item is a loss, one that says nothing is not', () => {
    const input = [{ role: 'user', content: 'a', flavour: 'salt', note: '', metadata: { a: 'b' } }];
    expect(lossesOf({ input })).toEqual(['flavour']);
    const call = {
      type: 'function_call',
      call_id: 'c',
      name: 'f',
      arguments: '',
      async: false,
      caller: { type: 'direct' },
    };
    expect(lossesOf({ input: [call] })).toEqual([]);
  });
});

test.each([
  ['previous_response_id', 'resp_1', 'send the whole conversation'],
  ['conversation', 'conv_1', 'send the whole conversation'],
  ['conversation', { id: 'conv_1' }, 'send the whole conversation'],
  ['prompt', { id: 'pmpt_1' }, 'send their text'],
  ['background', true, 'leave it out'],
])('%s is refused with what to do instead', (field, value, advice) => {
  const error = caught({ [field]: value });
  expect(error).toMatchObject({ code: 'invalid-request', field });
  expect(error.message).toContain(advice);
});

test('a conversation of more parts than any model could read is refused', () => {
  const content = Array.from({ length: 6000 }, () => ({ type: 'input_text', text: 'a' }));
  expect(
    caught({
      input: [
        { role: 'user', content },
        { role: 'user', content },
      ],
    }),
  ).toMatchObject({ field: 'input' });
});

test('null is not set', () => {
  const names = [
    'previous_response_id',
    'conversation',
    'prompt',
    'background',
    'tools',
    'tool_choice',
    'text',
    'reasoning',
    'include',
  ];
  const { request, losses } = decode(
    Object.fromEntries([...names, 'temperature', 'metadata', 'x'].map((name) => [name, null])),
  );
  expect(Object.keys(request)).toEqual(['model', 'system', 'messages', 'tools']);
  expect(losses).toEqual([]);
});
