// A conversation as turns of blocks, before Converse's rules of order are applied to it.
import type {
  ChatRequest,
  MediaPart,
  Message,
  Part,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
} from '@turnout/core/contract';
import type { Losses, ToolNames } from '@turnout/core/plugin';
import { parseObject } from '@turnout/core/plugin';
import {
  type ConverseBlock,
  type ConverseSystemBlock,
  type ConverseToolResultContent,
  redactedToConverse,
} from '@turnout/core/wire';
import { type CacheMark, markOf } from './cache.ts';
import type { Family } from './family.ts';
import { type MediaBlock, type MediaKind, MediaShaper } from './media.ts';
import { notePart } from './part-losses.ts';
import { searchResultOf } from './search-result.ts';
import { ServerTools } from './server-tools.ts';
import { textBlock } from './text-block.ts';

/** One block on its way to the wire. */
export interface Piece {
  readonly kind: 'text' | 'reasoning' | 'call' | 'result' | 'server' | MediaKind;
  readonly block: ConverseBlock;
  /** The client's id of a call or result. */
  readonly id?: string;
  /** Media of a result that the family does not take inside one: they follow the results of the turn. */
  readonly attached?: readonly Piece[];
  mark: CacheMark | undefined;
}

export interface Turn {
  readonly role: 'user' | 'assistant';
  /** Tool results stand before everything else, in the user's turns only. */
  readonly results: Piece[];
  readonly pieces: Piece[];
}

/** What shaping a request needs at every step. */
export interface Draft {
  readonly family: Family;
  readonly losses: Losses;
  readonly names: ToolNames;
  /** Tools that go to a Claude in Anthropic's own form: the request's name → what the model calls them. */
  readonly native?: ReadonlyMap<string, string>;
}

export interface Conversation {
  readonly turns: Turn[];
  readonly system: { readonly block: ConverseSystemBlock; mark: CacheMark | undefined }[];
}

/** Reads a request's system and messages. Turns alternate, none is empty. */
export function readConversation(request: ChatRequest, draft: Draft): Conversation {
  const reader = new ConversationReader(draft);
  reader.readSystem(request.system);
  const lastAnswer = request.messages.findLastIndex(({ role }) => role === 'assistant');
  for (const [index, message] of request.messages.entries()) reader.readMessage(message, index > lastAnswer);
  const turns = reader.turns.filter(saysSomething);
  if (reader.turns.some((turn) => turn.pieces.length > 0 && !saysSomething(turn)))
    draft.losses.drop('reasoning-history', 'a message that holds nothing but reasoning is not sent');
  return { turns: joinTurns(turns), system: reader.system };
}

/** Reasoning alone is refused as a message. */
const saysSomething = ({ role, pieces }: Turn): boolean =>
  role === 'user' || pieces.some(({ kind }) => kind !== 'reasoning');

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

export const isBlank = (text: string): boolean => !/\S/.test(text);

class ConversationReader {
  readonly turns: Turn[] = [];
  readonly system: Conversation['system'] = [];
  readonly #draft: Draft;
  readonly #media: MediaShaper;
  readonly #server: ServerTools;

  constructor(draft: Draft) {
    this.#draft = draft;
    this.#media = new MediaShaper(draft.family, draft.losses);
    this.#server = new ServerTools(draft.family, draft.losses);
  }

  readSystem(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part.type !== 'text') {
        this.#draft.losses.drop('system', 'a system prompt holds text only');
        continue;
      }
      notePart(part, this.#draft.losses, this.#draft.family);
      // Blank text is refused; a mark on it goes with the text before it.
      if (isBlank(part.text)) {
        this.#markOn(this.system.at(-1), part);
        continue;
      }
      this.system.push({ block: { text: part.text }, mark: markOf(part.cache) });
    }
  }

  /** `present`: it follows the last answer. */
  readMessage(message: Message, present: boolean): void {
    this.#media.present = present;
    if (message.role === 'system') {
      if (this.turns.length === 0) {
        this.readSystem(message.parts);
        return;
      }
      this.#draft.losses.approximate('messages', 'a system message between turns is sent as text of the user');
    }
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const turn: Turn = { role, results: [], pieces: [] };
    this.turns.push(turn);
    this.#server.enter(message);
    for (const part of message.parts) this.#readPart(part, turn);
  }

  #readPart(part: Part, turn: Turn): void {
    notePart(part, this.#draft.losses, this.#draft.family, turn.role === 'user');
    switch (part.type) {
      case 'text':
        if (!isBlank(part.text))
          this.#add(turn, { kind: 'text', block: textBlock(part, turn.role, this.#draft) }, part);
        else if (part.cache !== undefined) this.#markLast(turn, part);
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

  #add(turn: Turn, piece: Omit<Piece, 'mark'>, part: Part | undefined): void {
    (piece.kind === 'result' ? turn.results : turn.pieces).push({ ...piece, mark: markOf(part?.cache) });
  }

  #markLast(turn: Turn, part: Part): void {
    this.#markOn(turn.pieces.at(-1) ?? turn.results.at(-1), part);
  }

  /** The mark of a part that is not sent goes to what stands before it. */
  #markOn(before: { mark: CacheMark | undefined } | undefined, { cache }: Part): void {
    if (cache === undefined) return;
    if (before !== undefined) before.mark ??= markOf(cache);
    else this.#draft.losses.drop('cache', 'no cache point may stand there');
  }

  #readMedia(part: MediaPart, turn: Turn): void {
    if (turn.role === 'assistant') {
      this.#draft.losses.drop('media', 'an assistant message holds no media');
      return;
    }
    const media = this.#media.shape(part);
    if (media !== undefined) this.#add(turn, media, part);
    else this.#markLast(turn, part);
  }

  /** Only the family's own signed reasoning, byte for byte: anything else is refused or leaks into the answer. */
  #readReasoning(part: ReasoningPart, turn: Turn): void {
    const { family, losses } = this.#draft;
    const signed = part.signature !== undefined || part.data !== undefined;
    if (!signed) losses.drop('reasoning-history', 'reasoning without a signature is not sent again');
    else if (family.origin === undefined || part.origin !== family.origin) {
      losses.drop('reasoning-history', 'signed reasoning of another model family is not sent');
    } else if (family.reasoning.kind === 'none') losses.drop('reasoning-history', 'the model takes no reasoning');
    else if (turn.role === 'user') losses.drop('reasoning-history', 'a user message holds no reasoning');
    else this.#add(turn, { kind: 'reasoning', block: reasoningBlock(part) }, undefined);
  }

  #readCall(part: ToolCallPart, turn: Turn): void {
    const { family, losses, names } = this.#draft;
    if (part.server) {
      const block = this.#server.call(part);
      if (block !== undefined) this.#add(turn, { kind: 'server', block }, undefined);
      return;
    }
    if (turn.role === 'user') {
      losses.drop('messages', 'a user message holds no tool calls');
      return;
    }
    if (!family.tools) {
      this.#flatten(turn, `[Called the tool ${part.name} with ${part.input || '{}'}]`, part);
      return;
    }
    const input = part.custom ? { input: part.input } : this.#readInput(part.input);
    // The id is settled once calls and results are paired.
    const block: ConverseBlock = { toolUse: { toolUseId: '', name: names.wire(part.name), input } };
    this.#add(turn, { kind: 'call', block, id: part.id }, part);
  }

  #readInput(text: string): Record<string, unknown> {
    if (isBlank(text)) return {};
    const input = parseObject(text);
    if (input !== undefined) return input;
    this.#draft.losses.approximate('messages', 'a tool call whose arguments are no JSON object is sent wrapped in one');
    return { rawInvalidInput: text };
  }

  #readResult(part: ToolResultPart, turn: Turn): void {
    const { family, losses } = this.#draft;
    if (part.server) {
      const block = this.#server.result(part);
      if (block !== undefined) this.#add(turn, { kind: 'server', block }, undefined);
      return;
    }
    if (turn.role === 'assistant') {
      losses.drop('messages', 'an assistant message holds no tool results');
      return;
    }
    const moved: Piece[] = [];
    const content = this.#readResultContent(part, moved);
    if (!family.tools) {
      this.#flatten(turn, `[Result of the tool] ${content.map(({ text }) => text).join('\n')}`, part);
      turn.pieces.push(...moved);
      return;
    }
    const status = part.error && family.resultStatus ? { status: 'error' as const } : {};
    const block: ConverseBlock = { toolResult: { toolUseId: '', content, ...status } };
    // A cache point stands behind a result, never in one.
    const cache = part.cache ?? part.parts.findLast((inner) => inner.cache !== undefined)?.cache;
    const marked = cache === undefined ? part : { ...part, cache };
    this.#add(turn, { kind: 'result', block, id: part.id, attached: moved }, marked);
  }

  /** What the family does not take inside a result follows it in the same turn. */
  #readResultContent(part: ToolResultPart, moved: Piece[]): ConverseToolResultContent[] {
    const { family, losses } = this.#draft;
    const content: ConverseToolResultContent[] = [];
    for (const inner of part.parts) {
      notePart(inner, losses, family);
      if (inner.type === 'text') {
        const searchResult = searchResultOf(inner, family);
        if (searchResult !== undefined) content.push({ searchResult });
        else if (!isBlank(inner.text)) content.push({ text: inner.text });
      } else if (inner.type === 'media') {
        const media = this.#media.shape(inner);
        if (media === undefined) continue;
        if (mayBeInResult(media, family)) content.push(media.block);
        else moved.push({ ...media, mark: undefined });
      } else losses.drop('messages', `a tool result holds no ${inner.type}`);
    }
    if (content.length === 0) content.push({ text: moved.length === 0 ? '(empty)' : '(attached below)' });
    return content;
  }

  #flatten(turn: Turn, text: string, part: Part): void {
    this.#draft.losses.approximate(
      'messages',
      'the model has no tools: calls and results in the history are sent as text',
    );
    this.#add(turn, { kind: 'text', block: { text } }, part);
  }
}

const mayBeInResult = ({ kind, block }: MediaBlock, { tools, resultMedia, resultDocuments }: Family): boolean =>
  kind === 'text' ||
  (tools &&
    (kind === 'image' || kind === 'document') &&
    resultMedia.includes(kind) &&
    (block.document === undefined || resultDocuments?.includes(block.document.format) !== false));

function reasoningBlock({ text, signature, data }: ReasoningPart): ConverseBlock {
  if (data !== undefined) return { reasoningContent: { redactedContent: redactedToConverse(data) } };
  const signed = signature === undefined ? {} : { signature };
  return { reasoningContent: { reasoningText: { text: text ?? '', ...signed } } };
}
