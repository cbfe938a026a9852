// Width and height of an image, read from the first bytes of its file.

export interface ImageSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Where the first bytes of a JPEG are looked through for its frame header, in bytes. */
const JPEG_HEAD_MAX = 256 * 1024;

/** The size of a PNG, JPEG, GIF or WebP given in base64; undefined when it cannot be told. */
export function readImageSize(data: string): ImageSize | undefined {
  const head = Buffer.from(data.slice(0, 64), 'base64');
  if (head.length < 24) return undefined;
  if (head.readUInt32BE(0) === 0x89504e47) return size(head.readUInt32BE(16), head.readUInt32BE(20));
  if (head.toString('latin1', 0, 4) === 'GIF8') return size(head.readUInt16LE(6), head.readUInt16LE(8));
  if (head.readUInt16BE(0) === 0xffd8) return readJpeg(Buffer.from(data.slice(0, (JPEG_HEAD_MAX / 3) * 4), 'base64'));
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP') return readWebp(head);
  return undefined;
}

const size = (widthPx: number, heightPx: number): ImageSize => ({ widthPx, heightPx });

function readWebp(head: Buffer): ImageSize | undefined {
  if (head.length < 30) return undefined;
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8X':
      return size(head.readUIntLE(24, 3) + 1, head.readUIntLE(27, 3) + 1);
    case 'VP8 ':
      return size(head.readUInt16LE(26) & 0x3fff, head.readUInt16LE(28) & 0x3fff);
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    default:
      return undefined;
  }
}

/** Segments follow one another until the frame header (SOF0 to SOF15, but for the tables C4, C8 and CC). */
function readJpeg(file: Buffer): ImageSize | undefined {
  let at = 2;
  while (at + 9 <= file.length && file[at] === 0xff) {
    const marker = file[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return size(file.readUInt16BE(at + 7), file.readUInt16BE(at + 5));
    // Padding between segments.
    at += marker === 0xff ? 1 : 2 + file.readUInt16BE(at + 2);
  }
  return undefined;
}
