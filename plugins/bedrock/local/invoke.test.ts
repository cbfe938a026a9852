// InvokeModel with Claude's own bodies as bedrock-local takes and refuses them: headers, flags, tools of Anthropic's making.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BedrockLocal, startBedrockLocal } from './index.ts';

const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const CLAUDE = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hello' }],
};
const CONVERSE = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] };

let local: BedrockLocal;
beforeAll(async () => {
  local = await startBedrockLocal({ apiKeys: ['key'] });
});
afterAll(() => local.close());

async function ask(operation: string, body: object, headers: Record<string, string> = {}) {
  const answer = await fetch(`${local.url}/model/${encodeURIComponent(MODEL)}/${operation}`, {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}
const invoke = (more: object, headers?: Record<string, string>) => ask('invoke', { ...CLAUDE, ...more }, headers);
const converse = (fields: object) => ask('converse', { ...CONVERSE, additionalModelRequestFields: fields });

const GUARDRAIL = { 'x-amzn-bedrock-guardrailidentifier': 'gr1', 'x-amzn-bedrock-guardrailversion': '1' };

describe('headers', () => {
  it('a guardrail blocks, and says so beside the message', async () => {
    const blocked = { messages: [{ role: 'user', content: 'this is blocked' }] };
    const { status, text } = await invoke(blocked, { ...GUARDRAIL, 'x-amzn-bedrock-trace': 'ENABLED' });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      stop_reason: 'end_turn',
      content: [{ text: 'Sorry, the model cannot answer this question.' }],
      'amazon-bedrock-guardrailAction': 'INTERVENED',
      'amazon-bedrock-trace': { guardrail: {} },
    });
    expect(JSON.parse((await invoke({}, GUARDRAIL)).text)).toMatchObject({ 'amazon-bedrock-guardrailAction': 'NONE' });
    expect(JSON.parse((await invoke({})).text)).not.toHaveProperty('amazon-bedrock-guardrailAction');
  });

  it('tier and latency come back', async () => {
    const { headers } = await invoke({}, { 'x-amzn-bedrock-service-tier': 'flex' });
    expect(headers.get('x-amzn-bedrock-service-tier')).toBe('flex');
  });

  it.each([
    [{ 'x-amzn-bedrock-guardrailidentifier': 'gr1' }, /required when one of them/],
    [{ ...GUARDRAIL, 'x-amzn-bedrock-guardrailversion': 'x' }, /does not exist/],
    [{ ...GUARDRAIL, 'x-amzn-bedrock-trace': 'enabled' }, /enum value set: \[ENABLED, DISABLED, ENABLED_FULL\]/],
    [{ 'x-amzn-bedrock-service-tier': 'fast' }, /enum value set: \[default/],
    [{ 'x-amzn-bedrock-request-metadata': '[1]' }, /requestMetadata is not a valid JSON object/],
  ])('refused: %o', async (headers, says) => {
    const { status, text } = await invoke({}, headers as Record<string, string>);
    expect(status).toBe(400);
    expect(text).toMatch(says);
  });
});

const bash = { type: 'bash_20250124', name: 'bash' };
const computer = { type: 'computer_20250124', name: 'computer', display_width_px: 8, display_height_px: 8 };
const memory = { type: 'memory_20250818', name: 'memory' };
const custom = { name: 'a', input_schema: { type: 'object' } };
const edits = { edits: [{ type: 'clear_tool_uses_20250919' }] };

describe('tools of Anthropic’s own making, and flags', () => {
  it.each([
    { tools: [bash, custom] },
    { tools: [computer], anthropic_beta: ['computer-use-2025-01-24'] },
    { tools: [memory], anthropic_beta: ['context-management-2025-06-27'], context_management: edits },
    { anthropic_beta: ['thinking-token-count-2026-05-13'] },
  ])('are taken by InvokeModel: %o', async (more) => expect(await invoke(more)).toMatchObject({ status: 200 }));

  it.each([
    [{ tools: [computer] }, /Input tag 'computer_20250124' found using 'type'/],
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, /Input tag 'web_search_20250305'/],
    [{ tools: [{ type: 'bash_20250124' }] }, /tools.0.bash_20250124.name: Field required/],
    [{ tools: [bash, { ...custom, name: 'bash' }] }, /Tool names must be unique/],
    [{ tools: [{ ...custom, input_examples: [{}] }] }, /input_examples: Extra inputs are not permitted/],
    [{ anthropic_beta: ['made-up-2026-01-01'] }, /invalid beta flag/],
  ])('are refused by InvokeModel: %o', async (more, says) => {
    const { status, text } = await invoke(more);
    expect(status).toBe(400);
    expect(text).toMatch(says);
  });

  it.each([
    { tools: [bash] },
    { tools: [memory], anthropic_beta: ['context-management-2025-06-27'], context_management: edits },
  ])('go past Converse: %o', async (fields) => expect(await converse(fields)).toMatchObject({ status: 200 }));

  it.each([
    [{ tools: [custom] }, /Input tag 'undefined'/],
    [{ tools: [computer] }, /Input tag 'computer_20250124'/],
    [{ tools: {} }, /tools: Input should be a valid list/],
    [{ context_management: edits }, /context_management: Extra inputs are not permitted/],
  ])('or do not: %o', async (fields, says) => {
    const { status, text } = await converse(fields);
    expect(status).toBe(400);
    expect(text).toMatch(says);
  });

  it('are counted in a body of InvokeModel', async () => {
    const body = Buffer.from(JSON.stringify({ ...CLAUDE, tools: [bash] })).toString('base64');
    const answer = await fetch(`${local.url}/model/${MODEL.slice(3)}/count-tokens`, {
      method: 'POST',
      headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
      body: JSON.stringify({ input: { invokeModel: { body } } }),
    });
    expect(await answer.json()).toEqual({ inputTokens: expect.any(Number) });
  });
});
