// Knowledge 4.1 and 12: imported models, asked through InvokeModel in OpenAI's chat form.
import type { ChatEvent, ChatRequest, ChatResult, Provider } from '@turnout/core/contract';
import { checkGrammar } from '@turnout/core/testing';
import { encodeFrame } from '@turnout/core/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { startBedrockLocal } from '../local/index.ts';
import { callOf, chatRequest, collectEvents, createHost, startUpstream } from '../test/fixture.ts';
import { configSchema } from './config.ts';
import plugin from './index.ts';
import { toChatBody } from './invoke-request.ts';

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const IMPORTED = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abc';
const PATH = `/model/${encodeURIComponent(IMPORTED)}`;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function openProvider(endpoint: string): Promise<Provider> {
  const host = createHost();
  closers.push(() => host.close());
  return plugin.create(configSchema.parse({ region: 'us-east-1', auth: { mode: 'keys', ...key }, endpoint }), host);
}
const planOf = (provider: Provider, request: ChatRequest, stream: boolean) =>
  provider.plan(request, { protocol: 'openai-chat', stream });
const generate = async (provider: Provider, request: ChatRequest): Promise<ChatResult> => {
  const result = await provider.generate?.(request, callOf(planOf(provider, request, false)));
  if (result === undefined) throw new Error('the provider cannot generate');
  return result;
};
const stream = (provider: Provider, request: ChatRequest): Promise<ChatEvent[]> =>
  collectEvents(checkGrammar(provider.stream(request, callOf(planOf(provider, request, true)))));

const ask = (given: Partial<ChatRequest> = {}) => chatRequest({ model: IMPORTED, ...given });
const weather = {
  kind: 'function',
  name: 'get_weather',
  description: 'The weather',
  schema: { type: 'object', properties: { city: { type: 'string' } } },
} as const;

describe('against bedrock-local', () => {
  async function openLocal() {
    const local = await startBedrockLocal({ credentials: [key], resources: { [IMPORTED]: 'qwen.qwen3-32b-v1:0' } });
    closers.push(() => local.close());
    return { local, provider: await openProvider(local.url) };
  }

  it('answers whole and streamed, and says the same', async () => {
    const { local, provider } = await openLocal();
    const request = ask({
      system: [{ type: 'text', text: 'Be brief.' }],
      maxTokens: 77,
      temperature: 0.3,
      stop: ['END'],
    });
    const whole = await generate(provider, request);
    expect(whole.blocks[0]?.text).toContain('Hello');
    expect(whole.finish).toMatchObject({ reason: 'stop', usage: { outputTokens: expect.any(Number) } });
    const events = await stream(provider, request);
    const text = events.map((event) => (event.type === 'block-delta' ? event.text : '')).join('');
    expect(text).toBe(whole.blocks[0]?.text);
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop', usage: whole.finish.usage });
    expect(local.requests.map(({ operation, status }) => [operation, status])).toEqual([
      ['invoke', 200],
      ['invoke-with-response-stream', 200],
    ]);
    expect(local.requests[0]?.body).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
      max_tokens: 77,
      temperature: 0.3,
      stop: ['END'],
    });
  });

  it('calls tools, and takes their results', async () => {
    const { local, provider } = await openLocal();
    const question = { role: 'user', parts: [{ type: 'text', text: 'call get_weather' }] } as const;
    const request = ask({ messages: [question], tools: [weather], toolChoice: 'required' });
    const whole = await generate(provider, request);
    const call = whole.blocks.find(({ block }) => block.type === 'tool-call');
    expect(call?.block).toMatchObject({ name: 'get_weather' });
    expect(JSON.parse(call?.text ?? '')).toBeTypeOf('object');
    expect(whole.finish.reason).toBe('tool-calls');
    const events = await stream(provider, request);
    expect(events.find((event) => event.type === 'block-start')).toMatchObject({ block: call?.block });
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool-calls' });
    await generate(
      provider,
      ask({
        tools: [weather],
        messages: [
          question,
          {
            role: 'assistant',
            parts: [{ type: 'tool-call', id: 'call_1', name: 'get_weather', input: '{"city":"Basel"}' }],
          },
          { role: 'user', parts: [{ type: 'tool-result', id: 'call_1', parts: [{ type: 'text', text: '21 °C' }] }] },
        ],
      }),
    );
    expect(local.requests.at(-1)).toMatchObject({
      status: 200,
      body: {
        messages: [
          { role: 'user', content: 'call get_weather' },
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Basel"}' } },
            ],
          },
          { role: 'tool', tool_call_id: 'call_1', content: '21 °C' },
        ],
        tools: [{ type: 'function', function: { name: 'get_weather', description: 'The weather' } }],
      },
    });
  });

  it('fails as AWS fails, naming the permission', async () => {
    const denied = [{ ...key, denied: ['bedrock:InvokeModel*'] }];
    const local = await startBedrockLocal({ credentials: denied, resources: { [IMPORTED]: 'qwen.qwen3-32b-v1:0' } });
    closers.push(() => local.close());
    const provider = await openProvider(local.url);
    await expect(generate(provider, ask())).rejects.toMatchObject({
      code: 'upstream-denied',
      message: expect.stringContaining('bedrock:InvokeModel'),
    });
    await expect(stream(provider, ask())).rejects.toMatchObject({
      message: expect.stringContaining('bedrock:InvokeModelWithResponseStream'),
    });
  });
});

describe('answers of other servers', () => {
  const chunkFrame = (chunk: unknown): Buffer =>
    encodeFrame(
      { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' },
      JSON.stringify({ bytes: Buffer.from(JSON.stringify(chunk)).toString('base64'), p: 'abc' }),
    );
  const choice = (delta: object, finish_reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  });

  async function streamed(frames: readonly Buffer[]): Promise<ChatEvent[]> {
    const upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      response.end(Buffer.concat(frames));
    });
    closers.push(() => upstream.close());
    const events = await stream(await openProvider(upstream.url), ask());
    expect(upstream.seen[0]?.url).toBe(`${PATH}/invoke-with-response-stream`);
    return events;
  }

  it('reasoning, text and two calls in one answer, counted by Bedrock', async () => {
    const events = await streamed([
      chunkFrame(choice({ role: 'assistant', content: '' })),
      chunkFrame(choice({ reasoning_content: 'Hm.' })),
      chunkFrame(choice({ content: 'I ' })),
      chunkFrame(choice({ content: 'look.' })),
      chunkFrame(
        choice({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'x', arguments: '' } }] }),
      ),
      chunkFrame(choice({ tool_calls: [{ index: 0, function: { arguments: '{"n":' } }] })),
      chunkFrame(choice({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] })),
      chunkFrame(choice({ tool_calls: [{ index: 1, function: { name: 'y', arguments: '{}' } }] })),
      chunkFrame(choice({}, 'tool_calls')),
      chunkFrame({ choices: [], 'amazon-bedrock-invocationMetrics': { inputTokenCount: 5, outputTokenCount: 7 } }),
    ]);
    const blocks = events.flatMap((event) => (event.type === 'block-start' ? [event.block] : []));
    expect(blocks).toMatchObject([
      { type: 'reasoning' },
      { type: 'text' },
      { type: 'tool-call', id: 'a', name: 'x' },
      { type: 'tool-call', id: 'call_1', name: 'y' },
    ]);
    const said = (at: number) =>
      events.map((event) => (event.type === 'block-delta' && event.index === at ? event.text : '')).join('');
    expect([0, 1, 2, 3].map(said)).toEqual(['Hm.', 'I look.', '{"n":1}', '{}']);
    expect(events.at(-1)).toMatchObject({
      reason: 'tool-calls',
      usage: { inputTokens: 5, outputTokens: 7, totalTokens: 12 },
    });
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['something new', 'other'],
    ['constructor', 'other'],
  ])('finish_reason %s is %s, without any count of tokens too', async (raw, reason) => {
    const events = await streamed([chunkFrame(choice({ content: 'x' })), chunkFrame(choice({}, raw))]);
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason });
  });

  it('a stream without an end, or of another form, is a failure', async () => {
    const failed = { code: 'upstream-failed' };
    await expect(streamed([chunkFrame(choice({ content: 'x' }))])).rejects.toMatchObject(failed);
    await expect(streamed([chunkFrame('no object')])).rejects.toMatchObject(failed);
    const broken = encodeFrame({ ':event-type': 'chunk', ':message-type': 'event' }, '{"bytes":7}');
    await expect(streamed([broken])).rejects.toMatchObject({
      ...failed,
      message: expect.stringContaining("OpenAI's chat form"),
    });
  });

  it.each(['{"generation":"x","stop_reason":"stop"}', 'no JSON', '[]'])(
    'a whole answer %s is a failure',
    async (text) => {
      const upstream = await startUpstream((response) => response.writeHead(200).end(text));
      closers.push(() => upstream.close());
      await expect(generate(await openProvider(upstream.url), ask())).rejects.toMatchObject({
        code: 'upstream-failed',
      });
    },
  );
});

describe('the body', () => {
  const user = { role: 'user', content: [{ text: 'Hi' }] } as const;
  const bodyOf = (given: object) => toChatBody({ messages: [{ ...user, content: [...user.content] }], ...given });

  it('has images as data URLs, tool choice and JSON schema in that form', () => {
    const { body, losses } = bodyOf({
      messages: [{ role: 'user', content: [{ text: 'See' }, { image: { format: 'png', source: { bytes: 'AAAA' } } }] }],
      toolConfig: {
        tools: [{ toolSpec: { name: 'x', inputSchema: { json: {} } } }],
        toolChoice: { tool: { name: 'x' } },
      },
      outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{"type":"object"}' } } } },
      additionalModelRequestFields: { reasoning_effort: 'high' },
    });
    expect(body).toEqual({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
      ],
      tools: [{ type: 'function', function: { name: 'x', parameters: {} } }],
      tool_choice: { type: 'function', function: { name: 'x' } },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
      },
      reasoning_effort: 'high',
    });
    expect(losses.list).toEqual([]);
  });

  it('says what it has no place for', () => {
    const { body, losses } = bodyOf({
      system: [{ text: 'a' }, { cachePoint: { type: 'default' } }],
      additionalModelRequestFields: { top_k: 5, thinking: { type: 'enabled' } },
    });
    expect(Object.keys(body)).toEqual(['messages']);
    expect(losses.list.map(({ field }) => field)).toEqual(['cache', 'topK', 'reasoning']);
    const document = { document: { format: 'pdf', name: 'x', source: { bytes: '' } } };
    expect(() => bodyOf({ messages: [{ role: 'user', content: [document] }] })).toThrow(
      expect.objectContaining({ code: 'unsupported', message: 'imported models take text and images, not document' }),
    );
  });
});
