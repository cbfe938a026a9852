// An answer's chunks, to events. A whole answer is read as one chunk.
import {
  type Block,
  type BlockStartEvent,
  type ChatEvent,
  type Extensions,
  type FinishReason,
  RouterError,
  type Usage,
} from '@turnout/core/contract';
import { CallReader } from './call-block.ts';
import { annotationsIn } from './citations.ts';
import type { Echo } from './echo.ts';
import { brokenAnswer, type ErrorContext, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import { faultOf, finishReasonOf } from './finish-reason.ts';
import type { ReasoningField } from './lessons.ts';
import { readImages } from './picture.ts';
import { ReasoningDetails } from './reasoning-details.ts';
import type { Reader } from './stream.ts';
import { NO_USAGE, readUsage } from './usage.ts';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

/** What a reader needs to know besides the chunks. */
export interface AnswerContext {
  readonly echo: Echo;
  /** The router's id of the call, where the server gives none. */
  readonly callId: string;
  readonly error: ErrorContext;
  /** Told under which name the server speaks of its reasoning. */
  readonly onReasoning: (field: ReasoningField) => void;
}

type Lane = 'text' | 'refusal' | 'reasoning';

/** One per answer. Events appear in `out`, which the caller empties. */
export class AnswerReader implements Reader {
  readonly out: ChatEvent[] = [];
  /** Nothing more is to come. */
  finished = false;
  #usage: Usage | undefined;
  readonly #context: AnswerContext;
  readonly #calls: CallReader;
  readonly #details = new ReasoningDetails();
  #started = false;
  #blocks = 0;
  #open: { readonly lane: Lane; readonly index: number } | undefined;
  #reason: string | undefined;
  #tier: string | undefined;
  #refused = false;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#calls = new CallReader(context.echo, context.callId, {
      push: (event) => this.out.push(event),
      nextIndex: () => this.#blocks++,
      closeOthers: () => this.#close(),
    });
  }

  /** What was reported so far. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** The answer's content is complete: only its usage may be missing. */
  get stopped(): boolean {
    return this.#reason !== undefined;
  }

  /** Throws RouterError for an error that stands in the stream, and for what is no chunk. */
  chunk(value: unknown): void {
    if (!isBag(value)) throw this.#broken('the stream holds something that is no chunk of an answer');
    this.#usage = readUsage(value.usage) ?? this.#usage;
    this.#tier = textIn(value.service_tier) ?? this.#tier;
    const failure = failureIn(value);
    if (failure !== undefined) throw toRouterError(failure, this.#context.error, this.#usage);
    // Of several choices the first: nobody asked for more.
    const choices = bagsIn(value.choices);
    const choice = choices.find(({ index }) => index === 0 || index === undefined || index === null);
    if (choice === undefined) return;
    this.#start(value);
    const said = choice.delta ?? choice.message;
    if (isBag(said)) this.#read(said);
    if (typeof choice.text === 'string') this.#say('text', choice.text);
    if (isBag(choice.error)) {
      const inside = failureIn(choice);
      if (inside !== undefined) throw toRouterError(inside, this.#context.error, this.#usage);
    }
    const reason = textIn(choice.finish_reason);
    if (reason !== undefined) this.#reason = reason;
  }

  /** Throws as `chunk` does, and for an answer without a choice. */
  whole(value: unknown): void {
    this.chunk(value);
    if (!isBag(value) || bagsIn(value.choices).length === 0) throw this.#broken('the answer holds no choice');
    this.end(true);
  }

  /** `[DONE]` (`said`), or the end of the bytes. Throws RouterError `upstream-failed` when the answer is not complete. */
  end(said: boolean): void {
    if (this.finished) return;
    if (!this.#started) throw this.#broken(said ? 'the answer is empty' : 'the stream ended before it began');
    if (this.#reason === undefined && !said) throw this.#broken('the stream ended before the answer was complete');
    const reason = this.#finishReason(this.#reason);
    this.#close();
    const data = this.#details.sealed();
    if (data !== undefined) {
      const index = this.#begin({ type: 'reasoning', redacted: true, origin: this.#context.echo.origin });
      this.out.push({ type: 'block-end', index, data });
    }
    this.finished = true;
    this.out.push({
      type: 'finish',
      reason,
      rawReason: this.#reason ?? '',
      usage: this.#usage ?? NO_USAGE,
      // What was really used: `auto` is for OpenAI to decide.
      ...(this.#tier === undefined ? {} : { extensions: { 'openai-chat': { service_tier: this.#tier } } }),
    });
  }

  #start({ id, model }: Bag): void {
    if (this.#started) return;
    this.#started = true;
    const { echo, callId } = this.#context;
    this.out.push({ type: 'start', id: textIn(id) ?? callId, model: textIn(model) ?? echo.model });
  }

  /** A delta, or a whole message. */
  #read(said: Bag): void {
    this.#readReasoning(said);
    if (typeof said.content === 'string') this.#say('text', said.content);
    else for (const part of bagsIn(said.content)) this.#readPart(part);
    if (typeof said.refusal === 'string') this.#say('refusal', said.refusal);
    // A spoken answer: its words are all that can be carried.
    if (isBag(said.audio) && typeof said.audio.transcript === 'string') this.#say('text', said.audio.transcript);
    for (const citation of annotationsIn(said.annotations)) {
      this.out.push({ type: 'block-delta', index: this.#lane('text'), text: '', citation });
    }
    for (const { mediaType, data } of readImages(said.images)) {
      this.#close();
      this.out.push({ type: 'block-end', index: this.#begin({ type: 'media', mediaType }), data });
    }
    for (const call of bagsIn(said.tool_calls)) this.#call(call);
    if (isBag(said.function_call)) this.#call({ index: 0, function: said.function_call });
  }

  /** Mistral's models that reason answer in parts. */
  #readPart(part: Bag): void {
    if (part.type === 'thinking') {
      for (const { text } of bagsIn(part.thinking)) if (typeof text === 'string') this.#say('reasoning', text);
    } else if (typeof part.text === 'string') this.#say('text', part.text);
    else if (typeof part.refusal === 'string') this.#say('refusal', part.refusal);
  }

  /** The same words often come under two names at once. */
  #readReasoning(said: Bag): void {
    const fromDetails = this.#details.add(bagsIn(said.reasoning_details));
    const content = textIn(said.reasoning_content);
    const plain = textIn(said.reasoning);
    if (content !== undefined) this.#context.onReasoning('reasoning_content');
    else if (plain !== undefined) this.#context.onReasoning('reasoning');
    const text = content ?? plain ?? fromDetails;
    if (text !== '') this.#say('reasoning', text);
  }

  #say(lane: Lane, text: string): void {
    if (text === '') return;
    this.out.push({ type: 'block-delta', index: this.#lane(lane), text });
  }

  /** The index of the open block of this kind; a new one where another is open. */
  #lane(lane: Lane): number {
    if (this.#open?.lane === lane) return this.#open.index;
    this.#close();
    const index =
      lane === 'refusal'
        ? this.#begin({ type: 'text' }, { 'openai-chat': { refusal: true } })
        : this.#begin({ type: lane });
    this.#refused ||= lane === 'refusal';
    this.#open = { lane, index };
    return index;
  }

  #begin(block: Block, extensions?: Extensions): number {
    const index = this.#blocks++;
    const start: BlockStartEvent = { type: 'block-start', index, block };
    this.out.push(extensions === undefined ? start : { ...start, extensions });
    return index;
  }

  #call(entry: Bag): void {
    const problem = this.#calls.read(entry);
    if (problem !== undefined) throw this.#broken(problem);
  }

  #close(): void {
    const problem = this.#calls.close();
    if (problem !== undefined) throw this.#broken(problem);
    if (this.#open !== undefined) this.out.push({ type: 'block-end', index: this.#open.index });
    this.#open = undefined;
  }

  #finishReason(raw: string | undefined): FinishReason {
    this.#close();
    const fault = faultOf(raw);
    if (fault !== undefined) throw this.#broken(`the model stopped with ${raw}`, fault);
    return finishReasonOf(raw, { calls: this.#calls.count > 0, refused: this.#refused });
  }

  #broken(what: string, code: 'upstream-failed' | 'overloaded' = 'upstream-failed'): RouterError {
    const error = brokenAnswer(this.#context.error, what);
    return new RouterError(code, error.message, this.#usage === undefined ? {} : { usage: this.#usage });
  }
}
