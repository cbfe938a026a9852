// What model families other than Claude take: tool choice, system messages, media, stop sequences, extra fields.

export type Media = 'image' | 'document' | 'video';

export interface Family {
  /** Which members of toolConfig.toolChoice are accepted. */
  readonly toolChoice: readonly ('auto' | 'any' | 'tool')[];
  readonly system: boolean;
  /** How many stop sequences at most; 0: the field is refused. */
  readonly stopSequencesMax: number;
  /** temperature and topP. */
  readonly sampling: boolean;
  /** A conversation may begin with the assistant. */
  readonly assistantFirst: boolean;
  /** A last message of the assistant is accepted. */
  readonly prefill: boolean;
  /** Which media a tool result may hold. */
  readonly toolMedia: readonly Media[];
  /** A tool result must be alone in its message. */
  readonly toolResultAlone: boolean;
  /** toolResult.status is accepted. */
  readonly toolStatus: boolean;
  /** Which keys additionalModelRequestFields may have; undefined: any, because it is not known. */
  readonly extraFields?: readonly string[];
  /** Answers with unsigned reasoning: always, or when one of the extra fields asks for it. */
  readonly reasoning?: 'always' | 'asked';
}

const PLAIN: Family = {
  toolChoice: ['auto'],
  system: true,
  stopSequencesMax: 2500,
  sampling: true,
  assistantFirst: false,
  prefill: true,
  toolMedia: ['image', 'document', 'video'],
  toolResultAlone: false,
  toolStatus: true,
};
const OPEN: Family = { ...PLAIN, toolChoice: ['auto', 'any', 'tool'] };
const NOVA: Family = {
  ...OPEN,
  stopSequencesMax: 4,
  toolMedia: ['image', 'document'],
  extraFields: ['inferenceConfig'],
};

// The first match wins. Sources: knowledge of pydantic-ai 4fda3898 (live-tested, 2026-08) and langchain-aws 0434c7f9; for
// stop sequences langgenius/dify-official-plugins#1767 (2025-09). What is unknown is accepted.
const TABLE: readonly (readonly [RegExp, Family])[] = [
  // Claude's own rules stand in claude-traits.ts.
  [/^anthropic\.claude-(v2|instant)/, { ...OPEN, assistantFirst: true }],
  [/^anthropic\./, { ...OPEN, assistantFirst: true, toolMedia: ['image', 'document'] }],
  [
    /^amazon\.nova-2/,
    { ...NOVA, prefill: false, extraFields: ['inferenceConfig', 'reasoningConfig'], reasoning: 'asked' },
  ],
  [/^amazon\.nova/, NOVA],
  [/^amazon\.titan/, { ...PLAIN, system: false }],
  [
    /^meta\./,
    { ...PLAIN, stopSequencesMax: 0, toolMedia: ['image', 'document'], toolResultAlone: true, extraFields: [] },
  ],
  [/^mistral\.(mistral-7b|mixtral)/, { ...PLAIN, system: false, toolResultAlone: true, toolMedia: ['document'] }],
  [/^mistral\./, { ...PLAIN, toolChoice: ['auto', 'any'], toolResultAlone: true, toolMedia: ['document'] }],
  [/^writer\./, { ...PLAIN, toolResultAlone: true, toolStatus: false }],
  [/^openai\.gpt-oss/, { ...PLAIN, stopSequencesMax: 0, extraFields: ['reasoning_effort'], reasoning: 'always' }],
  [/^openai\./, { ...OPEN, stopSequencesMax: 0, sampling: false, extraFields: ['reasoning'] }],
  [/^qwen\.qwen3-vl/, { ...PLAIN, stopSequencesMax: 0, assistantFirst: true, toolMedia: [] }],
  [
    /^qwen\./,
    { ...PLAIN, stopSequencesMax: 0, assistantFirst: true, extraFields: ['reasoning_config'], reasoning: 'asked' },
  ],
  [/^deepseek\.r1/, { ...PLAIN, toolChoice: [], extraFields: [], reasoning: 'always' }],
  [
    /^deepseek\./,
    { ...PLAIN, toolChoice: ['auto', 'any', 'tool'], extraFields: ['reasoning_config'], reasoning: 'asked' },
  ],
  [/^(moonshot|moonshotai)\./, { ...OPEN, toolMedia: [], extraFields: ['reasoning_effort'], reasoning: 'always' }],
  [/^(zai|xai)\./, OPEN],
  [/^minimax\./, { ...PLAIN, reasoning: 'always' }],
  [/^google\./, PLAIN],
];

/** The rules of a bare model id's family. */
export const familyOf = (id: string): Family => TABLE.find(([matches]) => matches.test(id))?.[1] ?? OPEN;
