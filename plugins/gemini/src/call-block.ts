// The tool calls of an answer, the client's and Google's own. A call comes whole.
import type { Block, BlockEndEvent, ChatEvent } from '@turnout/core/contract';
import { FreeText } from '@turnout/core/plugin';
import { type Echo, ORIGIN } from './echo.ts';
import { CODE_TOOL, inputOfCode, RAW_PARTS, toolNameOf } from './server-tool.ts';
import { type Bag, isBag, textIn } from './wire.ts';

/** What the reader of the whole answer lends. */
export interface Out {
  /** The index of a new block. `raw`: what of it has to come back unread. */
  begin(block: Block, raw?: Bag): number;
  push(event: ChatEvent): void;
}

export class CallReader {
  /** How many calls are the client's to run. */
  count = 0;
  readonly #echo: Echo;
  readonly #fallbackId: string;
  readonly #out: Out;
  readonly #ids = new Set<string>();
  /** Of the last call of Google's own, for a result that names none. */
  #serverId = '';

  constructor(echo: Echo, fallbackId: string, out: Out) {
    this.#echo = echo;
    this.#fallbackId = fallbackId;
    this.#out = out;
  }

  /** A `functionCall`. False when it is none. */
  client({ id, name: wireName, args }: Bag, signature: string | undefined): boolean {
    const called = textIn(wireName);
    if (called === undefined) return false;
    const { names, textTools } = this.#echo;
    const isText = textTools.has(called);
    const input = isBag(args) ? JSON.stringify(args) : '{}';
    const name = names.client(called) ?? called;
    const block: Block = {
      ...{ type: 'tool-call', id: this.#idOf(id), name, origin: ORIGIN },
      ...(isText ? { custom: true } : {}),
    };
    this.count += 1;
    this.#whole(this.#out.begin(block), isText ? textOf(input) : input, signature);
    return true;
  }

  /** A part that is a call of Google's own tools, or its result. False when it is neither. */
  server(part: Bag, signature: string | undefined): boolean {
    const kind = RAW_PARTS.find((name) => isBag(part[name]));
    const inner = kind === undefined ? undefined : part[kind];
    if (kind === undefined || !isBag(inner)) return false;
    const raw = { [kind]: inner };
    if (kind === 'executableCode' || kind === 'toolCall') {
      const isCode = kind === 'executableCode';
      this.#serverId = this.#idOf(inner.id);
      const name = isCode ? CODE_TOOL : toolNameOf(inner);
      const block: Block = { type: 'tool-call', id: this.#serverId, name, server: true, origin: ORIGIN };
      const input = isCode ? inputOfCode(inner) : JSON.stringify(isBag(inner.args) ? inner.args : {});
      this.#whole(this.#out.begin(block, raw), input, signature);
      return true;
    }
    const block: Block = { type: 'tool-result', id: textIn(inner.id) ?? this.#serverId, server: true };
    const text = kind === 'toolResponse' ? JSON.stringify(inner.response ?? {}) : (textIn(inner.output) ?? '');
    this.#whole(this.#out.begin(block, raw), text, signature);
    return true;
  }

  #whole(index: number, text: string, signature: string | undefined): void {
    if (text !== '') this.#out.push({ type: 'block-delta', index, text });
    const end: BlockEndEvent = { type: 'block-end', index };
    this.#out.push(signature === undefined ? end : { ...end, signature });
  }

  /** An id that no other call of the answer has; a made one (MADE_ID) where Google gives none. */
  #idOf(given: unknown): string {
    const base = textIn(given) ?? `gemcall_${this.#fallbackId}_${this.#ids.size + 1}`;
    let id = base;
    for (let n = 2; this.#ids.has(id); n++) id = `${base}_${n}`;
    this.#ids.add(id);
    return id;
  }
}

function textOf(args: string): string {
  const reader = new FreeText();
  return reader.push(args) + reader.end();
}
