// The conversation: the system prompt and messages of three roles.
import type { Effort, Message, Part } from '../../contract/index.ts';
import { type Decoding, lose } from '../decoding.ts';
import {
  asBag,
  asList,
  type Bag,
  isAbsent,
  optionalBag,
  optionalChoice,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import type { Cache } from './block-marks.ts';
import { decodeContent } from './decode-parts.ts';
import { EFFORTS } from './decode-settings.ts';

const MESSAGES_MAX = 10_000;
/** Read here, or part of an answer that clients send back whole and that asks for nothing. */
const MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  ...['role', 'content', 'output_config', 'clear_at', 'id', 'type', 'model', 'usage', 'container'],
  ...['stop_reason', 'stop_sequence', 'stop_details', 'context_management'],
]);

export interface Conversation {
  readonly system: readonly Part[];
  readonly messages: readonly Message[];
  /** What the newest system message that says so sets for its turn. */
  readonly effort: Effort | undefined;
}

interface Turns {
  readonly system: Part[];
  readonly messages: Message[];
  effort: Effort | undefined;
  /** Index of the last message of the user's. */
  readonly lastUser: number;
}

/** Throws `invalid-request` naming the message and field that is wrong. */
export function decodeConversation(body: Bag, decoding: Decoding): Conversation {
  const system = isAbsent(body.system) ? [] : [...decodeSystem(body.system, 'system', decoding)];
  if (isAbsent(body.messages)) throw wrong('messages', 'missing');
  const list = asList(body.messages, 'messages', MESSAGES_MAX);
  if (list.length === 0) throw wrong('messages', 'expected at least one message');
  const bags = list.map((item, index) => asBag(item, `messages.${index}`));
  const turns: Turns = {
    system,
    messages: [],
    effort: undefined,
    lastUser: bags.findLastIndex(({ role }) => role === 'user'),
  };
  for (const [index, message] of bags.entries()) decodeMessage(message, index, turns, decoding);
  return { system, messages: turns.messages, effort: turns.effort };
}

/** An empty instruction asks for nothing, and several targets refuse empty text. */
function decodeSystem(value: unknown, path: string, decoding: Decoding): readonly Part[] {
  return decodeContent(value, path, 'system', decoding).filter((part) => part.type !== 'text' || part.text !== '');
}

function decodeMessage(message: Bag, index: number, turns: Turns, decoding: Decoding): void {
  const path = `messages.${index}`;
  const { role } = message;
  for (const [field, value] of Object.entries(unknownFields(message, MESSAGE_FIELDS) ?? {})) {
    if (value !== false && value !== '') lose(decoding, field, 'dropped', 'no such field of a message');
  }
  if (role === 'system') {
    decodeInstruction(message, index, turns, decoding);
    return;
  }
  if (role !== 'user' && role !== 'assistant') throw wrong(`${path}.role`, 'expected one of user, assistant, system');
  const parts = decodeContent(message.content, `${path}.content`, role, decoding);
  if (parts.length > 0) turns.messages.push({ role, parts });
  // An answer may have been empty, and is then brought back so.
  else if (role === 'user') throw wrong(`${path}.content`, 'expected at least one block');
}

/** A system message between the turns: API version 2026-10-21, and betas of the older one. */
function decodeInstruction(message: Bag, index: number, turns: Turns, decoding: Decoding): void {
  const path = `messages.${index}`;
  const config = optionalBag(message, 'output_config', path);
  if (config) turns.effort = optionalChoice(config, 'effort', `${path}.output_config`, EFFORTS) ?? turns.effort;
  if (isAbsent(message.content)) {
    if (!config) throw wrong(`${path}.content`, 'missing');
    return;
  }
  const parts = decodeSystem(message.content, `${path}.content`, decoding);
  // It is shown for the turn that it follows only, which is over once the user has spoken again.
  if (message.clear_at === 'next_user_message' && index < turns.lastUser) return;
  if (turns.messages.length === 0) turns.system.push(...parts);
  else if (parts.length > 0) turns.messages.push({ role: 'system', parts });
}

/** The cache mark of the request itself: it stands for one on the last block that can have one. */
export function cacheLast(messages: readonly Message[], cache: Cache): readonly Message[] {
  for (const [index, message] of [...messages.entries()].reverse()) {
    const at = message.parts.findLastIndex(({ type }) => type !== 'reasoning');
    const part = message.parts[at];
    if (part === undefined) continue;
    const parts = message.parts.with(at, { ...part, cache: part.cache ?? cache });
    return messages.with(index, { ...message, parts });
  }
  return messages;
}
