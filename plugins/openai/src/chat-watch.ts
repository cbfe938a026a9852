// A chat completion as it passes by: its model renamed, its usage and end taken down.
import { type FinishEvent, RouterError, type Usage } from '@turnout/core/contract';
import type { SseFrame } from '@turnout/core/plugin';
import { brokenAnswer, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import { faultOf, finishReasonOf } from './finish-reason.ts';
import { type Mould, mouldOf, type Passed, passAlike } from './mould.ts';
import { type Head, headOf, letters, renamed, renamedFrame } from './rename.ts';
import { NO_USAGE, readUsage } from './usage.ts';
import type { Watch, WatchContext } from './watch.ts';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

/** In JSON a quote inside a text has a backslash before it: what matches here is a key, wherever it stands. */
const TELLING = /"finish_reason"\s*:\s*"|"usage"\s*:\s*\{|"error"\s*:\s*[{"]/;
const HAS_CALLS = /"tool_calls"\s*:\s*\[\s*\{|"function_call"\s*:\s*\{/;
const HAS_REFUSAL = /"refusal"\s*:\s*"/;

const LINE_FEED = 10;
const LAST_WORD = Buffer.from('data: [DONE]\n\n');

export class ChatWatch implements Watch {
  content = false;
  usage: Usage | undefined;
  readonly #context: WatchContext;
  #started = false;
  #done = false;
  #reason: string | undefined;
  /** How many choices are complete. */
  #ended = 0;
  #tier: string | undefined;
  #calls = false;
  #refused = false;
  /** How chunks begin, and how they are to begin. */
  #head: Head | undefined;
  /** A chunk that says nothing but more of the answer, around its words. */
  #mould: Mould | undefined;

  constructor(context: WatchContext) {
    this.#context = context;
  }

  get stopped(): boolean {
    return this.#ended >= this.#context.choices;
  }

  /** Some servers end with the last chunk; a client that reads events by hand waits for the word. */
  get missing(): Uint8Array | undefined {
    return this.#done ? undefined : LAST_WORD;
  }

  pass(frame: SseFrame): Uint8Array | undefined {
    const { bytes, name } = frame;
    const text = letters(frame);
    if (!text.includes('{')) {
      const data = frame.data().trim();
      this.#done ||= data === '[DONE]';
      if (data !== '' && !this.#done) throw this.#broken('the stream holds something that is no chunk of an answer');
      return bytes;
    }
    this.#noteKinds(text);
    if (!(this.#head && text.startsWith(this.#head.was))) this.#head = headOf(text, this.#context.model);
    // Once the answer goes on, a chunk that says nothing but more of it is not parsed.
    const tells = name === 'error' || TELLING.test(text) || !text.includes('"choices"');
    const shown = (this.content && !tells) || this.#open(frame.data(), name);
    if (this.content && !tells) this.#mould ??= mouldOf(text, this.#head);
    return shown ? renamedFrame(frame, text, this.#context.model) : undefined;
  }

  /** Chunks that begin as the last one did, up to and with the model's name, and tell nothing but more of the answer. */
  passMany(text: string): Passed {
    const alike = this.#mould && passAlike(text, this.#mould);
    if (alike !== undefined && alike.length > 0) return alike;
    const head = this.#head;
    let passed = '';
    let at = 0;
    if (head !== undefined) {
      const telling = TELLING.exec(text)?.index ?? text.length;
      while (text.startsWith(head.was, at)) {
        const start = at + head.was.length;
        const end = text.indexOf('\n', start);
        // Data of several lines, or the chunk that tells something, is read by itself.
        if (end >= telling || text.charCodeAt(end + 1) !== LINE_FEED) break;
        passed += head.is + text.slice(start, end + 2);
        at = end + 2;
      }
    }
    if (at > 0) this.#noteKinds(at === text.length ? text : text.slice(0, at));
    return { passed, length: at };
  }

  #noteKinds(text: string): void {
    this.#calls ||= HAS_CALLS.test(text);
    this.#refused ||= HAS_REFUSAL.test(text);
  }

  finish(over: boolean): FinishEvent | undefined {
    return over || this.#done ? this.#end() : undefined;
  }

  #end(): FinishEvent {
    if (!this.#started) throw this.#broken(this.#done ? 'the answer is empty' : 'the stream ended before it began');
    if (!this.stopped && !this.#done) throw this.#broken('the stream ended before the answer was complete');
    return {
      type: 'finish',
      reason: finishReasonOf(this.#reason, { calls: this.#calls, refused: this.#refused }),
      rawReason: this.#reason ?? '',
      usage: this.usage ?? NO_USAGE,
      ...(this.#tier === undefined ? {} : { extensions: { 'openai-chat': { service_tier: this.#tier } } }),
    };
  }

  /** A whole answer: gives what goes on. Throws RouterError for what is none. */
  whole(bytes: Buffer): { readonly bytes: Uint8Array; readonly finish: FinishEvent } {
    const { error } = this.#context;
    let body: unknown;
    try {
      body = JSON.parse(bytes.toString('utf8'));
    } catch (cause) {
      throw brokenAnswer(error, 'the answer is not JSON: check baseUrl and proxy', { cause });
    }
    this.#read(body);
    if (!this.#started) throw this.#broken('the answer holds no choice');
    this.#done = true;
    const finish = this.#end();
    return { bytes: renamed(bytes, this.#context.model), finish };
  }

  /** False for a chunk that is not to be passed on: the usage, which only the router asked for. */
  #open(text: string, name: string): boolean {
    const { error, showsUsage } = this.#context;
    // A comment of the server's, with a brace in it.
    if (text === '') return true;
    let chunk: unknown;
    try {
      chunk = JSON.parse(text);
    } catch (cause) {
      throw brokenAnswer(error, 'an event of the stream is not JSON', { cause });
    }
    if (name === 'error') {
      const failure = failureIn(chunk) ?? { code: '', type: '', message: 'the stream ended with an error' };
      throw toRouterError(failure, error, this.usage);
    }
    const bag = this.#read(chunk);
    return showsUsage || !(Array.isArray(bag.choices) && bag.choices.length === 0 && isBag(bag.usage));
  }

  #read(value: unknown): Bag {
    const { error } = this.#context;
    if (!isBag(value)) throw this.#broken('the answer holds something that is no chunk of it');
    this.usage = readUsage(value.usage) ?? this.usage;
    this.#tier = textIn(value.service_tier) ?? this.#tier;
    const failure = failureIn(value);
    if (failure !== undefined) throw toRouterError(failure, error, this.usage);
    for (const choice of bagsIn(value.choices)) this.#readChoice(choice);
    return value;
  }

  #readChoice(choice: Bag): void {
    this.#started = true;
    const failure = isBag(choice.error) ? failureIn(choice) : undefined;
    if (failure !== undefined) throw toRouterError(failure, this.#context.error, this.usage);
    const said = choice.delta ?? choice.message;
    if (isBag(said)) this.#readSaid(said);
    if (textIn(choice.text) !== undefined) this.content = true;
    const reason = textIn(choice.finish_reason);
    if (reason === undefined) return;
    const fault = faultOf(reason);
    if (fault !== undefined) throw this.#broken(`the model stopped with ${reason}`, fault);
    this.#ended += 1;
    // Of several choices the first is told of.
    if (this.#reason === undefined || choice.index === 0) this.#reason = reason;
  }

  #readSaid(said: Bag): void {
    if (textIn(said.reasoning_content) !== undefined) this.#context.onReasoning('reasoning_content');
    else if (textIn(said.reasoning) !== undefined) this.#context.onReasoning('reasoning');
    this.#calls ||= bagsIn(said.tool_calls).length > 0 || isBag(said.function_call);
    this.#refused ||= textIn(said.refusal) !== undefined;
    this.content ||= SHOWN.some((field) => isSomething(said[field]));
  }

  #broken(what: string, code: 'upstream-failed' | 'overloaded' = 'upstream-failed'): RouterError {
    const { message } = brokenAnswer(this.#context.error, what);
    return new RouterError(code, message, this.usage === undefined ? {} : { usage: this.usage });
  }
}

/** What of a message a client can see. */
const SHOWN = [
  ...['content', 'refusal', 'tool_calls', 'function_call', 'audio', 'images', 'annotations'],
  ...['reasoning', 'reasoning_content', 'reasoning_details'],
];

const isSomething = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : isBag(value) || (typeof value === 'string' && value !== '');
