// In which protocol an error is told where no codec has been chosen yet: the path decides.
import type { IncomingMessage } from 'node:http';
import { anthropicMessages } from '../protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../protocol/bedrock-converse/index.ts';
import { openaiChat } from '../protocol/openai-chat/index.ts';
import type { ErrorEncoder } from './reply.ts';
import { requestPath } from './request-path.ts';

export interface ErrorDoor extends ErrorEncoder {
  /** The header that carries the request's id besides `x-request-id`. */
  readonly requestIdHeader?: string;
}

const BEDROCK_ROOTS = ['/model', '/bedrock'];
const ANTHROPIC_ROOTS = ['/anthropic', '/v1/messages'];

const isBelow = (path: string, roots: readonly string[]): boolean =>
  roots.some((root) => path === root || path.startsWith(`${root}/`));

type Asked = Pick<IncomingMessage, 'url' | 'headers'>;

/** The protocol that the client of this path speaks. */
export function errorDoorOf(incoming: Asked): ErrorDoor {
  const path = requestPath(incoming);
  if (isBelow(path, BEDROCK_ROOTS)) return bedrockConverse;
  const isAnthropic = isBelow(path, ANTHROPIC_ROOTS) || (isBelow(path, ['/v1/models']) && asksAnthropic(incoming));
  return isAnthropic ? anthropicMessages : openaiChat;
}

/** Two vendors have a list of models, and only one a version in a header. */
export function asksAnthropic(incoming: Asked): boolean {
  return incoming.headers['anthropic-version'] !== undefined || isBelow(requestPath(incoming), ANTHROPIC_ROOTS);
}
