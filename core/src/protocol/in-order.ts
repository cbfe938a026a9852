// Blocks one after the other: for protocols whose clients take a block as complete when the next begins.
import {
  type BlockDeltaEvent,
  type BlockEndEvent,
  type BlockStartEvent,
  type ChatEvent,
  RouterError,
} from '../contract/index.ts';
import { WholeCharacters } from './whole-characters.ts';

/** How much of later blocks is held back while an earlier one is open, in UTF-16 units. */
const HELD_LENGTH_MAX = 1024 * 1024;

interface Waiting {
  readonly events: ChatEvent[];
  ended: boolean;
}

/** Gives an answer's events on so that never more than one block is open; what the provider interleaves waits for its turn. An
 * answer that does not interleave passes straight through. One per answer. */
export class InOrder {
  readonly #give: (event: ChatEvent) => void;
  /** The block whose events pass; -1: none. */
  #open = -1;
  /** Of the open block. */
  readonly #characters = new WholeCharacters();
  /** By the provider's index, in the order of their starts. */
  readonly #waiting = new Map<number, Waiting>();
  #heldLength = 0;

  /** `give` gets the events in their new order, within the call of `push` that sets them free. */
  constructor(give: (event: ChatEvent) => void) {
    this.#give = give;
  }

  /** Throws `upstream-failed` for an event that the grammar does not allow here, and when too much would have to wait. */
  push(event: ChatEvent): void {
    switch (event.type) {
      case 'block-delta':
        if (event.index === this.#open) this.#giveDelta(event);
        else this.#hold(event.index, event, event.text.length);
        return;
      case 'block-start':
        this.#start(event);
        return;
      case 'block-end':
        this.#end(event);
        return;
      case 'finish':
        if (this.#open !== -1) throw new RouterError('upstream-failed', 'the answer ends inside a block');
        this.#give(event);
        return;
      case 'start':
        this.#give(event);
    }
  }

  #start(event: BlockStartEvent): void {
    const { index } = event;
    if (index === this.#open || this.#waiting.has(index)) {
      throw new RouterError('upstream-failed', `the answer begins block ${index} twice`);
    }
    if (this.#open === -1) {
      this.#open = index;
      this.#give(event);
    } else this.#waiting.set(index, { events: [event], ended: false });
  }

  #end(event: BlockEndEvent): void {
    if (event.index !== this.#open) {
      this.#hold(event.index, event, event.data?.length ?? 0).ended = true;
      return;
    }
    this.#open = -1;
    this.#giveEnd(event);
    if (this.#waiting.size > 0) this.#advance();
  }

  #hold(index: number, event: ChatEvent, length: number): Waiting {
    const waiting = this.#waiting.get(index);
    if (!waiting || waiting.ended) {
      throw new RouterError('upstream-failed', `the answer speaks of block ${index}, which is not open`);
    }
    this.#heldLength += length;
    if (this.#heldLength > HELD_LENGTH_MAX) {
      throw new RouterError('upstream-failed', 'the answer interleaves more blocks than can be held back');
    }
    waiting.events.push(event);
    return waiting;
  }

  /** Gives on what has waited, up to the first block that is still open. */
  #advance(): void {
    for (const [index, { events, ended }] of this.#waiting) {
      this.#waiting.delete(index);
      if (!ended) this.#open = index;
      for (const event of events) {
        if (event.type === 'block-delta') {
          this.#heldLength -= event.text.length;
          this.#giveDelta(event);
        } else if (event.type === 'block-end') {
          this.#heldLength -= event.data?.length ?? 0;
          this.#giveEnd(event);
        } else this.#give(event);
      }
      if (!ended) return;
    }
  }

  #giveDelta(event: BlockDeltaEvent): void {
    const text = this.#characters.take(event.text);
    this.#give(text === event.text ? event : { ...event, text });
  }

  #giveEnd(event: BlockEndEvent): void {
    const rest = this.#characters.end();
    if (rest !== '') this.#give({ type: 'block-delta', index: event.index, text: rest });
    this.#give(event);
  }
}
