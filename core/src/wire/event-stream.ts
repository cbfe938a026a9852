// The frames of AWS's `application/vnd.amazon.eventstream`: a reader that checks both checksums and every length, and a
// writer. A frame is: total length u32, headers length u32, CRC of those 8 bytes u32, headers, payload, CRC of all
// before it u32; all big-endian.
import { crc32 } from './crc32.ts';
import { encodeHeaders, FrameError, type FrameHeaders, HEADERS_BYTES_MAX, readHeaders } from './frame-headers.ts';

export { FrameError, type FrameErrorReason, type FrameHeaders, type FrameHeaderValue } from './frame-headers.ts';

const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** What a frame without headers and payload takes. */
const FRAME_BYTES_MIN = PRELUDE_BYTES + CHECKSUM_BYTES;
const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;
const FRAME_BYTES_MAX = PAYLOAD_BYTES_MAX + HEADERS_BYTES_MAX + FRAME_BYTES_MIN;

/** One whole frame. Its payload stays where it was read: a view costs more than the frame's checksum. */
export class Frame {
  readonly headers: FrameHeaders;
  /** Where the frame was read: a pushed chunk, often with other frames in it. Copy what is to be kept once that chunk is reused. */
  readonly bytes: Buffer;
  /** The same, for reading a few bytes without a call. */
  readonly view: DataView;
  /** Where the payload stands within `bytes`. */
  readonly start: number;
  readonly end: number;
  readonly #frameStart: number;

  constructor(headers: FrameHeaders, bytes: Buffer, view: DataView, frameStart: number, start: number, end: number) {
    this.headers = headers;
    this.bytes = bytes;
    this.view = view;
    this.start = start;
    this.end = end;
    this.#frameStart = frameStart;
  }

  /** The frame as it came, checksums included: to be passed on. A view, as `payload` is. */
  get whole(): Buffer {
    return this.bytes.subarray(this.#frameStart, this.end + CHECKSUM_BYTES);
  }

  get payload(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  /** The payload as UTF-8. */
  text(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }
}

export interface FrameReaderOptions {
  /** The longest frame accepted, headers and checksums included. Default: AWS's own limits, 16 MiB of payload. */
  readonly frameBytesMax?: number;
}

const NOTHING = Buffer.alloc(0);

/** Reads frames from bytes that come in chunks of any size. After each `push`, call `next` until it gives undefined; when
 * the bytes are over, call `end`. The first FrameError is final: every later call throws it again. Chunks are read in
 * place, so they must not change until their frames have been used. */
export class FrameReader {
  readonly #frameBytesMax: number;
  readonly #chunks: Uint8Array[] = [];
  #chunk: Buffer = NOTHING;
  #view = viewOf(NOTHING);
  #cursor = 0;
  /** A frame that spans chunks, or as long as its length is not known, its prelude. */
  #partial: Buffer | undefined;
  #partialBytes = 0;
  #failure: FrameError | undefined;

  constructor(options: FrameReaderOptions = {}) {
    this.#frameBytesMax = options.frameBytesMax ?? FRAME_BYTES_MAX;
  }

  /** Hands over more bytes. They are not copied. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /** The next whole frame, or undefined until more bytes come. Throws FrameError. */
  next(): Frame | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      while (this.#cursor < this.#chunk.length || this.#advance()) {
        const frame = this.#partial === undefined ? this.#readInPlace() : this.#readAcross(this.#partial);
        if (frame !== undefined) return frame;
      }
      return undefined;
    } catch (error) {
      if (error instanceof FrameError) this.#failure = error;
      throw error;
    }
  }

  /** Throws FrameError `truncated` when the bytes ended inside a frame. */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const unread = this.#cursor < this.#chunk.length || this.#chunks.length > 0;
    if (this.#partial === undefined && !unread) return;
    this.#failure = new FrameError('truncated', 'the event stream ended inside a frame');
    throw this.#failure;
  }

  #advance(): boolean {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return false;
    this.#chunk = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#view = viewOf(this.#chunk);
    this.#cursor = 0;
    return true;
  }

  #readInPlace(): Frame | undefined {
    const chunk = this.#chunk;
    const start = this.#cursor;
    const available = chunk.length - start;
    if (available < PRELUDE_BYTES) return this.#collect(PRELUDE_BYTES);
    const frameBytes = checkPrelude(this.#view, start, this.#frameBytesMax);
    if (available < frameBytes) return this.#collect(frameBytes);
    this.#cursor = start + frameBytes;
    return readFrame(chunk, this.#view, start, frameBytes);
  }

  /** Moves the rest of the chunk to a buffer that later chunks fill up. */
  #collect(bytes: number): undefined {
    this.#partial = Buffer.allocUnsafe(bytes);
    this.#partialBytes = this.#chunk.copy(this.#partial, 0, this.#cursor);
    this.#cursor = this.#chunk.length;
  }

  #readAcross(partial: Buffer): Frame | undefined {
    const copied = this.#chunk.copy(partial, this.#partialBytes, this.#cursor);
    this.#cursor += copied;
    this.#partialBytes += copied;
    if (this.#partialBytes < partial.length) return undefined;
    // No frame is as short as a prelude, so this length says that the buffer holds no more than one.
    if (partial.length === PRELUDE_BYTES) {
      this.#partial = Buffer.allocUnsafe(checkPrelude(viewOf(partial), 0, this.#frameBytesMax));
      partial.copy(this.#partial);
      return undefined;
    }
    this.#partial = undefined;
    return readFrame(partial, viewOf(partial), 0, partial.length);
  }
}

/** What numbers are read from: a view's methods are part of the code around them, a Buffer's are calls. */
const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);

/** Checks the first 12 bytes of a frame. Returns the length of the whole frame. */
function checkPrelude(view: DataView, start: number, frameBytesMax: number): number {
  if (crc32(view, start, start + 8) !== view.getUint32(start + 8)) {
    throw new FrameError('prelude-crc', 'the checksum of a frame prelude is wrong');
  }
  const frameBytes = view.getUint32(start);
  if (frameBytes < FRAME_BYTES_MIN || frameBytes > frameBytesMax) {
    throw new FrameError('length', `a frame of ${frameBytes} bytes, not ${FRAME_BYTES_MIN} to ${frameBytesMax}`);
  }
  const headersBytes = view.getUint32(start + 4);
  if (headersBytes > frameBytes - FRAME_BYTES_MIN || headersBytes > HEADERS_BYTES_MAX) {
    throw new FrameError('length', `headers of ${headersBytes} bytes in a frame of ${frameBytes}`);
  }
  return frameBytes;
}

/** Reads a whole frame whose prelude has been checked. */
function readFrame(bytes: Buffer, view: DataView, start: number, frameBytes: number): Frame {
  const end = start + frameBytes - CHECKSUM_BYTES;
  if (crc32(view, start, end) !== view.getUint32(end)) {
    throw new FrameError('message-crc', 'the checksum of a frame is wrong');
  }
  const headersStart = start + PRELUDE_BYTES;
  const headersEnd = headersStart + view.getUint32(start + 4);
  return new Frame(readHeaders(view, headersStart, headersEnd), bytes, view, start, headersEnd, end);
}

/** One frame with string headers. Throws FrameError for what does not fit the format's limits. */
export function encodeFrame(headers: Readonly<Record<string, string>>, payload: Uint8Array | string): Buffer {
  return createFrameEncoder(headers)(payload);
}

/** An encoder of frames that all have these string headers. Throws FrameError for what does not fit the format's limits. */
export function createFrameEncoder(
  headers: Readonly<Record<string, string>>,
): (payload: Uint8Array | string) => Buffer {
  const block = encodeHeaders(headers);
  const payloadStart = PRELUDE_BYTES + block.length;
  return (payload) => {
    const payloadBytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
    if (payloadBytes > PAYLOAD_BYTES_MAX) throw new FrameError('length', `a payload of ${payloadBytes} bytes`);
    const end = payloadStart + payloadBytes;
    const frame = Buffer.allocUnsafe(end + CHECKSUM_BYTES);
    frame.writeUInt32BE(frame.length, 0);
    frame.writeUInt32BE(block.length, 4);
    const view = viewOf(frame);
    frame.writeUInt32BE(crc32(view, 0, 8), 8);
    frame.set(block, PRELUDE_BYTES);
    if (typeof payload === 'string') frame.write(payload, payloadStart);
    else frame.set(payload, payloadStart);
    frame.writeUInt32BE(crc32(view, 0, end), end);
    return frame;
  };
}
