// One rule of the knowledge about Bedrock as one test: what the plugin sends for a request, what it reports as lost, and
// that AWS's API model and bedrock-local take it.
import { type ChatRequest, type Message, type Part, RouterError, type Tool } from '@turnout/core/contract';
import { expect, test } from 'vitest';
import { prove } from './proof.ts';

export interface Rule {
  /** In words. */
  readonly rule: string;
  readonly asked: ChatRequest;
  /** What the body holds, at least. */
  readonly body?: object;
  /** Paths that the body does not have: `inferenceConfig.topP`. */
  readonly absent?: readonly string[];
  /** `temperature:dropped`, all of them, in any order. */
  readonly losses?: readonly string[];
  /** Instead of being sent: the message of the refusal. */
  readonly refused?: RegExp;
}

/** A test for each rule, named by its section. */
export function holdRules(section: string, rules: readonly Rule[]): void {
  test.each(rules)(`${section}: $rule`, ({ asked, body, absent = [], losses = [], refused }) => {
    if (refused !== undefined) {
      const refusal = refusalOf(asked);
      expect(refusal.status).toBe(400);
      expect(refusal.message).toMatch(refused);
      return;
    }
    const proven = prove(asked);
    if (body !== undefined) expect(proven.body).toMatchObject(body);
    for (const path of absent) expect(at(proven.body, path), path).toBeUndefined();
    expect([...new Set(proven.losses)].sort()).toEqual([...losses].sort());
  });
}

function refusalOf(asked: ChatRequest): RouterError {
  try {
    prove(asked);
  } catch (error) {
    if (RouterError.is(error)) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

function at(value: unknown, path: string): unknown {
  let found: unknown = value;
  for (const key of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[key]; // whatever it is
  return found;
}

export const text = (words: string, more: Partial<Part> = {}): Part => ({ type: 'text', text: words, ...more }) as Part; // a text part's own members
export const user = (...parts: Part[]): Message => ({ role: 'user', parts });
export const assistant = (...parts: Part[]): Message => ({ role: 'assistant', parts });
export const call = (id: string, name = 'look', input = '{"a":1}'): Part => ({ type: 'tool-call', id, name, input });
export const result = (id: string, ...parts: Part[]): Part => ({
  type: 'tool-result',
  id,
  parts: parts.length === 0 ? [text('ok')] : parts,
});
export const tool = (name: string, more: Partial<Tool> = {}): Tool => ({
  kind: 'function',
  name,
  schema: { type: 'object', properties: { a: { type: 'number' } } },
  ...more,
});
export const image = (more: Partial<Part> = {}): Part =>
  ({ type: 'media', mediaType: 'image/png', data: PNG, ...more }) as Part; // a media part's own members
export const pdf = (name?: string): Part => ({
  type: 'media',
  mediaType: 'application/pdf',
  data: PDF,
  ...(name === undefined ? {} : { name }),
});

export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64');
export const PDF = Buffer.from('%PDF-1.7 x').toString('base64');

export const SONNET_5 = 'anthropic.claude-sonnet-5';
export const SONNET_4_6 = 'anthropic.claude-sonnet-4-6';
export const SONNET_4_5 = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
export const SONNET_3_7 = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
export const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0';
export const OPUS_5_5 = 'anthropic.claude-opus-5-5';
export const NOVA = 'amazon.nova-pro-v1:0';
export const NOVA_2 = 'amazon.nova-2-lite-v1:0';
export const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';
export const MISTRAL = 'mistral.mistral-large-2402-v1:0';
export const PIXTRAL = 'mistral.pixtral-large-2502-v1:0';
export const QWEN = 'qwen.qwen3-32b-v1:0';
export const OSS = 'openai.gpt-oss-120b-1:0';
export const R1 = 'deepseek.r1-v1:0';
