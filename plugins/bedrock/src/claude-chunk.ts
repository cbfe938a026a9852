// Chunks of InvokeModelWithResponseStream that hold Anthropic's own events: what is read of them while an answer passes.
import type { FinishEvent, RouterError, Usage } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';
import { blockOf, type Frame, standsAt } from '@turnout/core/wire';
import { brokenAnswer } from './error.ts';
import { ClaudeEnd } from './relay-end.ts';

type Json = Readonly<Record<string, unknown>>;

/** How a chunk's payload begins. */
const BYTES = '{"bytes":"';
/** How a delta begins, as far as its length is a multiple of three: its base64 ends there too. */
export const DELTA_START = '{"type":"content_block_delt';
/** How the payload of a delta begins. */
const DELTA = blockOf(`${BYTES}${Buffer.from(DELTA_START).toString('base64')}`);
export const DELTA_BYTES = DELTA.byteLength;

/** Whether a frame's payload begins as a delta's does. */
export const isDelta = ({ view, start, end }: Frame): boolean =>
  end - start >= DELTA_BYTES && standsAt(view, start, DELTA);

/** A chunk that has been opened. */
export interface OpenChunk {
  /** The payload: the event in base64, and padding. */
  readonly chunk: Json;
  /** The event as the model wrote it. */
  readonly json: string;
  readonly event: Json;
}

/** Throws RouterError `upstream-failed`. `label`: what a failure names. */
export function openChunk(frame: Frame, label: string): OpenChunk {
  const chunk = parseObject(frame.text(), label);
  const json = textOf(chunk, label);
  return { chunk, json, event: parseObject(json, label) };
}

export function parseObject(text: string, label: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw brokenAnswer(label, 'a frame of the stream is not JSON', { cause });
  }
  if (!isObject(value)) throw brokenAnswer(label, 'a frame of the stream holds no object');
  return value;
}

/** What is in a chunk's base64. */
export function textOf({ bytes }: Json, label: string): string {
  if (typeof bytes !== 'string') throw brokenAnswer(label, 'a frame of the stream holds no bytes');
  return Buffer.from(bytes, 'base64').toString('utf8');
}

export const incomplete = (label: string, usage?: Usage): RouterError =>
  brokenAnswer(label, 'the stream ended before the answer was complete', usage === undefined ? {} : { usage });

/** One per answer. Deltas need not be read once something could be seen. */
export class ClaudeReader {
  /** Something could be seen. */
  content = false;
  readonly #label: string;
  readonly #end = new ClaudeEnd();
  #stopped = false;

  constructor(label: string) {
    this.#label = label;
  }

  get usage(): Usage | undefined {
    return this.#end.usage;
  }

  /** Throws RouterError for an event that says the answer has failed. */
  read(event: Json): void {
    this.#end.own(event);
    switch (event.type) {
      case 'message_start':
        if (isObject(event.message)) this.#end.message(event.message);
        break;
      case 'content_block_start':
        this.#end.block(event.content_block);
        this.content ||= isObject(event.content_block) && event.content_block.type !== 'text';
        break;
      case 'content_block_delta':
        this.content ||= isObject(event.delta) && saysSomething(event.delta);
        break;
      case 'message_delta':
        this.#end.delta(event);
        break;
      case 'message_stop':
        this.#stopped = true;
        break;
      case 'error':
        throw brokenAnswer(this.#label, `the model's stream failed: ${messageOf(event.error)}`);
    }
  }

  /** The end, once the model's own has passed. `over`: nothing more comes. */
  finish(over: boolean): FinishEvent | undefined {
    if (this.#stopped) return this.#end.finish();
    if (over) throw incomplete(this.#label, this.usage);
    return undefined;
  }
}

const saysSomething = ({ type: _type, ...rest }: Json): boolean => Object.values(rest).some((value) => value !== '');

const messageOf = (error: unknown): string =>
  isObject(error) && typeof error.message === 'string' ? error.message.slice(0, 500) : 'it gives no reason';
