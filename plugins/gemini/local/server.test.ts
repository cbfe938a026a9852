// gemini-local by itself: what it refuses and in which words, what it signs, how it fails on request.
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startGeminiLocal } from './index.ts';

const local = await startGeminiLocal();
afterEach(() => local.reset());
afterAll(() => local.close());

async function ask(body: unknown, model = 'gemini-3.8-flash', method = 'generateContent') {
  const response = await fetch(`${local.baseUrl}/models/${model}:${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text,
    json: text.startsWith('{') ? JSON.parse(text) : undefined,
  };
}

type Part = Record<string, unknown>;
const user = (...parts: Part[]) => ({ role: 'user', parts });
const model = (...parts: Part[]) => ({ role: 'model', parts });
const hi = user({ text: 'Hi' });
const call = (name = 'look', more: Part = {}) => ({ functionCall: { name, args: {} }, ...more });
const answered = (name = 'look') => ({ functionResponse: { name, response: { output: 'x' } } });
const tools = [{ functionDeclarations: [{ name: 'look', parametersJsonSchema: { type: 'object' } }] }];
const SKIP = 'skip_thought_signature_validator';

describe('refuses', () => {
  it.each<[string, object, RegExp, string?]>([
    ['no contents', {}, /contents is not specified/],
    [
      'an unknown field',
      { contents: [hi], messages: [] },
      /^Invalid JSON payload received\. Unknown name "messages": Cannot find field\.$/,
    ],
    [
      'one inside',
      { contents: [user({ text: 'a', kind: 'b' })] },
      /Unknown name "kind" at 'contents\[0\]\.parts\[0\]'/,
    ],
    [
      'a wrong type',
      { contents: [hi], generationConfig: { maxOutputTokens: 'many' } },
      /Invalid value at 'generationConfig\.maxOutputTokens' \(TYPE_INT32\)/,
    ],
    ['a role', { contents: [{ role: 'assistant', parts: [{ text: 'a' }] }] }, /valid role: user, model/],
    ['an empty part', { contents: [user({})] }, /required oneof field 'data'/],
    [
      'two in one part',
      { contents: [user({ text: 'a', inlineData: { mimeType: 'image/png', data: 'AA==' } })] },
      /already set/,
    ],
    [
      'a GIF',
      { contents: [user({ inlineData: { mimeType: 'image/gif', data: 'AA==' } })] },
      /Unsupported MIME type: image\/gif/,
    ],
    ['an answer at the end', { contents: [hi, model({ text: 'a' })] }, /end with a user role/],
    [
      'a call at the beginning',
      { contents: [model(call()), user(answered())] },
      /function call turn comes immediately after a user turn/,
    ],
    [
      'a missing result',
      { contents: [hi, model(call('a', { thoughtSignature: SKIP }), call('b')), user(answered('a'))] },
      /number of function response parts is equal/,
    ],
    [
      'a result of nothing',
      { contents: [hi, model({ text: 'a' }), user(answered())] },
      /function response turn comes immediately after a function call/,
    ],
    [
      'a result of another name',
      { contents: [hi, model(call('a', { thoughtSignature: SKIP })), user(answered('b'))] },
      /response for the call/,
    ],
    [
      'an unsigned call',
      { contents: [hi, model(call()), user(answered())] },
      /missing a thought_signature .*`default_api:look` , position 2\./,
    ],
    [
      'a made-up signature',
      { contents: [hi, model({ text: 'a', thoughtSignature: 'AAAA' }), hi] },
      /^Corrupted thought signature\.$/,
    ],
    [
      'a name',
      { contents: [hi], tools: [{ functionDeclarations: [{ name: '7' }] }] },
      /Invalid function name\. Must start with a letter/,
    ],
    ['a name twice', { contents: [hi], tools: [...tools, ...tools] }, /Duplicate function declaration found: look/],
    [
      'a schema of no object',
      { contents: [hi], tools: [{ functionDeclarations: [{ name: 'a', parametersJsonSchema: { type: 'string' } }] }] },
      /must describe an object/,
    ],
    [
      'a choice of nothing',
      { contents: [hi], tools, toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['b'] } } },
      /not a declared function/,
    ],
    [
      'both kinds of tools',
      { contents: [hi], tools: [...tools, { googleSearch: {} }] },
      /include_server_side_tool_invocations/,
    ],
    [
      'both on 2.5',
      { contents: [hi], tools: [...tools, { googleSearch: {} }] },
      /Tool use with function calling is unsupported/,
      'gemini-2.5-pro',
    ],
    [
      'JSON and tools on 2.5',
      { contents: [hi], tools, generationConfig: { responseMimeType: 'application/json' } },
      /application\/json' is unsupported/,
      'gemini-2.5-pro',
    ],
    [
      'media in a result on 2.5',
      {
        contents: [
          hi,
          model(call()),
          user({
            functionResponse: {
              name: 'look',
              response: {},
              parts: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }],
            },
          }),
        ],
      },
      /Multimodal function responses are not supported/,
      'gemini-2.5-pro',
    ],
    ['six stops', { contents: [hi], generationConfig: { stopSequences: [...'abcdef'] } }, /at most 5/],
    [
      'a level',
      { contents: [hi], generationConfig: { thinkingConfig: { thinkingLevel: 'minimal' } } },
      /Thinking level is not supported for this model/,
    ],
    [
      'a level and a budget',
      { contents: [hi], generationConfig: { thinkingConfig: { thinkingLevel: 'low', thinkingBudget: 1 } } },
      /only one of thinking budget and thinking level/,
    ],
    [
      'a budget',
      { contents: [hi], generationConfig: { thinkingConfig: { thinkingBudget: 99 } } },
      /between 512 and 24576/,
      'gemini-2.5-flash-lite',
    ],
    [
      'no budget on 2.5 Pro',
      { contents: [hi], generationConfig: { thinkingConfig: { thinkingBudget: 0 } } },
      /only works in thinking mode/,
      'gemini-2.5-pro',
    ],
    ['a penalty', { contents: [hi], generationConfig: { presencePenalty: 1 } }, /Penalty is not enabled/],
    ['a chat with what embeds', { contents: [hi] }, /is not found for API version v1beta/, 'gemini-embedding-001'],
  ])('%s', async (_name, body, words, name) => {
    const { status, json } = await ask(body, name);
    expect(json?.error.message).toMatch(words);
    expect([status, json?.error.status]).toEqual(status === 404 ? [404, 'NOT_FOUND'] : [400, 'INVALID_ARGUMENT']);
  });

  it('what is no JSON, and other paths', async () => {
    expect((await ask('{')).json?.error.message).toMatch(/Invalid JSON payload/);
    expect((await ask({}, 'gemini-3.8-flash', 'explain')).status).toBe(404);
  });

  it('a wrong key with 400, a missing one with 403', async () => {
    const locked = await startGeminiLocal({ apiKeys: ['right'] });
    const get = async (headers: Record<string, string>) => {
      const response = await fetch(`${locked.baseUrl}/models`, { headers });
      const { error } = JSON.parse(await response.text());
      return [response.status, error?.details?.[0]?.reason];
    };
    expect(await get({ 'x-goog-api-key': 'right' })).toEqual([200, undefined]);
    expect(await get({ 'x-goog-api-key': 'wrong' })).toEqual([400, 'API_KEY_INVALID']);
    expect(await get({})).toEqual([403, undefined]);
    await locked.close();
  });
});

describe('signs', () => {
  const asked = user({ text: 'Please look' });
  it('the first call on Gemini 3, and takes it back unchanged only', async () => {
    const { json } = await ask({ contents: [asked], tools });
    const [part] = json.candidates[0].content.parts;
    expect(part).toMatchObject({
      functionCall: { name: 'look', id: expect.any(String) },
      thoughtSignature: expect.any(String),
    });
    const { id } = part.functionCall;
    const reply = user({ functionResponse: { id, name: 'look', response: { output: 'a cat' } } });
    const again = (one: Part) => ask({ contents: [asked, model(one), reply], tools });
    expect((await again(part)).json.candidates[0].content.parts[0].text).toContain('The tool look answered: a cat');
    for (const changed of [
      { ...part, thoughtSignature: `${part.thoughtSignature.slice(0, -4)}AAAA` },
      { ...part, functionCall: { ...part.functionCall, args: { x: 1 } } },
    ]) {
      expect((await again(changed)).json.error.message).toBe('Corrupted thought signature.');
    }
  });

  it('the last part of an answer in words, in a stream behind it', async () => {
    const { text, type } = await ask({ contents: [hi] }, 'gemini-3.8-flash', 'streamGenerateContent?alt=sse');
    expect(type).toBe('text/event-stream');
    const chunks = text
      .trim()
      .split('\r\n\r\n')
      .map((event) => JSON.parse(event.replace(/^data: /, '')));
    const parts = chunks.flatMap(({ candidates }) => candidates[0].content.parts);
    const said = parts.map((part) => part.text).join('');
    expect(parts.at(-1)).toEqual({ text: '', thoughtSignature: expect.any(String) });
    expect(chunks.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: { thoughtsTokenCount: 64 },
    });
    const { thoughtSignature } = parts.at(-1);
    expect((await ask({ contents: [hi, model({ text: said, thoughtSignature }), hi] })).status).toBe(200);
  });

  it('nothing on 2.5 without functions', async () => {
    expect((await ask({ contents: [hi] }, 'gemini-2.5-pro')).text).not.toContain('thoughtSignature');
  });
});

describe('answers', () => {
  it('with what a script says', async () => {
    local.script(
      { kind: 'answer', content: 'Hello', reasoning: 'Hm', finishReason: 'MAX_TOKENS', usage: { promptTokenCount: 5 } },
      { kind: 'error', status: 'RESOURCE_EXHAUSTED', retryDelaySeconds: 34 },
      { kind: 'answer', parts: [{ text: 'raw' }] },
    );
    const first = await ask({ contents: [hi] });
    expect(first.json).toMatchObject({
      candidates: [
        { finishReason: 'MAX_TOKENS', content: { parts: [{ text: 'Hm', thought: true }, { text: 'Hello' }] } },
      ],
      usageMetadata: { promptTokenCount: 5 },
    });
    const second = await ask({ contents: [hi] });
    expect([second.status, second.json.error.details]).toEqual([
      429,
      [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' }],
    ]);
    expect((await ask({ contents: [hi] })).json.candidates[0].content.parts).toEqual([{ text: 'raw' }]);
  });

  it('JSON that fits the schema, and stops where it is told to', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    const { json } = await ask({
      contents: [user({ text: '7 eggs' })],
      generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema },
    });
    expect(JSON.parse(json.candidates[0].content.parts[0].text)).toEqual({ n: 7 });
    const cut = await ask({
      contents: [user({ text: 'one two three' })],
      generationConfig: { stopSequences: ['two'], maxOutputTokens: 50 },
    });
    expect(cut.json.candidates[0].content.parts[0].text).toBe('You said: "one ');
  });

  it('without alt=sse a stream is a list', async () => {
    const { text } = await ask({ contents: [hi] }, 'gemini-3.8-flash', 'streamGenerateContent');
    expect(JSON.parse(text)).toBeInstanceOf(Array);
  });

  it('counts and embeds', async () => {
    const counted = await ask({ contents: [hi] }, 'gemini-3.8-flash', 'countTokens');
    expect(counted.json.totalTokens).toBeGreaterThan(0);
    const request = {
      model: 'models/gemini-embedding-001',
      content: { parts: [{ text: 'a' }] },
      outputDimensionality: 4,
    };
    const { json } = await ask({ requests: [request, request] }, 'gemini-embedding-001', 'batchEmbedContents');
    expect(json.embeddings.map(({ values }: { values: number[] }) => values.length)).toEqual([4, 4]);
    const wrong = await ask(
      { requests: [{ ...request, model: 'models/other' }] },
      'gemini-embedding-001',
      'batchEmbedContents',
    );
    expect(wrong.json.error.message).toMatch(/must match the model in the request path/);
  });
});
