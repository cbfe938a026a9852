// An answer's events, to the canonical ones. A whole answer is read as the events that it would have been.
import type { BlockStartEvent, ChatEvent, RouterError, Usage } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';
import { citationOf } from '@turnout/core/wire';
import type { Echo } from './echo.ts';
import { brokenAnswer, type ErrorContext, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import { AnswerEnd } from './finish.ts';
import { lastExtensions, lastText, type OpenBlock, openBlock, readDelta } from './open-block.ts';
import { type Bag, bagsIn, textIn } from './wire.ts';

/** What a reader needs to know besides the events. */
export interface AnswerContext {
  readonly echo: Echo;
  /** The router's id of the call, where the answer has none. */
  readonly callId: string;
  readonly error: ErrorContext;
}

/** One per answer. Events appear in `out`, which the caller empties. */
export class AnswerReader {
  readonly out: ChatEvent[] = [];
  /** Nothing more is to come. */
  finished = false;
  readonly #context: AnswerContext;
  readonly #end = new AnswerEnd();
  /** Blocks that are open, by their index on the wire; undefined: not to be seen. */
  readonly #open = new Map<unknown, OpenBlock | undefined>();
  #started = false;
  #blocks = 0;
  #calls = 0;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  /** What was reported so far. */
  get usage(): Usage | undefined {
    return this.#end.usage;
  }

  /** Reads one event of the stream. Events of kinds that are not known are passed over. Throws RouterError for an error that stands
   * in the stream, and for what is no event. */
  event(value: unknown): void {
    if (!isObject(value)) throw this.#broken('the stream holds something that is no event');
    switch (value.type) {
      case 'message_start':
        if (isObject(value.message)) this.#start(value.message);
        return;
      case 'content_block_start':
        if (isObject(value.content_block)) this.#begin(value.index, value.content_block);
        return;
      case 'content_block_delta':
        if (isObject(value.delta)) this.#delta(value.index, value.delta);
        return;
      case 'content_block_stop':
        this.#stop(value.index);
        return;
      case 'message_delta':
        this.#end.delta(value);
        return;
      case 'message_stop':
        this.#finish();
        return;
      case 'error':
        throw this.failure(value);
    }
    // A server in between has errors of its own shape.
    if (value.type === undefined && failureIn(value) !== undefined) throw this.failure(value);
  }

  /** The router's error for an error that stands in the stream. */
  failure(value: unknown): RouterError {
    const failure = failureIn(value) ?? { type: '', message: 'the stream ended with an error' };
    return toRouterError(failure, this.#context.error, this.usage);
  }

  /** A whole answer. Throws RouterError: what it says is wrong, `upstream-failed` when it is no message. */
  message(value: unknown): void {
    if (!isObject(value) || !Array.isArray(value.content)) {
      if (failureIn(value) !== undefined) throw this.failure(value);
      throw this.#broken('the answer is not a message');
    }
    this.#start(value);
    for (const [index, block] of bagsIn(value.content).entries()) {
      this.#begin(index, block);
      this.#stop(index);
    }
    this.#finish();
  }

  /** The bytes are over. Throws RouterError `upstream-failed` when the answer is not complete. */
  end(): void {
    if (this.finished) return;
    const what = this.#started ? 'before the answer was complete' : 'before it began';
    throw this.#broken(`the stream ended ${what}`);
  }

  #start(message: Bag): void {
    this.#end.message(message);
    if (this.#started) return;
    this.#started = true;
    const { echo, callId } = this.#context;
    const { usage } = this;
    this.out.push({
      type: 'start',
      id: textIn(message.id) ?? callId,
      model: textIn(message.model) ?? echo.model,
      ...(usage === undefined ? {} : { usage }),
    });
  }

  /** Of a whole answer the block comes with all that deltas would say. */
  #begin(index: unknown, content: Bag): void {
    if (!this.#started) throw this.#broken('the answer has blocks before it begins');
    if (this.#open.has(index)) throw this.#broken('the answer begins a block twice');
    const open = openBlock(content, this.#blocks, this.#context.echo);
    this.#open.set(index, open);
    if (open === undefined) return;
    this.#blocks++;
    const { block, extensions } = open;
    if (block.type === 'tool-call' && !block.server) this.#calls++;
    const start: BlockStartEvent = { type: 'block-start', index: open.index, block };
    this.out.push(extensions === undefined ? start : { ...start, extensions });
    if (open.raw !== undefined) return;
    const { text, thinking, signature, input, citations } = content;
    const partial_json = isObject(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : '';
    this.#read(open, { text, thinking, signature, partial_json });
    for (const citation of bagsIn(citations)) this.#read(open, { citation });
  }

  #delta(index: unknown, delta: Bag): void {
    const open = this.#open.get(index);
    if (open !== undefined) this.#read(open, delta);
    else if (!this.#open.has(index)) throw this.#broken('the answer speaks of a block that is not open');
  }

  #read(open: OpenBlock, delta: Bag): void {
    const text = readDelta(open, delta);
    if (text !== '') this.#tell(open, text);
    const { citation } = delta;
    if (open.kind !== 'text' || !isObject(citation)) return;
    this.out.push({ type: 'block-delta', index: open.index, text: '', citation: citationOf(citation) });
  }

  #tell(open: OpenBlock, text: string): void {
    open.told = true;
    this.out.push({ type: 'block-delta', index: open.index, text });
  }

  #stop(index: unknown): void {
    const open = this.#open.get(index);
    if (open === undefined) {
      this.#open.delete(index);
      return;
    }
    const text = lastText(open);
    if (text !== '') this.#tell(open, text);
    this.#open.delete(index);
    const { signature, data } = open;
    const extensions = lastExtensions(open);
    this.out.push({
      type: 'block-end',
      index: open.index,
      ...(signature === '' ? {} : { signature }),
      ...(data === undefined ? {} : { data }),
      ...(extensions === undefined ? {} : { extensions }),
    });
  }

  #finish(): void {
    if (this.finished) return;
    if (!this.#started) throw this.#broken('the answer is empty');
    for (const index of [...this.#open.keys()]) this.#stop(index);
    this.finished = true;
    this.out.push(this.#end.finish(this.#calls));
  }

  #broken(what: string): RouterError {
    const { usage } = this;
    return brokenAnswer(this.#context.error, what, usage === undefined ? {} : { usage });
  }
}
