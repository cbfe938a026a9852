// The turns of a request: whose they are, what they hold, calls and their results, signatures.
import { isObject, type JsonObject, objectsIn } from '@turnout/core/testing';
import { invalid } from './refusal.ts';
import { checkSeal } from './seal.ts';
import type { LocalTraits } from './traits.ts';

const DATA = [
  ...['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse', 'executableCode', 'codeExecutionResult'],
  ...['toolCall', 'toolResponse'],
];

// ai.google.dev/gemini-api/docs/{image-understanding,audio,video-understanding,document-processing} (2026-11).
const MIME_TYPES =
  /^(image\/(png|jpeg|webp|heic|heif)|audio\/(wav|mp3|mpeg|aiff|aac|ogg|flac|m4a|mp4|opus|webm|pcm|l16)|video\/(mp4|mpeg|mov|quicktime|avi|x-flv|mpg|webm|wmv|3gpp)|application\/pdf|text\/[\w.-]+)$/;

/** Throws Refusal for what Google would refuse. */
export function checkContents(value: unknown, traits: LocalTraits): void {
  const contents = objectsIn(value);
  if (contents.length === 0) throw invalid('* GenerateContentRequest.contents: contents is not specified\n');
  for (const [index, content] of contents.entries()) checkContent(content, index, traits);
  if (contents.at(-1)?.role === 'model')
    throw invalid('Please ensure that multiturn requests end with a user role or a function response.');
  for (const index of contents.keys()) checkPairs(contents, index);
  if (traits.strict) checkSignatures(contents);
}

function checkContent({ role, parts }: JsonObject, index: number, traits: LocalTraits): void {
  if (role !== undefined && role !== 'user' && role !== 'model') throw invalid('Please use a valid role: user, model.');
  const list = objectsIn(parts);
  if (list.length === 0)
    throw invalid(`* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.\n`);
  for (const [place, part] of list.entries()) checkPart(part, `contents[${index}].parts[${place}]`);
  // Gemini 3 and later.
  if (!traits.strict && list.some(({ functionResponse: one }) => isObject(one) && one.parts !== undefined))
    throw invalid('Multimodal function responses are not supported for this model');
}

function checkPart(part: JsonObject, at: string): void {
  const kinds = DATA.filter((name) => part[name] !== undefined);
  if (kinds.length === 0)
    throw invalid(`* GenerateContentRequest.${at}.data: required oneof field 'data' must have one initialized field\n`);
  if (kinds.length > 1)
    throw invalid(`Invalid value at '${at}' (oneof), oneof field 'data' is already set. Cannot set '${kinds[1]}'`);
  for (const blob of blobsOf(part)) {
    if (!MIME_TYPES.test(String(blob.mimeType))) throw invalid(`Unsupported MIME type: ${String(blob.mimeType)}`);
    if (typeof blob.data !== 'string' || blob.data === '')
      throw invalid(`* GenerateContentRequest.${at}.inline_data.data: required`);
  }
  for (const name of ['functionCall', 'functionResponse']) {
    const inner = part[name];
    if (!isObject(inner)) continue;
    if (typeof inner.name !== 'string' || inner.name === '')
      throw invalid(`* GenerateContentRequest.${at}.${snake(name)}.name: Name cannot be empty.\n`);
    const struct = name === 'functionCall' ? (inner.args ?? {}) : inner.response;
    if (!isObject(struct))
      throw invalid(`Invalid value at '${at}.${snake(name)}' (type.googleapis.com/google.protobuf.Struct)`);
  }
  checkSeal(part);
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function blobsOf({ inlineData, functionResponse }: JsonObject): JsonObject[] {
  const inside = isObject(functionResponse) ? objectsIn(functionResponse.parts).map((part) => part.inlineData) : [];
  return [inlineData, ...inside].filter(isObject);
}

/** The calls of a turn stand behind the user's, and their results right behind them. */
function checkPairs(contents: readonly JsonObject[], index: number): void {
  const calls = partsOf(contents[index], 'functionCall');
  const responses = partsOf(contents[index + 1], 'functionResponse');
  if (calls.length === 0) {
    if (responses.length > 0)
      throw invalid('Please ensure that function response turn comes immediately after a function call turn.');
    if (index === 0 && partsOf(contents[0], 'functionResponse').length > 0)
      throw invalid('Please ensure that function response turn comes immediately after a function call turn.');
    return;
  }
  if (index === 0 || contents[index - 1]?.role === 'model')
    throw invalid(
      'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
    );
  if (responses.length !== calls.length)
    throw invalid(
      'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
    );
  for (const [place, call] of calls.entries()) {
    const response = call.id === undefined ? responses[place] : responses.find(({ id }) => id === call.id);
    if (response?.name !== call.name)
      throw invalid(
        `The function response for the call ${String(call.id ?? place)} of ${String(call.name)} is missing.`,
      );
  }
}

const partsOf = (content: JsonObject | undefined, name: string): JsonObject[] =>
  objectsIn(content?.parts)
    .map((part) => part[name])
    .filter(isObject);

/** "The API goes back in the history (newest to oldest) to find the most recent User message that contains standard content": the
 * first call of every answer behind it must be signed (thought signatures guide, 2026-11). */
function checkSignatures(contents: readonly JsonObject[]): void {
  const start = contents.findLastIndex(
    (content) => content.role !== 'model' && partsOf(content, 'functionResponse').length === 0,
  );
  for (const [index, content] of contents.entries()) {
    if (index <= start) continue;
    const first = objectsIn(content.parts).find(({ functionCall }) => isObject(functionCall));
    if (first === undefined || first.thoughtSignature !== undefined) continue;
    const name = isObject(first.functionCall) ? String(first.functionCall.name) : '';
    throw invalid(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    );
  }
}
