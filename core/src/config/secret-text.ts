// Secrets in text that has no structure to go by: comments, values with a key inside, and files that are not YAML at all.
// It would rather hide too much: line and column still say where to look.
import { looksSecret, looksSecretList } from './secret-name.ts';
import type { Source, Span } from './source.ts';
import { lineSpan } from './source.ts';

const WORD = /[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*/g;
/** A variable's name is no secret; its default is. */
const VARIABLE = /\$\{(?:file:[^}\n]*|[A-Za-z_]\w*(?::-)?)/g;
const DEFAULT = /\$\{[A-Za-z_]\w*:-([^}\n]*)/g;
/** Vendors' key prefixes, long hex, and long runs; the runs are checked for a mixture of characters. */
const PREFIXED =
  /\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abp]|hf|gsk|ABSK|AKIA|ASIA|AIza|eyJ)[-_A-Za-z0-9+/=.]{8,}/g;
const HEX = /\b[0-9a-fA-F]{32,}\b/g;
const RUN = /[A-Za-z0-9+/_=-]{20,}/g;
const URL_USER = /:\/\/([^\s/@"']+)@/g;
/** Words of the file's own that stay readable where everything around them is hidden. */
const KEPT = new Set([
  'name',
  'key',
  'sha256',
  'admin',
  'models',
  'apiKey',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
]);

const spansOf = (text: string, pattern: RegExp, group = 0): Span[] =>
  [...text.matchAll(pattern)].map((match) => {
    const start = match.index + (group === 0 ? 0 : match[0].lastIndexOf(match[group] ?? ''));
    return { start, end: start + (match[group] ?? '').length };
  });

const mixed = (run: string): boolean => /[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9]/.test(run);

/** What looks like a credential wherever it stands, and the defaults of variables. */
export function shapeMasks(text: string): Span[] {
  const runs = spansOf(text, RUN).filter((span) => mixed(text.slice(span.start, span.end)));
  return [
    ...runs,
    ...spansOf(text, PREFIXED),
    ...spansOf(text, HEX),
    ...spansOf(text, URL_USER, 1),
    ...spansOf(text, DEFAULT, 1),
  ];
}

/** The text with variables blanked out, each character in its place. */
const withoutVariables = (text: string): string => text.replace(VARIABLE, (match) => ' '.repeat(match.length));

/** The first word that names a secret, in text without variables. */
function secretWord(text: string): Span | undefined {
  for (const match of text.matchAll(WORD)) {
    const name = match[0];
    const end = match.index + name.length;
    const isScalarAuth = /auth$/i.test(name) && /^["']?\s*:\s*[^\s{]/.test(text.slice(end, end + 100));
    if (isScalarAuth || looksSecret(name) || looksSecretList(name)) return { start: match.index, end };
  }
  return undefined;
}

/** What follows the first word in `span` that names a secret: for comments, and for values such as `apiKey:abc`. */
export function mentionMasks(text: string, span: Span): Span[] {
  const part = text.slice(span.start, span.end);
  const word = secretWord(withoutVariables(part));
  if (word === undefined || word.end >= part.trimEnd().length) return [];
  return subtract({ start: word.end, end: part.length }, spansOf(part, VARIABLE)).map((mask) => ({
    start: mask.start + span.start,
    end: mask.end + span.start,
  }));
}

/** `span` without `holes` (sorted). */
export function subtract(span: Span, holes: readonly Span[]): Span[] {
  const rest: Span[] = [];
  let start = span.start;
  for (const hole of holes) {
    if (hole.end <= start || hole.start >= span.end) continue;
    if (hole.start > start) rest.push({ start, end: hole.start });
    start = hole.end;
  }
  if (start < span.end) rest.push({ start, end: span.end });
  return rest;
}

/** A secret's key, as long as lines may still belong to its value. */
interface Shadow {
  /** Column of the key: deeper lines belong to it. */
  readonly column: number;
  /** The value starts on a later line. */
  empty: boolean;
  /** The quote that is still open. */
  quote: string;
  /** In `{…}` or `[…]`, not yet ended by a comma or bracket. */
  flow: boolean;
}

/** Masks for a file that is not YAML: the words after each word that names a secret, and those of all lines that may
 * belong to its value. */
export function brokenTextMasks(source: Source): Span[] {
  const masks = shapeMasks(source.text);
  let shadows: Shadow[] = [];
  let depth = 0;
  for (let line = 1; line <= source.lineStarts.length; line++) {
    const span = lineSpan(source, line);
    const text = source.text.slice(span.start, span.end);
    const bare = withoutVariables(text);
    shadows = shadows.filter((shadow) => covers(shadow, text));
    const word = secretWord(bare);
    const start = shadows.length > 0 || isOrphan(text) ? 0 : word?.end;
    if (start !== undefined) {
      for (const mask of wordMasks(bare, start)) {
        masks.push({ start: mask.start + span.start, end: mask.end + span.start });
      }
    }
    for (const shadow of shadows) endOnLine(shadow, text);
    if (word !== undefined) shadows.push(shadowOf(text, word, depth + balance(text.slice(0, word.start)) > 0));
    depth = Math.max(0, depth + balance(text));
  }
  return masks;
}

/** A line without a key that does not look like a name: a value that has lost its key. */
const isOrphan = (text: string): boolean =>
  !text.includes(':') && text.trim().length >= 8 && /[A-Z0-9+/=]/.test(text) && !/^\s*(?:- |[%#])/.test(text);

const balance = (text: string): number => (text.match(/[{[]/g)?.length ?? 0) - (text.match(/[}\]]/g)?.length ?? 0);

function wordMasks(text: string, start: number): Span[] {
  const masks: Span[] = [];
  for (const match of text.matchAll(/[^\s{}[\],:"'#]+/g)) {
    const end = match.index + match[0].length;
    const isKey = KEPT.has(match[0]) && /^["']?\s*:/.test(text.slice(end, end + 100));
    if (end > start && !isKey && match[0] !== '-') masks.push({ start: Math.max(start, match.index), end });
  }
  return masks;
}

function covers(shadow: Shadow, text: string): boolean {
  if (text.trim() === '' || shadow.empty || shadow.quote !== '' || shadow.flow) return true;
  const indent = text.length - text.trimStart().length;
  return indent > shadow.column || (indent === shadow.column && text.trimStart().startsWith('-'));
}

function endOnLine(shadow: Shadow, text: string): void {
  if (text.trim() !== '') shadow.empty = false;
  if (shadow.quote !== '' && text.includes(shadow.quote)) shadow.quote = '';
  if (/[,}\]]/.test(text)) shadow.flow = false;
}

function shadowOf(text: string, word: { start: number; end: number }, inFlow: boolean): Shadow {
  const rest = text
    .slice(word.end)
    .replace(/^["']?\s*:?\s*/, '')
    .replace(/(?:^|\s)#.*$/, '')
    .trim();
  const quote = rest[0] === '"' || rest[0] === "'" ? rest[0] : '';
  return {
    column: word.start,
    empty: rest === '' || /^[&!]\S*$|^[|>]/.test(rest),
    quote: quote !== '' && !rest.slice(1).includes(quote) ? quote : '',
    flow: inFlow && !/[,}\]]/.test(rest),
  };
}
