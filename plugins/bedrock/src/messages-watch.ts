// The frames of InvokeModelWithResponseStream, told as Messages' server-sent events: of a delta nothing is parsed, its base64 goes
// straight into the bytes of the event.
import type { FinishEvent, Usage } from '@turnout/core/contract';
import { replaceModel } from '@turnout/core/plugin';
import type { Frame } from '@turnout/core/wire';
import { BYTES, ClaudeReader, DELTA, type OpenChunk, openChunk } from './claude-chunk.ts';
import { withoutOwnMembers } from './own-members.ts';
import type { FrameWatch } from './relay-frames.ts';

const NOTHING = new Uint8Array(0);
const LINE_FEED = 10;
const QUOTE = 34;
const EQUALS = 61;
/** The letters `byte` of the payload's first member, and where they stand. */
const BYTE = 0x62797465;
const BYTE_AT = 2;
const DELTA_BASE64 = DELTA.slice(BYTES.length);
const DELTA_HEAD = Buffer.from('event: content_block_delta\ndata: ');
/** As Anthropic sends it, behind the first event; Bedrock does not. */
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';

export class MessagesWatch implements FrameWatch {
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
    if (frame.headers.eventType !== 'chunk') return NOTHING;
    if (this.#reader.content) {
      const told = tellDelta(frame.payload);
      if (told !== undefined) return told;
    }
    const chunk = openChunk(frame, this.#label);
    this.#reader.read(chunk.event);
    return Buffer.from(this.#tell(chunk));
  }

  finish(over: boolean): FinishEvent | undefined {
    return this.#reader.finish(over);
  }

  #tell({ json, event }: OpenChunk): string {
    const type = String(event.type);
    const own = withoutOwnMembers(type === 'message_start' ? replaceModel(json, this.#model, 'message') : json);
    // Lines end an event's data; in JSON they stand between members only.
    const told = `event: ${type}\ndata: ${own.replace(/[\r\n]/g, ' ')}\n\n`;
    return type === 'message_start' ? told + PING : told;
  }
}

/** The event of a payload that holds a delta; undefined for any other, and for what has to be looked at more closely. */
function tellDelta(payload: Buffer): Uint8Array | undefined {
  // All that it reads of a payload it reads in few calls: each costs as much as a hundred bytes do.
  const end = payload.indexOf(QUOTE, DELTA.length);
  if (end === -1 || payload.readUInt32BE(BYTE_AT) !== BYTE) return undefined;
  const base64 = payload.toString('latin1', BYTES.length, end);
  if (!base64.startsWith(DELTA_BASE64) || base64.length % 4 !== 0) return undefined;
  const padding = payload[end - 1] !== EQUALS ? 0 : payload[end - 2] !== EQUALS ? 1 : 2;
  const size = (base64.length / 4) * 3 - padding;
  const dataEnd = DELTA_HEAD.length + size;
  const told = Buffer.allocUnsafe(dataEnd + 2);
  told.set(DELTA_HEAD);
  const written = told.write(base64, DELTA_HEAD.length, 'base64');
  told[dataEnd] = LINE_FEED;
  told[dataEnd + 1] = LINE_FEED;
  // Not all was base64, or the JSON has lines.
  if (written !== size || told.indexOf(LINE_FEED, DELTA_HEAD.length) !== dataEnd) return undefined;
  return told;
}
