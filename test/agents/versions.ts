// The one table of the agents' pinned versions.

/** By the package's name. Those of 2026-11-23, with which the recipes beside this file were found out. */
export const VERSIONS = {
  '@anthropic-ai/claude-code': '2.1.330',
  '@openai/codex': '0.169.0',
  'opencode-ai': '1.18.33',
  cline: '3.0.65',
  '@qwen-code/qwen-code': '0.24.4',
} as const;
