// Claude's capability matrix on Bedrock, by a part of the model id. Source: Anthropic's and AWS's documentation and the
// model catalogue of the vendor's own SDK users as of 2026-11; confirmed by recorded traffic where there is any.
import type { Effort } from '@turnout/core/contract';
import type { Family } from './family.ts';

const ALL_EFFORTS: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

const CLAUDE_3: Family = {
  name: 'claude-3',
  origin: 'claude',
  reasoning: { kind: 'none' },
  sampling: 'all',
  topK: 'top_k',
  system: true,
  images: true,
  tools: true,
  toolChoice: 'tool',
  forcedToolThinks: false,
  parallelSwitch: true,
  strictTools: false,
  plainSchema: true,
  nativeOutput: 'none',
  stopSequencesMax: Number.POSITIVE_INFINITY,
  prefill: true,
  assistantFirst: true,
  besideResults: 'text-and-images',
  resultMedia: ['image', 'document'],
  resultStatus: true,
  toolIds: 'plain',
  citations: true,
};
const CACHED: Family = { ...CLAUDE_3, cache: { pointsMax: 4, inTools: true, textOnly: false, ttl1h: false } };
const CACHED_1H: Family = { ...CLAUDE_3, cache: { pointsMax: 4, inTools: true, textOnly: false, ttl1h: true } };
/** Claude 4.7 and later: adaptive thinking only, no sampling settings, no prefill. */
const ADAPTIVE: Family = {
  ...CACHED_1H,
  reasoning: { kind: 'adaptive', efforts: ALL_EFFORTS, display: true },
  sampling: 'none',
  // Recorded of Opus 4.8; Claude Code sends them to all of these (2.1.330, 2026-11).
  systemTurns: true,
  prefill: false,
  forcedToolThinks: true,
};
/** Those that cannot stop thinking, and refuse a forced tool choice. */
const ALWAYS_THINKING: Family = {
  ...ADAPTIVE,
  reasoning: { kind: 'adaptive', efforts: ALL_EFFORTS, display: true, least: 'low' },
  toolChoice: 'auto',
};
const CLAUDE_4_6: Family = {
  ...CACHED_1H,
  // No xhigh before 4.7.
  reasoning: { kind: 'adaptive', efforts: ['low', 'medium', 'high', 'max'], display: false },
  sampling: 'one',
  prefill: false,
  nativeOutput: 'strict',
  strictTools: true,
};
const CLAUDE_4_5: Family = {
  ...CACHED_1H,
  reasoning: { kind: 'budget', interleaved: true },
  sampling: 'one',
  nativeOutput: 'strict',
  strictTools: true,
};
const CLAUDE_4: Family = { ...CACHED, reasoning: { kind: 'budget', interleaved: true } };

export const CLAUDE_FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [
    /claude-sonnet-5-5/,
    {
      ...ALWAYS_THINKING,
      name: 'claude-sonnet-5-5',
      reasoning: { kind: 'adaptive', efforts: ALL_EFFORTS, display: true, least: 'between-tools' },
    },
  ],
  [/claude-opus-5-5/, { ...ALWAYS_THINKING, name: 'claude-opus-5-5' }],
  [/claude-haiku-5-5/, { ...ADAPTIVE, name: 'claude-haiku-5-5' }],
  [/claude-opus-5/, { ...ADAPTIVE, name: 'claude-opus-5' }],
  [/claude-fable-5-[12]/, { ...ALWAYS_THINKING, name: 'claude-fable-5-1' }],
  [/claude-fable-5/, { ...ALWAYS_THINKING, name: 'claude-fable-5', toolChoice: 'tool' }],
  // Forced tools while thinking: sources disagree on 4.7, agree from 4.8 on.
  [/claude-opus-4-7/, { ...ADAPTIVE, name: 'claude-opus-4-7', forcedToolThinks: false }],
  [/claude-(opus-4-8|sonnet-5)/, { ...ADAPTIVE, name: 'claude-4-8' }],
  [/claude-(sonnet|opus)-4-6/, { ...CLAUDE_4_6, name: 'claude-4-6' }],
  [/claude-(sonnet|opus|haiku)-4-5/, { ...CLAUDE_4_5, name: 'claude-4-5' }],
  [/claude-opus-4-1/, { ...CLAUDE_4, name: 'claude-opus-4-1', sampling: 'one' }],
  [/claude-(sonnet|opus)-4(-2025|-0|@|$)/, { ...CLAUDE_4, name: 'claude-4' }],
  [/claude-3-7/, { ...CACHED, name: 'claude-3-7', reasoning: { kind: 'budget', interleaved: false } }],
  [/claude-3-5-(haiku|sonnet-20241022)/, { ...CACHED, name: 'claude-3-5' }],
  [/claude-3/, CLAUDE_3],
  [/claude-(v2|instant)/, { ...CLAUDE_3, name: 'claude-2', tools: false }],
  // The prompt router of the Claude 3 family is called `anthropic.claude:1`.
  [/claude:/, CLAUDE_3],
  // A Claude that came after this table: as the latest ones are, with the least asked of it.
  [/claude-/, { ...ADAPTIVE, name: 'claude', toolChoice: 'auto' }],
];
