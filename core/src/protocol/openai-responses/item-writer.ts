// The output items of one answer as events: one is open at a time, and each is said in full when it is done.
import { type DeltaFrame, EventWriter } from './event-writer.ts';
import { itemId } from './items.ts';
import type { ContentPart, ItemStatus, OutputItem } from './wire.ts';

type Prefix = Parameters<typeof itemId>[0];

/** An item that may still go on, or whose status the next event tells. */
export interface OpenItem {
  readonly id: string;
  /** The members that name it in events, as JSON. */
  readonly place: string;
  /** Of a message. */
  readonly phase?: string | undefined;
  /** Of a message: its finished parts. */
  readonly content?: ContentPart[];
}

/** The item as it is with this status. */
type Make = (id: string, status: ItemStatus) => OutputItem;

export class ItemWriter {
  readonly #requestId: string;
  readonly #events: EventWriter;
  /** The items that are done, as JSON. */
  readonly #done: string[] = [];
  #open: OpenItem | undefined;
  #make: Make | undefined;
  #out = '';

  constructor(requestId: string, firstNumber: number) {
    this.#requestId = requestId;
    this.#events = new EventWriter(firstNumber);
  }

  /** The item that is open. */
  get current(): OpenItem | undefined {
    return this.#open;
  }

  /** The items that are done, as the inside of a JSON list. */
  get output(): string {
    return this.#done.join(',');
  }

  /** What has been written since it was last taken. */
  take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }

  /** One event; `members` is the inside of a JSON object. */
  say(type: string, members: string): void {
    this.#out += this.#events.event(type, members);
  }

  frame(type: string, members: string): DeltaFrame {
    return this.#events.frame(type, members);
  }

  delta(frame: DeltaFrame, text: string): void {
    this.#out += this.#events.delta(frame, text);
  }

  /** Begins an item, after the one that is open. `make` is asked now, and again when it is done. */
  open(prefix: Prefix, make: Make, message?: Pick<OpenItem, 'phase' | 'content'>): OpenItem {
    this.close('completed');
    const id = itemId(prefix, this.#requestId, this.#done.length);
    const place = `"item_id":${JSON.stringify(id)},"output_index":${this.#done.length}`;
    this.#add(make(id, 'in_progress'));
    this.#make = make;
    this.#open = { id, place, ...message };
    return this.#open;
  }

  /** Ends the open item, if there is one. */
  close(status: ItemStatus): void {
    if (!this.#open || !this.#make) return;
    const item = this.#make(this.#open.id, status);
    this.#open = undefined;
    this.#finish(item);
  }

  /** An item that comes in one piece. */
  whole(prefix: Prefix, make: Make): void {
    this.open(prefix, make);
    this.close('completed');
  }

  /** An item that is complete, with an id of its own. */
  pass(item: OutputItem): void {
    this.close('completed');
    this.#add(item);
    this.#finish(item);
  }

  #add(item: OutputItem): void {
    this.say('response.output_item.added', `"output_index":${this.#done.length},"item":${JSON.stringify(item)}`);
  }

  #finish(item: OutputItem): void {
    const json = JSON.stringify(item);
    this.say('response.output_item.done', `"output_index":${this.#done.length},"item":${json}`);
    this.#done.push(json);
  }
}
