// The events of a response, to events. A whole response is read item by item, as if each had come in one piece.
import {
  type Block,
  type BlockStartEvent,
  type ChatEvent,
  type Extensions,
  RouterError,
  type Usage,
} from '@turnout/core/contract';
import { FreeText } from '@turnout/core/plugin';
import type { Echo } from './echo.ts';
import { brokenAnswer, type ErrorContext, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import { responseCitations } from './responses-citations.ts';
import { OPENAI_ORIGIN } from './responses-items.ts';
import { endOfResponse, isClientCall, readResponsesUsage } from './responses-usage.ts';
import type { Reader } from './stream.ts';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

interface ResponseContext {
  readonly echo: Echo;
  /** The router's id of the call, where the server gives none. */
  readonly callId: string;
  readonly error: ErrorContext;
}

/** The block that is being said. */
interface Open {
  /** Its item, and its part within it. */
  readonly key: string;
  readonly index: number;
  /** Of a call of a function that stands for a tool of free text. */
  readonly free?: FreeText | undefined;
  said: boolean;
}

/** An item that has been announced. */
interface Item {
  readonly type: string;
  readonly phase: string | undefined;
  /** The keys of its parts that have been said. */
  readonly parts: Set<string>;
}

/** One per answer. */
export class ResponseReader implements Reader {
  readonly out: ChatEvent[] = [];
  finished = false;
  readonly stopped = false;
  usage: Usage | undefined;
  readonly #context: ResponseContext;
  readonly #items = new Map<number, Item>();
  #started = false;
  #blocks = 0;
  #open: Open | undefined;
  #calls = false;
  #refused = false;

  constructor(context: ResponseContext) {
    this.#context = context;
  }

  chunk(value: unknown): void {
    if (!isBag(value)) throw this.#broken('the stream holds something that is no event of a response');
    const type = textIn(value.type) ?? '';
    if (type === 'error' || type === '') this.#refuse(value, type === 'error');
    if (isBag(value.response)) this.#live(type, value.response);
    else if (type === 'response.output_item.added') this.#added(value);
    else if (type === 'response.output_item.done') this.#done(indexIn(value), isBag(value.item) ? value.item : {});
    else if (type.endsWith('.delta')) this.#delta(type, value);
    else if (type === 'response.output_text.annotation.added') this.#cite(value);
  }

  whole(value: unknown): void {
    if (!isBag(value)) throw this.#broken('the answer is no response');
    this.#refuse(value, value.status === 'failed' || value.status === 'cancelled');
    if (!Array.isArray(value.output)) throw this.#broken('the answer holds no output');
    this.#start(value);
    for (const [index, item] of bagsIn(value.output).entries()) this.#done(index, item);
    this.#finish(value);
  }

  end(_said: boolean): void {
    if (!this.finished) throw this.#broken('the stream ended before the answer was complete');
  }

  #live(type: string, response: Bag): void {
    this.usage = readResponsesUsage(response.usage) ?? this.usage;
    if (type === 'response.failed') this.#refuse(response, true);
    this.#start(response);
    if (type !== 'response.completed' && type !== 'response.incomplete') return;
    // What was never announced stands in the end.
    for (const [index, item] of bagsIn(response.output).entries()) if (!this.#items.has(index)) this.#done(index, item);
    this.#finish(response);
  }

  #finish(response: Bag): void {
    this.#close();
    this.usage = readResponsesUsage(response.usage) ?? this.usage;
    this.finished = true;
    this.out.push(endOfResponse(response, { calls: this.#calls, refused: this.#refused }));
  }

  #start({ id, model }: Bag): void {
    if (this.#started) return;
    this.#started = true;
    const { echo, callId } = this.#context;
    this.out.push({ type: 'start', id: textIn(id) ?? callId, model: textIn(model) ?? echo.model });
  }

  #added(event: Bag): void {
    const item = isBag(event.item) ? event.item : {};
    const type = textIn(item.type) ?? '';
    const index = indexIn(event);
    this.#items.set(index, { type, phase: textIn(item.phase), parts: new Set() });
    // A client shows a call as soon as it begins.
    if (type === 'function_call' || type === 'custom_tool_call') this.#beginCall(index, item);
  }

  #delta(type: string, event: Bag): void {
    const text = textIn(event.delta);
    const index = indexIn(event);
    if (text === undefined) return;
    if (type === 'response.output_text.delta' || type === 'response.refusal.delta')
      this.#say(this.#textBlock(index, event.content_index, type === 'response.refusal.delta'), text);
    else if (type === 'response.reasoning_summary_text.delta' || type === 'response.reasoning_text.delta')
      this.#think(index, `${type} ${event.summary_index ?? event.content_index}`, text);
    else if (type === 'response.function_call_arguments.delta' || type === 'response.custom_tool_call_input.delta') {
      if (this.#open?.key === `${index}`) this.#say(this.#open, text);
      else throw this.#broken('the pieces of several items are mixed');
    }
  }

  /** Ends an item. What of it has not come in pieces is said now. */
  #done(index: number, item: Bag): void {
    const type = textIn(item.type) ?? '';
    const known = this.#items.get(index) ?? { type, phase: textIn(item.phase), parts: new Set<string>() };
    this.#items.set(index, known);
    if (type === 'message') this.#endMessage(index, item, known);
    else if (type === 'reasoning') this.#endReasoning(index, item);
    else if (type === 'function_call' || type === 'custom_tool_call') this.#endCall(index, item);
    else this.#pass(item, type);
  }

  #endMessage(index: number, item: Bag, { parts }: Item): void {
    for (const [place, part] of bagsIn(item.content).entries()) {
      const text = textIn(part.text) ?? textIn(part.refusal);
      if (text === undefined || parts.has(`${index}.${place}`)) continue;
      this.#say(this.#textBlock(index, place, part.type === 'refusal'), text);
      for (const citation of responseCitations(part.annotations)) this.#citeIn(citation);
    }
    this.#close();
  }

  #endReasoning(index: number, item: Bag): void {
    const key = `${index}`;
    const signature = textIn(item.encrypted_content);
    if (this.#open?.key !== key) {
      const texts = [...bagsIn(item.summary), ...bagsIn(item.content)].flatMap(({ text }) => textIn(text) ?? []);
      if (texts.length === 0 && signature === undefined) return;
      this.#begin(key, { type: 'reasoning', origin: OPENAI_ORIGIN });
      if (texts.length > 0) this.#say(this.#open, texts.join('\n\n'));
    }
    this.#close(signature);
  }

  #beginCall(index: number, item: Bag): Open {
    const { local, names, textTools } = this.#context.echo;
    const wireName = textIn(item.name) ?? '';
    if (wireName === '') throw this.#broken('a tool call has no name');
    const name = local?.client(wireName, textIn(item.namespace)) ?? names.client(wireName) ?? wireName;
    this.#calls = true;
    const isText = textTools.has(wireName) && item.type === 'function_call';
    const block: Block = {
      type: 'tool-call',
      id: textIn(item.call_id) ?? textIn(item.id) ?? `call_${this.#context.callId}_${index}`,
      name,
      ...(isText || item.type === 'custom_tool_call' ? { custom: true } : {}),
    };
    return this.#begin(`${index}`, block, undefined, isText ? new FreeText() : undefined);
  }

  #endCall(index: number, item: Bag): void {
    const open = this.#open?.key === `${index}` ? this.#open : this.#beginCall(index, item);
    const input = textIn(item.type === 'custom_tool_call' ? item.input : item.arguments);
    if (!open.said && input !== undefined) this.#say(open, input);
    this.#close();
  }

  /** An item of OpenAI's own tools, as it is: for clients that speak Responses. */
  #pass(item: Bag, type: string): void {
    const id = textIn(item.call_id) ?? textIn(item.id);
    if (id === undefined || type === '') return;
    if (type === 'image_generation_call' && textIn(item.result) !== undefined) {
      const index = this.#begin('', { type: 'media', mediaType: `image/${textIn(item.output_format) ?? 'png'}` }).index;
      this.out.push({ type: 'block-end', index, data: textIn(item.result) ?? '' });
      this.#open = undefined;
      return;
    }
    this.#calls ||= isClientCall(item);
    this.#begin('', { type: 'tool-call', id, name: type, server: true }, { 'openai-responses': { [type]: item } });
    this.#close();
  }

  #textBlock(index: number, place: unknown, refusal: boolean): Open {
    const key = `${index}.${typeof place === 'number' ? place : 0}`;
    if (this.#open?.key === key) return this.#open;
    const item = this.#items.get(index);
    item?.parts.add(key);
    this.#refused ||= refusal;
    const extensions = {
      ...(refusal ? { 'openai-chat': { refusal: true } } : {}),
      ...(item?.phase === undefined ? {} : { 'openai-responses': { phase: item.phase } }),
    };
    return this.#begin(key, { type: 'text' }, Object.keys(extensions).length === 0 ? undefined : extensions);
  }

  /** Summaries are paragraphs of one block. */
  #think(index: number, part: string, text: string): void {
    const key = `${index}`;
    const { parts } = this.#items.get(index) ?? { parts: new Set<string>() };
    const isNew = !parts.has(part);
    parts.add(part);
    const open = this.#open?.key === key ? this.#open : this.#begin(key, { type: 'reasoning', origin: OPENAI_ORIGIN });
    this.#say(open, open.said && isNew ? `\n\n${text}` : text);
  }

  #cite(event: Bag): void {
    for (const citation of responseCitations([event.annotation])) this.#citeIn(citation);
  }

  #citeIn(citation: ReturnType<typeof responseCitations>[number]): void {
    if (this.#open !== undefined) this.out.push({ type: 'block-delta', index: this.#open.index, text: '', citation });
  }

  #begin(key: string, block: Block, extensions?: Extensions, free?: FreeText): Open {
    this.#close();
    this.#start({});
    const index = this.#blocks++;
    const start: BlockStartEvent = { type: 'block-start', index, block };
    this.out.push(extensions === undefined ? start : { ...start, extensions });
    this.#open = { key, index, free, said: false };
    return this.#open;
  }

  #say(open: Open | undefined, text: string): void {
    if (open === undefined || text === '') return;
    open.said = true;
    this.#push(open.index, open.free === undefined ? text : open.free.push(text));
  }

  #push(index: number, text: string): void {
    if (text !== '') this.out.push({ type: 'block-delta', index, text });
  }

  #close(signature?: string): void {
    if (this.#open === undefined) return;
    this.#push(this.#open.index, this.#open.free?.end() ?? '');
    const end = { type: 'block-end', index: this.#open.index } as const;
    this.out.push(signature === undefined ? end : { ...end, signature });
    this.#open = undefined;
  }

  /** Throws for what says that something is wrong. `certain`: something is, whether it says so or not. */
  #refuse(value: Bag, certain: boolean): void {
    const failure = failureIn(value);
    if (failure !== undefined) throw toRouterError(failure, this.#context.error, this.usage);
    if (certain) throw this.#broken('the answer has failed');
  }

  #broken(what: string): RouterError {
    const { message } = brokenAnswer(this.#context.error, what);
    return new RouterError('upstream-failed', message, this.usage === undefined ? {} : { usage: this.usage });
  }
}

const indexIn = ({ output_index: index }: Bag): number => (typeof index === 'number' ? index : 0);
