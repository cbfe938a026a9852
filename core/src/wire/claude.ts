// What each Claude takes, by a part of its name, wherever it runs: thinking, sampling, forced tools, structured output, limits.
// Sources, 2026-11: Anthropic's pages on thinking, effort and each model; the catalogue of @ai-sdk/anthropic 4.0.105; langchain-aws
// 0434c7f9 for forced tools; recorded answers of Anthropic's API, where there are any.
import type { Effort } from '../contract/request.ts';

/** How a Claude is told to think. */
export type ClaudeThinking =
  | { readonly kind: 'none' }
  /** `thinking` with `budget_tokens`. `interleaved`: between tool calls too, with a beta. `efforts`: at Anthropic itself it takes
   * them too. */
  | { readonly kind: 'budget'; readonly interleaved: boolean; readonly efforts?: readonly Effort[] }
  /** `thinking: adaptive`, and `output_config.effort`. */
  | {
      readonly kind: 'adaptive';
      readonly efforts: readonly Effort[];
      /** The text of thinking comes only when `display` asks for it. Those that show it unasked take a budget too. */
      readonly display: boolean;
      /** Thinking cannot be turned off; this is the least there is. */
      readonly least?: 'low' | 'between-tools';
      /** It thinks unless it is told not to (recorded of Sonnet 5). */
      readonly unasked?: true;
      /** `disabled` is refused beside an effort above high. */
      readonly offUpToHigh?: true;
    };

export interface ClaudeTraits {
  readonly name: string;
  readonly thinking: ClaudeThinking;
  /** temperature, top_p and top_k: all of them, only one of the first two, or none. */
  readonly sampling: 'all' | 'one' | 'none';
  readonly tools: boolean;
  /** A tool choice of `any` or `tool`. `unless-budget`: adaptive thinking goes with it. */
  readonly forcedTools: 'always' | 'unless-budget' | 'unless-thinking' | 'never';
  /** Messages of the role `system` may stand between the turns. */
  readonly systemTurns: boolean;
  /** A conversation may end with the assistant's words. */
  readonly prefill: boolean;
  /** `output_config.format` at Anthropic itself, with a schema inside its subset. */
  readonly jsonSchema: boolean;
  /** `strict` tools at Anthropic itself. */
  readonly strictTools: boolean;
  readonly cache: 'none' | '5m' | '1h';
  readonly outputTokensMax: number;
}

const ALL_EFFORTS: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

const CLAUDE_3: ClaudeTraits = {
  name: 'claude-3',
  thinking: { kind: 'none' },
  sampling: 'all',
  tools: true,
  forcedTools: 'unless-thinking',
  systemTurns: false,
  prefill: true,
  jsonSchema: false,
  strictTools: false,
  cache: 'none',
  outputTokensMax: 4096,
};
const CLAUDE_3_5: ClaudeTraits = { ...CLAUDE_3, name: 'claude-3-5', cache: '5m', outputTokensMax: 8192 };
const CLAUDE_3_7: ClaudeTraits = {
  ...CLAUDE_3_5,
  name: 'claude-3-7',
  thinking: { kind: 'budget', interleaved: false },
  outputTokensMax: 64_000,
};
const CLAUDE_4: ClaudeTraits = { ...CLAUDE_3_7, name: 'claude-4', thinking: { kind: 'budget', interleaved: true } };
const CLAUDE_4_5: ClaudeTraits = {
  ...CLAUDE_4,
  name: 'claude-4-5',
  sampling: 'one',
  jsonSchema: true,
  strictTools: true,
  cache: '1h',
};
const CLAUDE_4_6: ClaudeTraits = {
  ...CLAUDE_4_5,
  name: 'claude-4-6',
  // No xhigh before 4.7.
  thinking: { kind: 'adaptive', efforts: ['low', 'medium', 'high', 'max'], display: false },
  // Recorded of Opus 4.6: `any` beside adaptive thinking.
  forcedTools: 'unless-budget',
  prefill: false,
};
/** Claude 4.7 and later: adaptive thinking only, no sampling settings, no prefill. */
const ADAPTIVE: ClaudeTraits = {
  ...CLAUDE_4_6,
  thinking: { kind: 'adaptive', efforts: ALL_EFFORTS, display: true },
  sampling: 'none',
  forcedTools: 'always',
  // Recorded of Opus 4.8; Claude Code sends them to all of these (2.1.330, 2026-11).
  systemTurns: true,
  outputTokensMax: 128_000,
};
const UP_TO_HIGH: ClaudeTraits = {
  ...ADAPTIVE,
  thinking: { kind: 'adaptive', efforts: ALL_EFFORTS, display: true, unasked: true, offUpToHigh: true },
};
/** Those that cannot stop thinking, and refuse a forced tool choice. */
const ALWAYS_THINKING: ClaudeTraits = {
  ...ADAPTIVE,
  thinking: { kind: 'adaptive', efforts: ALL_EFFORTS, display: true, least: 'low' },
  forcedTools: 'never',
};

/** Pattern of the name → traits. The first that matches counts; the last is for those that come after this table: as the latest
 * ones are, with the least asked of it. */
export const CLAUDE_MODELS: readonly (readonly [RegExp, ClaudeTraits])[] = [
  [
    /claude-sonnet-5-5/,
    {
      ...ALWAYS_THINKING,
      name: 'claude-sonnet-5-5',
      thinking: { kind: 'adaptive', efforts: ALL_EFFORTS, display: true, least: 'between-tools' },
    },
  ],
  [/claude-opus-5-5/, { ...ALWAYS_THINKING, name: 'claude-opus-5-5', strictTools: false }],
  [/claude-haiku-5-5/, { ...UP_TO_HIGH, name: 'claude-haiku-5-5' }],
  [/claude-opus-5/, { ...UP_TO_HIGH, name: 'claude-opus-5' }],
  [/claude-fable-5-[12]/, { ...ALWAYS_THINKING, name: 'claude-fable-5-1', strictTools: false }],
  [/claude-fable-5/, { ...ALWAYS_THINKING, name: 'claude-fable-5', forcedTools: 'always' }],
  // Forced tools while thinking: sources disagree on 4.7, agree from 4.8 on.
  [/claude-opus-4-7/, { ...ADAPTIVE, name: 'claude-opus-4-7', forcedTools: 'unless-thinking' }],
  [/claude-opus-4-8/, { ...ADAPTIVE, name: 'claude-4-8' }],
  [
    /claude-sonnet-5/,
    {
      ...ADAPTIVE,
      name: 'claude-sonnet-5',
      thinking: { kind: 'adaptive', efforts: ALL_EFFORTS, display: true, unasked: true },
    },
  ],
  [/claude-opus-4-6/, { ...CLAUDE_4_6, outputTokensMax: 128_000 }],
  [/claude-sonnet-4-6/, CLAUDE_4_6],
  [
    /claude-opus-4-5/,
    { ...CLAUDE_4_5, thinking: { kind: 'budget', interleaved: true, efforts: ['low', 'medium', 'high'] } },
  ],
  [/claude-(sonnet|haiku)-4-5/, CLAUDE_4_5],
  [/claude-opus-4-1/, { ...CLAUDE_4, name: 'claude-opus-4-1', sampling: 'one', outputTokensMax: 32_000 }],
  [/claude-opus-4(-2025|-0|@|$)/, { ...CLAUDE_4, outputTokensMax: 32_000 }],
  [/claude-sonnet-4(-2025|-0|@|$)/, CLAUDE_4],
  [/claude-3-7/, CLAUDE_3_7],
  [/claude-3-5-(haiku|sonnet-20241022|sonnet-latest)/, CLAUDE_3_5],
  [/claude-3/, CLAUDE_3],
  [/claude-(v?2|instant)/, { ...CLAUDE_3, name: 'claude-2', tools: false }],
  [/claude-/, { ...ADAPTIVE, name: 'claude', forcedTools: 'never', strictTools: false }],
];

/** The traits of a model by its name, with whatever a platform puts around it; undefined when it is no Claude. */
export const claudeTraits = (name: string): ClaudeTraits | undefined =>
  CLAUDE_MODELS.find(([pattern]) => pattern.test(name))?.[1];
