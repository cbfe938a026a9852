// The conversation of a Messages client, as InvokeModel takes it for a Claude: block by block the client's own, without members
// that Bedrock refuses.
import { isObject } from '@turnout/core/plugin';
import { blockShape, type Place } from './messages-blocks.ts';
import { pairingMisfit } from './messages-pairing.ts';
import { isSet, type Json, type Shaping } from './messages-shaping.ts';

export interface History {
  /** What the newest system message that says so sets for its turn. */
  readonly effort: unknown;
}

export interface ShapedMessage {
  readonly role: unknown;
  readonly content: string | readonly Json[];
}

/** What an answer has besides, which clients send back whole. */
const OF_ANSWERS: ReadonlySet<string> = new Set([
  ...['role', 'content', 'id', 'type', 'model', 'usage', 'container', 'stop_reason', 'stop_sequence', 'stop_details'],
  ...['context_management', 'clear_at', 'output_config'],
]);

/** Puts system prompt and messages into the body. `automatic`: the cache mark of the request itself, which stands for one on the last
 * block. */
export function shapeHistory(body: Record<string, unknown>, automatic: unknown, shaping: Shaping): History {
  const system = contentOf(body.system, 'system', shaping);
  if (system.length > 0) body.system = system;
  else delete body.system;
  const given: readonly unknown[] = Array.isArray(body.messages) ? body.messages : [];
  const lastUser = given.findLastIndex((message) => isObject(message) && message.role === 'user');
  const messages: ShapedMessage[] = [];
  let effort: unknown;
  for (const [index, message] of given.entries()) {
    if (!isObject(message)) continue;
    const { role, output_config: config, clear_at: until } = message;
    noteOthers(message, shaping);
    if (role === 'system') {
      if (isObject(config) && isSet(config.effort)) effort = config.effort;
      // It holds for the turn that it follows only, which is over once the user has spoken again.
      if (until === 'next_user_message' && index < lastUser) continue;
    }
    const content = contentOf(message.content, placeOf(role), shaping);
    // A system message may hold settings alone, and an answer may have been empty.
    if (content.length === 0 && role !== 'user') continue;
    if (role === 'system' && messages.length === 0) shaping.unfit('a system message before the first turn');
    if (content.length === 0) shaping.unfit('an empty message');
    messages.push({ role: roleOf(role, shaping), content });
  }
  markLast(messages, automatic, shaping);
  const unpaired = pairingMisfit(messages, Array.isArray(body.tools));
  if (unpaired !== undefined) shaping.unfit(unpaired);
  body.messages = messages;
  return { effort };
}

function roleOf(role: unknown, { target, losses }: Shaping): unknown {
  if (role !== 'system' || target.family.systemTurns === true) return role;
  losses.approximate('messages', 'a system message between turns is sent as text of the user');
  return 'user';
}

const placeOf = (role: unknown): Place => (role === 'assistant' ? 'assistant' : role === 'system' ? 'system' : 'user');

function noteOthers(message: Json, { losses }: Shaping): void {
  for (const [field, value] of Object.entries(message)) {
    if (!OF_ANSWERS.has(field) && isSet(value) && value !== false && value !== '')
      losses.drop(field.slice(0, 100), 'no such field of a message');
  }
}

function contentOf(content: unknown, place: Place, shaping: Shaping): string | readonly Json[] {
  if (typeof content === 'string') {
    if (content !== '' && !/\S/.test(content)) shaping.unfit('a blank text');
    return content;
  }
  if (!Array.isArray(content)) return '';
  return content.map((block) => blockShape(block, place, shaping));
}

/** The mark of the whole request: Bedrock knows marks of blocks only. */
function markLast(messages: ShapedMessage[], automatic: unknown, shaping: Shaping): void {
  const mark = isSet(automatic) ? shaping.cacheControl(automatic) : undefined;
  const last = messages.at(-1);
  if (mark === undefined || last === undefined) return;
  const blocks = typeof last.content === 'string' ? [{ type: 'text', text: last.content }] : last.content;
  const at = blocks.findLastIndex(({ type }) => type !== 'thinking' && type !== 'redacted_thinking');
  const block = blocks[at];
  if (block === undefined || block.cache_control !== undefined) return;
  messages[messages.length - 1] = { ...last, content: blocks.with(at, { ...block, cache_control: mark }) };
}
