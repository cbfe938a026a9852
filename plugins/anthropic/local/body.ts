// The body of a request in Anthropic's form: its shape, with contents always as blocks.
import { isObject, type JsonObject } from '@turnout/core/testing';
import { invalid } from './refusal.ts';

/** A block of a message, a tool's result or the system prompt. */
export type Block = Readonly<Record<string, unknown>> & { readonly type: string };

export interface Message {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: readonly Block[];
}

export interface Body {
  readonly model: string;
  /** 0 in a count. */
  readonly maxTokens: number;
  readonly messages: readonly Message[];
  readonly system: readonly Block[];
  readonly tools: readonly JsonObject[];
  readonly toolChoice: JsonObject | undefined;
  /** The body itself, for what is checked where it is used. */
  readonly raw: JsonObject;
}

const COUNTED = [
  ...['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'output_format'],
  ...['cache_control', 'context_management', 'mcp_servers', 'speed'],
];
const MEMBERS = [
  ...COUNTED,
  ...['max_tokens', 'temperature', 'top_p', 'top_k', 'stop_sequences', 'stream', 'metadata', 'service_tier'],
  ...['container', 'inference_geo', 'diagnostics', 'fallbacks', 'user_profile_id'],
];
const ROLES = ['user', 'assistant', 'system'] as const;

/** Throws the Refusal of a body that has not Anthropic's shape. `counts`: it is that of a token count. */
export function parseMessages(body: unknown, counts: boolean): Body {
  if (!isObject(body)) throw invalid('The request body is not valid JSON: expected an object');
  const extra = Object.keys(body).find((key) => !(counts ? COUNTED : MEMBERS).includes(key));
  if (extra !== undefined) throw invalid(`${extra}: Extra inputs are not permitted`);
  if (body.model === undefined) throw invalid('model: Field required');
  if (typeof body.model !== 'string' || body.model === '') throw invalid('model: Input should be a valid string');
  const maxTokens = counts ? 0 : maxTokensOf(body.max_tokens);
  const messages = listOf(body.messages, 'messages').map((message, index) => messageOf(message, `messages.${index}`));
  if (messages.length === 0) throw invalid('messages: at least one message is required');
  const choice = body.tool_choice;
  if (choice !== undefined && !isObject(choice)) throw invalid('tool_choice: Input should be a valid dictionary');
  return {
    model: body.model,
    ...{ maxTokens, messages, toolChoice: choice, raw: body },
    system: body.system === undefined ? [] : blocksOf(body.system, 'system'),
    tools: body.tools === undefined ? [] : listOf(body.tools, 'tools').filter(isObject),
  };
}

function maxTokensOf(value: unknown): number {
  if (value === undefined) throw invalid('max_tokens: Field required');
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw invalid('max_tokens: Input should be a valid integer');
  if (value < 1) throw invalid('max_tokens: Input should be greater than or equal to 1');
  return value;
}

function messageOf(message: unknown, place: string): Message {
  if (!isObject(message)) throw invalid(`${place}: Input should be a valid dictionary`);
  const role = ROLES.find((one) => one === message.role);
  if (role === undefined) throw invalid(`${place}.role: Input should be 'user' or 'assistant'`);
  if (message.content === undefined) throw invalid(`${place}.content: Field required`);
  return { role, content: blocksOf(message.content, `${place}.content`) };
}

function listOf(value: unknown, place: string): unknown[] {
  if (value === undefined) throw invalid(`${place}: Field required`);
  if (!Array.isArray(value)) throw invalid(`${place}: Input should be a valid list`);
  return value;
}

/** A string stands for one block of text. Throws Refusal. */
export function blocksOf(content: unknown, place: string): Block[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return listOf(content, place).map((block, index) => {
    if (!isObject(block) || typeof block.type !== 'string') throw invalid(`${place}.${index}.type: Field required`);
    return { ...block, type: block.type };
  });
}
