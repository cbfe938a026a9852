// The tool calls of an answer: pieces by index, by id, or whole, as every server has its own way.

import type { Block, BlockStartEvent, ChatEvent } from '@turnout/core/contract';
import { FreeText } from '@turnout/core/plugin';
import type { Echo } from './echo.ts';
import { type Bag, isBag, textIn } from './wire.ts';

/** One call that is being read. Its block begins once its name is known. */
interface Call {
  readonly key: number | undefined;
  readonly wireId: string | undefined;
  readonly index: number;
  name: string;
  custom: boolean;
  free: FreeText | undefined;
  /** Input that came before the block could begin. */
  held: string;
  hasInput: boolean;
  begun: boolean;
}

/** What the reader of the whole answer lends. */
export interface Out {
  push(event: ChatEvent): void;
  nextIndex(): number;
  /** Ends what is open before another block begins. */
  closeOthers(): void;
}

export class CallReader {
  /** How many calls have begun. */
  count = 0;
  readonly #echo: Echo;
  readonly #fallbackId: string;
  readonly #out: Out;
  readonly #ids = new Set<string>();
  #open: Call | undefined;
  /** Keys of calls that are over. */
  readonly #past = new Set<number>();

  constructor(echo: Echo, fallbackId: string, out: Out) {
    this.#echo = echo;
    this.#fallbackId = fallbackId;
    this.#out = out;
  }

  /** One entry of `tool_calls`. Gives what is wrong with it, if anything is. */
  read(entry: Bag): string | undefined {
    const { index, id } = entry;
    const inner = isBag(entry.custom) ? entry.custom : isBag(entry.function) ? entry.function : {};
    const isCustom = isBag(entry.custom);
    const key = typeof index === 'number' ? index : undefined;
    const name = textIn(inner.name) ?? '';
    const input = inputOf(isCustom ? inner.input : inner.arguments);
    const wireId = textIn(id);
    if (this.#isNew(key, wireId, name)) {
      if (name === '' && wireId === undefined && key === undefined) return input === '' ? undefined : NO_CALL;
      if (key !== undefined && this.#past.has(key) && name === '') return input === '' ? undefined : TORN;
      this.#begin({ key, wireId, isCustom });
    }
    const open = this.#open;
    if (open === undefined) return undefined;
    if (!open.begun && name !== open.name) open.name += name;
    // A name that is one of the request's tools is whole.
    if (!open.begun && open.name !== '' && (input !== '' || this.#echo.names.client(open.name) !== undefined))
      this.#start(open);
    if (input !== '') this.#add(open, input);
    return undefined;
  }

  /** Ends the call that is open. Gives what is wrong with it, if anything is. */
  close(): string | undefined {
    const open = this.#open;
    if (open === undefined) return undefined;
    this.#open = undefined;
    if (open.key !== undefined) this.#past.add(open.key);
    if (open.name === '') return open.held === '' ? undefined : NO_CALL;
    if (!open.begun) this.#start(open);
    const rest = open.free?.end() ?? '';
    if (rest !== '') this.#out.push({ type: 'block-delta', index: open.index, text: rest });
    this.#out.push({ type: 'block-end', index: open.index });
    return undefined;
  }

  #isNew(key: number | undefined, wireId: string | undefined, name: string): boolean {
    const open = this.#open;
    if (open === undefined) return true;
    const otherId = wireId !== undefined && open.wireId !== undefined && wireId !== open.wireId;
    if (key !== undefined && open.key !== undefined) {
      // Some servers give every call the index 0.
      return key !== open.key || (otherId && name !== '');
    }
    if (wireId !== undefined) return wireId !== open.wireId;
    // Neither index nor id: a name begins the next call, once this one has what it needs.
    return name !== '' && (open.hasInput || (open.begun && name !== open.name));
  }

  #begin({ key, wireId, isCustom }: { key: number | undefined; wireId: string | undefined; isCustom: boolean }): void {
    this.#out.closeOthers();
    const index = this.#out.nextIndex();
    this.#open = {
      ...{ key, wireId, index, name: '', custom: isCustom, free: undefined },
      ...{ held: '', hasInput: false, begun: false },
    };
  }

  #start(open: Call): void {
    const { names, textTools } = this.#echo;
    if (textTools.has(open.name) && !open.custom) {
      open.custom = true;
      open.free = new FreeText();
    }
    open.begun = true;
    this.count += 1;
    const block: Block = {
      type: 'tool-call',
      id: this.#idOf(open),
      name: names.client(open.name) ?? open.name,
      ...(open.custom ? { custom: true } : {}),
    };
    const start: BlockStartEvent = { type: 'block-start', index: open.index, block };
    this.#out.push(start);
    const { held } = open;
    open.held = '';
    if (held !== '') this.#send(open, held);
  }

  #add(open: Call, input: string): void {
    open.hasInput = true;
    if (open.begun) this.#send(open, input);
    else open.held += input;
  }

  #send(open: Call, input: string): void {
    const text = open.free === undefined ? input : open.free.push(input);
    if (text !== '') this.#out.push({ type: 'block-delta', index: open.index, text });
  }

  /** An id that no other call of the answer has; a made one where the server gives none. */
  #idOf({ wireId }: Call): string {
    const base = wireId ?? `call_${this.#fallbackId}_${this.count}`;
    let id = base;
    for (let n = 2; this.#ids.has(id); n++) id = `${base}_${n}`;
    this.#ids.add(id);
    return id;
  }
}

const NO_CALL = 'a tool call has no name';
const TORN = 'the pieces of several tool calls are mixed';

/** Ollama's own form, an object, is seen behind some proxies. */
const inputOf = (value: unknown): string =>
  typeof value === 'string' ? value : isBag(value) ? JSON.stringify(value) : '';
