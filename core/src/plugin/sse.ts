// Server-sent events as servers really write them: any line end, any cut, with or without blank lines.
import { RouterError } from '../contract/index.ts';
import { isJson } from './json.ts';

/** One event. */
export interface SseEvent {
  /** The event's name; most have none. */
  readonly name: string | undefined;
  readonly data: string;
}

/** A whole image may stand in one line. */
const EVENT_LENGTH_MAX = 32 * 1024 * 1024;
/** Servers that write no blank lines write their JSON in few lines, and each is a reason to parse all of it. */
const WHOLE_LINES_MAX = 16;

/** Takes bytes in any pieces and gives events. */
export class SseReader {
  readonly #decoder = new TextDecoder();
  readonly #lengthMax: number;
  /** Lines that are not all read, each with a line feed at its end. */
  #text = '';
  /** Where the line at hand begins. */
  #at = 0;
  /** What has come of the line that is not over, joined once however many pieces it comes in: it may hold an image. */
  #pieces: string[] = [];
  #piecesLength = 0;
  #afterCarriage = false;
  #data: string | undefined;
  #dataLines = 0;
  #name: string | undefined;
  #ready: SseEvent | undefined;

  constructor(lengthMax = EVENT_LENGTH_MAX) {
    this.#lengthMax = lengthMax;
  }

  /** Throws RouterError `upstream-failed` for a line beyond the limit. */
  push(chunk: Uint8Array): void {
    this.#add(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The stream is over: its last line may have no end, its last event no blank line. */
  end(): void {
    this.#add(`${this.#decoder.decode()}\n\n`);
  }

  /** The next event; undefined when more bytes are needed. */
  next(): SseEvent | undefined {
    while (this.#ready === undefined) {
      const end = this.#text.indexOf('\n', this.#at);
      if (end === -1) return undefined;
      const line = this.#text.slice(this.#at, end);
      this.#at = end + 1;
      this.#read(line);
    }
    const ready = this.#ready;
    this.#ready = undefined;
    return ready;
  }

  #add(decoded: string): void {
    if (decoded === '') return;
    // A line end of two characters may be cut between them.
    const text = this.#afterCarriage && decoded.startsWith('\n') ? decoded.slice(1) : decoded;
    this.#afterCarriage = decoded.endsWith('\r');
    const plain = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
    const end = plain.lastIndexOf('\n') + 1;
    if (end > 0) {
      this.#text = this.#text.slice(this.#at) + this.#pieces.join('') + plain.slice(0, end);
      this.#at = 0;
      this.#pieces = [];
      this.#piecesLength = 0;
    }
    if (end < plain.length) this.#pieces.push(plain.slice(end));
    this.#piecesLength += plain.length - end;
    if (this.#piecesLength > this.#lengthMax) throw tooLong(this.#lengthMax);
  }

  #read(line: string): void {
    if (line === '') this.#dispatch();
    else if (line.startsWith('data:')) this.#append(line.slice(line[5] === ' ' ? 6 : 5));
    else if (line.startsWith('event:')) {
      // Without blank lines between them, a name begins the next event.
      if (this.#data !== undefined) this.#dispatch();
      this.#name = line.slice(6).trim();
    } else if (line.startsWith('{')) this.#append(line);
  }

  /** A line more of the data: of the same event, or, from servers that write no blank lines, of the next one. */
  #append(text: string): void {
    if (this.#data !== undefined && this.#dataLines <= WHOLE_LINES_MAX && isWhole(this.#data)) this.#dispatch();
    this.#data = this.#data === undefined ? text : `${this.#data}\n${text}`;
    this.#dataLines++;
    if (this.#data.length > this.#lengthMax) throw tooLong(this.#lengthMax);
  }

  #dispatch(): void {
    if (this.#data !== undefined) this.#ready = { name: this.#name, data: this.#data };
    this.#data = undefined;
    this.#dataLines = 0;
    this.#name = undefined;
  }
}

const tooLong = (lengthMax: number): RouterError =>
  new RouterError('upstream-failed', `an event of the stream is longer than ${lengthMax} characters`);

/** Whether the data of an event is all there, although nothing says that it ends. */
export const isWhole = (data: string): boolean => data.trim() === '[DONE]' || isJson(data);
