// A response as it passes by: its model renamed, its usage and end taken down.
import { type FinishEvent, RouterError, type Usage } from '@turnout/core/contract';
import type { SseFrame } from '@turnout/core/plugin';
import { brokenAnswer, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import { letters, renamed, renamedFrame } from './rename.ts';
import { endOfResponse, isClientCall, readResponsesUsage } from './responses-usage.ts';
import type { Watch, WatchContext } from './watch.ts';
import { type Bag, bagsIn, isBag } from './wire.ts';

/** Events that hold the response itself, and with it the model's name. */
const LIFECYCLE = /"type"\s*:\s*"response\.(?:created|queued|in_progress|completed|incomplete|failed)"/;
/** Pieces of the answer: a client shows them as they come. */
const PIECE = /"type"\s*:\s*"response\.[a-z_.]+\.delta"/;
/** Some servers begin with a piece that says nothing. */
const EMPTY = /"delta"\s*:\s*""/;
/** Events about one item, which say what the answer holds; an error stands by itself. */
const TELLING = /"type"\s*:\s*"(?:response\.output_item\.(?:added|done)|response\.refusal\.done|error)"/;

export class ResponsesWatch implements Watch {
  content = false;
  usage: Usage | undefined;
  readonly #context: WatchContext;
  #calls = false;
  #refused = false;
  #finish: FinishEvent | undefined;

  constructor(context: WatchContext) {
    this.#context = context;
  }

  pass(frame: SseFrame): Uint8Array | undefined {
    const { bytes, name } = frame;
    const text = letters(frame);
    // In JSON a quote inside a text has a backslash before it: what matches is a member, though not always of this event.
    if (LIFECYCLE.test(text)) return this.#live(frame, text);
    if (TELLING.test(text) || name === 'error' || (!this.content && !PIECE.test(text))) this.#open(frame.data(), name);
    else this.content ||= PIECE.test(text) && !EMPTY.test(text);
    return bytes;
  }

  finish(over: boolean): FinishEvent | undefined {
    if (over && this.#finish === undefined) throw this.#broken('the stream ended before the answer was complete');
    return this.#finish;
  }

  whole(bytes: Buffer): { readonly bytes: Uint8Array; readonly finish: FinishEvent } {
    const body = this.#parse(bytes.toString('utf8'), 'the answer is not JSON: check baseUrl and proxy');
    this.#refuse(body);
    if (!Array.isArray(body.output)) throw this.#broken('the answer holds no output');
    for (const item of bagsIn(body.output)) this.#item(item);
    this.content = body.output.length > 0;
    const finish = endOfResponse(body, { calls: this.#calls, refused: this.#refused });
    return { bytes: renamed(bytes, this.#context.model), finish };
  }

  #live(frame: SseFrame, text: string): Uint8Array {
    const event = this.#parse(frame.data());
    const { type, response } = event;
    // A text that looks like it stands in an item.
    if (!isBag(response)) return frame.bytes;
    this.usage = readResponsesUsage(response.usage) ?? this.usage;
    if (type === 'response.failed') this.#refuse({ ...response, status: 'failed' });
    if (type === 'response.completed' || type === 'response.incomplete') {
      for (const item of bagsIn(response.output)) this.#item(item);
      this.#finish = endOfResponse(response, { calls: this.#calls, refused: this.#refused });
      this.content ||= bagsIn(response.output).length > 0;
    }
    return renamedFrame(frame, text, this.#context.model, 'response');
  }

  #open(data: string, name: string): void {
    if (data === '' || data.trim() === '[DONE]') return;
    const event = this.#parse(data);
    const isError = name === 'error' || event.type === 'error';
    const failure = isError || event.type === undefined ? failureIn(event) : undefined;
    if (failure !== undefined || isError) {
      const unknown = { code: '', type: '', message: 'the stream ended with an error' };
      throw toRouterError(failure ?? unknown, this.#context.error, this.usage);
    }
    if (!isBag(event.item)) return;
    this.#item(event.item);
    // What comes in pieces shows itself with the first of them.
    const comes = event.item.type === 'message' || event.item.type === 'reasoning';
    this.content ||= event.type === 'response.output_item.done' || !comes;
  }

  #item(item: Bag): void {
    this.#calls ||= isClientCall(item);
    this.#refused ||= bagsIn(item.content).some(({ type }) => type === 'refusal');
  }

  #refuse(response: Bag): void {
    const failure = failureIn(response);
    if (failure !== undefined) throw toRouterError(failure, this.#context.error, this.usage);
    if (response.status === 'failed' || response.status === 'cancelled')
      throw this.#broken(`the answer is ${response.status}`);
  }

  #parse(text: string, problem = 'an event of the stream is not JSON'): Bag {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw brokenAnswer(this.#context.error, problem, { cause });
    }
    if (!isBag(value)) throw this.#broken('the answer holds something that is no part of it');
    return value;
  }

  #broken(what: string): RouterError {
    const { message } = brokenAnswer(this.#context.error, what);
    return new RouterError('upstream-failed', message, this.usage === undefined ? {} : { usage: this.usage });
  }
}
