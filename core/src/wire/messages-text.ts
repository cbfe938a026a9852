// What of a block of Anthropic's own a model of another family can read.

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const DEPTH_MAX = 6;
/** The members that hold words, in the order in which they are read. Others are ids, encrypted, or settings. */
const WORDS = ['title', 'source', 'url', 'page_age', 'tool_name', 'error_code', 'error_message'] as const;
const CONTENT = ['text', 'stdout', 'stderr', 'output', 'content', 'data', 'tool_references'] as const;

/** '' when there is nothing to read. `block` is not nested too deep: `checkDepth` has seen it. */
export function readableText(block: Json): string {
  const lines: string[] = [];
  collect(block, lines, DEPTH_MAX);
  return lines.join('\n');
}

function collect(value: unknown, lines: string[], levelsLeft: number): void {
  if (levelsLeft === 0) return;
  if (typeof value === 'string') {
    if (value !== '') lines.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, lines, levelsLeft - 1);
  } else if (isJson(value)) {
    // Bytes are nothing to read.
    if (value.type === 'base64') return;
    for (const key of WORDS) if (typeof value[key] === 'string') collect(value[key], lines, 1);
    if (isJson(value.source)) collect(value.source, lines, levelsLeft - 1);
    for (const key of CONTENT) collect(value[key], lines, levelsLeft - 1);
  }
}
