// How each family of embedding models is asked through InvokeModel, and what it answers. Source: AWS's and the vendors'
// documentation as of 2026-11, and recorded traffic.
import { isObject } from '@turnout/core/plugin';

/** What the texts are for; not every family can use it. */
export type EmbedPurpose = (typeof PURPOSES)[number];
export const PURPOSES = ['search_document', 'search_query', 'classification', 'clustering'] as const;

/** Which end of a text that is too long is cut off. */
export type Truncation = (typeof TRUNCATIONS)[number];
export const TRUNCATIONS = ['none', 'start', 'end'] as const;

export interface EmbedOptions {
  readonly dimensions: number | undefined;
  readonly inputType: EmbedPurpose;
  /** Absent: the family's own default. */
  readonly truncate: Truncation | undefined;
  /** Absent: the family's own default. */
  readonly normalize: boolean | undefined;
}

export interface EmbedFamily {
  readonly name: string;
  /** Of the bare model id. */
  readonly matches: RegExp;
  /** How many texts one call takes. */
  readonly textsMax: number;
  /** The lengths to choose from; one: it has no such setting. */
  readonly dimensions: readonly [number, ...number[]];
  /** Settings that it has. */
  readonly settings: readonly ('truncate' | 'normalize' | 'inputType')[];
  write(texts: readonly string[], options: EmbedOptions): object;
  /** The vectors in the order of the texts; undefined for an answer of another shape. */
  read(answer: Readonly<Record<string, unknown>>): readonly unknown[] | undefined;
  /** The answer's own count, where it may have one besides the header. */
  readonly countField?: string;
}

const upper = (word: string | undefined): string | undefined => word?.toUpperCase();

const writeCohere = (texts: readonly string[], { inputType, truncate }: EmbedOptions): object => ({
  texts,
  input_type: inputType,
  truncate: upper(truncate),
});

/** A list of vectors, or `{float: …}` where types were asked for; version 4 always has the latter (recorded, 2025). */
function readCohere({ embeddings }: Readonly<Record<string, unknown>>): readonly unknown[] | undefined {
  const list = isObject(embeddings) ? embeddings.float : embeddings;
  return Array.isArray(list) ? list : undefined;
}

const readTitan = ({ embedding }: Readonly<Record<string, unknown>>): readonly unknown[] => [embedding];

const NOVA_PURPOSES: Readonly<Record<EmbedPurpose, string>> = {
  search_document: 'GENERIC_INDEX',
  search_query: 'GENERIC_RETRIEVAL',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
};

/** Members that are undefined do not reach the JSON. */
const FAMILIES: readonly EmbedFamily[] = [
  {
    name: 'Titan Embeddings G1',
    matches: /^amazon\.titan-embed-(text-v1|g1-text)/,
    textsMax: 1,
    dimensions: [1536],
    settings: [],
    write: ([inputText]) => ({ inputText }),
    read: readTitan,
    countField: 'inputTextTokenCount',
  },
  {
    name: 'Titan Text Embeddings V2',
    matches: /^amazon\.titan-embed-text-v2/,
    textsMax: 1,
    dimensions: [1024, 512, 256],
    settings: ['normalize'],
    write: ([inputText], { dimensions, normalize }) => ({ inputText, dimensions, normalize }),
    read: readTitan,
    countField: 'inputTextTokenCount',
  },
  {
    name: 'Titan Multimodal Embeddings',
    matches: /^amazon\.titan-embed-image-v1/,
    textsMax: 1,
    dimensions: [1024, 384, 256],
    settings: [],
    write: ([inputText], { dimensions }) => ({
      inputText,
      embeddingConfig: dimensions === undefined ? undefined : { outputEmbeddingLength: dimensions },
    }),
    read: readTitan,
    countField: 'inputTextTokenCount',
  },
  {
    name: 'Cohere Embed v3',
    matches: /^cohere\.embed-(english|multilingual)-v3/,
    textsMax: 96,
    dimensions: [1024],
    settings: ['inputType', 'truncate'],
    write: writeCohere,
    read: readCohere,
  },
  {
    name: 'Cohere Embed v4',
    matches: /^cohere\.embed-v4/,
    textsMax: 96,
    dimensions: [1536, 1024, 512, 256],
    settings: ['inputType', 'truncate'],
    write: (texts, options) => ({ ...writeCohere(texts, options), output_dimension: options.dimensions }),
    read: readCohere,
  },
  {
    name: 'Nova Multimodal Embeddings',
    matches: /^amazon\.nova-2-multimodal-embeddings-v1/,
    textsMax: 1,
    dimensions: [3072, 1024, 384, 256],
    settings: ['inputType', 'truncate'],
    write: ([value], { dimensions, inputType, truncate = 'none' }) => ({
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: NOVA_PURPOSES[inputType],
        embeddingDimension: dimensions,
        // It must be told; nothing is cut off unasked.
        text: { truncationMode: upper(truncate), value },
      },
    }),
    read: ({ embeddings }) =>
      Array.isArray(embeddings) ? embeddings.map((one) => (isObject(one) ? one.embedding : undefined)) : undefined,
    countField: 'inputTokenCount',
  },
];

/** The family of a bare model id; undefined for a model that this plugin asks for no embeddings. */
export const findEmbedFamily = (base: string): EmbedFamily | undefined =>
  FAMILIES.find(({ matches }) => matches.test(base));
