// Imported models take and give OpenAI's chat form through InvokeModel: whole, or in `chunk` frames.

import { isObject, splitWords } from '@turnout/core/testing';
import type { ConverseBlock, ConverseMessage, ConverseRequestBody } from '@turnout/core/wire';
import type { Answer } from './answer.ts';
import { encoderOf } from './converse-answer.ts';
import { padding } from './fragment.ts';
import { invalid } from './refusal.ts';

const KNOWN = new Set([
  'messages',
  'max_tokens',
  'temperature',
  'top_p',
  'stop',
  'seed',
  'tools',
  'tool_choice',
  'response_format',
  'reasoning_effort',
]);
const ROLES = new Set(['system', 'user', 'assistant', 'tool']);

/** The request as Converse would have it, for composing an answer. Throws Refusal for what is not this form. */
export function readChat(body: unknown): ConverseRequestBody {
  if (!isObject(body) || !Array.isArray(body.messages) || body.messages.length === 0) {
    throw invalid('messages: at least one is required');
  }
  const unknown = Object.keys(body).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) throw invalid(`${unknown}: Extra inputs are not permitted`);
  const read = body.messages.map(readMessage);
  const system = read.filter(({ role }) => role === 'system').flatMap(({ content }) => content);
  const messages = read.filter(({ role }) => role !== 'system');
  const tools = Array.isArray(body.tools) ? body.tools.map(readTool) : [];
  return {
    messages,
    ...(system.length === 0 ? {} : { system: system.map(({ text = '' }) => ({ text })) }),
    ...(tools.length === 0 ? {} : { toolConfig: { tools } }),
    inferenceConfig: {
      ...(typeof body.max_tokens === 'number' ? { maxTokens: body.max_tokens } : {}),
      ...(Array.isArray(body.stop) ? { stopSequences: body.stop.map(String) } : {}),
    },
  };
}

function readMessage(message: unknown): ConverseMessage {
  if (!isObject(message) || !ROLES.has(String(message.role))) throw invalid('messages: a role is missing or unknown');
  const { role, content } = message;
  const blocks: ConverseBlock[] = [];
  if (role === 'tool') {
    if (typeof message.tool_call_id !== 'string') throw invalid('messages: a tool message needs tool_call_id');
    const text = typeof content === 'string' ? content : '';
    return { role: 'user', content: [{ toolResult: { toolUseId: message.tool_call_id, content: [{ text }] } }] };
  }
  if (typeof content === 'string') blocks.push({ text: content });
  else if (Array.isArray(content)) {
    for (const part of content) {
      if (!isObject(part)) throw invalid('messages: a part of the content is no object');
      if (part.type === 'text') blocks.push({ text: String(part.text) });
      else if (part.type === 'image_url') blocks.push({ image: { format: 'png', source: { bytes: '' } } });
      else throw invalid(`messages: parts of type ${String(part.type)} are not supported`);
    }
  }
  for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) {
    const { id, function: called } = isObject(call) ? call : {};
    if (!isObject(called) || typeof called.arguments !== 'string') throw invalid('messages: a tool call is incomplete');
    const input = JSON.parse(called.arguments); // a fault of the test where it is none
    blocks.push({ toolUse: { toolUseId: String(id), name: String(called.name), input } });
  }
  // Checked above: system, user or assistant.
  return { role: role as ConverseMessage['role'], content: blocks };
}

function readTool(tool: unknown) {
  const described = isObject(tool) && tool.type === 'function' ? tool.function : undefined;
  if (!isObject(described) || typeof described.name !== 'string') throw invalid('tools: only functions with a name');
  const json = isObject(described.parameters) ? described.parameters : {};
  return { toolSpec: { name: described.name, inputSchema: { json } } };
}

const FINISH: Readonly<Record<string, string>> = { max_tokens: 'length', tool_use: 'tool_calls' };

/** The JSON of a whole answer. */
export function encodeChat(answer: Answer): object {
  const calls = callsOf(answer);
  return {
    ...head(answer),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: textOf(answer),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        finish_reason: finishOf(answer),
      },
    ],
    usage: usageOf(answer),
  };
}

/** The frames of a streamed one: each holds one chunk of OpenAI's, in base64. */
export function encodeChatStream(answer: Answer): Buffer[] {
  const frames: Buffer[] = [];
  const push = (chunk: object): void => {
    const bytes = Buffer.from(JSON.stringify({ ...head(answer), object: 'chat.completion.chunk', ...chunk }));
    frames.push(encodeFrame(JSON.stringify({ bytes: bytes.toString('base64'), p: padding(frames.length) })));
  };
  const delta = (value: object, finish: string | null = null): void =>
    push({ choices: [{ index: 0, delta: value, finish_reason: finish }] });
  delta({ role: 'assistant', content: '' });
  for (const text of splitWords(textOf(answer) ?? '')) delta({ content: text });
  for (const [index, { id, type, function: called }] of callsOf(answer).entries()) {
    delta({ tool_calls: [{ index, id, type, function: { name: called.name, arguments: '' } }] });
    for (const piece of splitWords(called.arguments))
      delta({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  delta({}, finishOf(answer));
  push({ choices: [], usage: usageOf(answer) });
  return frames;
}

const encodeFrame = encoderOf('chunk');
const head = ({ fingerprint }: Answer) => ({
  id: `chatcmpl-${fingerprint.slice(0, 20)}`,
  created: 0,
  model: 'imported',
});
const finishOf = ({ stopReason }: Answer): string => FINISH[stopReason] ?? 'stop';

function textOf({ content }: Answer): string | null {
  const text = content.map((block) => block.text ?? '').join('');
  return text === '' ? null : text;
}

const callsOf = ({ content }: Answer) =>
  content.flatMap(({ toolUse }) =>
    toolUse === undefined
      ? []
      : [
          {
            id: toolUse.toolUseId,
            type: 'function',
            function: { name: toolUse.name, arguments: JSON.stringify(toolUse.input) },
          },
        ],
  );

const usageOf = ({ usage }: Answer) => ({
  prompt_tokens: usage.inputTokens,
  completion_tokens: usage.outputTokens,
  total_tokens: usage.totalTokens,
});
