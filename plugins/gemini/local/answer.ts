// generateContent: what gemini-local answers by itself, always the same to the same request.
import { createHash } from 'node:crypto';
import {
  type AskedChoice,
  chooseTools,
  fillSchema,
  isObject,
  type JsonObject,
  objectsIn,
  type Take,
  takeJson,
} from '@turnout/core/testing';
import { type Answer, encodeStream, encodeWhole } from './response.ts';
import type { ScriptedAnswer, ScriptedCall } from './script.ts';
import { sealOf } from './seal.ts';
import { type LocalTraits, traitsOf } from './traits.ts';
import { checkRequest } from './validate.ts';
import { functionsOf } from './validate-settings.ts';

export interface Asked {
  readonly model: string;
  readonly body: JsonObject;
  readonly stream: boolean;
  /** As server-sent events; a list of chunks otherwise. */
  readonly sse: boolean;
}

/** Throws Refusal for what Google would refuse. */
export function answerGenerate({ model, body, stream, sse }: Asked, scripted: ScriptedAnswer): Take {
  checkRequest(body, model);
  const answer = override(compose(body, model), scripted);
  const outputTokens = answer.usage.candidatesTokenCount;
  if (!stream) return takeJson(encodeWhole(answer), outputTokens);
  const chunks = encodeStream(answer);
  if (!sse) return takeJson(chunks, outputTokens);
  return {
    headers: { 'content-type': 'text/event-stream' },
    frames: chunks.map((chunk) => Buffer.from(`data: ${JSON.stringify(chunk)}\r\n\r\n`)),
    ...{ stream: true, endFrames: 1, outputTokens },
  };
}

/** Four characters make a token, roughly; media count as much as 258 tokens each, as Google's tiles do. */
export function countPrompt(body: JsonObject): number {
  const media = objectsIn(body.contents).flatMap(({ parts }) => objectsIn(parts).filter((part) => part.inlineData));
  const text = JSON.stringify([body.contents, body.systemInstruction ?? '', body.tools ?? []], (key, value) =>
    key === 'data' || key === 'thoughtSignature' ? undefined : value,
  );
  return countTokens(text) + 258 * media.length;
}

const countTokens = (text: string): number => Math.ceil(text.length / 4);

/** What the user says behind the last answer. */
interface Turn {
  readonly text: string;
  readonly media: readonly string[];
  readonly results: readonly { readonly name: string; readonly text: string }[];
}

function compose(body: JsonObject, model: string): Answer {
  const traits = traitsOf(model);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([model, body.contents, body.tools]))
    .digest('base64url')
    .replaceAll(/[-_]/g, 'x');
  const turn = readTurn(body);
  const calls = chooseCalls(body, turn).map((part, index) =>
    withId(part, traits, `${fingerprint.slice(0, 8)}${index}`),
  );
  const config = isObject(body.generationConfig) ? body.generationConfig : {};
  const said = config.responseMimeType === 'application/json' ? asJson(config, turn.text) : say(turn);
  const { text, finishReason } = calls.length > 0 ? { text: '', finishReason: 'STOP' } : limit(said, config);
  const thinks = thinksWith(config, traits);
  const parts = signed(calls.length > 0 ? calls : [{ text }], traits, thinks && functionsOf(body).length > 0);
  const summary = { text: `**Considering** ${shorten(turn.text)}`, thought: true };
  return {
    ...{ id: fingerprint.slice(0, 22), model, finishReason },
    parts: thinks && isShown(config) ? [summary, ...parts] : parts,
    usage: usageOf(countPrompt(body), countTokens(text) + countTokens(JSON.stringify(calls)), thinks ? 64 : 0),
  };
}

/** Gemini 3 signs the first call, or the last part of an answer without one; 2.5 signs the first part when there are functions
 * ("Thought signatures for different models", 2026-11). */
function signed(parts: readonly JsonObject[], traits: LocalTraits, withFunctions: boolean): JsonObject[] {
  if (!traits.strict && !withFunctions) return [...parts];
  const first = parts.findIndex(({ functionCall }) => functionCall !== undefined);
  const at = first >= 0 ? first : traits.strict ? parts.length - 1 : 0;
  return parts.map((part, index) => (index === at ? { ...part, thoughtSignature: sealOf(part) } : part));
}

function thinksWith({ thinkingConfig: thinking }: JsonObject, traits: LocalTraits): boolean {
  const budget = isObject(thinking) ? thinking.thinkingBudget : undefined;
  return budget === undefined ? traits.thinks : budget !== 0;
}

const isShown = ({ thinkingConfig: thinking }: JsonObject): boolean =>
  isObject(thinking) && thinking.includeThoughts === true;

const usageOf = (prompt: number, candidates: number, thoughts: number): Answer['usage'] => ({
  promptTokenCount: prompt,
  candidatesTokenCount: candidates,
  totalTokenCount: prompt + candidates + thoughts,
  promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
  ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
});

function readTurn(body: JsonObject): Turn {
  const contents = objectsIn(body.contents);
  const parts = contents
    .slice(contents.findLastIndex(({ role }) => role === 'model') + 1)
    .flatMap((one) => objectsIn(one.parts));
  return {
    text: parts.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join(' '),
    media: parts.flatMap(({ inlineData }) =>
      isObject(inlineData) ? [`a file of type ${String(inlineData.mimeType)}`] : [],
    ),
    results: parts.flatMap(({ functionResponse: response }) =>
      isObject(response) ? [{ name: String(response.name), text: textOfResponse(response.response) }] : [],
    ),
  };
}

function textOfResponse(response: unknown): string {
  if (!isObject(response)) return '';
  const said = response.output ?? response.error ?? response;
  return typeof said === 'string' ? said : JSON.stringify(said);
}

function chooseCalls(body: JsonObject, { text, results }: Turn): JsonObject[] {
  const tools = functionsOf(body).map(({ name, description, parameters, parametersJsonSchema }) => ({
    ...{ name: String(name), description: String(description ?? ''), schema: parametersJsonSchema ?? parameters ?? {} },
  }));
  return chooseTools(tools, choiceOf(body), text, results.length > 0).map(({ name, schema }) => {
    const args = fillSchema(schema, text);
    return { functionCall: { name, args: isObject(args) ? args : {} } };
  });
}

function choiceOf({ toolConfig }: JsonObject): AskedChoice {
  const config =
    isObject(toolConfig) && isObject(toolConfig.functionCallingConfig) ? toolConfig.functionCallingConfig : {};
  const [name] = Array.isArray(config.allowedFunctionNames) ? config.allowedFunctionNames : [];
  if (config.mode === 'ANY' && name !== undefined) return { kind: 'tool', name: String(name), parallel: true };
  return { kind: config.mode === 'NONE' ? 'none' : config.mode === 'ANY' ? 'any' : 'auto', parallel: true };
}

/** Gemini 3 gives its calls ids, 2.5 gives none (function calling guide, 2026-11). */
const withId = (part: JsonObject, { strict }: LocalTraits, id: string): JsonObject =>
  strict && isObject(part.functionCall) ? { functionCall: { id, ...part.functionCall } } : part;

const asJson = ({ responseJsonSchema: schema }: JsonObject, text: string): string =>
  JSON.stringify(fillSchema(schema ?? { type: 'object' }, text));

const SAID_MAX = 400;

function say({ text, media, results }: Turn): string {
  const parts = results.map((result) => `The tool ${result.name} answered: ${shorten(result.text) || '(nothing)'}.`);
  if (text !== '') parts.push(`You said: "${shorten(text)}"`);
  if (media.length > 0) parts.push(`I see ${media.join(' and ')}.`);
  return parts.join(' ') || 'You said nothing.';
}

const shorten = (text: string): string => (text.length <= SAID_MAX ? text : `${text.slice(0, SAID_MAX)}…`);

/** Ends the text at the first stop sequence and at the token limit. */
function limit(text: string, { stopSequences, maxOutputTokens }: JsonObject): { text: string; finishReason: string } {
  const stops = Array.isArray(stopSequences) ? stopSequences : [];
  const found = stops.map((stop) => text.indexOf(String(stop))).filter((at) => at >= 0);
  const ended = found.length === 0 ? text : text.slice(0, Math.min(...found));
  const tokensMax = typeof maxOutputTokens === 'number' ? maxOutputTokens : Number.POSITIVE_INFINITY;
  if (countTokens(ended) <= tokensMax) return { text: ended, finishReason: 'STOP' };
  return { text: ended.slice(0, tokensMax * 4), finishReason: 'MAX_TOKENS' };
}

/** The own answer with what a script puts in place of it. */
function override(own: Answer, scripted: ScriptedAnswer): Answer {
  const { content, toolCalls, reasoning, parts, finishReason, blockReason, usage, groundingMetadata, model } = scripted;
  const traits = traitsOf(own.model);
  const says = content !== undefined || toolCalls !== undefined;
  const told = [
    ...(content ? [{ text: content }] : []),
    ...(toolCalls ?? []).map((call, index) => toPart(call, traits, `${own.id.slice(0, 8)}${index}`)),
  ];
  const answer = says
    ? signed(told.length === 0 ? [{ text: '' }] : told, traits, (toolCalls?.length ?? 0) > 0)
    : own.parts;
  const thought = reasoning === undefined ? [] : [{ text: reasoning, thought: true }];
  return {
    ...own,
    // A script may say what no model does.
    parts: (parts as JsonObject[] | undefined) ?? [...thought, ...answer],
    ...(says || parts !== undefined ? { finishReason: 'STOP' } : {}),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(blockReason === undefined ? {} : { blockReason }),
    ...(groundingMetadata === undefined ? {} : { groundingMetadata }),
    ...(model === undefined ? {} : { model }),
    ...(usage === undefined ? {} : { usage: { ...own.usage, ...usage } as Answer['usage'] }),
  };
}

const toPart = ({ name, input = {}, id }: ScriptedCall, traits: LocalTraits, fallback: string): JsonObject => {
  const part = { functionCall: { ...(id === undefined ? {} : { id }), name, args: input } };
  return id === undefined ? withId(part, traits, fallback) : part;
};
