// The headers of an event-stream frame: read once per distinct block of bytes, and written. A header is: name length u8,
// name, value type u8, value (bytes and string with a length u16 before them); all big-endian.
import { standsAt } from './stands-at.ts';

/** AWS's limit for the headers of one frame together. */
export const HEADERS_BYTES_MAX = 128 * 1024;
const HEADER_NAME_BYTES_MAX = 255;
const HEADER_VALUE_BYTES_MAX = 32_767;

export type FrameErrorReason = 'prelude-crc' | 'message-crc' | 'length' | 'header' | 'truncated';

/** The bytes are not a sound event stream. Whoever reads on after it would read nonsense. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly reason: FrameErrorReason;

  constructor(reason: FrameErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A header's value by its wire type: long is a bigint, timestamp a Date, bytes a Buffer, uuid its usual text. */
export type FrameHeaderValue = boolean | number | bigint | string | Date | Buffer;

/** Shared by all frames with the same header bytes: never change it. */
export interface FrameHeaders {
  /** `:message-type`: `event`, `exception` or `error`; empty when the frame has none. */
  readonly messageType: string;
  /** `:event-type`, in frames of the type `event`. */
  readonly eventType: string | undefined;
  /** `:exception-type`, in frames of the type `exception`: a modelled error, its members in the payload. */
  readonly exceptionType: string | undefined;
  /** `:error-code`, in frames of the type `error`: an error that is not in the service's model. */
  readonly errorCode: string | undefined;
  /** `:error-message`, beside `:error-code`. */
  readonly errorMessage: string | undefined;
  /** Every header by its name. */
  readonly all: ReadonlyMap<string, FrameHeaderValue>;
}

/** Header blocks read before: nearly every frame repeats one of a handful, byte by byte. */
const known: { readonly block: DataView; readonly headers: FrameHeaders }[] = [];
let knownNext = 0;
const KNOWN_MAX = 16;
const KNOWN_BYTES_MAX = 512;

/** The headers between `start` and `end`. Throws FrameError `header`. */
export function readHeaders(view: DataView, start: number, end: number): FrameHeaders {
  const length = end - start;
  for (const { block, headers } of known) {
    if (block.byteLength === length && standsAt(view, start, block)) return headers;
  }
  const block = Buffer.from(view.buffer, view.byteOffset + start, length);
  const headers = parseHeaders(block);
  if (length <= KNOWN_BYTES_MAX) {
    // A copy of its own: the block is a part of what has come, and small Buffers of a larger one.
    known[knownNext] = { block: new DataView(new Uint8Array(block).buffer), headers };
    knownNext = (knownNext + 1) % KNOWN_MAX;
  }
  return headers;
}

function parseHeaders(block: Buffer): FrameHeaders {
  const all = new Map<string, FrameHeaderValue>();
  let at = 0;
  while (at < block.length) {
    const nameEnd = at + 1 + block.readUInt8(at);
    // The type's byte must be there too.
    if (nameEnd === at + 1 || nameEnd >= block.length) throw malformed('name');
    const name = block.toString('utf8', at + 1, nameEnd);
    if (all.has(name)) throw malformed('name (it occurs twice)');
    const type = block.readUInt8(nameEnd);
    const sized = type === 6 || type === 7;
    const valueStart = nameEnd + (sized ? 3 : 1);
    if (valueStart > block.length) throw malformed('value');
    const valueEnd = valueStart + (sized ? block.readUInt16BE(nameEnd + 1) : (VALUE_BYTES[type] ?? Number.NaN));
    // Also true for the NaN of a type that does not exist.
    if (!(valueEnd <= block.length)) throw malformed('value');
    all.set(name, readValue(type, block.subarray(valueStart, valueEnd)));
    at = valueEnd;
  }
  const text = (name: string): string | undefined => {
    const value = all.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    messageType: text(':message-type') ?? '',
    eventType: text(':event-type'),
    exceptionType: text(':exception-type'),
    errorCode: text(':error-code'),
    errorMessage: text(':error-message'),
    all,
  };
}

const malformed = (part: string): FrameError => new FrameError('header', `a header's ${part} is malformed`);

/** The length of a value by its type: true, false, byte, short, int, long, bytes, string, timestamp, uuid. */
const VALUE_BYTES: readonly number[] = [0, 0, 1, 2, 4, 8, Number.NaN, Number.NaN, 8, 16];

function readValue(type: number, value: Buffer): FrameHeaderValue {
  switch (type) {
    case 0:
      return true;
    case 1:
      return false;
    case 2:
      return value.readInt8();
    case 3:
      return value.readInt16BE();
    case 4:
      return value.readInt32BE();
    case 5:
      return value.readBigInt64BE();
    case 6:
      // A copy: headers outlive the chunk they came in.
      return Buffer.from(value);
    case 7:
      return value.toString('utf8');
    case 8:
      return new Date(Number(value.readBigInt64BE()));
    default:
      return value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }
}

/** The bytes of string headers. Throws FrameError `header` for what the format cannot hold. */
export function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const nameBytes = Buffer.byteLength(name);
    const valueBytes = Buffer.byteLength(value);
    if (nameBytes < 1 || nameBytes > HEADER_NAME_BYTES_MAX) throw new FrameError('header', 'a header name is too long');
    if (valueBytes > HEADER_VALUE_BYTES_MAX) throw new FrameError('header', 'a header value is too long');
    const part = Buffer.allocUnsafe(1 + nameBytes + 3 + valueBytes);
    part.writeUInt8(nameBytes, 0);
    part.write(name, 1);
    part.writeUInt8(7, 1 + nameBytes);
    part.writeUInt16BE(valueBytes, 2 + nameBytes);
    part.write(value, 4 + nameBytes);
    parts.push(part);
  }
  const block = Buffer.concat(parts);
  if (block.length > HEADERS_BYTES_MAX) throw new FrameError('header', 'the headers are too long');
  return block;
}
