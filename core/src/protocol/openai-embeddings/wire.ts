// The JSON of OpenAI's embeddings, as this router writes it. Source: the types of the `openai` package 7.57 (2026-11).

export interface EmbeddingItem {
  object: 'embedding';
  index: number;
  /** Numbers, or with `encoding_format: base64` the little-endian bytes of their 32-bit floats. */
  embedding: readonly number[] | string;
}

export interface EmbeddingList {
  object: 'list';
  data: EmbeddingItem[];
  model: string;
  usage: { prompt_tokens: number; total_tokens: number };
}
