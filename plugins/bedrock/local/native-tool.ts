// Tools of Anthropic's own making that a client runs, as Claude on Bedrock knows them: their types, and the flag that each needs.

export const TOOL_MEMBERS: readonly string[] = [
  'cache_control',
  'description',
  'input_schema',
  'name',
  'strict',
  'type',
];

// Source: AWS's pages on Claude's tools, 2026-11. Without its flag a type is not among the expected tags.
const TYPES: ReadonlyMap<string, string | undefined> = new Map([
  ['bash_20241022', 'computer-use-2024-10-22'],
  ['bash_20250124', undefined],
  ['computer_20241022', 'computer-use-2024-10-22'],
  ['computer_20250124', 'computer-use-2025-01-24'],
  ['computer_20251124', 'computer-use-2025-11-24'],
  ['memory_20250818', 'context-management-2025-06-27'],
  ['text_editor_20241022', 'computer-use-2024-10-22'],
  ['text_editor_20250124', undefined],
  ['text_editor_20250429', undefined],
  ['text_editor_20250728', undefined],
  ['tool_search_tool_bm25_20251119', 'tool-search-tool-2025-10-19'],
  ['tool_search_tool_regex_20251119', 'tool-search-tool-2025-10-19'],
]);

/** What a flag adds to the members of a tool of the client's. Claude Code 2.1.330 defers tools on Bedrock so (LiteLLM 36855,
 * 2026-08). */
const MEMBERS: ReadonlyMap<string, string> = new Map([
  ['tool-examples-2025-10-29', 'input_examples'],
  ['tool-search-tool-2025-10-19', 'defer_loading'],
]);

const flagsOf = (betas: unknown): readonly unknown[] => (Array.isArray(betas) ? betas : []);

/** The members that a tool may have besides, for the flags of its request. */
export const betaMembers = (betas: unknown): readonly string[] =>
  [...MEMBERS].flatMap(([flag, member]) => (flagsOf(betas).includes(flag) ? [member] : []));

/** What is wrong with a tool that is none of the client's, in Claude's words, or undefined. */
export function findNativeToolFault(
  tool: Readonly<Record<string, unknown>>,
  place: string,
  betas: unknown,
): string | undefined {
  const known = [...TYPES].flatMap(([type, flag]) =>
    flag === undefined || flagsOf(betas).includes(flag) ? [type] : [],
  );
  const type = String(tool.type);
  if (!known.includes(type)) {
    const tags = ['custom', ...known].sort().map((tag) => `'${tag}'`);
    return `${place}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${tags.join(', ')}`; // recorded
  }
  return typeof tool.name === 'string' ? undefined : `${place}.${type}.name: Field required`;
}
