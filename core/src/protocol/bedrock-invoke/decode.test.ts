// What InvokeModel's and CountTokens' requests become.
import { expect, test } from 'vitest';
import { bedrockCount, bedrockInvoke } from './index.ts';

const head = { headers: {}, model: 'us.anthropic.claude:0', stream: true };
const body = {
  anthropic_version: 'bedrock-2023-05-31',
  anthropic_beta: ['effort-2025-11-24'],
  max_tokens: 10,
  messages: [{ role: 'user', content: 'hi' }],
};
const parts = [{ type: 'text', text: 'hi' }];
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

test.each(['bedrock-2023-05-31', '2026-10-21'])(
  "Claude's body, version %s: model and stream are the path's",
  (version) => {
    const decoded = bedrockInvoke.decode({ ...body, anthropic_version: version, model: 'other', stream: false }, head);
    expect(decoded).toMatchObject({ stream: true, losses: [] });
    expect(decoded.relayOnly).toBeUndefined();
    expect(decoded.request).toEqual({
      model: head.model,
      system: [],
      messages: [{ role: 'user', parts }],
      tools: [],
      maxTokens: 10,
      extensions: { 'anthropic-messages': { anthropic_beta: ['effort-2025-11-24'] } },
    });
    expect(bedrockInvoke.decode(body, { ...head, stream: false }).stream).toBe(false);
  },
);

test('any other body is for Bedrock alone', () => {
  for (const native of [{ inputText: 'hi' }, { messages: [{ role: 'user', content: [{ text: 'hi' }] }] }]) {
    const { relayOnly, request, losses } = bedrockInvoke.decode(native, head);
    expect(relayOnly).toContain('anthropic_version');
    expect(request).toEqual({ model: head.model, system: [], messages: [], tools: [] });
    expect(losses).toEqual([]);
  }
});

test('a version that is none, and a body that is no object', () => {
  expect(() => bedrockInvoke.decode({ ...body, anthropic_version: 'latest' }, head)).toThrow(
    "anthropic_version: Input should be 'bedrock-2023-05-31'",
  );
  expect(() => bedrockInvoke.decode([], head)).toThrow('body: expected an object');
});

test("what stands in the headers is kept as Converse's members, for native bodies too", () => {
  const headers = {
    'x-amzn-bedrock-guardrailidentifier': 'gr1',
    'x-amzn-bedrock-guardrailversion': '2',
    'x-amzn-bedrock-trace': 'ENABLED',
    'x-amzn-bedrock-performanceconfig-latency': 'optimized',
    'x-amzn-bedrock-service-tier': 'flex',
    'x-amzn-bedrock-request-metadata': '{"team":"red"}',
  };
  const extras = {
    guardrailConfig: { guardrailIdentifier: 'gr1', guardrailVersion: '2', trace: 'enabled' },
    performanceConfig: { latency: 'optimized' },
    serviceTier: { type: 'flex' },
    requestMetadata: { team: 'red' },
  };
  const decoded = bedrockInvoke.decode(body, { ...head, headers }).request.extensions;
  expect(decoded).toEqual({
    'anthropic-messages': { anthropic_beta: ['effort-2025-11-24'] },
    'bedrock-converse': extras,
  });
  expect(bedrockInvoke.decode({ inputText: 'hi' }, { ...head, headers }).request.extensions).toEqual({
    'bedrock-converse': extras,
  });
  const idle = { 'x-amzn-bedrock-service-tier': 'default', 'x-amzn-bedrock-trace': 'DISABLED' };
  expect(bedrockInvoke.decode({ inputText: 'hi' }, { ...head, headers: idle }).request.extensions).toBeUndefined();
  const broken = { 'x-amzn-bedrock-request-metadata': 'red' };
  expect(() => bedrockInvoke.decode(body, { ...head, headers: broken })).toThrow('expected a JSON object');
});

test('a count: of a Converse call, and of an InvokeModel call in base64', () => {
  const messages = [{ role: 'user', content: [{ text: 'hi' }] }];
  const expected = { model: head.model, messages: [{ role: 'user', parts }] };
  const converse = { messages, system: [], additionalModelRequestFields: { top_k: 3 } };
  expect(bedrockCount.decode({ input: { converse } }, head).request).toMatchObject({ ...expected, topK: 3 });
  const { max_tokens: _, ...counted } = body;
  expect(bedrockCount.decode({ input: { invokeModel: { body: base64(counted) } } }, head).request).toMatchObject(
    expected,
  );
  expect(bedrockCount.encodeCount({ inputTokens: 42, estimated: true })).toBe('{"inputTokens":42}');
});

test('a count of nothing, of no JSON, and of what only Bedrock can read', () => {
  const refused = (input: object) => () => bedrockCount.decode({ input }, head);
  expect(refused({})).toThrow('must set one of the following keys: invokeModel, converse');
  expect(refused({ invokeModel: { body: 'e2E=' } })).toThrow('Malformed input request');
  expect(refused({ invokeModel: { body: 7 } })).toThrow('expected a base64 string');
  expect(refused({ invokeModel: { body: base64({ inputText: 'hi' }) } })).toThrow('only Bedrock takes');
  expect(refused({ converse: { messages: [{ role: 'user', content: [{ hologram: {} }] }] } })).toThrow(
    'only Bedrock knows',
  );
});

test('the betas of a body have the name of the body', () => {
  const { echo } = bedrockInvoke.decode(body, head);
  expect(bedrockInvoke.fieldName('anthropic_beta', echo)).toBe('anthropic_beta');
  expect(bedrockInvoke.fieldName('topP', echo)).toBe('top_p');
});
