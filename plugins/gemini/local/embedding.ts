// batchEmbedContents: vectors that depend on the text alone.
import { createHash } from 'node:crypto';
import { isObject, type JsonObject, objectsIn, type Take, takeJson } from '@turnout/core/testing';
import { checkMessage, EMBED } from './fields.ts';
import { invalid } from './refusal.ts';

const DIMENSIONS = 3072;
const TEXTS_MAX = 100;

/** Throws Refusal for what Google would refuse. */
export function answerEmbeddings(model: string, body: JsonObject): Take {
  checkMessage(body, EMBED, '');
  const requests = objectsIn(body.requests);
  if (requests.length === 0) throw invalid('* BatchEmbedContentsRequest.requests: requests must not be empty.\n');
  if (requests.length > TEXTS_MAX)
    throw invalid(`* BatchEmbedContentsRequest.requests: at most ${TEXTS_MAX} requests can be in one batch\n`);
  const texts = requests.map(({ model: named, content }, index) => {
    if (named !== `models/${model}`)
      throw invalid(
        `* BatchEmbedContentsRequest.requests[${index}].model: model must match the model in the request path.\n`,
      );
    const parts = isObject(content) ? objectsIn(content.parts) : [];
    const text = parts.map((part) => String(part.text ?? '')).join('');
    if (text === '') throw invalid(`* BatchEmbedContentsRequest.requests[${index}].content: content is empty\n`);
    return text;
  });
  const embeddings = texts.map((text, index) => {
    const asked = requests[index]?.outputDimensionality;
    const length = asked === undefined ? DIMENSIONS : Number(asked);
    if (!(length >= 1 && length <= DIMENSIONS))
      throw invalid(
        `* BatchEmbedContentsRequest.requests[${index}].output_dimensionality: must be between 1 and ${DIMENSIONS}.\n`,
      );
    return { values: vectorOf(text, length) };
  });
  const tokens = texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  return takeJson({ embeddings, usageMetadata: { promptTokenCount: tokens } });
}

/** Of length 1 when it is whole, as Google's are; shorter ones are cut off. */
function vectorOf(text: string, length: number): number[] {
  const digest = createHash('sha256').update(text).digest();
  const raw = Array.from(
    { length: DIMENSIONS },
    (_, index) => (digest[index % digest.length] ?? 0) - 127.5 + index / DIMENSIONS,
  );
  const norm = Math.hypot(...raw);
  return raw.slice(0, length).map((number) => Math.fround(number / norm));
}
