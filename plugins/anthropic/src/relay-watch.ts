// What is read of a streamed answer that is passed on: the events that say how it begins and ends. Deltas pass unread.
import type { FinishEvent, Usage } from '@turnout/core/contract';
import { isObject, replaceModel, type SseFrame, type SseWatch } from '@turnout/core/plugin';
import { brokenAnswer, type ErrorContext, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import { AnswerEnd } from './finish.ts';
import type { Bag } from './wire.ts';

/** One per answer. */
export class MessagesWatch implements SseWatch {
  content = false;
  readonly #end = new AnswerEnd();
  readonly #model: string;
  readonly #context: ErrorContext;
  #calls = 0;
  #stopped = false;

  /** `model`: what the client calls it. */
  constructor(model: string, context: ErrorContext) {
    this.#model = model;
    this.#context = context;
  }

  get usage(): Usage | undefined {
    return this.#end.usage;
  }

  pass(frame: SseFrame): Uint8Array {
    const type = frame.name === '' ? typeIn(frame) : frame.name;
    // Nearly all there is of an answer.
    if (type === 'ping' || type === 'content_block_stop' || (type === 'content_block_delta' && this.content))
      return frame.bytes;
    if (!READ.has(type)) return frame.bytes;
    return this.#read(type, frame, this.#parse(frame));
  }

  finish(over: boolean): FinishEvent | undefined {
    if (this.#stopped) return this.#end.finish(this.#calls);
    if (!over) return undefined;
    const { usage } = this;
    throw brokenAnswer(
      this.#context,
      'the stream ended before the answer was complete',
      usage === undefined ? {} : { usage },
    );
  }

  #read(type: string, frame: SseFrame, event: Bag): Uint8Array {
    switch (type) {
      case 'message_start':
        if (isObject(event.message)) this.#end.message(event.message);
        return this.#renamed(frame);
      case 'content_block_start':
        this.#block(event.content_block);
        break;
      case 'content_block_delta':
        this.content = saysSomething(event.delta);
        break;
      case 'message_delta':
        this.#end.delta(event);
        break;
      case 'message_stop':
        this.#stopped = true;
        break;
      case 'error':
        throw toRouterError(
          failureIn(event) ?? { type: '', message: 'the stream ended with an error' },
          this.#context,
          this.usage,
        );
    }
    return frame.bytes;
  }

  #block(block: unknown): void {
    if (!isObject(block)) return;
    if (block.type === 'tool_use') this.#calls++;
    this.content ||= showsSomething(block);
  }

  /** The event with the client's name of the model in it. */
  #renamed(frame: SseFrame): Uint8Array {
    const text = Buffer.from(frame.bytes).toString('utf8');
    const data = frame.data();
    // A byte order mark, comments and the event's name stand before the data, in one line as Anthropic writes it.
    const at = text.indexOf(data);
    if (at === -1) return frame.bytes;
    return Buffer.from(text.slice(0, at) + replaceModel(data, this.#model, 'message') + text.slice(at + data.length));
  }

  #parse(frame: SseFrame): Bag {
    let event: unknown;
    try {
      event = JSON.parse(frame.data());
    } catch (cause) {
      throw brokenAnswer(this.#context, 'an event of the stream is not JSON', { cause });
    }
    if (!isObject(event)) throw brokenAnswer(this.#context, 'the stream holds something that is no event');
    return event;
  }
}

const READ = new Set([
  ...['message_start', 'content_block_start', 'content_block_delta', 'message_delta', 'message_stop', 'error'],
]);

/** Texts and thinking begin with nothing in them. */
export const showsSomething = (block: Bag): boolean =>
  (block.type !== 'text' && block.type !== 'thinking') || saysSomething(block);

const saysSomething = (delta: unknown): boolean =>
  isObject(delta) && Object.entries(delta).some(([name, value]) => name !== 'type' && value !== '' && value !== null);

const TYPE = /^\s*\{\s*"type"\s*:\s*"([a-z_]+)"/;

/** Servers that give no names to their events say it in the data. */
function typeIn(frame: SseFrame): string {
  const data = frame.data();
  return TYPE.exec(data)?.[1] ?? (data === '' ? '' : typeOf(data));
}

function typeOf(data: string): string {
  try {
    const event: unknown = JSON.parse(data);
    if (!isObject(event)) return '';
    return typeof event.type === 'string' ? event.type : failureIn(event) === undefined ? '' : 'error';
  } catch {
    return '';
  }
}
