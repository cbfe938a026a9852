// An answer's chunks, to events. A whole answer is read as one chunk.
import {
  type Block,
  type BlockStartEvent,
  type ChatEvent,
  type Citation,
  RouterError,
  type Usage,
} from '@turnout/core/contract';
import { CallReader } from './call-block.ts';
import { type Echo, ORIGIN } from './echo.ts';
import { brokenAnswer, type ErrorContext, labelOf, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import { finishReasonOf, isFailure } from './finish.ts';
import { citationsOf } from './grounding.ts';
import { NO_USAGE, readUsage } from './usage.ts';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

/** What a reader needs to know besides the chunks. */
export interface AnswerContext {
  readonly echo: Echo;
  /** The router's id of the call, where Google gives none. */
  readonly callId: string;
  readonly error: ErrorContext;
}

type Lane = 'text' | 'reasoning';

/** One per answer. Events appear in `out`, which the caller empties. */
export class AnswerReader {
  readonly out: ChatEvent[] = [];
  /** Nothing more is to come. */
  finished = false;
  #usage: Usage | undefined;
  readonly #context: AnswerContext;
  readonly #calls: CallReader;
  #started = false;
  #blocks = 0;
  /** The block that grows. A signed one is complete, and only waits for what is cited in it. */
  #open: { readonly lane: Lane; readonly index: number; signature?: string } | undefined;
  #reason: string | undefined;
  #citations: readonly Citation[] = [];
  #grounding: Bag | undefined;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#calls = new CallReader(context.echo, context.callId, {
      begin: (block, raw) => this.#begin(block, raw),
      push: (event) => this.out.push(event),
    });
  }

  /** What was reported so far. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Google has said why the answer ended. */
  get stopped(): boolean {
    return this.#reason !== undefined;
  }

  /** One GenerateContentResponse. Throws RouterError for an error that stands in the stream, for a prompt that was blocked, and
   * for what is no chunk. */
  chunk(value: unknown): void {
    if (!isBag(value)) throw this.#broken('the stream holds something that is no chunk of an answer');
    this.#usage = readUsage(value.usageMetadata) ?? this.#usage;
    const failure = failureIn(value);
    if (failure !== undefined) throw toRouterError(failure, this.#context.error, this.#usage);
    const { promptFeedback } = value;
    const blocked = isBag(promptFeedback) ? textIn(promptFeedback.blockReason) : undefined;
    if (blocked !== undefined && blocked !== 'BLOCK_REASON_UNSPECIFIED' && !this.#started) throw this.#blocked(blocked);
    // Of several candidates the first: nobody asked for more.
    const candidate = bagsIn(value.candidates).find(({ index }) => !index);
    if (candidate === undefined) return;
    this.#start(value);
    if (isBag(candidate.content)) for (const part of bagsIn(candidate.content.parts)) this.#part(part);
    const citations = citationsOf(candidate);
    if (citations.length > 0) this.#citations = citations;
    if (isBag(candidate.groundingMetadata)) this.#grounding = candidate.groundingMetadata;
    const reason = textIn(candidate.finishReason);
    if (reason === undefined) return;
    if (isFailure(reason)) throw this.#broken(`the model failed with ${reason}`);
    this.#reason = reason;
  }

  /** The end of the bytes. Throws RouterError `upstream-failed` when the answer is not complete. */
  end(): void {
    if (this.finished) return;
    if (!this.#started) throw this.#broken('the answer holds no candidate');
    const rawReason = this.#reason;
    if (rawReason === undefined) throw this.#broken('the stream ended before the answer was complete');
    const open = this.#open;
    if (open?.lane === 'text')
      for (const citation of this.#citations)
        this.out.push({ type: 'block-delta', index: open.index, text: '', citation });
    this.#close();
    this.finished = true;
    this.out.push({
      type: 'finish',
      reason: finishReasonOf(rawReason, this.#calls.count > 0),
      rawReason,
      usage: this.#usage ?? NO_USAGE,
      ...(this.#grounding === undefined ? {} : { extensions: { [ORIGIN]: { groundingMetadata: this.#grounding } } }),
    });
  }

  #start({ responseId, modelVersion }: Bag): void {
    if (this.#started) return;
    this.#started = true;
    const { echo, callId } = this.#context;
    const usage = this.#usage;
    this.out.push({
      type: 'start',
      id: textIn(responseId) ?? callId,
      model: textIn(modelVersion) ?? echo.model,
      ...(usage === undefined ? {} : { usage }),
    });
  }

  #part(part: Bag): void {
    const signature = textIn(part.thoughtSignature);
    const isThought = part.thought === true;
    if (isBag(part.functionCall)) {
      if (!this.#calls.client(part.functionCall, signature)) throw this.#broken('a function call has no name');
    } else if (this.#calls.server(part, signature)) return;
    else if (isBag(part.inlineData)) {
      // Pictures that the model has only thought of are no part of its answer.
      if (!isThought) this.#media(part.inlineData, signature);
    } else this.#say(isThought ? 'reasoning' : 'text', typeof part.text === 'string' ? part.text : '', signature);
  }

  /** A stream cuts a part's text into pieces, and the last of them, empty at times, has the signature of the whole ("may return
   * the thought signature in a part with an empty text content", thought signatures guide, 2026-11). */
  #say(lane: Lane, text: string, signature: string | undefined): void {
    if (text === '' && signature === undefined) return;
    if (this.#open?.lane !== lane || this.#open.signature !== undefined) {
      const index = this.#begin({ type: lane, origin: ORIGIN });
      this.#open = { lane, index };
    }
    if (text !== '') this.out.push({ type: 'block-delta', index: this.#open.index, text });
    if (signature !== undefined) this.#open.signature = signature;
  }

  #media({ mimeType, data }: Bag, signature: string | undefined): void {
    const mediaType = textIn(mimeType);
    const bytes = textIn(data);
    if (mediaType === undefined || bytes === undefined) return;
    const index = this.#begin({ type: 'media', mediaType });
    this.out.push({ type: 'block-end', index, ...(signature === undefined ? {} : { signature }), data: bytes });
  }

  /** The index of a new block; the one before it has ended then. */
  #begin(block: Block, raw?: Bag): number {
    this.#close();
    const index = this.#blocks++;
    const start: BlockStartEvent = { type: 'block-start', index, block };
    this.out.push(raw === undefined ? start : { ...start, extensions: { [ORIGIN]: raw } });
    return index;
  }

  #close(): void {
    if (this.#open === undefined) return;
    const { index, signature } = this.#open;
    this.out.push({ type: 'block-end', index, ...(signature === undefined ? {} : { signature }) });
    this.#open = undefined;
  }

  #blocked(reason: string): RouterError {
    const usage = this.#usage === undefined ? {} : { usage: this.#usage };
    return new RouterError(
      'content-blocked',
      `${labelOf(this.#context.error)}: the prompt was blocked: ${shown(reason)}`,
      {
        upstream: { name: shown(reason) },
        ...usage,
      },
    );
  }

  #broken(what: string): RouterError {
    return brokenAnswer(this.#context.error, what, this.#usage === undefined ? {} : { usage: this.#usage });
  }
}

/** A word of the upstream, for a message. */
const shown = (word: string): string => word.replace(/[^\w-]/g, '').slice(0, 60);
