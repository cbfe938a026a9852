// Requests as Responses take them, and answers read from there: items, namespaces, free text, OpenAI's own tools.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ChatEvent, ChatRequest, Plan, Protocol, Provider } from '@turnout/core/contract';
import { checkGrammar } from '@turnout/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { openaiResponses } from '../../../core/src/protocol/openai-responses/index.ts';
import { startOpenaiLocal } from '../local/index.ts';
import { callOf, chatRequest, createHost, createProvider, generated, summaryOf } from '../test/fixture.ts';

const local = await startOpenaiLocal();
const host = createHost({}, { from: 'https://api.openai.com', to: local.url });
const openai = await createProvider({ apiKey: 'sk-any-key-0123456789' }, host);
const own = await createProvider({ baseUrl: local.baseUrl, api: 'responses' }, host);
afterAll(async () => {
  await host.close();
  await local.close();
});

const planOf = (provider: Provider, request: ChatRequest, protocol: Protocol = 'openai-responses'): Plan =>
  provider.plan(request, { protocol, stream: true });
const sentOf = (plan: Plan): Record<string, unknown> => (plan.wire as { body: Record<string, unknown> }).body;
const apiOf = (plan: Plan): unknown => (plan.wire as { api: unknown }).api;
const lostOf = ({ losses }: Plan): string[] => losses.map(({ field }) => field).sort();

const user = (text: string) => ({ role: 'user' as const, parts: [{ type: 'text' as const, text }] });
const thought = { type: 'reasoning' as const, text: 'hm', signature: 'gAAAAAopenai-local.eA', origin: 'openai' };

describe('the API', () => {
  it.each([
    ['gpt-5', 'openai-chat', {}, 'chat'],
    ['gpt-5', 'openai-responses', {}, 'responses'],
    ['gpt-4o', 'openai-responses', {}, 'responses'],
    ['gpt-5', 'anthropic-messages', {}, 'responses'],
    ['gpt-4o', 'anthropic-messages', {}, 'chat'],
    ['gpt-5-pro', 'openai-chat', {}, 'responses'],
    [
      'gpt-5',
      'openai-chat',
      { messages: [user('a'), { role: 'assistant', parts: [thought] }, user('b')] },
      'responses',
    ],
  ] as const)('of %s for %s is %s: %s', (model, protocol, more, api) => {
    expect(apiOf(planOf(openai, chatRequest({ ...more, model }), protocol))).toBe(api);
  });

  it('of another server is chat completions, whatever the client speaks', async () => {
    const other = await createProvider({ baseUrl: local.baseUrl }, host);
    expect(apiOf(planOf(other, chatRequest()))).toBe('chat');
    const xai = await createProvider({ preset: 'xai', apiKey: 'x' }, host);
    expect(apiOf(planOf(xai, chatRequest()))).toBe('responses');
    expect(apiOf(planOf(xai, chatRequest({ tools: [{ kind: 'custom', name: 'patch' }] })))).toBe('chat');
  });
});

describe('a request', () => {
  it('has its settings in the words of Responses', () => {
    const plan = planOf(openai, {
      ...chatRequest({ model: 'gpt-5', maxTokens: 5, topK: 3, stop: ['x'], temperature: 1, user: 'u' }),
      system: [
        { type: 'text', text: 'Be' },
        { type: 'text', text: 'brief' },
      ],
      reasoning: { effort: 'low', display: 'summary' },
      output: { schema: { type: 'object', properties: {}, additionalProperties: false }, name: 'a b', strict: true },
      extensions: {
        'openai-responses': {
          verbosity: 'low',
          include: ['x'],
          'reasoning.context': 'all',
          truncation: 'auto',
          future: 1,
        },
      },
    });
    expect(sentOf(plan)).toEqual({
      ...{
        model: 'gpt-5',
        truncation: 'auto',
        future: 1,
        instructions: 'Be\n\nbrief',
        max_output_tokens: 16,
        temperature: 1,
        user: 'u',
      },
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
      reasoning: { context: 'all', effort: 'low', summary: 'auto' },
      include: ['x', 'reasoning.encrypted_content'],
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'a_b', schema: expect.anything(), strict: true } },
      store: false,
    });
    expect(lostOf(plan)).toEqual(['maxTokens', 'stop', 'topK']);
  });

  it('has its conversation as items, each call with its output', () => {
    const search = { id: 'ws', type: 'web_search_call', status: 'completed', action: {} };
    const plan = planOf(openai, {
      ...chatRequest({ model: 'gpt-5', tools: [{ kind: 'custom', name: 'patch' }] }),
      messages: [
        user('a'),
        {
          role: 'assistant',
          parts: [
            thought,
            { type: 'reasoning', text: 'of another', signature: 's', origin: 'claude' },
            {
              type: 'tool-call',
              id: 'ws',
              name: 'web_search_call',
              input: '{}',
              server: true,
              extensions: { 'openai-responses': { web_search_call: search } },
            },
            { type: 'text', text: 'one', extensions: { 'openai-responses': { phase: 'commentary' } } },
            { type: 'text', text: 'no', extensions: { 'openai-chat': { refusal: true } } },
            { type: 'tool-call', id: 'c1', name: 'f', input: '' },
            { type: 'tool-call', id: 'c2', name: 'patch', input: 'raw', custom: true },
            { type: 'tool-call', id: 'c3', name: 'f', input: '{"a":1}' },
          ],
        },
        {
          role: 'user',
          parts: [
            { type: 'tool-result', id: 'c2', parts: [{ type: 'text', text: 'done' }] },
            {
              type: 'tool-result',
              id: 'c1',
              parts: [
                { type: 'text', text: 'see' },
                { type: 'media', mediaType: 'image/png', data: 'iVBORw0KGgo=' },
              ],
            },
            { type: 'tool-result', id: 'gone', parts: [] },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'system', parts: [{ type: 'text', text: 'now' }] },
      ],
    });
    expect(sentOf(plan).input).toEqual([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'a' }] },
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: thought.signature },
      search,
      { type: 'message', role: 'assistant', phase: 'commentary', content: [{ type: 'output_text', text: 'one' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: 'raw' },
      { type: 'function_call', call_id: 'c3', name: 'f', arguments: '{"a":1}' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: 'done' },
      {
        type: 'function_call_output',
        call_id: 'c1',
        output: [
          { type: 'input_text', text: 'see' },
          { type: 'input_image', image_url: expect.stringMatching(/^data:image\/png/) },
        ],
      },
      { type: 'function_call_output', call_id: 'c3', output: expect.stringMatching(/no result/) },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'b' }] },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'now' }] },
    ]);
    expect(lostOf(plan)).toEqual(['messages', 'messages', 'reasoning-history']);
  });

  it('has tools of namespaces, of free text and of OpenAI’s own as they are', () => {
    const hosted = { type: 'web_search', filters: { allowed_domains: ['a'] } };
    const tools = [
      {
        type: 'namespace',
        name: 'mcp',
        description: 'd',
        tools: [{ type: 'function', name: 'read', parameters: { type: 'object', properties: {} }, strict: true }],
      },
      { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
      hosted,
    ];
    const { request } = openaiResponses.decode({
      model: 'gpt-5',
      input: 'a',
      tools,
      tool_choice: { type: 'web_search' },
    });
    const plan = planOf(openai, request);
    expect(sentOf(plan)).toMatchObject({ tools, tool_choice: { type: 'web_search' } });
    expect(plan.losses).toEqual([]);
  });

  it('has functions for both where the server knows neither', async () => {
    const tools: ChatRequest['tools'] = [
      { kind: 'function', name: 'mcp__read', namespace: 'mcp' },
      { kind: 'custom', name: 'patch' },
    ];
    local.script({ kind: 'answer', toolCalls: [{ name: 'patch', input: { input: 'raw "text"' } }] });
    const { blocks } = await generated(own, chatRequest({ tools }));
    expect(local.requests.at(-1)?.body).toMatchObject({
      tools: [
        { type: 'function', name: 'mcp__read' },
        { type: 'function', name: 'patch' },
      ],
    });
    expect(blocks).toMatchObject([{ block: { type: 'tool-call', name: 'patch', custom: true }, text: 'raw "text"' }]);
  });
});

const event = (type: string, members: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
const response = (more: object) => ({ response: { id: 'r', object: 'response', model: 'm', output: [], ...more } });
const done = event('response.completed', response({ status: 'completed' }));

async function read(body: string, request = chatRequest()): Promise<ChatEvent[]> {
  local.script({ kind: 'recorded', headers: { 'content-type': 'text/event-stream' }, body, chunks: 'every-byte' });
  const events: ChatEvent[] = [];
  for await (const one of checkGrammar(own.stream(request, callOf(planOf(own, request))))) events.push(one);
  return events;
}

describe('an answer', () => {
  const message = {
    id: 'm',
    type: 'message',
    role: 'assistant',
    content: [
      { type: 'output_text', text: 'all', annotations: [{ type: 'url_citation', url: 'https://x', title: 't' }] },
    ],
  };

  it('is read where nothing of it comes in pieces', async () => {
    const expected = {
      blocks: [{ type: 'text', text: 'all', citations: [{ source: 'https://x', title: 't' }] }],
      reason: 'stop',
    };
    expect(
      summaryOf(await read(event('response.output_item.done', { output_index: 0, item: message }) + done)),
    ).toMatchObject(expected);
    expect(
      summaryOf(await read(event('response.completed', response({ status: 'completed', output: [message] })))),
    ).toMatchObject(expected);
  });

  it.each([
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'length'],
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'content-filter'],
    [{ status: 'incomplete', incomplete_details: { reason: 'something_new' } }, 'other'],
    [{ status: 'completed', output: [{ ...message, content: [{ type: 'refusal', refusal: 'no' }] }] }, 'refusal'],
  ])('that is %j ends with %s', async (state, reason) => {
    const word = state.status;
    expect(summaryOf(await read(event(`response.${word}`, response(state)))).reason).toBe(reason);
  });

  it.each([
    [
      'failed',
      event(
        'response.failed',
        response({ status: 'failed', error: { code: 'rate_limit_exceeded', message: 'slow down' } }),
      ),
      'rate-limited',
    ],
    ['failed without a word', event('response.failed', response({ status: 'failed', error: null })), 'upstream-failed'],
    ['an error', event('error', { code: 'server_error', message: 'no' }), 'upstream-failed'],
    ['cut', event('response.created', response({ status: 'in_progress' })), 'upstream-failed'],
    ['mixed up', event('response.function_call_arguments.delta', { output_index: 3, delta: '{' }), 'upstream-failed'],
    ['no event', 'data: [1]\n\n', 'upstream-failed'],
  ])('that is %s is a failure', async (_name, body, code) => {
    await expect(read(body)).rejects.toMatchObject({ code });
  });
});

const folder = new URL('../../../../shared/corpus/client-requests/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log(`skipped: there is no corpus at ${folder.pathname}`);
const recorded = (present ? readdirSync(folder) : [])
  .filter((name) => name.includes('__responses__'))
  .map((name) => ({
    name,
    // Sealed by OpenAI itself, which openai-local cannot open.
    body: JSON.parse(
      readFileSync(new URL(name, folder), 'utf8').replace(
        /"encrypted_content": ?"[^"]+"/g,
        `"encrypted_content":"${thought.signature}"`,
      ),
    ).request.body as Record<string, unknown>,
  }));

describe.skipIf(!present)('recorded requests', () => {
  it.each(recorded)('$name is taken by openai-local, as it is and rebuilt', async ({ body }) => {
    if (body.previous_response_id || body.conversation) return;
    const { request } = openaiResponses.decode(body);
    const model = 'gpt-5.1';
    for (const given of [body, undefined]) {
      const plan = openai.plan({ ...request, model }, { protocol: 'openai-responses', stream: false, body: given });
      const asked = { ...callOf(plan), answerModel: 'alias' };
      const result = plan.relay ? await openai.relay?.(request, asked) : await openai.generate?.(request, asked);
      expect(result).toBeDefined();
    }
    expect(local.requests.slice(-2).map(({ status }) => status)).toEqual([200, 200]);
  });
});
