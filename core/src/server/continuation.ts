// The request that makes another model go on with an answer that has been broken off. No I/O.
import type { ChatRequest, Message } from '../contract/index.ts';
import { RouterError } from '../contract/index.ts';
import { type Journey, type Prepared, prepare, type RouteTarget } from './journey.ts';
import type { Manner } from './overlap.ts';

/** What the client has of an answer. */
export interface Sent {
  readonly text: string;
  /** The tokens that were made for it, of what `maxTokens` allows. */
  readonly tokens: number;
}

/** Less than this is refused by some (OpenAI's Responses, 2026-11). */
const TOKENS_MIN = 16;
/** How much of the end is quoted to a model that is asked to go on. */
const QUOTED_LENGTH_MAX = 60;

/** Plans the call that goes on with an answer: from its words where the model takes them as its own, with or without the thinking that
 * the request asks for, else by asking for the rest. Throws what the plan throws. */
export function prepareContinuation(target: RouteTarget, journey: Journey, sent: Sent): Prepared {
  const begun = { ...journey, request: withWords(shortened(journey.request, target, sent), sent.text) };
  const unthinking = { ...begun, request: { ...begun.request, reasoning: 'off' as const } };
  for (const attempt of [begun, unthinking]) {
    try {
      const prepared = prepare(target, attempt);
      if (prepared.plan.prefill) return prepared;
    } catch (refusal) {
      // It may still take the request that asks.
      if (!RouterError.is(refusal)) throw refusal;
    }
  }
  return prepare(target, { ...begun, request: asking(begun.request, sent.text) });
}

export const mannerOf = ({ plan }: Pick<Prepared, 'plan'>): Manner => (plan.prefill ? 'prefill' : 'instruction');

function shortened(request: ChatRequest, { settings }: RouteTarget, { tokens }: Sent): ChatRequest {
  const maxTokens = request.maxTokens ?? settings.defaults.maxTokens;
  return maxTokens === undefined ? request : { ...request, maxTokens: Math.max(TOKENS_MIN, maxTokens - tokens) };
}

/** The conversation with what was said of the answer at its end. */
function withWords(request: ChatRequest, text: string): ChatRequest {
  const last = request.messages.at(-1);
  const said = { type: 'text', text } as const;
  if (last?.role !== 'assistant') return withMessages(request, { role: 'assistant', parts: [said] });
  // The client itself had the model go on from some words.
  const before = last.parts.at(-1);
  const parts =
    before?.type === 'text'
      ? [...last.parts.slice(0, -1), { ...before, text: before.text + text }]
      : [...last.parts, said];
  return { ...request, messages: [...request.messages.slice(0, -1), { role: 'assistant', parts }] };
}

function asking(request: ChatRequest, text: string): ChatRequest {
  const instruction =
    'Your last message was cut off before its end. Go on exactly where it stops, so that what you write now can be put behind it: ' +
    `first repeat its last words, ${JSON.stringify(lastWords(text))}, without the quotation marks, and then continue. ` +
    'Write nothing else before them, and do not begin anew.';
  return withMessages(request, { role: 'user', parts: [{ type: 'text', text: instruction }] });
}

/** From the beginning of a word, where there is one. */
function lastWords(text: string): string {
  const end = text.trimEnd().slice(-QUOTED_LENGTH_MAX);
  if (end.length === text.trimEnd().length) return end;
  return end.slice(end.search(/\s/) + 1) || end;
}

const withMessages = (request: ChatRequest, message: Message): ChatRequest => ({
  ...request,
  messages: [...request.messages, message],
});
