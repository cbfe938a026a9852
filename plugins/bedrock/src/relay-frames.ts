// The frames of a relayed stream, watched while they pass: whether there is something to see, and how the answer ends.
import type { FinishEvent, RouterError, Usage } from '@turnout/core/contract';
import { type ConverseStreamPayloads, encodeFrame, type Frame } from '@turnout/core/wire';
import { brokenAnswer } from './error.ts';
import { isObject } from './json.ts';
import { replaceModel } from './model-member.ts';
import { ClaudeEnd, endOfConverse, endOfNative, refuseMalformed } from './relay-end.ts';
import type { RelayWire } from './relay-plan.ts';

/** How the frames of one form are read. */
export interface FrameWatch {
  /** The frame as the client is to get it: the same bytes, but for the model's name. Throws RouterError. */
  pass(frame: Frame): Uint8Array;
  /** It has seen something that a client could see. */
  readonly content: boolean;
  /** The end, once the vendor's own has passed. `over`: no more frames come. Throws RouterError where none has. */
  finish(over: boolean): FinishEvent | undefined;
  readonly usage: Usage | undefined;
}

/** `label`: what a failure names. `model`: the client's name of it. */
export function watchFrames(form: RelayWire['form'], label: string, model: string): FrameWatch {
  if (form === 'converse') return new ConverseWatch(label);
  return form === 'claude' ? new ClaudeWatch(label, model) : new NativeWatch(label);
}

type Payloads = ConverseStreamPayloads;

/** Frames of ConverseStream. Deltas are not parsed once something could be seen. */
class ConverseWatch implements FrameWatch {
  content = false;
  readonly usage = undefined;
  readonly #label: string;
  #stop: Payloads['messageStop'] | undefined;
  #metadata: Payloads['metadata'] | undefined;
  #calls = 0;

  constructor(label: string) {
    this.#label = label;
  }

  pass(frame: Frame): Uint8Array {
    switch (frame.headers.eventType) {
      case 'contentBlockDelta':
        this.content ||= saysSomething(parse<'contentBlockDelta'>(frame, this.#label).delta);
        break;
      case 'contentBlockStart': {
        const { toolUse } = parse<'contentBlockStart'>(frame, this.#label).start;
        if (toolUse !== undefined && toolUse.type === undefined) this.#calls++;
        this.content = true;
        break;
      }
      case 'messageStop':
        this.#stop = parse<'messageStop'>(frame, this.#label);
        refuseMalformed(this.#stop.stopReason, this.#label);
        this.content = true;
        break;
      case 'metadata':
        this.#metadata = parse<'metadata'>(frame, this.#label);
    }
    return frame.whole;
  }

  finish(over: boolean): FinishEvent | undefined {
    if (this.#stop !== undefined && this.#metadata !== undefined) {
      return endOfConverse(this.#stop, this.#metadata, this.#calls);
    }
    if (over) throw incomplete(this.#label);
    return undefined;
  }
}

/** Whether a delta holds anything: empty ones are common. */
function saysSomething(delta: Payloads['contentBlockDelta']['delta']): boolean {
  const { text, toolUse, reasoningContent } = delta;
  if (text !== undefined) return text !== '';
  if (toolUse !== undefined) return toolUse.input !== '';
  return reasoningContent === undefined || Object.values(reasoningContent).some((value) => value !== '');
}

const incomplete = (label: string, usage?: Usage): RouterError =>
  brokenAnswer(label, 'the stream ended before the answer was complete', usage === undefined ? {} : { usage });

/** The payload of one kind of event. Throws RouterError `upstream-failed`. */
function parse<K extends keyof Payloads>(frame: Frame, label: string): Payloads[K] {
  // AWS's shape by its API model. Where it is broken, reading it throws, and the stream fails.
  return parseObject(frame.text(), label) as unknown as Payloads[K];
}

function parseObject(text: string, label: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw brokenAnswer(label, 'a frame of the stream is not JSON', { cause });
  }
  if (!isObject(value)) throw brokenAnswer(label, 'a frame of the stream holds no object');
  return value;
}

/** `{"bytes":"` and the base64 of `{"type":"content_block_delt`, whose length is a multiple of three. */
const DELTA = `{"bytes":"${Buffer.from('{"type":"content_block_delt').toString('base64')}`;

/** Frames of InvokeModelWithResponseStream with Anthropic's own events in them. */
class ClaudeWatch implements FrameWatch {
  content = false;
  readonly #label: string;
  readonly #model: string;
  readonly #end = new ClaudeEnd();
  #stopped = false;

  constructor(label: string, model: string) {
    this.#label = label;
    this.#model = model;
  }

  get usage(): Usage | undefined {
    return this.#end.usage;
  }

  pass(frame: Frame): Uint8Array {
    if (frame.headers.eventType !== 'chunk') return frame.whole;
    if (this.content && frame.payload.toString('latin1', 0, DELTA.length) === DELTA) return frame.whole;
    const chunk = parseObject(frame.text(), this.#label);
    const json = textOf(chunk, this.#label);
    const event = parseObject(json, this.#label);
    this.#end.own(event);
    switch (event.type) {
      case 'message_start':
        if (isObject(event.message)) this.#end.message(event.message);
        return this.#renamed(frame, chunk, json);
      case 'content_block_start':
        this.#end.block(event.content_block);
        this.content ||= isObject(event.content_block) && event.content_block.type !== 'text';
        break;
      case 'content_block_delta':
        this.content ||= isObject(event.delta) && saysSomethingOfClaude(event.delta);
        break;
      case 'message_delta':
        this.#end.delta(event);
        this.content = true;
        break;
      case 'message_stop':
        this.#stopped = true;
        break;
      case 'error':
        throw brokenAnswer(this.#label, `the model's stream failed: ${messageOf(event.error)}`);
    }
    return frame.whole;
  }

  finish(over: boolean): FinishEvent | undefined {
    if (this.#stopped) return this.#end.finish();
    if (over) throw incomplete(this.#label, this.usage);
    return undefined;
  }

  #renamed(frame: Frame, chunk: Record<string, unknown>, json: string): Uint8Array {
    const bytes = Buffer.from(replaceModel(json, this.#model, 'message')).toString('base64');
    const headers: Record<string, string> = {};
    for (const [name, value] of frame.headers.all) if (typeof value === 'string') headers[name] = value;
    return encodeFrame(headers, JSON.stringify({ ...chunk, bytes }));
  }
}

const saysSomethingOfClaude = ({ type: _type, ...rest }: Record<string, unknown>): boolean =>
  Object.values(rest).some((value) => value !== '');

const messageOf = (error: unknown): string =>
  isObject(error) && typeof error.message === 'string' ? error.message.slice(0, 500) : 'it gives no reason';

function textOf({ bytes }: Record<string, unknown>, label: string): string {
  if (typeof bytes !== 'string') throw brokenAnswer(label, 'a frame of the stream holds no bytes');
  return Buffer.from(bytes, 'base64').toString('utf8');
}

/** Frames with chunks in the form of a model of another vendor: only the last says anything that is known of all of them. */
class NativeWatch implements FrameWatch {
  content = false;
  readonly usage = undefined;
  readonly #label: string;
  #last: string | undefined;
  #before: string | undefined;

  constructor(label: string) {
    this.#label = label;
  }

  pass(frame: Frame): Uint8Array {
    if (frame.headers.eventType === 'chunk') {
      this.content = true;
      this.#before = this.#last;
      this.#last = frame.text();
    }
    return frame.whole;
  }

  finish(over: boolean): FinishEvent | undefined {
    if (!over) return undefined;
    const last = this.#read(this.#last);
    // Bedrock puts its own count into the last chunk of every model (recorded of eleven families, 2023 to 2026), but not behind
    // what a guardrail says in the place of the model.
    const counted = isObject(last['amazon-bedrock-invocationMetrics']);
    if (!counted && last['amazon-bedrock-guardrailAction'] === undefined) throw incomplete(this.#label);
    const end = endOfNative(last, undefined);
    if (end.rawReason !== '' || this.#before === undefined) return end;
    const { reason, rawReason } = endOfNative(this.#read(this.#before), undefined);
    return { ...end, reason, rawReason };
  }

  #read(payload: string | undefined): Record<string, unknown> {
    if (payload === undefined) throw incomplete(this.#label);
    return parseObject(textOf(parseObject(payload, this.#label), this.#label), this.#label);
  }
}
