// A canonical conversation as chat messages: each call has its results right behind it, whatever the client left out.

import { hash } from 'node:crypto';
import type { ChatRequest, Message, Part, ReasoningPart, ToolCallPart, ToolResultPart } from '@turnout/core/contract';
import { CallIds } from '@turnout/core/plugin';
import { type Draft, joinedText, messageContent, nameOf, textPart } from './content.ts';
import { MEDIA_SETTINGS, mediaParts } from './media.ts';
import { notePart } from './part-losses.ts';
import type { ContentPart, WireCall, WireMessage } from './wire.ts';

/** "Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40" (OpenAI, 2025). */
const CALL_ID_LENGTH_MAX = 40;
const CALL_ID = /^[\x21-\x7e]{1,40}$/;

/** Of servers whose ids are short. */
export const SHORT_ID = /^[a-zA-Z0-9]{9}$/;
const shortId = (source: string): string => hash('sha256', source).slice(0, 9);

/** The messages of a request. Throws RouterError `unsupported` for media that cannot be sent. */
export function writeMessages(request: ChatRequest, draft: Draft): WireMessage[] {
  const writer = new ConversationWriter(draft);
  writer.system(request.system);
  let turn: Message[] = [];
  for (const [index, message] of request.messages.entries()) {
    turn.push(message);
    const next = request.messages[index + 1];
    if (next !== undefined && (next.role === 'assistant') === (message.role === 'assistant')) continue;
    if (message.role === 'assistant') writer.answer(turn);
    else writer.turn(turn);
    turn = [];
  }
  writer.end();
  if (writer.messages.at(-1)?.role === 'assistant')
    draft.losses.approximate('messages', 'an answer that was begun is not carried on: the model answers anew');
  return writer.messages;
}

interface OpenCall {
  readonly wireId: string;
  readonly name: string;
}

class ConversationWriter {
  readonly messages: WireMessage[] = [];
  readonly #draft: Draft;
  readonly #ids: CallIds;
  /** The calls of the last answer, by the client's id. */
  #waiting = new Map<string, OpenCall[]>();

  constructor(draft: Draft) {
    this.#draft = draft;
    this.#ids = draft.dialect.shortIds ? new CallIds(SHORT_ID, shortId) : new CallIds(CALL_ID, CALL_ID_LENGTH_MAX);
  }

  system(parts: readonly Part[]): void {
    const content: ContentPart[] = [];
    for (const part of parts) {
      notePart(part, this.#draft);
      if (part.type === 'text') content.push(textPart(part));
      else this.#draft.losses.drop('system', 'a system prompt holds text only');
    }
    if (content.length > 0) this.#push('system', content, nameOf(parts));
  }

  /** What the model said without anybody in between. */
  answer(messages: readonly Message[]): void {
    const parts = messages.flatMap((message) => message.parts);
    const said: Said = { texts: [], refusals: [], reasoning: [], details: undefined, calls: [] };
    for (const part of parts) this.#readSaid(part, said);
    const { texts, refusals, calls } = said;
    if (texts.length + refusals.length + calls.length === 0) return;
    const { dialect } = this.#draft;
    const empty = calls.length + refusals.length > 0 && dialect.textParts ? null : '';
    const name = nameOf(parts);
    this.messages.push({
      role: 'assistant',
      content: joinedText(texts, '') || empty,
      ...(name === undefined ? {} : { name }),
      ...(refusals.length === 0 ? {} : { refusal: refusals.join('') }),
      ...this.#reasoningOf(said),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    });
  }

  /** What the user, tools and system messages said without an answer in between: results come first. */
  turn(messages: readonly Message[]): void {
    const attached: ContentPart[] = [];
    for (const { role, parts } of messages) {
      for (const part of parts) {
        if (part.type === 'tool-result' && !part.server && role === 'user') this.#result(part, attached);
      }
    }
    this.end();
    if (attached.length > 0) this.#push('user', attached, undefined);
    for (const { role, parts } of messages) {
      if (role === 'system') this.system(parts);
      else this.#user(parts);
    }
  }

  /** Calls that nobody has answered would be refused. */
  end(): void {
    for (const { wireId } of [...this.#waiting.values()].flat()) {
      this.#draft.losses.approximate('messages', 'a tool call without a result gets an error as its result');
      this.messages.push({ role: 'tool', content: 'Error: the call has no result.', tool_call_id: wireId });
    }
    this.#waiting = new Map();
  }

  #readSaid(part: Part, said: Said): void {
    const { losses, dialect } = this.#draft;
    notePart(part, this.#draft, ['refusal']);
    if (part.type === 'text') {
      const isRefusal = part.extensions?.['openai-chat']?.refusal === true;
      if (isRefusal && dialect.refusals) said.refusals.push(part.text);
      else said.texts.push(part.text);
      if (part.citations !== undefined) losses.drop('citations', 'citations are not sent again');
    } else if (part.type === 'reasoning') this.#readReasoning(part, said);
    else if (part.type === 'tool-call') {
      if (part.server) losses.drop('messages', "calls of a vendor's own tools are not sent");
      else said.calls.push(this.#call(part));
    } else if (part.type === 'media') losses.drop('media', 'an assistant message holds no media');
    else if (part.server) losses.drop('messages', "results of a vendor's own tools are not sent");
    else losses.drop('messages', 'an assistant message holds no tool results');
  }

  /** Only what this very server gave to be brought back, unread; plain reasoning where it has a field for it. */
  #readReasoning({ text, data, signature, origin }: ReasoningPart, said: Said): void {
    const { losses, reasoningField, origin: own } = this.#draft;
    if (data !== undefined && origin === own) said.details = parseDetails(data);
    else if (data !== undefined || signature !== undefined)
      losses.drop('reasoning-history', 'signed reasoning of another model family is not sent');
    else if (reasoningField === undefined)
      losses.drop('reasoning-history', 'chat completions take no reasoning of earlier answers');
    else if (text !== undefined) said.reasoning.push(text);
  }

  #reasoningOf({ details, reasoning }: Said): Partial<WireMessage> {
    const { reasoningField } = this.#draft;
    return {
      ...(details === undefined ? {} : { reasoning_details: details }),
      ...(reasoningField === undefined || reasoning.length === 0 ? {} : { [reasoningField]: reasoning.join('') }),
    };
  }

  #call({ id, name, input, custom }: ToolCallPart): WireCall {
    const { names, dialect } = this.#draft;
    const call = { wireId: this.#ids.next(id), name: names.wire(name) };
    const queue = this.#waiting.get(id);
    // Clients give two calls of a turn the same id at times: then the first result is the first call's.
    if (queue === undefined) this.#waiting.set(id, [call]);
    else queue.push(call);
    if (custom && dialect.customTools) return { id: call.wireId, type: 'custom', custom: { name: call.name, input } };
    const text = custom ? JSON.stringify({ input }) : input.trim() === '' ? '{}' : input;
    return { id: call.wireId, type: 'function', function: { name: call.name, arguments: text } };
  }

  #result(part: ToolResultPart, attached: ContentPart[]): void {
    const { losses } = this.#draft;
    notePart(part, this.#draft);
    const call = this.#waiting.get(part.id)?.shift();
    if (call === undefined) {
      losses.drop('messages', 'a tool result without a call in the answer before it is not sent');
      return;
    }
    const texts: ContentPart[] = [];
    const media: ContentPart[] = [];
    for (const inner of part.parts) {
      notePart(inner, this.#draft, MEDIA_SETTINGS);
      if (inner.type === 'text') texts.push(textPart(inner));
      else if (inner.type === 'media') media.push(...mediaParts(inner, this.#draft.dialect, losses));
      else losses.drop('messages', `a tool result holds no ${inner.type}`);
    }
    if (media.length > 0) {
      losses.approximate('messages', 'media of a tool result follow it in a message of the user');
      attached.push({ type: 'text', text: `Attached to the result of ${call.name}:` }, ...media);
      if (texts.length === 0) texts.push({ type: 'text', text: '(attached below)' });
    }
    const content = messageContent(part.error ? asError(texts, losses) : texts, this.#draft.dialect);
    this.messages.push({ role: 'tool', content, tool_call_id: call.wireId });
  }

  #user(parts: readonly Part[]): void {
    const { losses, dialect } = this.#draft;
    const content: ContentPart[] = [];
    for (const part of parts) {
      if (part.type === 'tool-result' && !part.server) continue;
      notePart(part, this.#draft, MEDIA_SETTINGS);
      if (part.type === 'text') content.push(textPart(part));
      else if (part.type === 'media') content.push(...mediaParts(part, dialect, losses));
      else if (part.type === 'reasoning') losses.drop('reasoning-history', 'a user message holds no reasoning');
      else losses.drop('messages', `a user message holds no ${part.type}`);
    }
    if (content.length > 0) this.#push('user', content, nameOf(parts));
  }

  #push(role: 'system' | 'user', content: readonly ContentPart[], name: string | undefined): void {
    const named = name === undefined ? {} : { name };
    this.messages.push({ role, content: messageContent(content, this.#draft.dialect), ...named });
  }
}

/** An answer on its way into one message. */
interface Said {
  readonly texts: string[];
  readonly refusals: string[];
  readonly reasoning: string[];
  details: unknown;
  readonly calls: WireCall[];
}

/** Chat has no mark for a call that failed: the text has to say it. */
function asError(texts: readonly ContentPart[], losses: Draft['losses']): readonly ContentPart[] {
  const [first] = texts;
  if (typeof first?.text === 'string' && /error|fail/i.test(first.text.slice(0, 100))) return texts;
  losses.approximate('messages', 'that a tool has failed is said in words');
  return [{ type: 'text', text: 'Error:' }, ...texts];
}

function parseDetails(data: string): unknown {
  try {
    return JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}
