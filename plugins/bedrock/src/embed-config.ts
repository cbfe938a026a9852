// The provider's `embeddings` in the YAML: what OpenAI's request has no field for.
import { z } from 'zod';
import { PURPOSES, TRUNCATIONS } from './embed-family.ts';

export const embeddings = z
  .strictObject({
    inputType: z
      .enum(PURPOSES)
      .default('search_document')
      .describe(
        'What the texts are for, where a request does not say it in input_type. Cohere and Nova: a search needs search_query for the question.',
      ),
    truncate: z
      .enum(TRUNCATIONS)
      .optional()
      .describe('Which end of a text that is too long is cut off: none (an error), start, end. Cohere and Nova.'),
    normalize: z.boolean().optional().describe('Whether vectors have length 1. Titan Text Embeddings V2.'),
  })
  .prefault({})
  .describe('Settings for embeddings. A request may carry its own: input_type, truncate, normalize.');
