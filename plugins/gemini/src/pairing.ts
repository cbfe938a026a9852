// Calls and their results: Google wants as many results as there were calls, right behind them, by id and by name.
import type { Part, ToolCallPart, ToolResultPart } from '@turnout/core/contract';
import { CallIds, parseObject } from '@turnout/core/plugin';
import { type Draft, notePart } from './draft.ts';
import { MADE_ID } from './echo.ts';
import { fitsResult, mediaParts } from './media.ts';
import type { Bag, Blob, FunctionCall, FunctionResponse, WirePart } from './wire.ts';

const CALL_ID_LENGTH_MAX = 128;
const CALL_ID = /^[\x21-\x7e]{1,128}$/;

interface OpenCall {
  readonly id: string;
  /** Absent for a call that Google gave none. */
  readonly wireId: { readonly id?: string };
  readonly name: string;
  result?: ToolResultPart;
}

/** What answers the calls of one model turn. */
export interface Settled {
  readonly responses: readonly WirePart[];
  /** Media of results that a result cannot hold. */
  readonly attached: readonly WirePart[];
}

export class PendingCalls {
  readonly #draft: Draft;
  readonly #ids = new CallIds(CALL_ID, CALL_ID_LENGTH_MAX);
  #open: OpenCall[] = [];

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  /** A call of the turn at hand, as it is sent. */
  open({ id, name, input, custom }: ToolCallPart): FunctionCall {
    const wireId = MADE_ID.test(id) ? {} : { id: this.#ids.next(id) };
    const wireName = this.#draft.names.wire(name);
    this.#open.push({ id, wireId, name: wireName });
    return { ...wireId, name: wireName, args: custom ? { input } : this.#argsOf(input) };
  }

  /** A result. Clients give two calls of a turn the same id at times: then the first result is the first call's. */
  answer(part: ToolResultPart): void {
    if (part.server) return;
    notePart(part, this.#draft);
    const call = this.#open.find(({ id, result }) => id === part.id && result === undefined);
    if (call === undefined)
      this.#draft.losses.drop('messages', 'a tool result without a call in the answer before it is not sent');
    else call.result = part;
  }

  /** The results of all calls so far, in the order of the calls. */
  settle(): Settled {
    const responses: WirePart[] = [];
    const attached: WirePart[] = [];
    for (const call of this.#open) {
      if (call.result === undefined)
        this.#draft.losses.approximate('messages', 'a tool call without a result gets an error as its result');
      const { response, media } = this.#responseOf(call);
      responses.push({ functionResponse: response });
      if (media.length > 0) attached.push({ text: `Attached to the result of ${call.name}:` }, ...media);
    }
    this.#open = [];
    return { responses, attached };
  }

  /** "Use output key to specify function output and error key to specify error details" (FunctionResponse, 2026-08). */
  #responseOf({ wireId, name, result }: OpenCall): { response: FunctionResponse; media: WirePart[] } {
    if (result === undefined)
      return { response: { ...wireId, name, response: { error: 'the call has no result' } }, media: [] };
    const texts: string[] = [];
    const inside: { inlineData: Blob }[] = [];
    const behind: WirePart[] = [];
    for (const { text, inlineData } of result.parts.flatMap((part) => this.#insideOf(part))) {
      if (text !== undefined) texts.push(text);
      else if (inlineData !== undefined && this.#draft.traits.combines && fitsResult(inlineData))
        inside.push({ inlineData });
      else if (inlineData !== undefined) behind.push({ inlineData });
    }
    if (behind.length > 0) {
      this.#draft.losses.approximate('messages', 'media of a tool result follow it in the same message');
      if (texts.length === 0) texts.push('(attached below)');
    }
    const text = texts.join('\n');
    const parts = inside.length === 0 ? {} : { parts: inside };
    return {
      response: { ...wireId, name, response: result.error ? { error: text } : { output: text }, ...parts },
      media: behind,
    };
  }

  #insideOf(part: Part): WirePart[] {
    notePart(part, this.#draft);
    if (part.type === 'text') return [{ text: part.text }];
    if (part.type === 'media') return mediaParts(part, this.#draft);
    this.#draft.losses.drop('messages', `a tool result holds no ${part.type}`);
    return [];
  }

  /** Google takes an object and nothing else. Its numbers keep all their digits. */
  #argsOf(input: string): Bag {
    if (input.trim() === '') return {};
    const args = parseObject(input);
    if (args !== undefined) return args;
    this.#draft.losses.approximate('messages', 'arguments that are no JSON object are sent as one string');
    return { input };
  }
}
