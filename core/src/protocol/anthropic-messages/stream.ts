// The events of Messages as server-sent events.
import type { ChatEvent, RouterError } from '../../contract/index.ts';
import type { AnswerContext, StreamEncoder } from '../protocol.ts';
import type { MessagesEcho } from './decode.ts';
import { errorBody } from './error.ts';
import { MessagesEvents, PING } from './events.ts';

const frame = (type: string, json: string): string => `event: ${type}\ndata: ${json}\n\n`;

/** One per answer. */
export class MessagesStreamEncoder implements StreamEncoder {
  /** Anthropic's own sign of life: a `ping` event. */
  readonly heartbeat = frame('ping', PING);
  readonly #events: MessagesEvents;
  #out = '';

  constructor(context: AnswerContext<MessagesEcho>) {
    this.#events = new MessagesEvents(context, (type, json) => {
      this.#out += frame(type, json);
    });
  }

  push(event: ChatEvent): string {
    this.#out = '';
    this.#events.push(event);
    return this.#out;
  }

  /** No `message_stop` follows, so that nobody takes the answer for complete. */
  fail(error: RouterError, requestId: string): string {
    return frame('error', errorBody(error, requestId));
  }
}
