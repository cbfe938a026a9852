// The body of Converse, once it is shaped, becomes one in OpenAI's chat form: what imported models take.
import { RouterError } from '@turnout/core/contract';
import { Losses } from '@turnout/core/plugin';
import type {
  ConverseBlock,
  ConverseImage,
  ConverseMessage,
  ConverseRequestBody,
  ConverseToolConfig,
  ConverseToolResult,
} from '@turnout/core/wire';
import type { ChatBody, ChatMessage, ChatPart } from './chat-wire.ts';

/** Throws RouterError `unsupported` for content that the form has no place for. Source: AWS's pages on imported models, which
 * take OpenAI's chat form since 2025; which members beyond the common ones is up to the model. */
export function toChatBody(body: ConverseRequestBody, losses = new Losses()): { body: ChatBody; losses: Losses } {
  const { maxTokens, temperature, topP, stopSequences } = body.inferenceConfig ?? {};
  const system = (body.system ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]));
  if ((body.system ?? []).some(({ cachePoint }) => cachePoint !== undefined)) dropCache(losses);
  const messages: ChatMessage[] = [
    ...(system.length === 0 ? [] : [{ role: 'system' as const, content: system.join('\n\n') }]),
    ...body.messages.flatMap((message) => toMessages(message, losses)),
  ];
  const chat: ChatBody = {
    messages,
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(stopSequences === undefined ? {} : { stop: stopSequences }),
    ...(body.toolConfig === undefined ? {} : toTools(body.toolConfig, losses)),
    ...toFormat(body.outputConfig),
  };
  for (const [name, value] of Object.entries(body.additionalModelRequestFields ?? {})) {
    if (name === 'reasoning_effort') chat.reasoning_effort = value;
    else losses.drop(LOST_FIELDS.get(name) ?? 'reasoning', "an imported model's body has no place for it");
  }
  return { body: chat, losses };
}

const LOST_FIELDS: ReadonlyMap<string, string> = new Map([
  ['top_k', 'topK'],
  ['topK', 'topK'],
  ['tool_choice', 'toolChoice'],
]);

const dropCache = (losses: Losses): void => losses.drop('cache', 'imported models have no prompt cache');

function toMessages({ role, content }: ConverseMessage, losses: Losses): ChatMessage[] {
  if (content.some(({ cachePoint }) => cachePoint !== undefined)) dropCache(losses);
  if (role === 'assistant') return [toAssistant(content, losses)];
  const results = content.flatMap(({ toolResult }) =>
    toolResult === undefined ? [] : [toToolMessage(toolResult, losses)],
  );
  const parts = content.flatMap((block) => toParts(block));
  if (parts.length === 0) return results;
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  // Only models that see take parts: text alone goes as a string, which all of them take.
  const plain = texts.length === parts.length ? texts.join('\n\n') : parts;
  return [...results, { role, content: plain }];
}

function toAssistant(content: readonly ConverseBlock[], losses: Losses): ChatMessage {
  const text = content.map((block) => block.text ?? '').join('');
  const calls = content.flatMap(({ toolUse }) => (toolUse === undefined ? [] : [toolUse]));
  if (content.some(({ reasoningContent }) => reasoningContent !== undefined)) {
    losses.drop('reasoning-history', 'imported models are not sent their reasoning again');
  }
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ toolUseId, name, input }) => ({
            id: toolUseId,
            type: 'function' as const,
            function: { name, arguments: JSON.stringify(input ?? {}) },
          })),
        }),
  };
}

function toToolMessage({ toolUseId, content, status }: ConverseToolResult, losses: Losses): ChatMessage {
  const texts = content.flatMap(({ text, json }) => text ?? (json === undefined ? [] : JSON.stringify(json)));
  if (texts.length < content.length) losses.drop('messages', 'a tool result of an imported model is text');
  if (status === 'error') losses.approximate('messages', 'that a tool failed is said by its text only');
  return { role: 'tool', tool_call_id: toolUseId, content: texts.join('\n') };
}

function toParts(block: ConverseBlock): ChatPart[] {
  if (block.text !== undefined) return [{ type: 'text', text: block.text }];
  if (block.image !== undefined) return [{ type: 'image_url', image_url: { url: dataUrl(block.image) } }];
  if (block.toolResult !== undefined || block.cachePoint !== undefined) return [];
  throw new RouterError('unsupported', `imported models take text and images, not ${Object.keys(block)[0]}`, {
    field: 'messages',
  });
}

function dataUrl({ format, source }: ConverseImage): string {
  if (source.bytes === undefined) {
    throw new RouterError('unsupported', 'imported models take images as bytes only', { field: 'messages' });
  }
  return `data:image/${format};base64,${source.bytes}`;
}

function toTools({ tools, toolChoice }: ConverseToolConfig, losses: Losses): Pick<ChatBody, 'tools' | 'tool_choice'> {
  if (tools.some(({ cachePoint }) => cachePoint !== undefined)) dropCache(losses);
  const functions = tools.flatMap(({ toolSpec }) => {
    if (toolSpec === undefined) return [];
    const { name, description, inputSchema, strict } = toolSpec;
    const described = {
      name,
      ...(description === undefined ? {} : { description }),
      parameters: inputSchema.json,
      ...(strict === undefined ? {} : { strict }),
    };
    return [{ type: 'function', function: described }];
  });
  const named = toolChoice?.tool?.name;
  const choice = named === undefined ? (toolChoice?.any === undefined ? undefined : 'required') : forcing(named);
  return { tools: functions, ...(choice === undefined ? {} : { tool_choice: choice }) };
}

const forcing = (name: string) => ({ type: 'function', function: { name } });

function toFormat(output: ConverseRequestBody['outputConfig']): Pick<ChatBody, 'response_format'> {
  const wanted = output?.textFormat?.structure.jsonSchema;
  if (wanted === undefined) return {};
  const { schema, name = 'answer' } = wanted;
  return { response_format: { type: 'json_schema', json_schema: { name, schema: JSON.parse(schema), strict: true } } };
}
