// What route and client set beyond the conversation: who wins, what is refused, and what the target has no place for.
import type { ChatRequest, Extensions, PlanCall } from '@turnout/core/contract';
import type { ConverseRequestBody } from '@turnout/core/wire';
import { describe, expect, it } from 'vitest';
import { applyExtras } from './extras.ts';
import { invokedModelOf, pickTrace, wantsTrace } from './guardrail.ts';
import { shapeRequest } from './request.ts';
import { type ResolveSettings, resolveTarget } from './resolve.ts';
import { readClientSettings, routeSchema } from './settings.ts';

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'amazon.nova-pro-v1:0';
const ACCOUNT = '123456789012';
const ROUTER = `arn:aws:bedrock:us-east-1:${ACCOUNT}:application-inference-profile/abc`;
const PROMPT = `arn:aws:bedrock:us-east-1:${ACCOUNT}:prompt/P1:2`;
const IMPORTED = `arn:aws:bedrock:us-east-1:${ACCOUNT}:imported-model/m1`;

const settings: ResolveSettings = {
  region: 'us-east-1',
  regionSource: 'the test',
  crossRegion: 'off',
  endpoint: undefined,
  models: {},
};
const hello: ChatRequest = {
  model: '',
  system: [],
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
  tools: [],
};

interface Given {
  readonly model?: string;
  /** As it is written in the YAML. */
  readonly route?: object;
  /** The client's field `bedrock`. */
  readonly client?: Extensions[string];
  readonly tier?: string;
  readonly call?: Partial<PlanCall>;
  readonly request?: Partial<ChatRequest>;
}

function apply({ model = NOVA, route, client, tier, call = {}, request = {} }: Given) {
  const target = resolveTarget(model, settings);
  const extensions = {
    ...(client && { bedrock: client }),
    ...(tier !== undefined && { 'openai-chat': { service_tier: tier } }),
  };
  const asked: ChatRequest = { ...hello, ...request, model, extensions };
  const { body, losses: shaped } = shapeRequest(asked, target);
  const routeSettings = route && { routeSettings: routeSchema.parse(route) };
  const losses = applyExtras(body, asked, { stream: false, ...routeSettings, ...call }, target);
  return { body, losses, shaped };
}

const ofClient = (field: string, reason: RegExp) => ({
  field,
  action: 'dropped',
  reason: expect.stringMatching(reason),
});
const ofRoute = (field: string, reason: RegExp) => ({ ...ofClient(field, reason), ofRoute: true });

describe('nothing is set', () => {
  it('and nothing happens', () => {
    const plain = shapeRequest({ ...hello, model: NOVA }, resolveTarget(NOVA, settings)).body;
    for (const given of [{}, { client: {} }, { route: {} }]) {
      expect(apply(given)).toEqual({ body: plain, losses: [], shaped: [] });
    }
  });
});

describe('the guardrail', () => {
  const own = { id: 'own', version: 3, trace: 'enabled', streamMode: 'async' };
  const wanted = { id: 'wanted', version: 'DRAFT' };

  it('of the route wins; the mode goes with streams only', () => {
    const { body, losses } = apply({ route: { guardrail: own }, client: { guardrail: wanted } });
    expect(body.guardrailConfig).toEqual({ guardrailIdentifier: 'own', guardrailVersion: '3', trace: 'enabled' });
    expect(losses).toEqual([ofClient('bedrock.guardrail', /route's own/)]);
    expect(wantsTrace(body)).toBe(true);
    const streamed = apply({ route: { guardrail: own }, call: { stream: true } }).body;
    expect(streamed.guardrailConfig).toMatchObject({ streamProcessingMode: 'async' });
  });

  it("is the client's where the route has none", () => {
    const { body, losses } = apply({ client: { guardrail: wanted } });
    expect(body.guardrailConfig).toEqual({ guardrailIdentifier: 'wanted', guardrailVersion: 'DRAFT' });
    expect(losses).toEqual([]);
    expect(wantsTrace(body)).toBe(false);
  });

  it('is never left out: a model that cannot have it is not asked', () => {
    for (const given of [{ route: { guardrail: own } }, { client: { guardrail: wanted } }]) {
      expect(() => apply({ ...given, model: IMPORTED })).toThrow(expect.objectContaining({ code: 'unsupported' }));
    }
  });

  it('of the route may be an ARN', () => {
    const id = `arn:aws:bedrock:us-east-1:${ACCOUNT}:guardrail/gr1`;
    expect(apply({ route: { guardrail: { id, version: '1' } } }).body.guardrailConfig).toMatchObject({
      guardrailIdentifier: id,
    });
    expect(() => readClientSettings({ guardrail: { id, version: '1' } })).toThrow(/no ARN/);
  });

  it("has a trace, which comes back only where it was asked for; a router's always does", () => {
    const trace = { guardrail: { found: 'this' }, promptRouter: { invokedModelId: 'm' } };
    expect(pickTrace(trace, true)).toEqual(trace);
    expect(pickTrace(trace, false)).toEqual({ promptRouter: { invokedModelId: 'm' } });
    expect(pickTrace({ guardrail: {} }, false)).toBeUndefined();
    const arn = (account: string) => `arn:aws:bedrock:us-east-1:${account}:guardrail/gr1`;
    const telling = (account: string) => ({
      promptRouter: { invokedModelId: arn(account) },
      guardrail: { inputAssessment: { [arn(account)]: { found: [account, 5, null, true] } } },
    });
    expect(pickTrace(telling(ACCOUNT), true)).toEqual(telling('*'.repeat(12)));
    expect(pickTrace(undefined, true)).toBeUndefined();
    expect(invokedModelOf(trace)).toBe('m');
    for (const odd of [undefined, null, 'x', {}, { promptRouter: null }, { promptRouter: { invokedModelId: 5 } }]) {
      expect(invokedModelOf(odd)).toBeUndefined();
    }
  });
});

describe('text that the guardrail is to look at', () => {
  const text = (words: string, guard?: unknown) => ({
    type: 'text' as const,
    text: words,
    ...(guard === undefined ? {} : { extensions: { bedrock: { guard } } }),
  });
  const ask = (parts: ChatRequest['messages'][number]['parts'], system: ChatRequest['system'] = []) =>
    apply({ request: { system, messages: [{ role: 'user', parts }] } });

  it('is marked in messages of the user', () => {
    const { body, shaped } = ask([text('a'), text('b', true), text('c', ['grounding_source', 'query'])]);
    expect(body.messages[0]?.content).toEqual([
      { text: 'a' },
      { guardContent: { text: { text: 'b' } } },
      { guardContent: { text: { text: 'c', qualifiers: ['grounding_source', 'query'] } } },
    ]);
    expect(shaped).toEqual([]);
    expect(ask([text('a', false)]).body.messages[0]?.content).toEqual([{ text: 'a' }]);
  });

  it.each([['yes'], [[]], [['query', 'other']], [{}]])('%o is no mark', (guard) => {
    expect(() => ask([text('a', guard)])).toThrow(
      expect.objectContaining({ code: 'invalid-request', field: 'bedrock.guard' }),
    );
  });

  it('is a loss elsewhere', () => {
    const messages: ChatRequest['messages'] = [
      { role: 'user', parts: [text('a')] },
      { role: 'assistant', parts: [text('b', true)] },
      { role: 'user', parts: [text('c')] },
    ];
    const lost = [expect.objectContaining({ field: 'bedrock.guard', action: 'dropped' })];
    for (const { body, shaped } of [apply({ request: { messages } }), ask([text('a')], [text('s', true)])]) {
      expect(JSON.stringify(body)).not.toContain('guardContent');
      expect(shaped).toEqual(lost);
    }
  });
});

describe('the tier', () => {
  it.each([
    [{ route: { serviceTier: 'flex' } }, 'flex'],
    [{ route: { serviceTier: { use: 'priority', allow: ['flex'] } } }, 'priority'],
    [{ route: { serviceTier: { allow: ['flex'] } } }, undefined],
    [{ route: { serviceTier: { allow: ['flex'] } }, client: { serviceTier: 'flex' } }, 'flex'],
    [{ route: { serviceTier: { allow: ['flex'] } }, tier: 'flex' }, 'flex'],
    [{ route: { serviceTier: { use: 'flex', allow: ['default'] } }, client: { serviceTier: 'default' } }, undefined],
    [{ route: { serviceTier: 'flex' }, client: { serviceTier: 'flex' } }, 'flex'],
    [{ client: { serviceTier: 'default' } }, undefined],
    // The client's own word for it wins over OpenAI's.
    [
      { route: { serviceTier: { allow: ['flex', 'priority'] } }, client: { serviceTier: 'flex' }, tier: 'priority' },
      'flex',
    ],
  ])('%o', (given: Given, type) => {
    const { body, losses } = apply(given);
    expect(body.serviceTier).toEqual(type === undefined ? undefined : { type });
    expect(losses).toEqual([]);
  });

  it.each([
    [{ client: { serviceTier: 'flex' } }, 'flex'],
    [{ route: { serviceTier: 'flex' }, client: { serviceTier: 'default' } }, 'default'],
    [{ route: { serviceTier: { allow: ['flex'] } }, client: { serviceTier: 'priority' } }, 'priority, only flex'],
  ])('%o is not allowed', (given: Given, words) => {
    const refusal = { code: 'invalid-request', field: 'bedrock.serviceTier', message: expect.stringContaining(words) };
    expect(() => apply(given)).toThrow(expect.objectContaining(refusal));
  });

  it("of OpenAI's field is a loss where it is not allowed, or not one of Bedrock's", () => {
    const { body, losses } = apply({ route: { serviceTier: 'flex' }, tier: 'priority' });
    expect(body.serviceTier).toEqual({ type: 'flex' });
    expect(losses).toEqual([ofClient('service_tier', /does not allow the tier priority/)]);
    expect(apply({ tier: 'scale' }).losses).toEqual([ofClient('service_tier', /no such tier/)]);
  });
});

describe('latency', () => {
  it.each([NOVA, 'us.meta.llama3-1-70b-instruct-v1:0', ROUTER])('is optimised at %s', (model) => {
    const { body, losses } = apply({ model, client: { latency: 'optimized' } });
    expect(body.performanceConfig).toEqual({ latency: 'optimized' });
    expect(losses).toEqual([]);
  });

  it('is a loss of whoever asked where the model has none', () => {
    const lost = [/no latency-optimised/] as const;
    expect(apply({ model: CLAUDE, client: { latency: 'optimized' } }).losses).toEqual([
      ofClient('bedrock.latency', ...lost),
    ]);
    expect(apply({ model: CLAUDE, route: { latency: 'optimized' } }).losses).toEqual([
      ofRoute('bedrock.latency', ...lost),
    ]);
  });

  it("is the client's to choose", () => {
    const { body } = apply({ route: { latency: 'optimized' }, client: { latency: 'standard' } });
    expect(body.performanceConfig).toBeUndefined();
  });
});

describe('metadata', () => {
  it('joins route, key and client, in this order', () => {
    const { body, losses } = apply({
      route: { requestMetadata: { app: 'x', who: 'nobody' }, keyTag: 'who' },
      client: { requestMetadata: { app: 'y', run: '1' } },
      call: { keyName: 'équipe "a"' },
    });
    expect(body.requestMetadata).toEqual({ app: 'x', who: '_quipe _a_', run: '1' });
    expect(losses).toEqual([ofClient('bedrock.requestMetadata', /the route sets "app"/)]);
  });

  it('holds 16 entries: those of the route stay', () => {
    const many = (prefix: string, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, '']));
    const { body, losses } = apply({
      route: { requestMetadata: many('r', 10) },
      client: { requestMetadata: many('c', 8) },
    });
    expect(Object.keys(body.requestMetadata ?? {})).toHaveLength(16);
    expect(body.requestMetadata).toMatchObject(many('r', 10));
    expect(losses[0]).toEqual(ofClient('bedrock.requestMetadata', /at most 16/));
    expect(routeSchema.safeParse({ requestMetadata: many('r', 17) }).success).toBe(false);
  });

  it('is not sent where it would be empty', () => {
    expect(apply({ route: { keyTag: 'who' } }).body.requestMetadata).toBeUndefined();
  });
});

describe('the rest', () => {
  it('pointers: those of the client, then ours for stop sequences, ten in all', () => {
    const paths = ['/a', '/b~1c', '/d/e'];
    const { body } = apply({
      model: CLAUDE,
      client: { additionalModelResponseFieldPaths: paths },
      request: { stop: ['END'] },
    });
    expect(body.additionalModelResponseFieldPaths).toEqual([...paths, '/stop_sequence', '/delta/stop_sequence']);
    const ten = Array.from({ length: 10 }, (_, n) => `/${n}`);
    const full = apply({ model: CLAUDE, client: { additionalModelResponseFieldPaths: ten }, request: { stop: ['E'] } });
    expect(full.body.additionalModelResponseFieldPaths).toEqual(ten);
    for (const bad of ['', '/', 'a', '/a//b', '/~2', `/${'a'.repeat(256)}`]) {
      expect(() => readClientSettings({ additionalModelResponseFieldPaths: [bad] }), bad).toThrow();
    }
  });

  it('system tools stand after the others, each once', () => {
    const tool = { kind: 'function', name: 'f', schema: { type: 'object' } } as const;
    const { body } = apply({
      model: 'amazon.nova-2-lite-v1:0',
      route: { systemTools: ['nova_code_interpreter'] },
      client: { systemTools: ['nova_grounding', 'nova_grounding'] },
      request: { tools: [tool] },
    });
    expect(body.toolConfig?.tools).toEqual([
      { toolSpec: expect.objectContaining({ name: 'f' }) },
      { systemTool: { name: 'nova_grounding' } },
    ]);
    expect(apply({ route: { systemTools: ['nova_grounding'] } }).losses).toEqual([
      ofRoute('bedrock.systemTools', /no tools of its own/),
    ]);
  });

  it('citations: of all documents or none', () => {
    const document = { type: 'media', mediaType: 'text/plain', data: btoa('words'), name: 'a.txt' } as const;
    const messages: ChatRequest['messages'] = [
      { role: 'user', parts: [{ type: 'text', text: 'a' }, document, { ...document, name: 'b.txt' }] },
    ];
    const cited = (body: ConverseRequestBody) =>
      body.messages.flatMap(({ content }) => content.flatMap((block) => block.document?.citations?.enabled ?? []));
    const { body, losses } = apply({ model: CLAUDE, client: { citations: true }, request: { messages } });
    expect(cited(body)).toEqual([true, true]);
    expect(losses).toEqual([]);
    const off = apply({
      model: CLAUDE,
      route: { citations: true },
      client: { citations: false },
      request: { messages },
    });
    expect(cited(off.body)).toEqual([]);
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    const both = apply({ model: CLAUDE, client: { citations: true }, request: { messages, output: { schema } } });
    expect(both.body.outputConfig?.textFormat).toBeDefined();
    expect(both.losses).toEqual([ofClient('bedrock.citations', /exclude each other/)]);
  });

  it('variables: for a managed prompt only', () => {
    const promptVariables = { town: 'Olten' };
    const { body, losses } = apply({ model: PROMPT, client: { promptVariables } });
    expect(body.promptVariables).toEqual({ town: { text: 'Olten' } });
    expect(losses).toEqual([]);
    expect(apply({ client: { promptVariables } }).losses).toEqual([
      ofClient('bedrock.promptVariables', /not a managed prompt/),
    ]);
  });

  it('at a model that is called by InvokeModel all of it is lost', () => {
    const { losses } = apply({
      model: IMPORTED,
      route: { keyTag: 'a' },
      client: { latency: 'optimized' },
      tier: 'flex',
    });
    expect(losses).toEqual([
      ofRoute('bedrock.keyTag', /InvokeModel/),
      ofClient('bedrock.latency', /InvokeModel/),
      ofClient('service_tier', /InvokeModel/),
    ]);
  });

  it('whatever else a client writes is refused, never passed on', () => {
    expect(() => readClientSettings({ additionalModelRequestFields: { x: 1 } })).toThrow(/unknown field/);
    expect(() => readClientSettings({ keyTag: 'x' })).toThrow(/only a route may set this/);
    expect(() => readClientSettings({ serviceTier: { use: 'flex', allow: ['flex'] } })).toThrow(/bedrock\.serviceTier/);
  });
});
