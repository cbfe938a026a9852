// Claude's families on Bedrock: what the wire's table says of each Claude, and what is different here. Source of the differences:
// AWS's documentation and its SDK users' model catalogue as of 2026-11; confirmed by recorded traffic where there is any.
import { CLAUDE_MODELS, type ClaudeTraits } from '@turnout/core/wire';
import type { Family } from './family.ts';

/** Structured output and strict tools: Bedrock refuses both from 4.7 on. */
const STRUCTURED: ReadonlySet<string> = new Set(['claude-4-5', 'claude-4-6']);

const COMMON = {
  origin: 'claude',
  topK: 'top_k',
  system: true,
  images: true,
  parallelSwitch: true,
  plainSchema: true,
  stopSequencesMax: Number.POSITIVE_INFINITY,
  assistantFirst: true,
  besideResults: 'text-and-images',
  resultMedia: ['image', 'document'],
  resultStatus: true,
  toolIds: 'plain',
  citations: true,
} satisfies Partial<Family>;

function familyOf({ name, thinking, sampling, tools, forcedTools, systemTurns, prefill, cache }: ClaudeTraits): Family {
  const structured = STRUCTURED.has(name);
  return {
    ...COMMON,
    ...{ name, reasoning: thinking, sampling, tools, prefill },
    toolChoice: forcedTools === 'never' ? 'auto' : 'tool',
    forcedToolThinks: forcedTools === 'always' || forcedTools === 'never',
    strictTools: structured,
    nativeOutput: structured ? 'strict' : 'none',
    ...(systemTurns ? { systemTurns } : {}),
    ...(cache === 'none' ? {} : { cache: { pointsMax: 4, inTools: true, textOnly: false, ttl1h: cache === '1h' } }),
  };
}

const FAMILIES = CLAUDE_MODELS.map(([pattern, traits]) => [pattern, familyOf(traits)] as const);
const CLAUDE_3 = FAMILIES.find(([, { name }]) => name === 'claude-3')?.[1];

export const CLAUDE_FAMILIES: readonly (readonly [RegExp, Family])[] = [
  ...FAMILIES,
  // The prompt router of the Claude 3 family is called `anthropic.claude:1`.
  ...(CLAUDE_3 === undefined ? [] : [[/claude:/, CLAUDE_3] as const]),
];
