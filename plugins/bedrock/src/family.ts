// What each model family takes and refuses. One table, first match wins; sources are knowledge of AWS's and the vendors'
// documentation and of recorded traffic as of 2026-11.
import type { Effort } from '@turnout/core/contract';
import type { CatalogueModel } from './catalogue.ts';
import { CLAUDE_FAMILIES } from './family-claude.ts';

/** The fields in which a family takes its reasoning setting. */
export type ReasoningStyle =
  /** Claude: `thinking` with budget_tokens. */
  | { readonly kind: 'budget'; readonly interleaved: boolean }
  /** Claude: `thinking` adaptive with output_config.effort. `display`: the text of thinking comes only when asked for.
   * `least` is sent where thinking cannot be turned off. */
  | {
      readonly kind: 'adaptive';
      readonly efforts: readonly Effort[];
      readonly display: boolean;
      readonly least?: 'low' | 'between-tools';
      /** `disabled` is refused beside an effort above high. */
      readonly offUpToHigh?: true;
    }
  /** One field of additionalModelRequestFields with an effort in it. `off` turns it off; absent: it cannot be, unless
   * `optional` says that it is off where the field is not sent. */
  | {
      readonly kind: 'effort';
      readonly efforts: readonly Effort[];
      readonly field: (effort: Effort | 'none') => Readonly<Record<string, unknown>>;
      readonly off?: 'none';
      readonly optional?: true;
    }
  /** Amazon Nova 2: `reasoningConfig`. At the effort high it takes no inference settings. */
  | { readonly kind: 'nova'; readonly efforts: readonly Effort[] }
  /** Always reasons, and has no setting for it. */
  | { readonly kind: 'fixed' }
  | { readonly kind: 'none' };

export interface Family {
  readonly name: string;
  /** Signed reasoning of this family may be replayed to it. */
  readonly origin?: 'claude';
  readonly reasoning: ReasoningStyle;
  /** `none`: temperature, topP and topK are refused. `one`: temperature and topP exclude each other. */
  readonly sampling: 'all' | 'one' | 'none';
  /** Where a topK goes; absent: it has no such setting. */
  readonly topK?: 'top_k' | 'inferenceConfig';
  /** What it watches and listens to; absent: nothing. */
  readonly timedMedia?: readonly ('video' | 'audio')[];
  readonly system: boolean;
  /** Messages of the role `system` may stand between the turns. */
  readonly systemTurns?: true;
  readonly images: boolean;
  readonly tools: boolean;
  /** The strongest tool choice: one tool by name, any tool, or the model's own choice. */
  readonly toolChoice: 'tool' | 'any' | 'auto';
  /** A forced tool choice is refused while thinking. */
  readonly forcedToolThinks: boolean;
  readonly parallelSwitch: boolean;
  readonly strictTools: boolean;
  /** Top-level anyOf, oneOf and allOf are refused in a tool's schema. */
  readonly plainSchema: boolean;
  /** Structured output through outputConfig. `strict`: only for schemas within the vendor's strict subset. */
  readonly nativeOutput: 'any' | 'strict' | 'none';
  readonly stopSequencesMax: number;
  /** A conversation may end with the assistant's words. */
  readonly prefill: boolean;
  readonly assistantFirst: boolean;
  /** What may stand beside tool results in a message. */
  readonly besideResults: 'any' | 'text-and-images' | 'nothing';
  /** The media that a tool result may hold. */
  readonly resultMedia: readonly ('image' | 'document')[];
  /** The formats of the documents that a tool result may hold; absent: all. */
  readonly resultDocuments?: readonly string[];
  readonly resultStatus: boolean;
  /** Tool use ids: letters, digits, underscores and hyphens; exactly nine letters and digits; or also dots and colons. */
  readonly toolIds: 'plain' | 'nine' | 'dotted';
  /** Tools that Bedrock runs itself, by the name that the client gives them too. */
  readonly systemTools?: readonly string[];
  /** Citations of an answer may be sent back in the history, and documents may ask for them. */
  readonly citations?: true;
  readonly cache?: {
    readonly pointsMax: number;
    readonly inTools: boolean;
    readonly textOnly: boolean;
    readonly ttl1h: boolean;
  };
}

/** What is assumed of a model that is not known: what the API itself allows, and none of the extras. */
export const UNKNOWN: Family = {
  name: 'unknown',
  timedMedia: ['video', 'audio'],
  reasoning: { kind: 'none' },
  sampling: 'all',
  system: true,
  images: true,
  tools: true,
  toolChoice: 'tool',
  forcedToolThinks: true,
  parallelSwitch: false,
  strictTools: false,
  plainSchema: false,
  nativeOutput: 'none',
  stopSequencesMax: Number.POSITIVE_INFINITY,
  prefill: true,
  assistantFirst: false,
  besideResults: 'text-and-images',
  resultMedia: ['image', 'document'],
  resultStatus: true,
  toolIds: 'plain',
};

const LOW_TO_HIGH: readonly Effort[] = ['low', 'medium', 'high'];
const OPEN: Family = { ...UNKNOWN, timedMedia: [], toolChoice: 'auto', resultMedia: [], resultStatus: false };
const NOVA: Family = {
  ...UNKNOWN,
  topK: 'inferenceConfig',
  timedMedia: ['video'],
  plainSchema: true,
  stopSequencesMax: 4,
  besideResults: 'any',
  resultMedia: ['image', 'document'],
  resultDocuments: ['txt', 'csv'],
  // Text in system and messages only. More than one point is recorded, of Nova Lite in 2025.
  cache: { pointsMax: 4, inTools: false, textOnly: true, ttl1h: false },
};
const MISTRAL: Family = { ...OPEN, toolIds: 'nine', besideResults: 'nothing', resultMedia: ['document'] };
const LLAMA: Family = { ...OPEN, stopSequencesMax: 0, besideResults: 'nothing', resultMedia: ['image', 'document'] };

const reasoningEffort = (effort: Effort | 'none'): Record<string, unknown> => ({ reasoning_effort: effort });
const reasoningConfig = (effort: Effort | 'none'): Record<string, unknown> => ({ reasoning_config: effort });
const nestedEffort = (effort: Effort | 'none'): Record<string, unknown> => ({ reasoning: { effort } });

/** Pattern of the foundation model id → family. */
const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  ...CLAUDE_FAMILIES,
  [
    /nova-2-/,
    {
      ...NOVA,
      name: 'nova-2',
      prefill: false,
      reasoning: { kind: 'nova', efforts: LOW_TO_HIGH },
      systemTools: ['nova_grounding', 'nova_code_interpreter'],
    },
  ],
  [/nova-micro/, { ...NOVA, name: 'nova', timedMedia: [], images: false }],
  [/nova-/, { ...NOVA, name: 'nova' }],
  [/titan-t/, { ...OPEN, name: 'titan-text', system: false, tools: false, images: false }],
  [/mistral-7b|mixtral/, { ...MISTRAL, name: 'mistral-7b', system: false, tools: false, images: false }],
  [/mistral-large-24/, { ...MISTRAL, name: 'mistral-large-24', toolChoice: 'any', nativeOutput: 'any', images: false }],
  [/mistral-small-24/, { ...MISTRAL, name: 'mistral-small-24', images: false }],
  [/mistral\.(mistral|pixtral)-large/, { ...MISTRAL, name: 'mistral-large', toolChoice: 'any', nativeOutput: 'any' }],
  [/magistral/, { ...MISTRAL, name: 'magistral', nativeOutput: 'any', reasoning: { kind: 'fixed' } }],
  [/voxtral/, { ...MISTRAL, name: 'voxtral', nativeOutput: 'any', timedMedia: ['audio'] }],
  [/ministral/, { ...MISTRAL, name: 'ministral', nativeOutput: 'any' }],
  [/mistral\./, { ...MISTRAL, name: 'mistral' }],
  [/llama3-2-[13]b|llama3-(8|70)b|llama2/, { ...LLAMA, name: 'llama-small', tools: false, images: false }],
  [/llama/, { ...LLAMA, name: 'llama' }],
  [/deepseek\.r1/, { ...OPEN, name: 'deepseek-r1', tools: false, images: false, reasoning: { kind: 'fixed' } }],
  [
    /deepseek\.v3/,
    {
      ...OPEN,
      name: 'deepseek-v3',
      toolChoice: 'tool',
      reasoning: { kind: 'effort', efforts: LOW_TO_HIGH, field: reasoningConfig, optional: true },
    },
  ],
  [
    /gpt-oss/,
    {
      ...OPEN,
      name: 'gpt-oss',
      nativeOutput: 'any',
      stopSequencesMax: 0,
      reasoning: { kind: 'effort', efforts: LOW_TO_HIGH, field: reasoningEffort },
    },
  ],
  [
    /openai\.gpt-5\.[45]/,
    {
      ...OPEN,
      name: 'gpt-5',
      toolChoice: 'tool',
      sampling: 'none',
      stopSequencesMax: 0,
      reasoning: { kind: 'effort', efforts: [...LOW_TO_HIGH, 'xhigh'], field: nestedEffort, off: 'none' },
    },
  ],
  [
    /openai\.gpt-/,
    {
      ...OPEN,
      name: 'gpt-6',
      toolChoice: 'tool',
      sampling: 'none',
      stopSequencesMax: 0,
      reasoning: { kind: 'effort', efforts: [...LOW_TO_HIGH, 'xhigh', 'max'], field: nestedEffort, off: 'none' },
    },
  ],
  [
    /qwen3/,
    {
      ...OPEN,
      name: 'qwen3',
      nativeOutput: 'any',
      assistantFirst: true,
      // Reported in 2025-09 (langgenius/dify-official-plugins 1767).
      stopSequencesMax: 0,
      reasoning: { kind: 'effort', efforts: ['low', 'high'], field: reasoningConfig },
    },
  ],
  [
    /kimi/,
    {
      ...OPEN,
      name: 'kimi',
      // Its own ids are `functions.name:0`, and it takes them back (recorded in 2025).
      toolIds: 'dotted',
      toolChoice: 'tool',
      nativeOutput: 'any',
      reasoning: { kind: 'effort', efforts: LOW_TO_HIGH, field: reasoningEffort },
    },
  ],
  [/zai\.|glm-/, { ...OPEN, name: 'glm', toolChoice: 'tool', nativeOutput: 'any', reasoning: { kind: 'fixed' } }],
  [/minimax/, { ...OPEN, name: 'minimax', nativeOutput: 'any', reasoning: { kind: 'fixed' } }],
  [/nemotron-nano/, { ...OPEN, name: 'nemotron-nano', nativeOutput: 'any', reasoning: { kind: 'fixed' } }],
  [/nemotron/, { ...OPEN, name: 'nemotron', reasoning: { kind: 'fixed' } }],
  [/gemma-3-(12|27)b/, { ...OPEN, name: 'gemma-3', nativeOutput: 'any' }],
  [/gemma-4|grok/, { ...OPEN, name: 'gemma-4 or grok', reasoning: { kind: 'fixed' } }],
  [/gemma/, { ...OPEN, name: 'gemma' }],
  [/palmyra/, { ...OPEN, name: 'palmyra', besideResults: 'nothing', reasoning: { kind: 'fixed' } }],
  [/cohere\.command-r/, { ...OPEN, name: 'command-r', images: false }],
  [/cohere\.command/, { ...OPEN, name: 'command', system: false, tools: false, images: false }],
  [/ai21\.j2/, { ...OPEN, name: 'j2', system: false, tools: false, images: false }],
  [/ai21\./, { ...OPEN, name: 'jamba', images: false }],
];

/** The family of a foundation model id, adjusted to what the catalogue knows of that one model. */
export function findFamily(baseId: string | undefined, row: CatalogueModel | undefined): Family {
  if (baseId === undefined) return UNKNOWN;
  const family = FAMILIES.find(([pattern]) => pattern.test(baseId))?.[1] ?? UNKNOWN;
  const lacks: { -readonly [K in keyof Family]?: Family[K] } = {};
  if (family.reasoning.kind !== 'none' && row?.reasoning === false) lacks.reasoning = { kind: 'none' };
  if (row?.tools === false) lacks.tools = false;
  if (row?.images === false) lacks.images = false;
  return Object.keys(lacks).length === 0 ? family : { ...family, ...lacks };
}
