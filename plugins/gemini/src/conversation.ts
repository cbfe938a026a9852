// A canonical conversation as contents: roles alternate, and the calls of each answer have their results right behind it.
import type { ChatRequest, Message, Part } from '@turnout/core/contract';
import { type Draft, notePart } from './draft.ts';
import { mediaParts } from './media.ts';
import { PendingCalls } from './pairing.ts';
import { saidParts } from './said.ts';
import { ServerHistory } from './server-history.ts';
import { signCurrentTurn } from './signature.ts';
import type { Content, WirePart } from './wire.ts';

/** The contents of a request. Throws RouterError `unsupported` for media that cannot be sent. */
export function writeContents({ messages }: ChatRequest, draft: Draft): Content[] {
  const writer = new ConversationWriter(draft);
  let turn: Message[] = [];
  for (const [index, message] of messages.entries()) {
    turn.push(message);
    const next = messages[index + 1];
    if (next !== undefined && (next.role === 'assistant') === (message.role === 'assistant')) continue;
    if (message.role === 'assistant') writer.answer(turn);
    else writer.turn(turn);
    turn = [];
  }
  return signCurrentTurn(writer.end(), draft);
}

/** The system prompt; undefined when it says nothing. */
export function writeSystem({ system }: ChatRequest, draft: Draft): { parts: WirePart[] } | undefined {
  const parts: WirePart[] = [];
  for (const part of system) {
    notePart(part, draft);
    if (part.type !== 'text') draft.losses.drop('system', 'a system prompt holds text only');
    else if (part.text !== '') parts.push({ text: part.text });
  }
  return parts.length === 0 ? undefined : { parts };
}

class ConversationWriter {
  readonly #contents: { readonly role: Content['role']; readonly parts: WirePart[] }[] = [];
  readonly #draft: Draft;
  readonly #calls: PendingCalls;

  constructor(draft: Draft) {
    this.#draft = draft;
    this.#calls = new PendingCalls(draft);
  }

  /** What the model said without anybody in between. */
  answer(messages: readonly Message[]): void {
    const history = new ServerHistory(messages);
    for (const part of messages.flatMap(({ parts }) => parts))
      this.#push('model', saidParts(part, this.#draft, this.#calls, history));
  }

  /** What the user, tools and system messages said without an answer in between: results come first, in the order of the
   * calls ("FC1 + signature, FC2, FR1, FR2", thought signatures guide, 2026-11). */
  turn(messages: readonly Message[]): void {
    for (const { role, parts } of messages) {
      for (const part of parts) if (part.type === 'tool-result' && role === 'user') this.#calls.answer(part);
    }
    const { responses, attached } = this.#calls.settle();
    this.#push('user', responses);
    this.#push('user', attached);
    for (const { role, parts } of messages) {
      if (role === 'system')
        this.#draft.losses.approximate('messages', 'a system message between turns is sent as text of the user');
      for (const part of parts) this.#push('user', this.#told(part));
    }
  }

  end(): Content[] {
    const { losses } = this.#draft;
    this.#push('user', this.#calls.settle().responses);
    if (this.#contents[0]?.role === 'model') {
      // "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
      losses.approximate('messages', 'a conversation that the model begins gets a word of the user in front');
      this.#contents.unshift({ role: 'user', parts: [{ text: '(The conversation begins with your answer.)' }] });
    }
    if (this.#contents.at(-1)?.role === 'model') {
      losses.approximate('messages', 'an answer that was begun is not carried on: the model is asked to continue');
      this.#push('user', [{ text: 'Continue.' }]);
    }
    return this.#contents;
  }

  /** A part of a message that is not the model's. */
  #told(part: Part): WirePart[] {
    const { losses } = this.#draft;
    if (part.type === 'tool-result' && !part.server) return [];
    notePart(part, this.#draft);
    if (part.type === 'text') return part.text === '' ? [] : [{ text: part.text }];
    if (part.type === 'media') return mediaParts(part, this.#draft);
    if (part.type === 'reasoning') losses.drop('reasoning-history', 'a user message holds no reasoning');
    else losses.drop('messages', `a user message holds no ${part.type}`);
    return [];
  }

  #push(role: Content['role'], parts: readonly WirePart[]): void {
    if (parts.length === 0) return;
    const last = this.#contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else this.#contents.push({ role, parts: [...parts] });
  }
}
