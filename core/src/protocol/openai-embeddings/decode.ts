// An embeddings request, to the canonical form.
import type { EmbedRequest, Extensions } from '../../contract/index.ts';
import {
  asBag,
  asList,
  type Bag,
  checkDepth,
  isAbsent,
  optionalChoice,
  optionalInteger,
  optionalString,
  present,
  requiredWord,
  unknownFields,
  wrong,
} from '../field-reader.ts';

export interface DecodedEmbeddings {
  readonly request: EmbedRequest;
  readonly encoding: 'float' | 'base64';
}

/** OpenAI's own limit (2026-11). */
const INPUTS_MAX = 2048;
const DIMENSIONS_MAX = 1_000_000;
/** Each of them may become a loss, with a name that the client chose. */
const FIELDS_MAX = 256;

const DECODED: ReadonlySet<string> = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user', 'bedrock']);

/** Throws `invalid-request` with the client's own field for whatever is missing or of the wrong type. */
export function decode(body: unknown): DecodedEmbeddings {
  const bag = asBag(body, 'body');
  const request: EmbedRequest = {
    model: requiredWord(bag, 'model', ''),
    input: decodeInput(bag.input),
    ...present({
      dimensions: optionalInteger(bag, 'dimensions', '', 1, DIMENSIONS_MAX),
      user: optionalString(bag, 'user', ''),
      extensions: decodeExtensions(bag),
    }),
  };
  return { request, encoding: optionalChoice(bag, 'encoding_format', '', ['float', 'base64']) ?? 'float' };
}

function decodeInput(input: unknown): readonly string[] {
  if (isAbsent(input)) throw wrong('input', 'missing');
  if (typeof input === 'string') return [checkText(input, 'input')];
  const list = asList(input, 'input', INPUTS_MAX);
  if (list.length === 0) throw wrong('input', 'expected at least one text');
  return list.map((text, index) => checkText(text, `input.${index}`));
}

function checkText(text: unknown, field: string): string {
  if (typeof text === 'number' || Array.isArray(text)) {
    // Tokens mean something to the tokeniser of one vendor's models only.
    throw wrong(
      field,
      'lists of tokens are not read: send the text itself (LangChain: check_embedding_ctx_length=False)',
    );
  }
  if (typeof text !== 'string') throw wrong(field, 'expected a text');
  if (text === '') throw wrong(field, 'a text must not be empty');
  return text;
}

/** What is not OpenAI's is kept under its own name, for a provider that knows it. */
function decodeExtensions(bag: Bag): Extensions | undefined {
  const own = unknownFields(bag, DECODED);
  if (own && Object.keys(own).length > FIELDS_MAX) {
    throw wrong('body', `expected at most ${FIELDS_MAX} fields that are not OpenAI's`);
  }
  const bedrock = isAbsent(bag.bedrock) ? undefined : asBag(bag.bedrock, 'bedrock');
  for (const [field, value] of Object.entries({ ...own, bedrock })) checkDepth(value, field);
  if (!own && !bedrock) return undefined;
  return { ...(own && { 'openai-embeddings': own }), ...(bedrock && { bedrock }) };
}
