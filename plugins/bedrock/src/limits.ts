// How many images and documents a request may hold, and how large: refused here, with the part's name, before a megabyte
// is sent. Source: AWS's page on Converse's content blocks as of 2026-11.
import { RouterError } from '@turnout/core/contract';
import type { ConverseDocument, ConverseImage, ConverseMessage } from '@turnout/core/wire';
import { readImageSize } from './image-header.ts';

const IMAGES_MAX = 20;
const DOCUMENTS_MAX = 5;
const IMAGE_BYTES_MAX = 3.75 * 1024 * 1024;
const IMAGE_SIDE_PX_MAX = 8000;
const DOCUMENT_BYTES_MAX = 4.5 * 1024 * 1024;
/** Of base64, and of video; what is said of audio is nothing else. */
const TIMED_CHARACTERS_MAX = 25 * 1024 * 1024;
/** Where these are read page by page, their size is limited by the body's alone. */
const PAGED: ReadonlySet<string> = new Set(['pdf', 'docx']);

/** Throws RouterError `unsupported`, so that another target may take what Bedrock does not. */
export function checkLimits(messages: readonly ConverseMessage[]): void {
  let images = 0;
  let documents = 0;
  for (const { content } of messages) {
    for (const block of content) {
      for (const { image, document } of block.toolResult?.content ?? [block]) {
        checkTimed('video', 'video' in block ? block.video : undefined);
        checkTimed('audio', 'audio' in block ? block.audio : undefined);
        if (image !== undefined) checkImage(image, ++images);
        if (document !== undefined) checkDocument(document, ++documents);
      }
    }
  }
  if (images > IMAGES_MAX) throw tooMuch(`the request holds ${images} images: Bedrock takes ${IMAGES_MAX}`);
  if (documents > DOCUMENTS_MAX) {
    throw tooMuch(`the request holds ${documents} documents: Bedrock takes ${DOCUMENTS_MAX}`);
  }
}

function checkImage({ format, source }: ConverseImage, position: number): void {
  if (source.bytes === undefined) return;
  const name = `image ${position} of the request (${format})`;
  const bytes = Buffer.byteLength(source.bytes, 'base64');
  if (bytes > IMAGE_BYTES_MAX) throw tooMuch(`${name} is ${megabytes(bytes)} MB: Bedrock takes 3.75 MB`);
  const size = readImageSize(source.bytes);
  if (size !== undefined && Math.max(size.widthPx, size.heightPx) > IMAGE_SIDE_PX_MAX) {
    const { widthPx, heightPx } = size;
    throw tooMuch(`${name} is ${widthPx} × ${heightPx} pixels: Bedrock takes ${IMAGE_SIDE_PX_MAX} a side`);
  }
}

function checkTimed(kind: string, media: ConverseImage | undefined): void {
  if ((media?.source.bytes?.length ?? 0) <= TIMED_CHARACTERS_MAX) return;
  throw tooMuch(`a ${kind} of the request (${media?.format}) is larger than the 25 MB of base64 that Bedrock takes`);
}

function checkDocument({ format, name, source }: ConverseDocument, position: number): void {
  if (source.bytes === undefined || PAGED.has(format)) return;
  const bytes = Buffer.byteLength(source.bytes, 'base64');
  if (bytes <= DOCUMENT_BYTES_MAX) return;
  throw tooMuch(
    `document ${position} of the request ("${name}", ${format}) is ${megabytes(bytes)} MB: Bedrock takes 4.5 MB`,
  );
}

const megabytes = (bytes: number): string => (Math.ceil((bytes / 1024 / 1024) * 100) / 100).toFixed(2);

const tooMuch = (message: string): RouterError => new RouterError('unsupported', message, { field: 'messages' });
