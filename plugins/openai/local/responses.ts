// POST /responses: the same answers as of chat completions, asked for and said in the words of Responses.
import { isObject, type JsonObject, objectsIn, type Take, takeJson } from '@turnout/core/testing';
import { compose, override } from './chat.ts';
import { encodeResponse, encodeResponseStream, type ResponseAnswer, sealReasoning } from './response-events.ts';
import type { ScriptedAnswer } from './script.ts';
import { traitsOf } from './traits.ts';
import { checkResponse } from './validate-response.ts';

/** Throws Refusal for what OpenAI would refuse. */
export function answerResponse(body: JsonObject, scripted: ScriptedAnswer): Take {
  checkResponse(body);
  const answer = override(compose(asChat(body)), scripted);
  const include = Array.isArray(body.include) ? body.include : [];
  const thinks = traitsOf(String(body.model)).reasons && effortOf(body) !== 'none';
  const whole: ResponseAnswer = {
    ...answer,
    calls: answer.calls.map((call) => ({ ...call, ...localName(call.name, body) })),
    ...(thinks || scripted.reasoning !== undefined
      ? {
          thought: {
            summary:
              scripted.reasoning ?? (isObject(body.reasoning) && body.reasoning.summary ? 'I think about it.' : ''),
            ...(include.includes('reasoning.encrypted_content') ? { encrypted: sealReasoning(answer.id) } : {}),
          },
        }
      : {}),
  };
  if (body.stream !== true) return takeJson(encodeResponse(whole, body), answer.usage.completion_tokens);
  const { frames, endFrames } = encodeResponseStream(whole, body);
  return {
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    ...{ frames, stream: true, endFrames, outputTokens: answer.usage.completion_tokens },
  };
}

const effortOf = ({ reasoning }: JsonObject): unknown => (isObject(reasoning) ? reasoning.effort : undefined);

/** The same question in the words of chat completions, as far as an answer depends on it. */
function asChat(body: JsonObject): JsonObject {
  const { model, input, tools, tool_choice: choice, max_output_tokens: tokensMax, text } = body;
  const format = isObject(text) && isObject(text.format) ? text.format : {};
  const { type, ...json_schema } = format;
  const named = isObject(choice) && typeof choice.name === 'string';
  return {
    model,
    messages: typeof input === 'string' ? [{ role: 'user', content: input }] : objectsIn(input).flatMap(asMessage),
    ...(tools === undefined ? {} : { tools: objectsIn(tools).flatMap((tool) => asTools(tool)) }),
    ...(named ? { tool_choice: { type: choice.type, [String(choice.type)]: { name: flatName(choice) } } } : {}),
    ...(typeof choice === 'string' ? { tool_choice: choice } : {}),
    ...(tokensMax === undefined ? {} : { max_completion_tokens: tokensMax }),
    ...(type === 'json_schema' ? { response_format: { type, json_schema } } : {}),
    ...(type === 'json_object' ? { response_format: { type } } : {}),
    ...(effortOf(body) === undefined ? {} : { reasoning_effort: effortOf(body) }),
  };
}

function asMessage(item: JsonObject): JsonObject[] {
  const { type, call_id: id, role, content } = item;
  if (type === 'function_call' || type === 'custom_tool_call') {
    const call = { id, type: 'function', function: { name: flatName(item) } };
    return [{ role: 'assistant', content: null, tool_calls: [call] }];
  }
  if (type === 'function_call_output' || type === 'custom_tool_call_output')
    return [{ role: 'tool', tool_call_id: id, content: asContent(item.output) }];
  return role === undefined ? [] : [{ role, content: asContent(content) }];
}

const CHAT_TYPES: Readonly<Record<string, string>> = {
  input_text: 'text',
  output_text: 'text',
  input_image: 'image_url',
  input_file: 'file',
};

const asContent = (content: unknown): unknown =>
  Array.isArray(content)
    ? objectsIn(content).map((part) => ({
        ...part,
        type: CHAT_TYPES[String(part.type)] ?? part.type,
        ...(part.type === 'input_file' ? { file: part } : {}),
      }))
    : content;

function asTools(tool: JsonObject, namespace?: unknown): JsonObject[] {
  const { type, tools, ...inner } = tool;
  if (type === 'namespace') return objectsIn(tools).flatMap((one) => asTools(one, tool.name));
  if (type !== 'function' && type !== 'custom') return [];
  return [{ type, [type]: { ...inner, name: flatName({ name: tool.name, namespace }) } }];
}

const flatName = ({ name, namespace }: JsonObject): string =>
  namespace === undefined ? String(name) : `${String(namespace)}__${String(name)}`;

/** What a call is called inside its namespace. */
function localName(name: string, { tools }: JsonObject): { readonly name: string; readonly namespace?: string } {
  for (const tool of objectsIn(tools)) {
    const namespace = String(tool.name);
    if (tool.type !== 'namespace' || !name.startsWith(`${namespace}__`)) continue;
    return { name: name.slice(namespace.length + 2), namespace };
  }
  return { name };
}
