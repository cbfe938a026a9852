// A conversation as turns of Anthropic's blocks: reading it, before calls and results are paired (arrange.ts).
import type {
  ChatRequest,
  MediaPart,
  Message,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '@turnout/core/contract';
import { parseObject } from '@turnout/core/plugin';
import {
  besideOf,
  type Draft,
  inputOf,
  isBlank,
  noteExtensions,
  ownBlock,
  resultContent,
  textBlock,
} from './content.ts';
import { mediaBlock } from './media.ts';
import type { WireBlock } from './wire.ts';

/** One block on its way to the wire. */
export interface Piece {
  readonly kind: 'text' | 'reasoning' | 'call' | 'result' | 'other';
  block: WireBlock;
  /** The client's id of a call or result. */
  readonly id?: string;
  readonly cache: TextPart['cache'];
}

export interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  /** Tool results stand before everything else, in the user's turns only. */
  readonly results: Piece[];
  readonly pieces: Piece[];
}

export interface Conversation {
  readonly system: readonly Piece[];
  /** None is empty; neighbours have different roles. */
  readonly turns: readonly Turn[];
}

/** Throws RouterError `unsupported` for media that Anthropic does not take. */
export function readConversation(request: ChatRequest, draft: Draft): Conversation {
  const reader = new ConversationReader(draft);
  reader.readSystem(request.system);
  for (const message of request.messages) reader.readMessage(message);
  const turns = reader.turns.filter(saysSomething);
  if (reader.turns.some((turn) => turn.pieces.length > 0 && !saysSomething(turn)))
    draft.losses.drop('reasoning', 'a message that holds nothing but reasoning is not sent');
  return { system: reader.system, turns: joinTurns(turns) };
}

/** Reasoning alone is refused as a message. */
const saysSomething = ({ role, pieces }: Turn): boolean =>
  role !== 'assistant' || pieces.some(({ kind }) => kind !== 'reasoning');

/** Without empty turns; neighbours of the same role become one. */
export function joinTurns(turns: readonly Turn[]): Turn[] {
  const joined: Turn[] = [];
  for (const turn of turns) {
    if (turn.results.length === 0 && turn.pieces.length === 0) continue;
    const last = joined.at(-1);
    if (last?.role === turn.role) {
      last.results.push(...turn.results);
      last.pieces.push(...turn.pieces);
    } else joined.push(turn);
  }
  return joined;
}

/** Bytes that are none of Anthropic's, which Bedrock has given (`redacted.ts` of the wire). */
export const isForeign = (data: string | undefined): boolean => data?.includes(':') === true;

class ConversationReader {
  readonly turns: Turn[] = [];
  readonly system: Piece[] = [];
  readonly #draft: Draft;
  /** Calls of Anthropic's own servers that are sent: their results are too. */
  readonly #served = new Set<string>();

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  readSystem(parts: readonly Part[]): void {
    for (const part of parts) this.#readInstruction(part, this.system);
  }

  readMessage({ role, parts }: Message): void {
    if (role === 'system' && this.turns.length === 0) {
      this.readSystem(parts);
      return;
    }
    if (role === 'system' && this.#draft.traits.systemTurns) {
      const turn: Turn = { role, results: [], pieces: [] };
      for (const part of parts) this.#readInstruction(part, turn.pieces);
      this.turns.push(turn);
      return;
    }
    if (role === 'system')
      this.#draft.losses.approximate('messages', 'a system message between turns is sent as text of the user');
    const turn: Turn = { role: role === 'assistant' ? role : 'user', results: [], pieces: [] };
    this.turns.push(turn);
    for (const part of parts) this.#readPart(part, turn);
  }

  #readInstruction(part: Part, pieces: Piece[]): void {
    if (part.type !== 'text') {
      this.#draft.losses.drop('system', 'a system prompt holds text only');
      return;
    }
    noteExtensions(part, this.#draft.losses);
    // Blank text is refused.
    if (isBlank(part.text)) this.#passMark(pieces, part);
    else pieces.push({ kind: 'text', block: { type: 'text', text: part.text }, cache: part.cache });
  }

  #readPart(part: Part, turn: Turn): void {
    noteExtensions(part, this.#draft.losses);
    if (part.signature !== undefined && part.type !== 'reasoning')
      this.#draft.losses.drop('reasoning', 'signatures of text and tool calls belong to another model family');
    switch (part.type) {
      case 'text':
        this.#readText(part, turn);
        return;
      case 'media':
        this.#readMedia(part, turn);
        return;
      case 'reasoning':
        this.#readReasoning(part, turn);
        return;
      case 'tool-call':
        this.#readCall(part, turn);
        return;
      case 'tool-result':
        this.#readResult(part, turn);
    }
  }

  #readText(part: TextPart, turn: Turn): void {
    const own = ownBlock(part, this.#draft);
    const role = turn.role === 'assistant' ? 'assistant' : 'user';
    if (own !== undefined) turn.pieces.push({ kind: 'other', block: own, cache: part.cache });
    else if (isBlank(part.text)) this.#passMark(turn.pieces, part);
    else turn.pieces.push({ kind: 'text', block: textBlock(part, role, this.#draft), cache: part.cache });
  }

  #readMedia(part: MediaPart, turn: Turn): void {
    if (turn.role === 'assistant') {
      this.#draft.losses.drop('media', 'an assistant message holds no media');
      return;
    }
    const block = { ...besideOf(part), ...mediaBlock(part, this.#draft.losses) };
    turn.pieces.push({ kind: 'other', block, cache: part.cache });
  }

  /** Only what a Claude has signed, byte for byte: anything else is refused. */
  #readReasoning({ text, data, signature, origin }: ReasoningPart, turn: Turn): void {
    const { traits, losses } = this.#draft;
    if (signature === undefined && data === undefined)
      losses.drop('reasoning', 'reasoning without a signature is not sent again');
    else if (origin !== 'claude' || isForeign(data))
      losses.drop('reasoning', 'signed reasoning of another model family is not sent');
    else if (traits.thinking.kind === 'none') losses.drop('reasoning', 'the model takes no reasoning');
    else if (turn.role === 'user') losses.drop('reasoning', 'a user message holds no reasoning');
    else {
      const block: WireBlock =
        data === undefined
          ? { type: 'thinking', thinking: text ?? '', signature }
          : { type: 'redacted_thinking', data };
      turn.pieces.push({ kind: 'reasoning', block, cache: undefined });
    }
  }

  #readCall(part: ToolCallPart, turn: Turn): void {
    const { losses, names } = this.#draft;
    if (part.server) {
      const block = ownBlock(part, this.#draft);
      if (block === undefined) {
        losses.drop('messages', "calls of another vendor's own tools are not sent");
        return;
      }
      this.#served.add(part.id);
      turn.pieces.push({ kind: 'other', block, cache: part.cache });
      return;
    }
    if (turn.role === 'user') {
      losses.drop('messages', 'a user message holds no tool calls');
      return;
    }
    const input = part.custom ? { input: part.input } : inputOf(part.input, parseObject, losses);
    // The id is settled once calls and results are paired.
    const block: WireBlock = { ...besideOf(part), type: 'tool_use', id: '', name: names.wire(part.name), input };
    turn.pieces.push({ kind: 'call', block, id: part.id, cache: part.cache });
  }

  #readResult(part: ToolResultPart, turn: Turn): void {
    const { losses } = this.#draft;
    if (part.server) {
      const block = this.#served.has(part.id) ? ownBlock(part, this.#draft) : undefined;
      if (block === undefined) losses.drop('messages', "results of another vendor's own tools are not sent");
      else turn.pieces.push({ kind: 'other', block, cache: part.cache });
      return;
    }
    if (turn.role === 'assistant') {
      losses.drop('messages', 'an assistant message holds no tool results');
      return;
    }
    const content = resultContent(part.parts, this.#draft);
    const block: WireBlock = {
      ...{ ...besideOf(part), type: 'tool_result', tool_use_id: '' },
      ...(content.length === 0 ? {} : { content }),
      ...(part.error ? { is_error: true } : {}),
    };
    const cache = part.cache ?? part.parts.findLast((inner) => inner.cache !== undefined)?.cache;
    turn.results.push({ kind: 'result', block, id: part.id, cache });
  }

  /** The mark of a text that is not sent goes to what stands before it. */
  #passMark(pieces: Piece[], { cache }: Part): void {
    if (cache === undefined) return;
    const last = pieces.at(-1);
    if (last === undefined || last.kind === 'reasoning') this.#draft.losses.drop('cache', 'no mark may stand there');
    else pieces[pieces.length - 1] = { ...last, cache: last.cache ?? cache };
  }
}
