// Server-sent events as the bytes they came in: for answers that are passed on, where few events are ever read.
import { RouterError } from '../contract/index.ts';
import { isWhole } from './sse.ts';

/** One event, with the blank line behind it. */
export interface SseFrame {
  readonly bytes: Uint8Array;
  /** The event's name; '' when it has none. */
  readonly name: string;
  /** Its data, decoded; read it only where it is needed. */
  data(): string;
}

const LINE_FEED = 10;
const CARRIAGE = 13;
const BLANK = Buffer.from('\n\n');
const EVENT = Buffer.from('event:');
const DATA = Buffer.from('data:');
/** Some servers write their errors without any field. */
const BARE = Buffer.from('{');
/** A whole image may stand in one line. */
const FRAME_BYTES_MAX = 32 * 1024 * 1024;
/** Servers that write no blank lines write their JSON in few lines, and each is a reason to parse all of it. */
const WHOLE_LINES_MAX = 16;
const NOTHING = Buffer.alloc(0);

/** Takes bytes in any pieces and gives whole events. An event whose blank line is missing ends where the next one's name begins, or
 * its data once this one's is whole JSON, and gets one; lines end with a line feed, with or without a carriage return before it. */
export class SseFrames {
  #buffer: Buffer = NOTHING;
  /** The end of what has been received, within the buffer. */
  #end = 0;
  #start = 0;
  /** Where the line at hand begins, and how far it has been searched. */
  #line = 0;
  #searched = 0;
  /** Of the event at hand. */
  #name = '';
  #dataLines = 0;
  /** The buffer is our own, and there may be room behind its end. */
  #own = false;

  /** Throws RouterError `upstream-failed` for an event beyond the limit. */
  push(chunk: Uint8Array): void {
    const left = this.#end - this.#start;
    if (left + chunk.length > FRAME_BYTES_MAX) {
      throw new RouterError('upstream-failed', `an event of the stream is longer than ${FRAME_BYTES_MAX} bytes`);
    }
    if (left === 0) {
      this.#buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      this.#own = false;
      this.#moved(this.#start, 0);
      this.#end = chunk.length;
      return;
    }
    if (!this.#own || this.#buffer.length - this.#end < chunk.length) {
      // Events that have been told are views of the old buffer: what is behind them goes into a new one.
      const next = Buffer.allocUnsafe(2 * (left + chunk.length));
      this.#buffer.copy(next, 0, this.#start, this.#end);
      this.#buffer = next;
      this.#own = true;
      this.#moved(this.#start, 0);
      this.#end = left;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next event; undefined when more bytes are needed. */
  next(): SseFrame | undefined {
    for (;;) {
      // What lies behind the end is not looked at: it may be many times what has come.
      const found = this.#buffer.subarray(this.#searched, this.#end).indexOf(LINE_FEED);
      if (found === -1) {
        this.#searched = this.#end;
        return undefined;
      }
      const feed = this.#searched + found;
      const line = this.#line;
      const end = feed > line && this.#buffer[feed - 1] === CARRIAGE ? feed - 1 : feed;
      if (end === line) return this.#cut(feed + 1);
      if (this.#begins(EVENT, line, end)) {
        // Read again as the first line of the event that it begins.
        if (this.#dataLines > 0) return this.#completed(line);
        this.#name = this.#buffer.toString('latin1', line + EVENT.length, end).trim();
      } else if (this.#begins(DATA, line, end) || this.#begins(BARE, line, end)) {
        if (this.#isComplete(line)) return this.#completed(line);
        this.#dataLines++;
      }
      this.#line = feed + 1;
      this.#searched = feed + 1;
    }
  }

  /** All whole events that have come, in one piece, where events end in two line feeds; undefined when there is none. They stay
   * until `next` or `skip` takes them. */
  get whole(): Buffer | undefined {
    const end = this.#buffer.subarray(this.#start, this.#end).lastIndexOf(BLANK);
    return end === -1 ? undefined : this.#buffer.subarray(this.#start, this.#start + end + BLANK.length);
  }

  /** Passes over so many bytes: whole events. */
  skip(length: number): void {
    this.#start += length;
    this.#line = this.#start;
    this.#searched = this.#start;
    this.#name = '';
    this.#dataLines = 0;
  }

  /** What stands behind the last whole event, once the stream is over: an event without its end; undefined when it says nothing.
   * Without blank lines it may be two: ask until there is none. */
  rest(): SseFrame | undefined {
    const last = [DATA, BARE].some((word) => this.#begins(word, this.#line, this.#end));
    if (!last && this.#dataLines === 0) return undefined;
    if (last && this.#isComplete(this.#line)) return this.#completed(this.#line);
    return this.#frame(this.#end, this.#buffer[this.#end - 1] === LINE_FEED ? '\n' : '\n\n');
  }

  #moved(from: number, to: number): void {
    this.#line += to - from;
    this.#searched += to - from;
    this.#start = to;
  }

  #begins(word: Buffer, at: number, end: number): boolean {
    return end - at >= word.length && this.#buffer.compare(word, 0, word.length, at, at + word.length) === 0;
  }

  /** What stands before this line is all of an event's data. */
  #isComplete(line: number): boolean {
    const lines = this.#dataLines;
    return lines > 0 && lines <= WHOLE_LINES_MAX && isWhole(dataOf(this.#buffer.subarray(this.#start, line)));
  }

  #cut(end: number): SseFrame {
    return this.#frame(end, '');
  }

  /** The event up to a line that begins the next one. */
  #completed(end: number): SseFrame {
    return this.#frame(end, '\n');
  }

  #frame(end: number, missing: '' | '\n' | '\n\n'): SseFrame {
    const whole = this.#buffer.subarray(this.#start, end);
    const name = this.#name;
    this.#start = end;
    this.#line = end;
    this.#searched = end;
    this.#name = '';
    this.#dataLines = 0;
    const bytes = missing === '' ? whole : Buffer.concat([whole, Buffer.from(missing)]);
    return { bytes, name, data: () => dataOf(whole) };
  }
}

function dataOf(bytes: Buffer): string {
  const lines = bytes.toString('utf8').split('\n');
  return lines
    .flatMap((line) => {
      if (!line.startsWith('data:') && !line.startsWith('{')) return [];
      const start = line.startsWith('{') ? 0 : line[5] === ' ' ? 6 : 5;
      return [line.slice(start).replace(/\r$/, '')];
    })
    .join('\n');
}
