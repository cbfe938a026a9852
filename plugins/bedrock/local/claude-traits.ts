// What each Claude takes, by model id: thinking, sampling, forced tools, effort, prefill, structured output, caching.

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export interface ClaudeTraits {
  /** Which kinds of `thinking.type` switch it on. */
  readonly thinking: 'none' | 'budget' | 'either' | 'adaptive';
  /** Whether `thinking.type: disabled` is accepted; `up-to-high`: only while the effort is at most high. */
  readonly disable: boolean | 'up-to-high';
  /** `thinking.type: between_tools`. */
  readonly betweenTools: boolean;
  /** temperature, top_p, top_k: all, only one of the first two, or none. */
  readonly sampling: 'all' | 'one' | 'none';
  /** tool_choice `any` and `tool`. */
  readonly forcedTool: 'yes' | 'unless-thinking' | 'no';
  readonly efforts: readonly Effort[];
  /** The beta flag without which `effort` is refused. */
  readonly effortBeta?: string;
  /** A last message of the assistant is accepted. */
  readonly prefill: boolean;
  /** output_config.format and strict tools; `unchecked`: whatever the schema is. */
  readonly structured: boolean | 'unchecked';
  /** Messages of the role `system` between the turns (recorded for Opus 4.8). */
  readonly systemMessages: boolean;
  readonly cache: boolean;
  /** Cache points of one hour. */
  readonly hourCache: boolean;
}

const ALL: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/** From 4.7 on: adaptive thinking only, no sampling parameters, no prefill. */
const MODERN: ClaudeTraits = {
  thinking: 'adaptive',
  disable: true,
  betweenTools: false,
  sampling: 'none',
  forcedTool: 'yes',
  efforts: ALL,
  prefill: false,
  structured: false,
  systemMessages: true,
  cache: true,
  hourCache: true,
};
const V46: ClaudeTraits = {
  ...MODERN,
  thinking: 'either',
  sampling: 'one',
  forcedTool: 'unless-thinking',
  efforts: ['low', 'medium', 'high', 'max'],
  structured: true,
  systemMessages: false,
};
const V45: ClaudeTraits = { ...V46, thinking: 'budget', efforts: [], prefill: true };
const V41: ClaudeTraits = { ...V45, structured: false, hourCache: false };
// The recordings hold an `outputConfig.textFormat` that Claude 3 Sonnet accepted, so the old ones are let through.
const V4: ClaudeTraits = { ...V41, structured: 'unchecked', sampling: 'all' };
const V3: ClaudeTraits = { ...V4, thinking: 'none', forcedTool: 'yes' };

// The first match wins. Sources: the Claude table of @ai-sdk/anthropic 4.0.105 (2026-11), langchain-aws 0434c7f9 (2026-08)
// for forced tools with thinking, pydantic-ai 4fda3898 (2026-08) for structured output.
const TABLE: readonly (readonly [RegExp, ClaudeTraits])[] = [
  [/claude-sonnet-5-5/, { ...MODERN, disable: false, betweenTools: true, forcedTool: 'no' }],
  [/claude-opus-5-5/, { ...MODERN, disable: false, forcedTool: 'no' }],
  [/claude-haiku-5-5/, { ...MODERN, disable: 'up-to-high' }],
  [/claude-opus-5/, { ...MODERN, disable: 'up-to-high' }],
  [/claude-fable-5-[12]/, { ...MODERN, disable: false, forcedTool: 'no' }],
  [/claude-fable-5/, { ...MODERN, disable: false }],
  [/claude-opus-4-7/, { ...MODERN, forcedTool: 'unless-thinking' }],
  [/claude-(opus-4-8|sonnet-5)/, MODERN],
  [/claude-(opus|sonnet)-4-6/, V46],
  [/claude-opus-4-5/, { ...V45, efforts: ['low', 'medium', 'high'], effortBeta: 'effort-2025-11-24' }],
  [/claude-(sonnet|haiku)-4-5/, V45],
  [/claude-opus-4-1/, V41],
  [/claude-(opus|sonnet)-4-2/, V4],
  [/claude-3-7/, V4],
  [/claude-3-5-(haiku|sonnet-20241022)/, V3],
  [/claude-(v2|instant|3-)/, { ...V3, cache: false }],
];

/** The traits of a bare model id, or undefined when it is no Claude. One that is not known counts as the newest do. */
export function claudeTraits(id: string): ClaudeTraits | undefined {
  if (!id.startsWith('anthropic.claude')) return undefined;
  return TABLE.find(([matches]) => matches.test(id))?.[1] ?? MODERN;
}
