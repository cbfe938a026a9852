// A Messages client's own body on its way to a Claude through InvokeModel: what is taken out, what flags it gets, what is rebuilt
// through Converse instead. What is sent passes bedrock-local's validators.
import type { Plan, PlanCall, Provider } from '@turnout/core/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anthropicMessages } from '../../core/src/protocol/anthropic-messages/index.ts';
import { seal } from '../../core/src/protocol/reasoning-envelope.ts';
import { parseClaude, toConverse } from '../../plugins/bedrock/local/claude-body.ts';
import { createDirectory } from '../../plugins/bedrock/local/model.ts';
import { checkClaude } from '../../plugins/bedrock/local/validate-claude.ts';
import plugin from '../../plugins/bedrock/src/index.ts';
import { createHost } from '../../plugins/bedrock/test/fixture.ts';
import { anySeal } from './proof.ts';

const OPUS_5_5 = 'anthropic.claude-opus-5-5';
const OPUS_4_5 = 'anthropic.claude-opus-4-5-20251101-v1:0';
const SONNET_5 = 'anthropic.claude-sonnet-5';
const SONNET_4_5 = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const SONNET_4 = 'anthropic.claude-sonnet-4-20250514-v1:0';
const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0';
const HAIKU_3_5 = 'anthropic.claude-3-5-haiku-20241022-v1:0';
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

type Json = Record<string, unknown>;

const directory = createDirectory([]);
const host = createHost();
let provider: Provider;
beforeAll(async () => {
  const auth = { mode: 'keys', accessKeyId: 'A', secretAccessKey: 'S' };
  const parsed = plugin.config['~standard'].validate({ region: 'us-east-1', crossRegion: 'geo', auth });
  if (parsed instanceof Promise || parsed.issues !== undefined) throw new Error('the settings are wrong');
  provider = await plugin.create(parsed.value, host);
});
afterAll(() => host.close());

const HELLO = { max_tokens: 2000, messages: [{ role: 'user', content: 'Hello' }] };
const user = (...content: Json[]): Json => ({ role: 'user', content });
const assistant = (...content: Json[]): Json => ({ role: 'assistant', content });
const text = (words: string, more: Json = {}): Json => ({ type: 'text', text: words, ...more });
const schema = { type: 'object', properties: { city: { type: 'string' } } };
const tool = (name: string, more: Json = {}): Json => ({ name, input_schema: schema, ...more });
const use = (id: string, more: Json = {}): Json => ({ type: 'tool_use', id, name: 'a', input: {}, ...more });
const result = (id: string, more: Json = {}): Json => ({
  type: 'tool_result',
  tool_use_id: id,
  content: 'ok',
  ...more,
});
const talk = (...messages: Json[]): Json => ({ ...HELLO, messages });

function planOf(model: string, body: Json, call: Partial<PlanCall> = {}, beta?: string): Plan {
  const headers = beta === undefined ? {} : { 'anthropic-beta': beta };
  const kept = structuredClone(body);
  const { request, stream } = anthropicMessages.decode({ model: 'alias', ...body }, { headers });
  const plan = provider.plan({ ...request, model }, { protocol: 'anthropic-messages', stream, body, ...call });
  // It is the client's.
  expect(body).toEqual(kept);
  return plan;
}

interface Sent {
  readonly body: Json;
  readonly headers: Json;
  readonly losses: readonly string[];
}

/** What is relayed, as it goes over the wire. */
function sentFor(model: string, body: Json, beta?: string, call?: Partial<PlanCall>): Sent {
  const plan = planOf(model, { model: 'alias', stream: true, ...body }, call, beta);
  expect(plan.relay, plan.resolution.reasons.at(-1)).toBe(true);
  const wire = JSON.parse(JSON.stringify(plan.wire));
  expect(wire.operation).toBe('invoke-with-response-stream');
  const claude = parseClaude(wire.body);
  checkClaude(claude, toConverse(claude), directory.resolve(plan.resolution.model, 'us-east-1'), anySeal);
  const losses = plan.losses.map(({ field, action }) => `${field}:${action}`);
  return { body: wire.body, headers: wire.headers, losses };
}

function expectRebuilt(model: string, body: Json, reason: string, call?: Partial<PlanCall>): void {
  const plan = planOf(model, body, call);
  expect(plan.relay).toBeUndefined();
  expect(plan.resolution.reasons.at(-1)).toContain(reason);
}

describe('the body', () => {
  test('is the client’s own, with the version for the model and the stream', () => {
    const own = {
      ...HELLO,
      system: [text('Be brief.', { cache_control: { type: 'ephemeral', ttl: '1h' } })],
      metadata: { user_id: 'u-1' },
      stop_sequences: ['END'],
      tools: [tool('a', { description: 'A tool' })],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      messages: [user(text('go')), assistant(use('c1')), user(result('c1', { is_error: true }))],
    };
    expect(sentFor(SONNET_5, own)).toEqual({
      body: { anthropic_version: 'bedrock-2023-05-31', ...own },
      headers: {},
      losses: [],
    });
  });

  test.each([
    ['service_tier', 'priority'],
    ['container', 'c-1'],
    ['mcp_servers', [{ type: 'url', url: 'https://x.example', name: 'x' }]],
    ['speed', 'fast'],
    ['inference_geo', 'us'],
    ['made_up', { by: 'somebody' }],
  ])('%s is not Bedrock’s, and a loss', (name, value) => {
    const { body, losses } = sentFor(SONNET_5, { ...HELLO, [name]: value });
    expect(body).toEqual({ anthropic_version: 'bedrock-2023-05-31', ...HELLO });
    expect(losses).toEqual([`${name}:dropped`]);
  });

  test('what asks for nothing is no loss', () => {
    const idle = { service_tier: 'auto', mcp_servers: [], speed: 'standard', tools: [], stop_sequences: [], top_k: -1 };
    const more = {
      ...idle,
      temperature: null,
      system: '',
      metadata: { user_id: null },
      betas: ['claude-code-20250219'],
    };
    const { body, losses } = sentFor(SONNET_4_5, { ...HELLO, ...more });
    expect(body).toEqual({ anthropic_version: 'bedrock-2023-05-31', ...HELLO });
    expect(losses).toEqual([]);
  });

  test('a limit above the model’s, and one of nothing', () => {
    expect(sentFor(SONNET_4_5, { ...HELLO, max_tokens: 128_000 })).toMatchObject({
      body: { max_tokens: 64_000 },
      losses: ['maxTokens:approximated'],
    });
    expect(sentFor(SONNET_4_5, { ...HELLO, max_tokens: 0 })).toMatchObject({ body: { max_tokens: 1 } });
  });

  test('sampling that the model would refuse', () => {
    const sampled = { ...HELLO, temperature: 0.2, top_p: 0.5, top_k: 5, stop_sequences: [' ', 'END'] };
    expect(sentFor(SONNET_5, sampled)).toEqual({
      body: { anthropic_version: 'bedrock-2023-05-31', ...HELLO, stop_sequences: ['END'] },
      headers: {},
      losses: ['temperature:dropped', 'topP:dropped', 'stop:dropped', 'topK:dropped'],
    });
    expect(sentFor(SONNET_4_5, sampled)).toMatchObject({
      body: { temperature: 0.2, top_k: 5 },
      losses: ['topP:dropped', 'stop:dropped'],
    });
    const thinking = { type: 'enabled', budget_tokens: 1024 };
    expect(sentFor(SONNET_4_5, { ...HELLO, temperature: 0.2, thinking }).losses).toEqual(['temperature:dropped']);
    expect(sentFor(SONNET_4_5, { ...HELLO, top_p: 0.95, thinking }).body).toMatchObject({ top_p: 0.95, thinking });
    expect(sentFor(SONNET_4, { ...HELLO, temperature: 2 })).toMatchObject({
      body: { temperature: 1 },
      losses: ['temperature:approximated'],
    });
  });

  test('the former name of the output format', () => {
    const format = { type: 'json_schema', schema: { type: 'object', properties: {}, additionalProperties: false } };
    const { body, losses } = sentFor(SONNET_4_5, { ...HELLO, output_format: format });
    expect(body).toMatchObject({ output_config: { format } });
    expect(losses).toEqual([]);
    expectRebuilt(SONNET_5, { ...HELLO, output_format: format }, 'a JSON schema');
    expectRebuilt(SONNET_4_5, { ...HELLO, output_format: { ...format, schema } }, 'a JSON schema outside its subset');
  });

  test('clearing the context goes with its flag, and keeping all is what is done anyway', () => {
    const clears = { type: 'clear_tool_uses_20250919' };
    const keeps = { type: 'clear_thinking_20251015', keep: 'all' };
    expect(sentFor(SONNET_5, { ...HELLO, context_management: { edits: [clears, keeps] } })).toMatchObject({
      body: { context_management: { edits: [clears] }, anthropic_beta: ['context-management-2025-06-27'] },
      losses: [],
    });
    const { body } = sentFor(SONNET_5, { ...HELLO, context_management: { edits: [keeps] } });
    expect(body).not.toHaveProperty('context_management');
  });
});

describe('flags', () => {
  test('the model’s own of the header and of the body, the rest as a loss or for nothing', () => {
    const beta = 'context-1m-2025-08-07, claude-code-20250219,made-up-2026-01-01';
    const { body, losses } = sentFor(SONNET_4_5, { ...HELLO, betas: ['interleaved-thinking-2025-05-14'] }, beta);
    expect(body.anthropic_beta).toEqual(['context-1m-2025-08-07', 'interleaved-thinking-2025-05-14']);
    expect(body).not.toHaveProperty('betas');
    expect(losses).toEqual(['anthropic-beta:dropped']);
  });

  test('an effort of Opus 4.5 brings its flag along', () => {
    expect(sentFor(OPUS_4_5, { ...HELLO, output_config: { effort: 'low' } }).body).toMatchObject({
      anthropic_beta: ['effort-2025-11-24'],
      output_config: { effort: 'low' },
    });
  });
});

describe('tools', () => {
  test('that are loaded when they are searched for, as Claude Code has them', () => {
    const reference = { type: 'tool_reference', tool_name: 'b' };
    const { body, losses } = sentFor(
      OPUS_5_5,
      {
        ...talk(user(text('go')), assistant(use('c1')), user(result('c1', { content: [reference] }))),
        tools: [tool('a', { type: 'custom', strict: false }), tool('b', { defer_loading: true })],
      },
      'advanced-tool-use-2025-11-20',
    );
    expect(body).toMatchObject({
      anthropic_beta: ['tool-search-tool-2025-10-19'],
      tools: [tool('a'), tool('b', { defer_loading: true })],
      messages: [{}, {}, { content: [{ content: [reference] }] }],
    });
    expect(losses).toEqual([]);
  });

  test('where the model does not search, they are plain ones', () => {
    const { body, losses } = sentFor(SONNET_4, { ...HELLO, tools: [tool('b', { defer_loading: true })] });
    expect(body.tools).toEqual([tool('b')]);
    expect(losses).toEqual(['deferred:approximated']);
  });

  test('members that Bedrock has a flag for, or does not have', () => {
    const examples = { input_examples: [{ city: 'Oslo' }] };
    const given = tool('a', { ...examples, eager_input_streaming: true, allowed_callers: ['direct'], made_up: 1 });
    const { body, losses } = sentFor(SONNET_4_5, { ...HELLO, tools: [given] });
    expect(body.tools).toEqual([tool('a', examples)]);
    expect(body.anthropic_beta).toEqual(['tool-examples-2025-10-29', 'fine-grained-tool-streaming-2025-05-14']);
    expect(losses).toEqual(['made_up:dropped']);
  });

  test('strict ones where the model has them', () => {
    const closed = { ...schema, additionalProperties: false };
    const strict = tool('a', { strict: true, input_schema: closed });
    expect(sentFor(SONNET_4_5, { ...HELLO, tools: [strict] })).toMatchObject({ body: { tools: [strict] }, losses: [] });
    expect(sentFor(SONNET_5, { ...HELLO, tools: [strict] })).toMatchObject({
      body: { tools: [tool('a', { input_schema: closed })] },
      losses: ['strict:dropped'],
    });
  });

  test('that only Anthropic’s servers run are left out', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };
    const { body, losses } = sentFor(OPUS_5_5, { ...HELLO, tools: [search], tool_choice: { type: 'auto' } });
    expect(body).not.toHaveProperty('tools');
    expect(body).not.toHaveProperty('tool_choice');
    expect(losses).toEqual(['tools:dropped']);
    expect(sentFor(OPUS_5_5, { ...HELLO, tools: [search, tool('a')] }).body.tools).toEqual([tool('a')]);
  });

  test('of Anthropic’s making that the client runs go with their flag', () => {
    const memory = { type: 'memory_20250818', name: 'memory' };
    const bash = { type: 'bash_20250124', name: 'bash', cache_control: { type: 'ephemeral' } };
    expect(sentFor(SONNET_5, { ...HELLO, tools: [memory, bash] })).toMatchObject({
      body: { tools: [memory, bash], anthropic_beta: ['context-management-2025-06-27'] },
      losses: [],
    });
  });

  test('a schema with a choice at its top', () => {
    const { body, losses } = sentFor(SONNET_5, { ...HELLO, tools: [tool('a', { input_schema: { anyOf: [schema] } })] });
    expect(body.tools).toEqual([{ name: 'a', input_schema: schema }]);
    expect(losses).toEqual(['tools:approximated']);
  });
});

describe('the conversation', () => {
  test('keeps the turns of the system’s, without settings of their own', () => {
    const effort = { output_config: { effort: 'medium' } };
    const { body, losses } = sentFor(OPUS_5_5, {
      ...talk(user(text('go')), { role: 'system', content: 'Be kind.', ...effort }),
      ...effort,
    });
    expect(body).toMatchObject({ messages: [user(text('go')), { role: 'system', content: 'Be kind.' }], ...effort });
    expect(body.messages).not.toHaveProperty('1.output_config');
    expect(losses).toEqual([]);
  });

  test('where the model takes none, those of the system’s are the user’s', () => {
    const turns = talk(user(text('go')), { role: 'system', content: 'Be kind.' });
    const { body, losses } = sentFor(SONNET_4_5, turns);
    expect(body.messages).toEqual([user(text('go')), { role: 'user', content: 'Be kind.' }]);
    expect(losses).toEqual(['messages:approximated']);
  });

  test('the newest effort holds for the whole request', () => {
    const { body, losses } = sentFor(OPUS_5_5, {
      ...talk(user(text('go')), { role: 'system', content: 'Gone.', clear_at: 'next_user_message' }, user(text('on')), {
        role: 'system',
        output_config: { effort: 'low' },
      }),
      output_config: { effort: 'high' },
    });
    expect(body).toMatchObject({
      messages: [user(text('go')), user(text('on'))],
      output_config: { effort: 'low' },
    });
    expect(losses).toEqual(['output_config:approximated']);
  });

  test('what an answer had besides is not sent back', () => {
    const answer = {
      ...{ id: 'msg_1', type: 'message', model: 'x', stop_reason: 'tool_use', usage: { input_tokens: 1 } },
      ...assistant(text('Well.', { citations: null, parsed_output: {} }), use('c1', { caller: { type: 'direct' } })),
    };
    const { body, losses } = sentFor(SONNET_5, {
      ...talk(user(text('go')), answer, user(result('c1'), text('on', { made_up: 1 }))),
      tools: [tool('a')],
    });
    expect(body.messages).toEqual([
      user(text('go')),
      assistant(text('Well.'), use('c1')),
      user(result('c1'), text('on')),
    ]);
    expect(losses).toEqual(['made_up:dropped']);
  });

  test('cache marks: those of blocks, of results and of the request itself', () => {
    const mark = { cache_control: { type: 'ephemeral' } };
    const { body, losses } = sentFor(SONNET_4, {
      ...talk(
        user(text('go')),
        assistant(use('c1')),
        user(result('c1', { content: [text('ok', mark)] })),
        assistant(text('So.', { cache_control: { type: 'ephemeral', ttl: '1h', scope: 'global' } })),
        { role: 'user', content: 'on' },
      ),
      tools: [tool('a')],
      cache_control: { type: 'ephemeral', ttl: '5m' },
    });
    expect(body.messages).toEqual([
      user(text('go')),
      assistant(use('c1')),
      user(result('c1', { content: [text('ok')], ...mark })),
      assistant(text('So.', mark)),
      user(text('on', mark)),
    ]);
    expect(body).not.toHaveProperty('cache_control');
    expect(losses).toEqual(['cache_control.scope:dropped', 'cache:approximated']);
    expect(sentFor(HAIKU_3, talk(user(text('go', mark))))).toMatchObject({
      body: talk(user(text('go'))),
      losses: ['cache:dropped'],
    });
  });

  test('images and documents with their bytes go as they are', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
    const pdf = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' };
    const document = { type: 'document', title: 'T', source: pdf, citations: { enabled: true } };
    const messages = [user(image, document, text('Look.'))];
    expect(sentFor(SONNET_5, { ...HELLO, messages })).toMatchObject({ body: { messages }, losses: [] });
  });
});

describe('thinking', () => {
  const thinks = (thinking: Json): Json => ({ ...HELLO, thinking });

  test.each([
    [OPUS_5_5, { type: 'adaptive', display: 'omitted' }, { type: 'adaptive', display: 'omitted' }, []],
    [OPUS_5_5, { type: 'adaptive' }, { type: 'adaptive' }, []],
    [OPUS_5_5, { type: 'adaptive', display: 'updates' }, { type: 'adaptive', display: 'summarized' }, ['approximated']],
    [SONNET_4_5, { type: 'enabled', budget_tokens: 1024 }, { type: 'enabled', budget_tokens: 1024 }, []],
    [
      SONNET_4_5,
      { type: 'enabled', budget_tokens: 1024, display: 'omitted' },
      { type: 'enabled', budget_tokens: 1024 },
      ['dropped'],
    ],
  ])('%s: %j', (model, given, sent, actions) => {
    const { body, losses } = sentFor(model, thinks(given));
    expect(body.thinking).toEqual(sent);
    expect(losses).toEqual(actions.map((action) => `thinking.display:${action}`));
  });

  test('turned off where there is none', () => {
    expect(sentFor(HAIKU_3_5, thinks({ type: 'disabled' })).body).not.toHaveProperty('thinking');
  });

  test('of another model’s way becomes what the model has', () => {
    const claudeCode = {
      ...HELLO,
      max_tokens: 32_000,
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    };
    expect(sentFor(SONNET_4_5, { ...claudeCode, tools: [tool('a')] })).toMatchObject({
      body: {
        thinking: { type: 'enabled', budget_tokens: 24_576 },
        anthropic_beta: ['interleaved-thinking-2025-05-14'],
      },
      losses: ['reasoning:approximated'],
    });
    expect(sentFor(SONNET_4_5, claudeCode).body).not.toHaveProperty('output_config');
    expect(
      sentFor(OPUS_5_5, { ...HELLO, max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2048 } }),
    ).toMatchObject({
      body: { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      losses: ['reasoning:approximated'],
    });
    expect(sentFor(OPUS_5_5, { ...HELLO, thinking: { type: 'disabled' } })).toMatchObject({
      body: { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'low' } },
      losses: ['reasoning:approximated'],
    });
  });

  test('of the route, where the client says nothing of it', () => {
    const given = { ...HELLO, temperature: 0.5 };
    const { request } = anthropicMessages.decode({ model: 'alias', ...given }, { headers: {} });
    const plan = provider.plan(
      { ...request, model: SONNET_4_5, reasoning: { budget: 1500 }, topP: 0.9 },
      { protocol: 'anthropic-messages', stream: false, body: given },
    );
    expect(plan).toMatchObject({
      relay: true,
      wire: { operation: 'invoke', body: { thinking: { type: 'enabled', budget_tokens: 1500 } } },
    });
    expect(plan.losses.map(({ field }) => field)).toEqual(['temperature', 'topP']);
  });
});

describe('the operator’s settings', () => {
  test('stand in headers', () => {
    const call = { routeSettings: { serviceTier: { use: 'flex' }, requestMetadata: { team: 'red' } } };
    expect(sentFor(SONNET_5, HELLO, undefined, call).headers).toEqual({
      'x-amzn-bedrock-service-tier': 'flex',
      'x-amzn-bedrock-request-metadata': '{"team":"red"}',
    });
  });

  test('those of Converse alone take the request there', () => {
    expectRebuilt(SONNET_5, HELLO, 'guardrail', { routeSettings: { guardrail: { id: 'gr1', version: '1' } } });
    expectRebuilt(SONNET_5, { ...HELLO, bedrock: { citations: true } }, 'citations');
  });
});

describe('what goes through Converse as before', () => {
  const sealed = seal({ origin: 'openai', value: 'gAAA' });
  test.each<[string, string, Json, string]>([
    [
      'media behind a URL',
      SONNET_5,
      talk(user({ type: 'image', source: { type: 'url', url: 'https://x.example/a' } }, text('?'))),
      'media behind a URL',
    ],
    [
      'an image that is another than it says',
      SONNET_5,
      talk(user({ type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: PNG } })),
      'an image of another format',
    ],
    [
      'a document that is no PDF',
      SONNET_5,
      talk(user({ type: 'document', source: { type: 'base64', media_type: 'text/csv', data: 'YQ==' } }, text('?'))),
      'a document of another format',
    ],
    [
      'sealed reasoning',
      SONNET_5,
      talk(
        user(text('a')),
        assistant({ type: 'thinking', thinking: 'x', signature: sealed }, text('b')),
        user(text('c')),
      ),
      'reasoning of another family',
    ],
    [
      'unsigned reasoning',
      SONNET_5,
      talk(user(text('a')), assistant({ type: 'thinking', thinking: 'x', signature: '' }, text('b')), user(text('c'))),
      'reasoning without a signature',
    ],
    [
      'a system’s turn before all others',
      SONNET_5,
      talk({ role: 'system', content: 'a' }, user(text('b'))),
      'before the first turn',
    ],
    ['a blank text', SONNET_5, talk(user(text('a'), text(' '))), 'a blank text'],
    [
      'a call without its result',
      SONNET_5,
      { ...talk(user(text('a')), assistant(use('c1')), user(text('b'))), tools: [tool('a')] },
      'do not pair',
    ],
    ['a result without its call', SONNET_5, talk(user(result('c1'), text('a'))), 'do not pair'],
    [
      'a result behind a text',
      SONNET_5,
      { ...talk(user(text('a')), assistant(use('c1')), user(text('b'), result('c1'))), tools: [tool('a')] },
      'do not pair',
    ],
    ['calls without tools', SONNET_5, talk(user(text('a')), assistant(use('c1')), user(result('c1'))), 'no tools'],
    [
      'the id of a call',
      SONNET_5,
      { ...talk(user(text('a')), assistant(use('c.1')), user(result('c.1'))), tools: [tool('a')] },
      'the id of a call',
    ],
    ['a name of a tool', SONNET_5, { ...HELLO, tools: [tool('a.b')] }, 'the name of a tool'],
    [
      'what Anthropic’s servers did',
      SONNET_5,
      talk(
        user(text('a')),
        assistant(
          { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} },
          { type: 'web_search_tool_result', tool_use_id: 's1', content: [] },
          text('b'),
        ),
        user(text('c')),
      ),
      'a block of the type server_tool_use',
    ],
    ['the assistant’s words at the end', SONNET_5, talk(user(text('a')), assistant(text('b'))), 'own words'],
    ['a budget without room', SONNET_4_5, { ...HELLO, thinking: { type: 'enabled', budget_tokens: 2000 } }, 'a budget'],
  ])('%s', (_what, model, body, reason) => expectRebuilt(model, body, reason));

  test('other models, of which no reason is given', () => {
    const plan = planOf('amazon.nova-pro-v1:0', HELLO);
    expect(plan.relay).toBeUndefined();
    expect(plan.resolution.reasons.join()).not.toContain('rebuilt');
  });
});
