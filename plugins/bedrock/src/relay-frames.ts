// The frames of a relayed stream, watched while they pass: whether there is something to see, and how the answer ends.
import type { FinishEvent, Usage } from '@turnout/core/contract';
import { isObject, replaceModel } from '@turnout/core/plugin';
import { type ConverseStreamPayloads, encodeFrame, type Frame } from '@turnout/core/wire';
import { ClaudeReader, incomplete, isDelta, type OpenChunk, openChunk, parseObject, textOf } from './claude-chunk.ts';
import { MessagesWatch } from './messages-watch.ts';
import { endOfConverse, endOfNative, refuseMalformed } from './relay-end.ts';
import type { RelayWire } from './relay-plan.ts';

/** How the frames of one form are read. */
export interface FrameWatch {
  /** The frame as the client is to get it: the same bytes, but for the model's name; or in the framing of another protocol.
   * Throws RouterError. */
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
  if (form === 'messages') return new MessagesWatch(label, model);
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
        const { start } = parse<'contentBlockStart'>(frame, this.#label);
        if (start.toolUse !== undefined && start.toolUse.type === undefined) this.#calls++;
        this.content ||= Object.keys(start).length > 0;
        break;
      }
      case 'messageStop':
        this.#stop = parse<'messageStop'>(frame, this.#label);
        refuseMalformed(this.#stop.stopReason, this.#label);
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

/** The payload of one kind of event. Throws RouterError `upstream-failed`. */
function parse<K extends keyof Payloads>(frame: Frame, label: string): Payloads[K] {
  // AWS's shape by its API model. Where it is broken, reading it throws, and the stream fails.
  return parseObject(frame.text(), label) as unknown as Payloads[K];
}

/** Frames of InvokeModelWithResponseStream with Anthropic's own events in them. */
class ClaudeWatch implements FrameWatch {
  readonly #label: string;
  readonly #model: string;
  readonly #reader: ClaudeReader;

  constructor(label: string, model: string) {
    this.#label = label;
    this.#model = model;
    this.#reader = new ClaudeReader(label);
  }

  get content(): boolean {
    return this.#reader.content;
  }

  get usage(): Usage | undefined {
    return this.#reader.usage;
  }

  pass(frame: Frame): Uint8Array {
    if (frame.headers.eventType !== 'chunk') return frame.whole;
    if (this.content && isDelta(frame)) return frame.whole;
    const chunk = openChunk(frame, this.#label);
    this.#reader.read(chunk.event);
    return chunk.event.type === 'message_start' ? this.#renamed(frame, chunk) : frame.whole;
  }

  finish(over: boolean): FinishEvent | undefined {
    return this.#reader.finish(over);
  }

  #renamed(frame: Frame, { chunk, json }: OpenChunk): Uint8Array {
    const bytes = Buffer.from(replaceModel(json, this.#model, 'message')).toString('base64');
    const headers: Record<string, string> = {};
    for (const [name, value] of frame.headers.all) if (typeof value === 'string') headers[name] = value;
    return encodeFrame(headers, JSON.stringify({ ...chunk, bytes }));
  }
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
