// The settings of an answer: `generationConfig`.
import type { ChatRequest } from '@turnout/core/contract';
import type { Draft } from './draft.ts';
import type { Bag } from './wire.ts';

/** "The set of character sequences (up to 5)" (GenerationConfig, 2026-11). */
const STOPS_MAX = 5;

/** Fields of a chat client's own that Gemini has, too. */
export const CHAT_FIELDS: ReadonlyMap<string, string> = new Map([
  ['frequency_penalty', 'frequencyPenalty'],
  ['presence_penalty', 'presencePenalty'],
]);

export interface OutputPlan {
  readonly config: Bag;
  /** What has to be said in words, because it cannot be set. */
  readonly prompt?: string;
}

export function writeSampling(request: ChatRequest, { traits, losses }: Draft): Bag {
  const { maxTokens, temperature, topP, topK, seed, stop = [] } = request;
  if (stop.length > STOPS_MAX) losses.approximate('stop', `only the first ${STOPS_MAX} are sent`);
  const sampling = samplingOf(request, { temperature, topP, topK }, traits.sampling, losses);
  return {
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...sampling,
    ...(seed === undefined ? {} : { seed: seedOf(seed, losses) }),
    ...(stop.length === 0 ? {} : { stopSequences: stop.slice(0, STOPS_MAX) }),
  };
}

function samplingOf(
  { extensions }: ChatRequest,
  own: { readonly [field: string]: number | undefined },
  heeded: boolean,
  losses: Draft['losses'],
): Bag {
  const sampling: [string, number][] = [];
  const penalties = [...CHAT_FIELDS].map(
    ([field, name]) => [field, name, extensions?.['openai-chat']?.[field]] as const,
  );
  for (const [field, name, value] of [
    ...Object.entries(own).map(([name, value]) => [name, name, value] as const),
    ...penalties,
  ]) {
    if (typeof value !== 'number') continue;
    if (heeded) sampling.push([name, value]);
    // What the model does by itself is no loss.
    else if (value !== (name.endsWith('Penalty') ? 0 : 1)) losses.drop(field, 'the model has no such setting');
  }
  return Object.fromEntries(sampling);
}

/** An int32. The same seed must stay the same number. */
function seedOf(seed: number, losses: Draft['losses']): number {
  const fit = Math.trunc(seed) | 0;
  if (fit !== seed) losses.approximate('seed', 'Gemini takes a number of 32 bits');
  return fit;
}

/** A JSON answer. "Function calling with a response mime type: 'application/json' is unsupported" holds for models before Gemini 3
 * (public issues, 2025): there the schema is asked for in words. */
export function planOutput({ output }: ChatRequest, hasTools: boolean, { traits, losses }: Draft): OutputPlan {
  if (output === undefined) return { config: {} };
  const { schema } = output;
  if (hasTools && !traits.combines) {
    losses.approximate('output', 'beside tools the model is asked for JSON in words');
    const shape = schema === undefined ? '' : ` that fits this JSON Schema: ${JSON.stringify(schema)}`;
    return { config: {}, prompt: `When you answer in words, answer with nothing but one JSON object${shape}` };
  }
  const { $schema: _, ...fitted } = schema ?? {};
  const shape = schema === undefined ? {} : { responseJsonSchema: fitted };
  return { config: { responseMimeType: 'application/json', ...shape } };
}
