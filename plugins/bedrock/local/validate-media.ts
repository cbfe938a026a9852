// What Bedrock requires of images, documents and videos in messages.
import type { ConverseBlock, ConverseDocument, ConverseImage, ConverseRequestBody } from '@turnout/core/wire';
import type { ResolvedModel } from './model.ts';
import { invalid, modelSaid } from './refusal.ts';
import { unionRefusal } from './shape.ts';
import { unsupportedBlock } from './validate-tools.ts';

const DOCUMENTS_MAX = 5;
const IMAGES_MAX = 20;
/** Of base64: 3.75 MB of image. */
const IMAGE_CHARACTERS_MAX = 5 * 1024 * 1024;
const DOCUMENT_BYTES_MAX = 4.5 * 1024 * 1024;

// Underscores are not in AWS's own list, but recordings show that they pass. A tab or a wide space does not
// (aws-samples/generative-ai-use-cases#1671, 2026-08).
const DOCUMENT_NAME = /^(?!.* {2})[a-zA-Z0-9_ ()[\]-]+$/;

/** Read only, though the catalogue does not say so: from AWS's page of supported models and features, as of 2026-11. */
const BLIND = /^(amazon\.titan-text|mistral\.(mistral-7b|mixtral|mistral-(large|small)-24\d\d)|cohere\.command|ai21\.)/;

/** Throws Refusal. */
export function checkMedia(body: ConverseRequestBody, model: ResolvedModel): void {
  const names = new Set<string>();
  let images = 0;
  let documents = 0;
  for (const [m, message] of body.messages.entries()) {
    const hasText = message.content.some((block) => block.text !== undefined);
    for (const [b, block] of message.content.entries()) {
      checkBlock(block, message.role, hasText, [m, b], model);
      for (const part of [block, ...(block.toolResult?.content ?? [])]) {
        const path =
          part === block ? ['messages', m, 'content', b] : ['messages', m, 'content', b, 'toolResult', 'content'];
        if (part.image !== undefined) images += 1;
        const fault =
          part.image === undefined ? undefined : findImageFault(part.image, `messages.${m}.content.${b}`, model);
        if (fault !== undefined) throw modelSaid(fault);
        if (part.document === undefined) continue;
        documents += 1;
        checkDocument(part.document, names, path, [m, b], model);
      }
    }
  }
  if (documents > DOCUMENTS_MAX) throw invalid(`You can't include more than ${DOCUMENTS_MAX} documents in a request.`);
  if (images > IMAGES_MAX) throw invalid(`You can't include more than ${IMAGES_MAX} images in a request.`);
}

type Place = readonly [message: number, block: number];

function checkBlock(block: ConverseBlock, role: string, hasText: boolean, [m, b]: Place, model: ResolvedModel): void {
  const kind = (['image', 'document', 'video', 'audio'] as const).find((name) => block[name] !== undefined);
  if (kind === undefined) return;
  if (role !== 'user') {
    if (model.claude !== undefined)
      throw modelSaid(`messages.${m}.content: '${kind}' blocks are not permitted within assistant turns.`);
    throw invalid(`The ${kind} block at messages.${m}.content.${b} can only be used in a message of the user role.`);
  }
  if (kind === 'image' && (model.facts.images ?? !BLIND.test(model.id)) === false) throw unsupportedBlock(kind);
  if (kind === 'video' && !/^amazon\.nova-(?!micro)/.test(model.id)) throw unsupportedBlock(kind);
  if (kind === 'audio' && model.claude !== undefined) throw unsupportedBlock(kind);
  if (kind === 'document' && !hasText) {
    throw invalid('A text block must be included when using documents. Add a text block and retry your request.');
  }
}

const SIGNATURES: readonly (readonly [format: string, base64: RegExp])[] = [
  ['png', /^iVBORw0KGg/],
  ['jpeg', /^\/9j\//],
  ['gif', /^R0lGOD/],
  ['webp', /^UklGR/],
];

/** What Claude finds wrong with an image. `place`: `messages.0.content.1`. */
export function findImageFault(image: ConverseImage, place: string, model: ResolvedModel): string | undefined {
  const bytes = image.source.bytes;
  if (bytes === undefined || model.claude === undefined) return undefined;
  const field = `${place}.image.source.base64`;
  if (bytes.length > IMAGE_CHARACTERS_MAX) {
    return `${field}: image exceeds 5 MB maximum: ${bytes.length} bytes > ${IMAGE_CHARACTERS_MAX} bytes`;
  }
  const found = SIGNATURES.find(([, matches]) => matches.test(bytes))?.[0];
  if (found === undefined) return 'Could not process image';
  // Claude 3 takes an image whose format is declared wrongly (recorded); the later ones compare.
  return found === image.format || model.claude.thinking === 'none'
    ? undefined
    : `${field}: The image was specified using the image/${image.format} media type, but the image appears to be a image/${found} image`;
}

function checkDocument(
  document: ConverseDocument,
  names: Set<string>,
  path: readonly (string | number)[],
  [m, b]: Place,
  model: ResolvedModel,
): void {
  if (!DOCUMENT_NAME.test(document.name)) {
    throw invalid(
      "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character. Check that the file name conforms to these restrictions and retry your request.",
    );
  }
  if (names.has(document.name)) {
    throw invalid("Messages can't contain duplicate document names. Rename the document and retry your request.");
  }
  names.add(document.name);
  const { source } = document;
  // Recorded with `text` and `content` only where citations are on.
  if (source.bytes === undefined && source.s3Location === undefined && document.citations?.enabled !== true) {
    throw unionRefusal('DocumentSource', [...path, 'document', 'source'], ['bytes', 's3Location']);
  }
  if (source.bytes !== undefined && source.bytes.length * 0.75 > DOCUMENT_BYTES_MAX && document.format !== 'pdf') {
    throw invalid(`The document at ${path.join('.')} is larger than 4.5 MB. Reduce its size and retry your request.`);
  }
  if (model.claude === undefined) return;
  const place = `messages.${m}.content.${b}.document.source`;
  // Recorded, and that inside a tool result it passes.
  if (source.s3Location !== undefined && !path.includes('toolResult')) throw modelSaid(`${place}.type: Field required`);
  if (document.format === 'pdf' && source.bytes !== undefined && !source.bytes.startsWith('JVBERi')) {
    throw modelSaid(`${place}.base64: The PDF specified was not valid.`);
  }
}
