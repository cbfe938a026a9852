// POST /chat/completions: what openai-local answers by itself, always the same to the same request.
import { createHash } from 'node:crypto';
import { fillSchema, isObject, type JsonObject, objectsIn, type Take, takeJson } from '@turnout/core/testing';
import { type Answer, type AnswerCall, encodeCompletion, encodeStream } from './completion.ts';
import type { ScriptedAnswer, ScriptedCall } from './script.ts';
import { chooseCalls } from './tool-choice.ts';
import { traitsOf } from './traits.ts';
import { checkChat } from './validate.ts';

/** Throws Refusal for what OpenAI would refuse. */
export function answerChat(body: JsonObject, scripted: ScriptedAnswer): Take {
  checkChat(body);
  const answer = override(compose(body), scripted);
  if (body.stream !== true) return takeJson(encodeCompletion(answer), answer.usage.completion_tokens);
  const options = isObject(body.stream_options) ? body.stream_options : {};
  const { frames, endFrames } = encodeStream(answer, options.include_usage === true);
  return {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    ...{ frames, stream: true, endFrames, outputTokens: answer.usage.completion_tokens },
  };
}

/** What the messages behind the last answer hold. */
interface Turn {
  readonly text: string;
  readonly media: readonly string[];
  /** The tools' names and what they said. */
  readonly results: readonly { readonly name: string; readonly text: string }[];
}

/** The own answer to a request. */
export function compose(body: JsonObject): Answer {
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([body.model, body.messages, body.tools]))
    .digest('base64url')
    .replaceAll(/[-_]/g, 'x');
  const turn = readTurn(objectsIn(body.messages));
  const calls = chooseCalls(body, turn.text, turn.results.length > 0).map((call, index) => ({
    ...call,
    id: `call_${fingerprint.slice(0, 20)}${index.toString(36).padStart(4, '0')}`,
  }));
  const schema = schemaOf(body);
  const said = schema === undefined ? say(turn) : JSON.stringify(fillSchema(schema, turn.text));
  const full = calls.length > 0 ? { content: null, finishReason: finishOfCalls(body) } : limit(said, body);
  const reasoningTokens = traitsOf(String(body.model)).reasons && body.reasoning_effort !== 'none' ? 64 : 0;
  const written = countTokens(full.content ?? '') + countTokens(JSON.stringify(calls.map(({ input }) => input)));
  const prompt = countTokens(JSON.stringify([body.messages, body.tools ?? []]));
  return {
    ...{ id: `chatcmpl-${fingerprint.slice(0, 29)}`, model: String(body.model), calls, ...full },
    usage: usageOf(prompt, written + reasoningTokens, reasoningTokens),
  };
}

const usageOf = (prompt: number, completion: number, reasoning: number): Answer['usage'] => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    ...{ reasoning_tokens: reasoning, audio_tokens: 0 },
    ...{ accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  },
});

const countTokens = (text: string): number => Math.ceil(text.length / 4);

function readTurn(messages: readonly JsonObject[]): Turn {
  const start = messages.findLastIndex(({ role }) => role === 'assistant') + 1;
  const names = new Map(
    messages
      .flatMap(({ tool_calls: calls }) => objectsIn(calls))
      .map((call) => {
        const inner = isObject(call.custom) ? call.custom : isObject(call.function) ? call.function : {};
        return [String(call.id), String(inner.name)];
      }),
  );
  const texts: string[] = [];
  const media: string[] = [];
  const results: { name: string; text: string }[] = [];
  for (const { role, content, tool_call_id: id } of messages.slice(start)) {
    if (role === 'tool') results.push({ name: names.get(String(id)) ?? String(id), text: textsIn(content).join(' ') });
    if (role !== 'user') continue;
    texts.push(...textsIn(content));
    for (const part of objectsIn(content)) if (part.type !== 'text') media.push(describeMedia(part));
  }
  return { text: texts.join(' '), media, results };
}

const textsIn = (content: unknown): string[] =>
  typeof content === 'string'
    ? [content]
    : objectsIn(content).flatMap(({ text }) => (typeof text === 'string' ? [text] : []));

function describeMedia({ type, file }: JsonObject): string {
  if (type === 'image_url') return 'an image';
  if (type === 'input_audio') return 'an audio';
  return `the document "${isObject(file) ? String(file.filename ?? file.file_id) : ''}"`;
}

const SAID_MAX = 400;

function say({ text, media, results }: Turn): string {
  const parts = results.map((result) => `The tool ${result.name} answered: ${shorten(result.text) || '(nothing)'}.`);
  if (text !== '') parts.push(`You said: "${shorten(text)}"`);
  if (media.length > 0) parts.push(`I see ${media.join(' and ')}.`);
  return parts.join(' ') || 'You said nothing.';
}

const shorten = (text: string): string => (text.length <= SAID_MAX ? text : `${text.slice(0, SAID_MAX)}…`);

function schemaOf({ response_format: format }: JsonObject): unknown {
  if (!isObject(format)) return undefined;
  if (format.type === 'json_object') return { type: 'object' };
  return isObject(format.json_schema) ? (format.json_schema.schema ?? { type: 'object' }) : undefined;
}

/** A call that was forced by its name ends with `stop`, as at OpenAI. */
const finishOfCalls = ({ tool_choice: choice }: JsonObject): string => (isObject(choice) ? 'stop' : 'tool_calls');

/** Ends the text at the first stop sequence and at the token limit. */
function limit(text: string, body: JsonObject): Pick<Answer, 'content' | 'finishReason'> {
  const stops = [body.stop].flat().filter((stop) => typeof stop === 'string');
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  const ended = found.length === 0 ? text : text.slice(0, Math.min(...found));
  const tokensMax = Number(body.max_completion_tokens ?? body.max_tokens ?? Number.POSITIVE_INFINITY);
  if (countTokens(ended) <= tokensMax) return { content: ended, finishReason: 'stop' };
  return { content: ended.slice(0, tokensMax * 4), finishReason: 'length' };
}

/** The own answer with what a script puts in place of it. */
export function override(own: Answer, scripted: ScriptedAnswer): Answer {
  const { content, toolCalls, reasoning, reasoningField, refusal, annotations, finishReason, usage, model } = scripted;
  const says = content !== undefined || toolCalls !== undefined || refusal !== undefined;
  const calls = toolCalls?.map((call, index) => toCall(call, `${own.id.slice(-20)}${index}`));
  const natural = (calls?.length ?? 0) > 0 ? 'tool_calls' : 'stop';
  return {
    ...own,
    ...(says ? { content: content ?? null, calls: calls ?? [], finishReason: natural } : {}),
    ...(reasoning === undefined
      ? {}
      : { reasoning: { field: reasoningField ?? 'reasoning_content', text: reasoning } }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(model === undefined ? {} : { model }),
    // A script may report what no server does.
    ...(usage === undefined ? {} : { usage: { ...own.usage, ...usage } as Answer['usage'] }),
  };
}

function toCall({ name, input = {}, id, custom }: ScriptedCall, fallback: string): AnswerCall {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  return { id: id ?? `call_${fallback}`, name, input: text, custom: custom === true };
}
