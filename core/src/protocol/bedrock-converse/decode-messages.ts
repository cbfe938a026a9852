// The conversation of a Converse request.
import type { Message } from '../../contract/index.ts';
import { asBag, asList, isAbsent, optionalChoice } from '../field-reader.ts';
import { type ConverseDecoding, decodeBlocks } from './decode-blocks.ts';
import { invalid, loseUnknown } from './validation.ts';

const MESSAGES_MAX = 10_000;
const ROLES = ['user', 'assistant', 'system'] as const;
const MEMBERS: ReadonlySet<string> = new Set(['role', 'content']);

/** Throws `invalid-request` naming the message that is wrong. A request without messages is one of a managed prompt. */
export function decodeMessages(value: unknown, decoding: ConverseDecoding): Message[] {
  if (isAbsent(value)) return [];
  return asList(value, 'messages', MESSAGES_MAX).flatMap((item, index): readonly Message[] => {
    const path = `messages.${index}`;
    const message = asBag(item, path);
    loseUnknown(message, MEMBERS, decoding);
    const role = optionalChoice(message, 'role', path, ROLES);
    if (role === undefined) {
      const problem = `Value at '${path}.role' failed to satisfy constraint: Member must not be null`;
      throw invalid(`1 validation error detected: ${problem}`, `${path}.role`);
    }
    const { content } = message;
    if (isAbsent(content) || (Array.isArray(content) && content.length === 0)) {
      // An answer may have been empty, and is then brought back so.
      if (role === 'assistant') return [];
      const advice = 'Add a ContentBlock object to the content field and try again.';
      throw invalid(`The content field in the Message object at ${path} is empty. ${advice}`, `${path}.content`);
    }
    return [{ role, parts: decodeBlocks(content, `${path}.content`, decoding) }];
  });
}
