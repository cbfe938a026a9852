// The text of the file: offsets to lines and columns, and the excerpt with its carets.

/** Offsets into the text, in UTF-16 units; `end` is not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const COLUMNS_MAX = 120;
const CONTEXT_COLUMNS = 40;
const MASK = '***';

export interface Source {
  readonly file: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
}

export function createSource(file: string, text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { file, text, lineStarts };
}

/** 1-based line and column (UTF-16 units) of an offset. */
export function positionOf(source: Source, offset: number): { line: number; column: number } {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (source.lineStarts[low] ?? 0) + 1 };
}

/** The span of a line (1-based) without its line break. */
export function lineSpan(source: Source, line: number): Span {
  const start = source.lineStarts[line - 1] ?? source.text.length;
  const next = source.lineStarts[line];
  const end = next === undefined ? source.text.length : next - 1;
  return { start, end: source.text[end - 1] === '\r' && end > start ? end - 1 : end };
}

/** Sorted, without overlaps. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.filter((item) => item.end > item.start).sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && span.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    } else merged.push(span);
  }
  return merged;
}

/** Text that may go to a terminal: control characters, line ends and bidirectional marks become a dot. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '·');
}

/** The line on which `span` starts with its number, and carets below the span's part of that line. Each of `masks`
 * (merged) shows as three stars, whatever its length. */
export function excerptOf(source: Source, span: Span, masks: readonly Span[]): string {
  const { line } = positionOf(source, span.start);
  const whole = lineSpan(source, line);
  let shown = '';
  let from = -1;
  let to = -1;
  let offset = whole.start;
  const copy = (end: number): void => {
    if (from < 0 && span.start < end) from = shown.length + Math.max(0, span.start - offset);
    if (span.end > offset) to = shown.length + Math.min(span.end, end) - offset;
    shown += source.text.slice(offset, end);
    offset = end;
  };
  for (const mask of masks) {
    if (mask.end <= whole.start) continue;
    if (mask.start >= whole.end) break;
    copy(Math.max(offset, mask.start));
    const end = Math.min(mask.end, whole.end);
    if (from < 0 && span.start < end) from = shown.length;
    if (span.end > offset) to = shown.length + MASK.length;
    shown += MASK;
    offset = end;
  }
  copy(whole.end);
  if (from < 0) from = shown.length;
  return frame(line, printable(shown.replaceAll('\t', ' ')), from, Math.max(to, from + 1));
}

function frame(line: number, text: string, from: number, to: number): string {
  const cut = text.length > COLUMNS_MAX ? Math.max(0, Math.min(from - CONTEXT_COLUMNS, text.length - COLUMNS_MAX)) : 0;
  const head = cut > 0 ? '…' : '';
  const tail = text.length > cut + COLUMNS_MAX ? '…' : '';
  const shown = head + text.slice(cut, cut + COLUMNS_MAX) + tail;
  const start = from - cut + head.length;
  const carets = '^'.repeat(Math.max(1, Math.min(to - from, shown.length - start)));
  const gutter = `${String(line).padStart(7)} | `;
  return `${`${gutter}${shown}`.trimEnd()}\n${' '.repeat(gutter.length - 2)}| ${' '.repeat(start)}${carets}`;
}
