// YAML document to tree: aliases resolved, variables replaced, and everything refused that is not plain data.
import type { Document, Node, Pair, Scalar } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { YamlPath } from './config.ts';
import type { Environment } from './environment.ts';
import { substitute } from './environment.ts';
import { subtract } from './secret-text.ts';
import type { Span } from './source.ts';
import type { BrokenPlace, Entry, MapPlace, Place, Problem } from './tree.ts';

export interface Converted {
  readonly root: Place;
  readonly problems: readonly Problem[];
}

interface State {
  readonly document: Document;
  readonly text: string;
  readonly environment: Environment;
  readonly problems: Problem[];
  /** The latest value of each anchor; undefined while it is being read. */
  readonly anchors: Map<string, Place | undefined>;
}

/** Converts a document without syntax errors. The tree is a graph without circles: an alias is the anchor's own place. */
export function convert(document: Document, text: string, environment: Environment): Converted {
  const state: State = { document, text, environment, problems: [], anchors: new Map() };
  const root = placeOf(state, document.contents, []);
  return { root, problems: state.problems };
}

function report(state: State, span: Span, path: YamlPath, message: string): BrokenPlace {
  state.problems.push({ span, path, message });
  return { kind: 'broken', span, literal: [span] };
}

const spanOf = (node: Node | null): Span => ({ start: node?.range?.[0] ?? 0, end: node?.range?.[1] ?? 0 });

function placeOf(state: State, node: Node | null, path: YamlPath): Place {
  if (isAlias(node)) return aliasOf(state, node.source, spanOf(node), path);
  const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
  if (anchor !== undefined) state.anchors.set(anchor, undefined);
  const place = untagged(state, node, path);
  if (anchor !== undefined) state.anchors.set(anchor, place);
  return place;
}

function aliasOf(state: State, name: string, span: Span, path: YamlPath): Place {
  const target = state.anchors.get(name);
  if (target !== undefined) return target;
  if (state.anchors.has(name)) return report(state, span, path, 'this alias stands inside its own anchor');
  return report(state, span, path, 'unknown alias; quote it if it is meant as text');
}

function untagged(state: State, node: Node | null, path: YamlPath): Place {
  const place = contentOf(state, node, path);
  if (node?.tag === undefined) return place;
  // Converted all the same, so that the secrets inside are known.
  report(state, spanOf(node), path, 'YAML tags are not supported');
  return place;
}

function contentOf(state: State, node: Node | null, path: YamlPath): Place {
  const span = spanOf(node);
  if (isMap(node))
    return mapOf(state, node.items as Pair<Node | null, Node | null>[], { span, flow: node.flow === true }, path);
  if (isSeq(node)) {
    // The parser puts nothing but nodes into a list.
    const items = (node.items as (Node | null)[]).map((item, index) => placeOf(state, item, [...path, index]));
    return { kind: 'list', span, flow: node.flow === true, items };
  }
  return isScalar(node)
    ? scalarOf(state, node, span, path)
    : { kind: 'scalar', span, value: null, plain: true, foreign: [], literal: [] };
}

function mapOf(
  state: State,
  pairs: readonly Pair<Node | null, Node | null>[],
  { span, flow }: Pick<MapPlace, 'span' | 'flow'>,
  path: YamlPath,
): MapPlace {
  const entries: Entry[] = [];
  const names = new Set<string>();
  for (const pair of pairs) {
    const keySpan = spanOf(pair.key);
    const key = keyOf(pair.key);
    const here = [...path, key ?? '?'];
    const refusal = key === undefined ? 'a key must be plain text' : refusalOf(pair.key, key, names);
    if (refusal !== undefined) report(state, widened(keySpan), here, refusal);
    if (key === undefined) entries.push({ key: '?', keySpan, value: placeOf(state, pair.key, here), refused: true });
    const value = placeOf(state, pair.value, here);
    names.add(key ?? '?');
    entries.push({ key: key ?? '?', keySpan, value, ...(refusal !== undefined && { refused: true }) });
  }
  return { kind: 'map', span, flow, entries };
}

const widened = (span: Span): Span => ({ start: span.start, end: Math.max(span.end, span.start + 1) });

/** A plain key is the text as written: `1.0` stays `1.0`. */
function keyOf(node: Node | null): string | undefined {
  if (!isScalar(node) || node.tag !== undefined) return undefined;
  const key = node.type === 'PLAIN' ? (node.source ?? '') : String(node.value);
  return key === '' ? undefined : key;
}

function refusalOf(node: Node | null, key: string, names: ReadonlySet<string>): string | undefined {
  if (key === '__proto__') return 'this key is not allowed';
  if (key === '<<' && isScalar(node) && node.type === 'PLAIN') {
    return 'merge keys are not supported; use an alias for a whole value';
  }
  return names.has(key) ? 'duplicate key' : undefined;
}

function scalarOf(state: State, node: Scalar, span: Span, path: YamlPath): Place {
  const plain = node.type === 'PLAIN';
  const literal = literalParts(state.text, node, span);
  const replaced = typeof node.value === 'string' ? substitute(node.value, state.environment) : undefined;
  if (replaced === undefined) return { kind: 'scalar', span, value: dataOf(node.value), plain, foreign: [], literal };
  if (replaced.errors.length > 0) {
    for (const message of replaced.errors) state.problems.push({ span, path, message });
    return { kind: 'broken', span, literal };
  }
  const { text, foreign } = replaced;
  const value = plain ? retyped(state.document, text) : text;
  return { kind: 'scalar', span, value, plain, foreign: foreign.length > 0 ? [...foreign, text] : [], literal };
}

/** What a scalar of the core schema can be. */
function dataOf(value: unknown): string | number | boolean | null {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? null : String(value);
}

/** What YAML makes of `text` as a plain scalar. */
function retyped(document: Document, text: string): string | number | boolean | null {
  for (const tag of document.schema.tags) {
    if (tag.collection !== undefined || tag.default !== true || tag.test?.test(text) !== true) continue;
    const value = tag.resolve(text, () => undefined, {});
    return dataOf(isScalar(value) ? value.value : value);
  }
  return text;
}

/** What is a reference by its form. Anything else between the braces may be a secret that was pasted there. */
const SOUND_REFERENCE = /\$?\$\{(?:file:[^{}]*|[A-Za-z_][A-Za-z0-9_]*(?::-[^{}]*)?)\}/g;

function literalParts(text: string, node: Scalar, span: Span): Span[] {
  const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
  const inner = quoted ? { start: span.start + 1, end: Math.max(span.start + 1, span.end - 1) } : span;
  const holes = [...text.slice(inner.start, inner.end).matchAll(SOUND_REFERENCE)]
    .filter((match) => !match[0].startsWith('$$'))
    .map((match) => ({ start: inner.start + match.index, end: inner.start + match.index + match[0].length }));
  return subtract(inner, holes);
}
