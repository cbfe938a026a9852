// Text to YAML document. What is wrong with the syntax is said in our own words: the library's messages quote the text,
// and one broken quote makes it report everything after it.
import type { Document, YAMLError } from 'yaml';
import { isCollection, isScalar, parseDocument, visit } from 'yaml';
import type { Span } from './source.ts';
import type { Problem } from './tree.ts';

/** How often an unquoted `${…}` is stepped over to see what else is wrong. */
const RECOVERIES_MAX = 20;
/** Each step parses the whole file again. */
const RECOVERED_CHARACTERS_MAX = 65_536;
/** Once it has lost its way the library reports every token. */
const ERRORS_MAX = 200;

export interface Parsed {
  readonly document: Document;
  readonly problems: readonly Problem[];
}

/** Never throws. With problems the document is of no use. */
export function parseYaml(text: string): Parsed {
  const problems: Problem[] = [];
  const directive = /^(?:\s*(?:#.*)?\r?\n)*%.*/.exec(text);
  if (directive !== null) {
    const start = directive[0].lastIndexOf('%');
    problems.push(problem({ start, end: directive[0].trimEnd().length }, 'YAML directives are not supported'));
    return { document: parse(''), problems };
  }
  let rest = text;
  let document = parse(rest);
  const recoveries = text.length > RECOVERED_CHARACTERS_MAX ? 1 : RECOVERIES_MAX;
  for (let count = 0; count < recoveries; count++) {
    const reference = unquotedReference(rest, syntaxErrors(document)[0]);
    if (reference === undefined) break;
    const { start, end } = reference;
    problems.push(problem(reference, `quote it: "${text.slice(start, end)}", since "{" starts a map here`));
    rest = rest.slice(0, start) + '_'.repeat(end - start) + rest.slice(end);
    document = parse(rest);
  }
  problems.push(...describe(rest, document));
  return { document, problems };
}

const problem = (span: Span, message: string): Problem => ({ span, path: [], message });

/** `uniqueKeys` compares each key with each other one: the tree does it by name. */
const parse = (text: string): Document =>
  parseDocument(text, { version: '1.2', merge: false, uniqueKeys: false, prettyErrors: false, logLevel: 'error' });

/** The first errors, in the order of the text. Tags are refused where the tree is built, with a better message. */
function syntaxErrors(document: Document): YAMLError[] {
  const errors = document.errors.filter((error) => error.code !== 'TAG_RESOLVE_FAILED').slice(0, ERRORS_MAX);
  // A missing comma makes one item of two, and the library then finds fault with the parts as well.
  const runs = errors.filter((error) => error.code === 'BLOCK_IN_FLOW');
  const inRun = ({ code, pos }: YAMLError): boolean =>
    code !== 'BLOCK_IN_FLOW' && runs.some((run) => run.pos[0] <= pos[0] && run.pos[1] >= pos[1]);
  return errors.filter((error) => !inRun(error)).sort((a, b) => a.pos[0] - b.pos[0]);
}

/** The `${NAME}` of `{ port: ${NAME} }`, where YAML sees the start of a map. */
function unquotedReference(text: string, error: YAMLError | undefined): Span | undefined {
  if (error?.code !== 'UNEXPECTED_TOKEN' || text[error.pos[0] - 1] !== '$') return undefined;
  const reference = /^\{[^}\n]*\}/.exec(text.slice(error.pos[0], error.pos[0] + 300));
  return reference === null ? undefined : { start: error.pos[0] - 1, end: error.pos[0] + reference[0].length };
}

function describe(text: string, document: Document): Problem[] {
  const described: Problem[] = [];
  const lines = new Set<number>();
  for (const error of syntaxErrors(document)) {
    // "in YAML stream": the parser had already given up, so this only repeats the error before it.
    if (described.length > 0 && error.message.includes('in YAML stream')) break;
    const span = errorSpan(text, document, error);
    const line = text.lastIndexOf('\n', span.start - 1);
    if (lines.has(line)) continue;
    lines.add(line);
    const quote = quoteTrouble(text, error, span.start);
    described.push(problem(span, quote ? 'a quote is missing here, or there is one too many' : messageOf(text, error)));
    // From here on the parser takes text for structure and structure for text.
    if (quote) break;
  }
  return described;
}

const UNSETTLED = new Set<YAMLError['code']>(['MULTILINE_IMPLICIT_KEY', 'UNEXPECTED_TOKEN', 'MISSING_CHAR']);

/** An odd number of double quotes on the line, or a single one that runs over its end. */
function quoteTrouble(text: string, error: YAMLError, start: number): boolean {
  if (!UNSETTLED.has(error.code) || error.message.includes('Missing closing')) return false;
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, lineEnd(text, start));
  return (
    (line.match(/"/g)?.length ?? 0) % 2 === 1 ||
    (text[start] === "'" && !text.slice(start + 1, lineEnd(text, start)).includes("'"))
  );
}

function messageOf(text: string, error: YAMLError): string {
  const [start] = error.pos;
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'tabs cannot indent YAML, use spaces';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'a second ": " on one line: quote the value, or start a new line';
    case 'MULTILINE_IMPLICIT_KEY':
      return 'expected "key: value" on one line: a ":" is missing, or the space after it';
    case 'KEY_OVER_1024_CHARS':
      return 'a key is at most 1024 characters long';
    case 'BLOCK_IN_FLOW':
      return 'a "," is missing in here';
    case 'BAD_ALIAS':
      return ALIAS_MESSAGE;
    case 'BAD_DQ_ESCAPE':
      return 'unknown escape in double quotes; write "\\\\" for a backslash, or use single quotes';
    case 'BAD_SCALAR_START':
      return `a value cannot start with "${text[start] ?? ''}" unless it is quoted`;
    case 'MULTIPLE_DOCS':
      return 'a second document ("---"); a config is one document';
    case 'RESOURCE_EXHAUSTION':
      return 'nested too deeply';
    case 'MISSING_CHAR':
      if (error.message.includes('closing')) return 'this quote is never closed';
      return error.message.includes('Missing ,') ? 'a "," is missing before this' : 'something is missing here';
    case 'BAD_INDENT':
      return error.message.includes('end with a')
        ? 'this bracket is never closed'
        : 'not indented like the lines around it';
    case 'MULTIPLE_ANCHORS':
    case 'MULTIPLE_TAGS':
    case 'BAD_PROP_ORDER':
    case 'ALIAS_PROPS':
      return 'a value has at most one anchor, directly before it';
    default:
      return aliasBefore(text, start) === undefined ? 'not valid YAML here' : ALIAS_MESSAGE;
  }
}

const ALIAS_MESSAGE = '"*" starts an alias here; quote it to mean the character';

/** The `*` or `*-mini:` that stands before `end` on the same line: a pattern that YAML takes for an alias. */
function aliasBefore(text: string, end: number): Span | undefined {
  const lineStart = text.lastIndexOf('\n', end - 1) + 1;
  const match = /(?:^|[\s{[,])(\*[^\s,]*)\s*$/.exec(text.slice(lineStart, end));
  const word = match?.[1]?.replace(/:$/, '');
  const start = match === null || word === undefined ? 0 : lineStart + match.index + match[0].indexOf('*');
  return word === undefined ? undefined : { start, end: start + word.length };
}

/** Where the error is: for what is never closed, its opening, not the end of the file. */
function errorSpan(text: string, document: Document, error: YAMLError): Span {
  const start = Math.min(error.pos[0], text.length);
  const span = { start, end: Math.max(error.pos[1], start + 1) };
  if (error.code === 'MULTILINE_IMPLICIT_KEY') return { start, end: lineEnd(text, start) };
  if (error.code === 'UNEXPECTED_TOKEN') return aliasBefore(text, start) ?? span;
  if (error.message.includes('end with a') || error.message.includes('Missing closing')) {
    return openingOf(document, start) ?? span;
  }
  if (error.code === 'BLOCK_IN_FLOW') return { start, end: Math.min(error.pos[1], lineEnd(text, start)) };
  if (error.code === 'MISSING_CHAR') return { start, end: start + 1 };
  if (error.code !== 'BAD_INDENT') return span;
  const word = start + (/^[ ]*/.exec(text.slice(start, lineEnd(text, start)))?.[0].length ?? 0);
  return { start: word, end: word + 1 };
}

/** The bracket or quote that is still open at an offset. */
function openingOf(document: Document, offset: number): Span | undefined {
  let opening: number | undefined;
  visit(document, {
    Node(_key, node) {
      const open = isCollection(node) ? node.flow === true : isScalar(node) && /^QUOTE/.test(node.type ?? '');
      if (open && node.range && node.range[0] < offset && node.range[1] >= offset) opening = node.range[0];
    },
  });
  return opening === undefined ? undefined : { start: opening, end: opening + 1 };
}

const lineEnd = (text: string, start: number): number => {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
};
