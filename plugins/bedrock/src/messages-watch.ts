// The frames of InvokeModelWithResponseStream, told as Messages' server-sent events: of a delta nothing is parsed, its base64 goes
// straight into the bytes of the event.
import type { FinishEvent, Usage } from '@turnout/core/contract';
import { replaceModel } from '@turnout/core/plugin';
import type { Frame } from '@turnout/core/wire';
import { decodeBase64 } from './base64.ts';
import { ClaudeReader, DELTA_BYTES, DELTA_START, isDelta, type OpenChunk, openChunk } from './claude-chunk.ts';
import { withoutOwnMembers } from './own-members.ts';
import type { FrameWatch } from './relay-frames.ts';

const NOTHING = new Uint8Array(0);
/** What is told of a delta up to where one begins to differ from another. */
const DELTA_TOLD = Buffer.from(`event: content_block_delta\ndata: ${DELTA_START}`);
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
      const told = tellDelta(frame);
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

const LINE_FEED = 10;

/** Told deltas stand one behind the other in it, so that those of one chunk are one piece without being copied; what is told is not
 * changed any more. */
let slab = Buffer.alloc(0);
let slabEnd = 0;
const SLAB_BYTES = 64 * 1024;

/** The event of a frame that holds a delta; undefined for any other, and for what has to be looked at more closely. It reads byte by
 * byte: each call of a Buffer's method would cost as much as a third of the event does (bench: messages → Claude, 2026-11). */
function tellDelta(frame: Frame): Uint8Array | undefined {
  if (!isDelta(frame)) return undefined;
  const { bytes, start, end } = frame;
  const from = start + DELTA_BYTES;
  // The base64 of what is told is longer than that.
  const sizeMax = DELTA_TOLD.length + (end - from) + 2;
  if (sizeMax > SLAB_BYTES) return undefined;
  if (slab.length - slabEnd < sizeMax) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabEnd = 0;
  }
  const told = slabEnd;
  for (let at = 0; at < DELTA_TOLD.length; at++) slab[told + at] = DELTA_TOLD[at] as number; // it is inside
  const dataStart = told + DELTA_TOLD.length;
  const dataEnd = decodeBase64(bytes, from, end, slab, dataStart);
  // Not all was base64, or the JSON has lines.
  if (dataEnd === -1) return undefined;
  slab[dataEnd] = LINE_FEED;
  slab[dataEnd + 1] = LINE_FEED;
  slabEnd = dataEnd + 2;
  return slab.subarray(told, slabEnd);
}
