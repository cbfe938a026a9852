// InvokeModel for embeddings: what each family's own validation refuses, and vectors that depend on the text alone.
import { createHash } from 'node:crypto';
import type { ResolvedModel } from './model.ts';
import { invalid, malformed } from './refusal.ts';
import { countText } from './token-count.ts';

/** What an embedding model answers. */
export interface EmbeddingAnswer {
  readonly body: object;
  /** For the header x-amzn-bedrock-input-token-count. */
  readonly inputTokens: number;
}

type Body = Readonly<Record<string, unknown>>;
type Family = (body: Body) => EmbeddingAnswer;

// Limits and messages: AWS's documentation and what its users report, 2023-2026.
const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/^amazon\.titan-embed-text-v1/, (body) => answerTitan(body, ['inputText'], 1536)],
  [
    /^amazon\.titan-embed-text-v2/,
    (body) => {
      const keys = ['inputText', 'dimensions', 'normalize', 'embeddingTypes'];
      return answerTitan(body, keys, readLength(body.dimensions, '#/dimensions', [256, 512, 1024], 1024));
    },
  ],
  [/^amazon\.titan-embed-image-v1/, answerTitanImage],
  [/^cohere\.embed-(?:english|multilingual)-v3/, (body) => answerCohere(body, 1024, 3)],
  [
    /^cohere\.embed-v4/,
    (body) => {
      const length = readLength(body.output_dimension, '#/output_dimension', [256, 512, 1024, 1536], 1536);
      return answerCohere(body, length, 4);
    },
  ],
  [/^amazon\.nova-2-multimodal-embeddings-v1/, answerNova],
];

/** Undefined for a model that makes no embeddings. Throws Refusal. */
export function answerEmbedding(model: ResolvedModel, body: Buffer): EmbeddingAnswer | undefined {
  const family = FAMILIES.find(([matches]) => matches.test(model.id))?.[1];
  if (family === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    throw invalid('Malformed input request, please reformat your input and try again.');
  }
  if (!isBody(parsed)) throw refuse('#: expected type: JSONObject');
  return family(parsed);
}

const TITAN_TOKENS_MAX = 8192;
const TITAN_IMAGE_TOKENS_MAX = 256;

function answerTitan(body: Body, keys: readonly string[], length: number): EmbeddingAnswer {
  checkKeys(body, keys, '#');
  const text = readText(body, 'inputText', '#');
  if (body.normalize !== undefined && typeof body.normalize !== 'boolean') {
    throw refuse('#/normalize: expected type: Boolean');
  }
  const inputTokens = countTitan(text, TITAN_TOKENS_MAX);
  return { body: { embedding: vectorOf(text, length), inputTextTokenCount: inputTokens }, inputTokens };
}

function answerTitanImage(body: Body): EmbeddingAnswer {
  checkKeys(body, ['inputText', 'inputImage', 'embeddingConfig'], '#');
  const config = body.embeddingConfig ?? {};
  if (!isBody(config)) throw refuse('#/embeddingConfig: expected type: JSONObject');
  const path = '#/embeddingConfig/outputEmbeddingLength';
  const length = readLength(config.outputEmbeddingLength, path, [256, 384, 1024], 1024);
  const text = readText(body, 'inputText', '#');
  const inputTokens = countTitan(text, TITAN_IMAGE_TOKENS_MAX);
  return {
    body: { embedding: vectorOf(text, length), inputTextTokenCount: inputTokens, message: null },
    inputTokens,
  };
}

function countTitan(text: string, max: number): number {
  const tokens = countText(text);
  if (tokens > max) {
    throw invalid(
      `400 Bad Request: Too many input tokens. Max input tokens: ${max}, request input token count: ${tokens} `,
    );
  }
  return tokens;
}

const COHERE_TEXTS_MAX = 96;
const COHERE_CHARACTERS_MAX = 2048;
const INPUT_TYPES = ['search_document', 'search_query', 'classification', 'clustering', 'image'];

function answerCohere(body: Body, length: number, version: 3 | 4): EmbeddingAnswer {
  const keys = ['texts', 'images', 'input_type', 'truncate', 'embedding_types'];
  checkKeys(body, version === 4 ? [...keys, 'inputs', 'output_dimension', 'max_tokens'] : keys, '#');
  const { texts, input_type, truncate } = body;
  if (input_type === undefined) throw refuse('#: required key [input_type] not found');
  checkWord(input_type, '#/input_type', INPUT_TYPES);
  if (truncate !== undefined) checkWord(truncate, '#/truncate', ['NONE', 'START', 'END', 'LEFT', 'RIGHT']);
  if (!Array.isArray(texts))
    throw refuse(texts === undefined ? '#: required key [texts] not found' : '#/texts: expected type: JSONArray');
  if (texts.length === 0) throw refuse('#/texts: expected minimum item count: 1, found: 0');
  if (texts.length > COHERE_TEXTS_MAX) {
    throw refuse(`#/texts: expected maximum item count: ${COHERE_TEXTS_MAX}, found: ${texts.length}`);
  }
  const read = texts.map((_, index) => readText(texts, index, '#/texts'));
  const long = version === 3 ? read.findIndex((text) => text.length > COHERE_CHARACTERS_MAX) : -1;
  if (long !== -1) {
    const actual = read[long]?.length;
    throw refuse(`#/texts/${long}: expected maxLength: ${COHERE_CHARACTERS_MAX}, actual: ${actual}`);
  }
  const vectors = read.map((text) => vectorOf(text, length));
  const types = body.embedding_types;
  const typed = version === 4 || types !== undefined;
  return {
    body: {
      id: 'bedrock-local',
      texts: version === 3 ? read.map((text) => text.toLowerCase()) : read,
      embeddings: typed ? { float: vectors } : vectors,
      response_type: typed ? 'embeddings_by_type' : 'embeddings_floats',
    },
    inputTokens: read.reduce((sum, text) => sum + countText(text), 0),
  };
}

const NOVA_PURPOSES = [
  ...['GENERIC_INDEX', 'GENERIC_RETRIEVAL', 'TEXT_RETRIEVAL', 'IMAGE_RETRIEVAL', 'VIDEO_RETRIEVAL'],
  ...['DOCUMENT_RETRIEVAL', 'AUDIO_RETRIEVAL', 'CLASSIFICATION', 'CLUSTERING'],
];

function answerNova(body: Body): EmbeddingAnswer {
  checkKeys(body, ['schemaVersion', 'taskType', 'singleEmbeddingParams'], '#');
  checkWord(body.taskType, '#/taskType', ['SINGLE_EMBEDDING']);
  const place = '#/singleEmbeddingParams';
  const params = body.singleEmbeddingParams;
  if (!isBody(params)) throw refuse('#: required key [singleEmbeddingParams] not found');
  checkKeys(params, ['embeddingPurpose', 'embeddingDimension', 'text', 'image', 'audio', 'video'], place);
  checkWord(params.embeddingPurpose, `${place}/embeddingPurpose`, NOVA_PURPOSES);
  const length = readLength(params.embeddingDimension, `${place}/embeddingDimension`, [256, 384, 1024, 3072], 3072);
  const { text } = params;
  if (!isBody(text))
    throw invalid('bedrock-local makes embeddings of texts only; script a recorded answer for others.');
  checkKeys(text, ['truncationMode', 'value', 'source'], `${place}/text`);
  checkWord(text.truncationMode, `${place}/text/truncationMode`, ['START', 'END', 'NONE']);
  const value = readText(text, 'value', `${place}/text`);
  const inputTokens = countText(value);
  const embeddings = [{ embeddingType: 'TEXT', embedding: vectorOf(value, length) }];
  return { body: { embeddings, inputTokenCount: inputTokens }, inputTokens };
}

const refuse = (what: string) => invalid(malformed(what));

function checkKeys(body: Body, known: readonly string[], place: string): void {
  const foreign = Object.keys(body).find((key) => !known.includes(key));
  if (foreign !== undefined) throw refuse(`${place}: extraneous key [${foreign}] is not permitted`);
}

function checkWord(value: unknown, place: string, words: readonly string[]): void {
  if (!words.some((word) => word === value)) throw refuse(`${place}: ${String(value)} is not a valid enum value`);
}

/** One of the lengths that the family offers. */
function readLength(value: unknown, place: string, lengths: readonly number[], usual: number): number {
  if (value === undefined) return usual;
  const length = lengths.find((one) => one === value);
  if (length === undefined) throw refuse(`${place}: ${String(value)} is not a valid enum value`);
  return length;
}

/** A text that is there and says something. */
function readText(from: Body | readonly unknown[], key: string | number, place: string): string {
  const value = (from as Readonly<Record<string | number, unknown>>)[key]; // lists and objects are read alike
  if (value === undefined) throw refuse(`${place}: required key [${key}] not found`);
  if (typeof value !== 'string') throw refuse(`${place}/${key}: expected type: String`);
  if (value === '') throw refuse(`${place}/${key}: expected minLength: 1, actual: 0`);
  return value;
}

const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Bytes of a digest, of which each gives one number. */
const DIGEST_BYTES = 32;

/** A vector of length 1: the same for the same text, another for another. */
function vectorOf(text: string, length: number): number[] {
  const numbers: number[] = [];
  for (let block = 0; numbers.length < length; block++) {
    const digest = createHash('sha256').update(`${block}:${text}`).digest();
    for (const byte of digest.subarray(0, Math.min(DIGEST_BYTES, length - numbers.length))) numbers.push(byte - 127.5);
  }
  const size = Math.hypot(...numbers);
  return numbers.map((number) => Math.fround(number / size));
}
