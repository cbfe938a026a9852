// What Google answers, as events.
import { type ChatEvent, RouterError } from '@turnout/core/contract';
import { addUp, parseExact, ToolNames } from '@turnout/core/plugin';
import { describe, expect, it } from 'vitest';
import { AnswerReader } from './answer.ts';

const error = { provider: 'gemini', model: 'gemini-3.8-flash', baseUrl: 'http://h', apiKey: 'k', advice: '' };

function readerOf(): AnswerReader {
  const names = new ToolNames(['get_weather', '7zip', 'patch'], /^[a-zA-Z_]/);
  return new AnswerReader({ echo: { model: 'asked', names, textTools: new Set(['patch']) }, callId: 'r1', error });
}

const chunkOf = (parts: readonly object[], more: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, ...more }],
});

function eventsOf(...chunks: readonly object[]): ChatEvent[] {
  const reader = readerOf();
  for (const chunk of chunks) reader.chunk(chunk);
  reader.end();
  return reader.out;
}

/** One chunk a list of parts; the last says why it ended. */
const resultOf = (lists: readonly (readonly object[])[], finishReason = 'STOP', more: object = {}) =>
  addUp(
    eventsOf(...lists.map((parts, index) => chunkOf(parts, index < lists.length - 1 ? {} : { finishReason, ...more }))),
  );

function failureOf(...chunks: readonly object[]): RouterError {
  try {
    eventsOf(...chunks);
  } catch (thrown) {
    if (RouterError.is(thrown)) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
}

describe('blocks', () => {
  it('are begun where the kind changes, and where something was signed', () => {
    const { blocks } = resultOf([
      [
        { text: 'Let me ', thought: true },
        { text: 'think', thought: true },
      ],
      [{ text: 'One ' }],
      [{ text: 'two' }, { text: '', thoughtSignature: 'c2lnMQ==' }],
      [{ text: 'three', thoughtSignature: 'c2lnMg==' }],
      [{ text: '' }],
    ]);
    expect(blocks).toEqual([
      { block: { type: 'reasoning', origin: 'gemini' }, text: 'Let me think' },
      { block: { type: 'text', origin: 'gemini' }, text: 'One two', signature: 'c2lnMQ==' },
      { block: { type: 'text', origin: 'gemini' }, text: 'three', signature: 'c2lnMg==' },
    ]);
  });

  it('of calls have ids, also where Google gives none or one twice, and the client\u2019s names', () => {
    const call = (name: string, id?: string) => ({
      functionCall: { name, args: {}, ...(id === undefined ? {} : { id }) },
    });
    const { blocks, finish } = resultOf([
      [call('_7zip'), call('get_weather', 'x'), call('get_weather', 'x'), call('other')],
    ]);
    expect(blocks.map(({ block }) => block.type === 'tool-call' && [block.id, block.name])).toEqual([
      ['gemcall_r1_1', '7zip'],
      ['x', 'get_weather'],
      ['x_2', 'get_weather'],
      ['gemcall_r1_4', 'other'],
    ]);
    expect(finish).toMatchObject({ reason: 'tool-calls', rawReason: 'STOP' });
  });

  it('of tools of free text have the text', () => {
    const { blocks } = resultOf([
      [{ functionCall: { name: 'patch', args: { input: '*** "x"\n' } }, thoughtSignature: 'c2ln' }],
    ]);
    expect(blocks).toMatchObject([{ block: { custom: true, name: 'patch' }, text: '*** "x"\n', signature: 'c2ln' }]);
  });

  it('keep all digits of arguments', () => {
    const raw =
      '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"get_weather","args":{"id":12345678901234567890}}}]},"finishReason":"STOP"}]}';
    const reader = readerOf();
    reader.chunk(parseExact(raw));
    reader.end();
    expect(addUp(reader.out).blocks[0]?.text).toBe('{"id":12345678901234567890}');
  });

  it('of Google\u2019s own tools are its own, raw beside', () => {
    const code = { language: 'PYTHON', code: 'print(1)' };
    const { blocks, finish } = resultOf([
      [
        { executableCode: code, thoughtSignature: 'c2ln' },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      ],
      [
        { toolCall: { id: 't', toolType: 'GOOGLE_SEARCH_WEB', args: { q: 'x' } } },
        { toolResponse: { id: 't', response: { a: 1 } } },
        { text: 'One' },
      ],
    ]);
    expect(blocks.map(({ block, text }) => [block.type, 'id' in block && block.id, text])).toEqual([
      ['tool-call', 'gemcall_r1_1', JSON.stringify(code)],
      ['tool-result', 'gemcall_r1_1', '1'],
      ['tool-call', 't', '{"q":"x"}'],
      ['tool-result', 't', '{"a":1}'],
      ['text', false, 'One'],
    ]);
    expect(blocks[0]).toMatchObject({
      signature: 'c2ln',
      extensions: { gemini: { executableCode: code } },
      block: { name: 'code_execution', server: true },
    });
    expect(blocks[2]?.block).toMatchObject({ name: 'google_search_web', server: true });
    expect(finish.reason).toBe('stop');
  });

  it('of media are whole; those the model only thought of are left out', () => {
    const { blocks } = resultOf([
      [{ inlineData: { mimeType: 'image/png', data: 'AAAA' }, thought: true }],
      [{ inlineData: { mimeType: 'image/png', data: 'BBBB' }, thoughtSignature: 'c2ln' }],
    ]);
    expect(blocks).toEqual([
      { block: { type: 'media', mediaType: 'image/png' }, text: '', data: 'BBBB', signature: 'c2ln' },
    ]);
  });

  it('cite what the answer rests on, each source once', () => {
    const web = { uri: 'https://a.example/', title: 'a.example' };
    const groundingMetadata = {
      webSearchQueries: ['x'],
      groundingChunks: [{ web }, { web }, { web: { uri: 'https://b.example/' } }],
    };
    const { blocks, finish } = resultOf([[{ text: 'So it is', thoughtSignature: 'c2ln' }]], 'STOP', {
      groundingMetadata,
    });
    expect(blocks[0]).toMatchObject({
      signature: 'c2ln',
      citations: [
        { title: 'a.example', source: web.uri, place: { in: 'web', url: web.uri } },
        { source: 'https://b.example/', place: { in: 'web', url: 'https://b.example/' } },
      ],
    });
    expect(finish.extensions).toEqual({ gemini: { groundingMetadata } });
  });
});

describe('the end', () => {
  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content-filter'],
    ['RECITATION', 'content-filter'],
    ['PROHIBITED_CONTENT', 'content-filter'],
    ['SPII', 'content-filter'],
    ['OTHER', 'other'],
    ['SOMETHING_NEW', 'other'],
  ])('%s is %s', (raw, reason) => {
    expect(resultOf([[{ text: 'a' }]], raw).finish).toMatchObject({ reason, rawReason: raw });
  });

  it.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS'])(
    '%s is a failure',
    (finishReason) => {
      expect(failureOf(chunkOf([], { finishReason }))).toMatchObject({
        code: 'upstream-failed',
        message: expect.stringContaining(finishReason),
      });
    },
  );

  it('may be said with every chunk; what comes behind it still counts', () => {
    const events = eventsOf(
      chunkOf([{ text: 'a' }], { finishReason: 'STOP' }),
      chunkOf([{ text: 'b' }], { finishReason: 'STOP' }),
    );
    expect(addUp(events).blocks[0]?.text).toBe('ab');
  });

  it('counts', () => {
    const usageMetadata = {
      promptTokenCount: 30,
      cachedContentTokenCount: 10,
      toolUsePromptTokenCount: 5,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 3,
    };
    const { finish } = addUp(eventsOf({ ...chunkOf([{ text: 'a' }], { finishReason: 'STOP' }), usageMetadata }));
    expect(finish.usage).toEqual({
      inputTokens: 25,
      cacheReadTokens: 10,
      outputTokens: 10,
      reasoningTokens: 3,
      totalTokens: 45,
    });
  });
});

describe('no answer', () => {
  it('is a prompt that was blocked', () => {
    expect(
      failureOf({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 3 } }),
    ).toMatchObject({
      code: 'content-blocked',
      message: 'gemini: gemini-3.8-flash: the prompt was blocked: SAFETY',
      usage: { inputTokens: 3 },
    });
  });

  it.each([
    ['nothing', []],
    ['no candidate', [{ usageMetadata: {} }]],
    ['no reason', [chunkOf([{ text: 'a' }])]],
    ['another candidate', [{ candidates: [{ index: 1, content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' }] }]],
    ['a call without a name', [chunkOf([{ functionCall: { args: {} } }], { finishReason: 'STOP' })]],
  ])('is %s', (_name, chunks) => {
    expect(failureOf(...chunks).code).toBe('upstream-failed');
  });
});
