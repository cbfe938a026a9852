// Where an answer that has broken off and its continuation meet: the client gets one answer, with one start, one text and one end.
import type {
  BlockDeltaEvent,
  BlockEndEvent,
  BlockStartEvent,
  ChatEvent,
  FinishEvent,
  Usage,
} from '../contract/index.ts';
import { isRefusal } from '../protocol/openai-chat/encode.ts';
import type { StreamEncoder, Written } from '../protocol/protocol.ts';
import { WholeCharacters } from '../protocol/whole-characters.ts';
import { type Manner, newPart } from './overlap.ts';

/** An answer with more text than this, in UTF-16 units, is not gone on with. */
const TEXT_LENGTH_MAX = 1024 * 1024;

/** The text that a continuation begins with. */
interface Opening {
  readonly manner: Manner;
  /** The continuation's own number of the block; undefined until it begins. */
  index: number | undefined;
  /** The number that the client knows; undefined until there is something to put there. */
  clientIndex: number | undefined;
  /** Held back until it is known what of it is new. Undefined: that is known. */
  said: string | undefined;
}

/** How an answer ends that was gone on with. */
export interface Ending {
  /** The end of the whole answer, made of the last continuation's. */
  whole(finish: FinishEvent): FinishEvent;
  /** What is written behind the end; empty for nothing. */
  remark(): Written;
}

/** What has come of the answer, or of its continuation, that is under way. */
export interface Leg {
  /** As its start has told it. */
  readonly usage: Partial<Usage> | undefined;
  /** Its text and its reasoning. */
  readonly text: string;
}

/** An encoder that remembers what the client has, and leads continuations on from there. One per answer. */
export class Seam implements StreamEncoder {
  readonly heartbeat: Written;
  readonly fail: StreamEncoder['fail'];
  readonly #encoder: StreamEncoder;
  readonly #ending: Ending;
  /** All the text that the client has. */
  #text = '';
  #characters = new WholeCharacters();
  /** The blocks that the client has and that are open, by the numbers that it knows. */
  readonly #open = new Map<number, 'text' | 'reasoning' | 'other'>();
  #nextIndex = 0;
  #isFixed = false;
  #legUsage: Partial<Usage> | undefined;
  #legTextStart = 0;
  #legReasoning = '';
  /** True from the first continuation on. */
  #isLed = false;
  /** The numbers of a continuation's blocks, and those that the client knows. Blocks that it is not told of are not there. */
  readonly #names = new Map<number, number>();
  #opening: Opening | undefined;
  #out: Written[] = [];

  constructor(encoder: StreamEncoder, ending: Ending) {
    this.#encoder = encoder;
    this.#ending = ending;
    this.heartbeat = encoder.heartbeat;
    this.fail = (error, requestId) => encoder.fail(error, requestId);
  }

  get text(): string {
    return this.#text;
  }

  get leg(): Leg {
    return { usage: this.#legUsage, text: this.#legReasoning + this.#text.slice(this.#legTextStart) };
  }

  /** Whether what the client has can be gone on with: text, with nothing behind or beside it that only its own model could go on from. */
  get isResumable(): boolean {
    const { size } = this.#open;
    const isText = size === 0 || (size === 1 && this.#openText !== undefined);
    return !this.#isFixed && isText && this.#text.trim() !== '' && this.#text.length <= TEXT_LENGTH_MAX;
  }

  /** What is pushed from now on are the events of a continuation. */
  goOn(manner: Manner): void {
    // Half a character that was cut off comes again.
    this.#characters = new WholeCharacters();
    this.#isLed = true;
    this.#names.clear();
    this.#opening = { manner, index: undefined, clientIndex: this.#openText, said: '' };
    this.#legUsage = undefined;
    this.#legTextStart = this.#text.length;
    this.#legReasoning = '';
  }

  push(event: ChatEvent): Written {
    if (this.#isLed) this.#lead(event);
    else this.#give(event);
    const out = this.#out;
    if (out.length === 1) return out.pop() ?? '';
    this.#out = [];
    return joined(out);
  }

  /** An event of a continuation. */
  #lead(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.#legUsage = event.usage;
        return;
      case 'block-start':
        this.#leadBlock(event);
        return;
      case 'block-delta':
        this.#leadDelta(event);
        return;
      case 'block-end':
        this.#leadEnd(event);
        return;
      case 'finish':
        this.#decide(true);
        this.#closeText();
        this.#give(this.#ending.whole(event));
        this.#out.push(this.#ending.remark());
    }
  }

  #leadBlock(event: BlockStartEvent): void {
    const { index, block } = event;
    // The client has had the reasoning of this answer, or none.
    if (block.type === 'reasoning') return;
    const opening = this.#opening;
    if (opening !== undefined && opening.index === undefined) {
      if (kindOf(event) === 'text') {
        opening.index = index;
        return;
      }
      this.#opening = undefined;
      this.#closeText();
    }
    this.#decide(true);
    this.#names.set(index, this.#nextIndex);
    this.#give({ ...event, index: this.#nextIndex });
  }

  #leadDelta(event: BlockDeltaEvent): void {
    const opening = this.#opening;
    if (opening === undefined || event.index !== opening.index) {
      const index = this.#names.get(event.index);
      if (index === undefined) this.#legReasoning += event.text;
      else this.#give({ ...event, index });
      return;
    }
    if (opening.said === undefined) {
      this.#giveText(opening, event);
      return;
    }
    opening.said += event.text;
    this.#decide(event.citation !== undefined);
    if (event.citation !== undefined) this.#giveText(opening, { ...event, text: '' });
  }

  #leadEnd(event: BlockEndEvent): void {
    const opening = this.#opening;
    if (opening === undefined || event.index !== opening.index) {
      const index = this.#names.get(event.index);
      if (index !== undefined) this.#give({ ...event, index });
      return;
    }
    this.#decide(true);
    this.#opening = undefined;
    // A signature would be that of a part of the text.
    const { signature: _signature, ...end } = event;
    if (opening.clientIndex !== undefined) this.#give({ ...end, index: opening.clientIndex });
  }

  /** Gives what is new of a continuation's first text, as soon as that can be told. */
  #decide(over: boolean): void {
    const opening = this.#opening;
    if (opening?.said === undefined || opening.index === undefined) return;
    const text = newPart(this.#text, opening.said, opening.manner, over);
    if (text === undefined) return;
    opening.said = undefined;
    if (text !== '') this.#giveText(opening, { type: 'block-delta', index: opening.index, text });
  }

  #giveText(opening: Opening, delta: BlockDeltaEvent): void {
    if (opening.clientIndex === undefined) {
      opening.clientIndex = this.#nextIndex;
      this.#give({ type: 'block-start', index: opening.clientIndex, block: { type: 'text' } });
    }
    this.#give({ ...delta, index: opening.clientIndex });
  }

  #closeText(): void {
    const index = this.#openText;
    if (index !== undefined) this.#give({ type: 'block-end', index });
  }

  get #openText(): number | undefined {
    for (const [index, type] of this.#open) if (type === 'text') return index;
    return undefined;
  }

  /** An event as the client is to have it. */
  #give(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.#legUsage = event.usage;
        break;
      case 'block-start': {
        const { index } = event;
        const type = kindOf(event);
        this.#isFixed ||= type === 'other' || (type === 'text' && this.#openText !== undefined);
        this.#open.set(index, type);
        this.#nextIndex = Math.max(this.#nextIndex, index + 1);
        break;
      }
      case 'block-delta': {
        const type = this.#open.get(event.index);
        if (type === 'reasoning') this.#legReasoning += event.text;
        if (type !== 'text') break;
        const text = this.#characters.take(event.text);
        this.#text += text;
        if (text !== event.text) {
          this.#out.push(this.#encoder.push({ ...event, text }));
          return;
        }
        break;
      }
      case 'block-end':
        this.#isFixed ||= event.signature !== undefined || event.data !== undefined;
        if (this.#open.get(event.index) === 'text') this.#endCharacters(event.index);
        this.#open.delete(event.index);
    }
    this.#out.push(this.#encoder.push(event));
  }

  #endCharacters(index: number): void {
    const text = this.#characters.end();
    this.#text += text;
    if (text !== '') this.#out.push(this.#encoder.push({ type: 'block-delta', index, text }));
  }
}

/** A refusal is no text to go on with, or by. */
function kindOf({ block, extensions }: BlockStartEvent): 'text' | 'reasoning' | 'other' {
  if (block.type === 'text') return extensions !== undefined && isRefusal({ extensions }) ? 'other' : 'text';
  return block.type === 'reasoning' && !block.redacted ? 'reasoning' : 'other';
}

function joined(pieces: readonly Written[]): Written {
  const written = pieces.filter(({ length }) => length > 0);
  const [first = ''] = written;
  if (written.length < 2) return first;
  if (typeof first === 'string') return written.join('');
  return Buffer.concat(written.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}
