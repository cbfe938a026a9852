// A body in Anthropic's own form, as InvokeModel takes it for Claude: its shape, and the same request as Converse has it.

import { isObject } from '@turnout/core/testing';
import type { ConverseBlock, ConverseMessage, ConverseRequestBody, ConverseTool } from '@turnout/core/wire';
import { toRedactedContent } from './reasoning-seal.ts';
import { invalid } from './refusal.ts';

/** A block of a message, a tool or a text of the system prompt, with its `type` and what goes with it. */
export type ClaudeBlock = Readonly<Record<string, unknown>> & { readonly type: string };

export interface ClaudeBody {
  readonly maxTokens: number;
  readonly messages: readonly {
    readonly role: 'user' | 'assistant' | 'system';
    readonly content: readonly ClaudeBlock[];
  }[];
  readonly system: readonly ClaudeBlock[];
  readonly tools: readonly Readonly<Record<string, unknown>>[];
  readonly toolChoice: Readonly<Record<string, unknown>> | undefined;
  /** The body itself, for what is checked where it is used. */
  readonly raw: Readonly<Record<string, unknown>>;
}

const MEMBERS =
  'amazon-bedrock-guardrailConfig anthropic_beta anthropic_version context_management max_tokens messages metadata output_config stop_sequences system temperature thinking tool_choice tools top_k top_p'.split(
    ' ',
  );
const VERSION = 'bedrock-2023-05-31';
const ROLES = ['user', 'assistant', 'system'] as const;

/** What Claude says of a role it does not know at that message. */
export const roleText = (index: number): string => `messages.${index}.role: Input should be 'user' or 'assistant'`;

/** Throws the Refusal of a body that has not Anthropic's shape. */
export function parseClaude(body: unknown): ClaudeBody {
  if (!isObject(body)) throw invalid('Malformed input request, please reformat your input and try again.');
  if (body.anthropic_version === undefined) throw invalid('anthropic_version: Field required');
  if (body.anthropic_version !== VERSION) throw invalid(`anthropic_version: Input should be '${VERSION}'`);
  const extra = Object.keys(body).find((key) => !MEMBERS.includes(key));
  if (extra !== undefined) throw invalid(`${extra}: Extra inputs are not permitted`);

  const maxTokens = body.max_tokens;
  if (maxTokens === undefined) throw invalid('max_tokens: Field required');
  if (typeof maxTokens !== 'number' || !Number.isInteger(maxTokens))
    throw invalid('max_tokens: Input should be a valid integer');
  if (maxTokens < 1) throw invalid('max_tokens: Input should be greater than or equal to 1');

  const messages = listOf(body.messages, 'messages').map((message, index) => {
    const place = `messages.${index}`;
    if (!isObject(message)) throw invalid(`${place}: Input should be a valid dictionary`);
    const role = ROLES.find((one) => one === message.role);
    if (role === undefined) throw invalid(roleText(index));
    if (message.content === undefined) throw invalid(`${place}.content: Field required`);
    return { role, content: blocksOf(message.content, `${place}.content`) };
  });
  if (messages.length === 0) throw invalid('messages: at least one message is required');
  if (body.tool_choice !== undefined && !isObject(body.tool_choice)) {
    throw invalid('tool_choice: Input should be a valid dictionary');
  }
  return {
    maxTokens,
    messages,
    system: body.system === undefined ? [] : blocksOf(body.system, 'system'),
    tools: body.tools === undefined ? [] : listOf(body.tools, 'tools').filter(isObject),
    toolChoice: body.tool_choice,
    raw: body,
  };
}

function listOf(value: unknown, place: string): unknown[] {
  if (value === undefined) throw invalid(`${place}: Field required`);
  if (!Array.isArray(value)) throw invalid(`${place}: Input should be a valid list`);
  return value;
}

function blocksOf(content: unknown, place: string): ClaudeBlock[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return listOf(content, place).map((block, index) => {
    if (!isObject(block) || typeof block.type !== 'string') throw invalid(`${place}.${index}.type: Field required`);
    return { ...block, type: block.type };
  });
}

/** The same request as Converse has it, consecutive messages of one role made one. Server tools are left out. */
export function toConverse(body: ClaudeBody): ConverseRequestBody {
  const messages: ConverseMessage[] = [];
  for (const { role, content } of body.messages) {
    const blocks = content.flatMap(toBlocks);
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else messages.push({ role, content: blocks });
  }
  const tools = body.tools.filter((tool) => tool.type === undefined || tool.type === 'custom').flatMap(toTools);
  const { thinking, output_config, temperature, top_p, top_k, stop_sequences, anthropic_beta } = body.raw;
  // The validator has checked what it needs of these; what is undefined does not come into the JSON.
  const inference = { maxTokens: body.maxTokens, temperature, topP: top_p, stopSequences: stop_sequences ?? [] };
  return {
    messages,
    system: body.system.flatMap((block) => [{ text: String(block.text) }, ...toCachePoint(block)]),
    inferenceConfig: inference as NonNullable<ConverseRequestBody['inferenceConfig']>, // see above
    ...(tools.length === 0 ? {} : { toolConfig: { tools } }),
    additionalModelRequestFields: { thinking, output_config, top_k, anthropic_beta, tool_choice: body.toolChoice },
  };
}

function toTools(tool: Readonly<Record<string, unknown>>): ConverseTool[] {
  const description = typeof tool.description === 'string' ? { description: tool.description } : {};
  return [
    { toolSpec: { name: String(tool.name), ...description, inputSchema: { json: tool.input_schema } } },
    ...toCachePoint(tool),
  ];
}

function toCachePoint(block: Readonly<Record<string, unknown>>): { cachePoint: { type: 'default'; ttl?: '1h' } }[] {
  if (!isObject(block.cache_control)) return [];
  return [{ cachePoint: { type: 'default', ...(block.cache_control.ttl === '1h' ? { ttl: '1h' as const } : {}) } }];
}

const toBlocks = (block: ClaudeBlock): ConverseBlock[] => [...toBlock(block), ...toCachePoint(block)];

function toBlock(block: ClaudeBlock): ConverseBlock[] {
  switch (block.type) {
    case 'text':
      return [{ text: String(block.text) }];
    case 'image':
    case 'document':
      return [toMedia(block)];
    case 'thinking':
      return [
        { reasoningContent: { reasoningText: { text: String(block.thinking), signature: String(block.signature) } } },
      ];
    case 'redacted_thinking':
      return [{ reasoningContent: { redactedContent: toRedactedContent(String(block.data)) } }];
    case 'tool_use':
      return [{ toolUse: { toolUseId: String(block.id), name: String(block.name), input: block.input } }];
    case 'tool_result':
      return [toResult(block)];
    default:
      return [];
  }
}

function toMedia(block: ClaudeBlock): ConverseBlock {
  const source = isObject(block.source) ? block.source : {};
  const format = String(source.media_type).replace(/^.*\//, '');
  const data = String(source.data);
  if (block.type === 'image') return { image: { format, source: { bytes: data } } };
  return { document: { format, name: String(block.title ?? 'document'), source: { bytes: data } } };
}

function toResult(block: ClaudeBlock): ConverseBlock {
  const inner = block.content === undefined ? [] : blocksOf(block.content, 'content').flatMap(toBlock);
  const content = inner.map(({ text, image, document }) => ({
    ...(text === undefined ? {} : { text }),
    ...(image === undefined ? {} : { image }),
    ...(document === undefined ? {} : { document }),
  }));
  const status = block.is_error === true ? 'error' : 'success';
  return { toolResult: { toolUseId: String(block.tool_use_id), content, status } };
}
