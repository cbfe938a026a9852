// The file as a tree of values with their places: what the rest of the config code works on instead of the YAML library.
import type { YamlPath } from './config.ts';
import type { Span } from './source.ts';

export interface ScalarPlace {
  readonly kind: 'scalar';
  readonly span: Span;
  /** After `${…}`. */
  readonly value: string | number | boolean | null;
  /** Written without quotes: `5` is a number. */
  readonly plain: boolean;
  /** What came from outside the file, one entry for each `${…}`, and the whole value. Empty: nothing did. */
  readonly foreign: readonly string[];
  /** The parts of `span` that are written in the file: all but quotes and `${…}`. */
  readonly literal: readonly Span[];
}
export interface ListPlace {
  readonly kind: 'list';
  readonly span: Span;
  readonly flow: boolean;
  readonly items: Place[];
}
export interface MapPlace {
  readonly kind: 'map';
  readonly span: Span;
  readonly flow: boolean;
  readonly entries: Entry[];
}
/** A value that an earlier error has made unknown: nothing that follows from it is reported. */
export interface BrokenPlace {
  readonly kind: 'broken';
  readonly span: Span;
  /** The parts of `span` that are written in the file, as in `ScalarPlace`. */
  readonly literal: readonly Span[];
}
export type Place = ScalarPlace | ListPlace | MapPlace | BrokenPlace;

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Place;
  /** A key that was refused (a duplicate …): kept only so that its secrets stay masked. */
  readonly refused?: true;
}

/** One thing wrong, before its line, column and excerpt are known. */
export interface Problem {
  readonly span: Span;
  readonly path: YamlPath;
  readonly message: string;
}

export function entriesOf(place: Place | undefined): readonly Entry[] {
  return place?.kind === 'map' ? place.entries.filter((entry) => !entry.refused) : [];
}

export function entryOf(place: Place | undefined, key: string): Entry | undefined {
  return place?.kind === 'map' ? place.entries.find((entry) => entry.key === key && !entry.refused) : undefined;
}

export interface Located {
  /** How many segments of the path exist. */
  readonly depth: number;
  readonly place: Place;
  /** Where the deepest segment is a key of a map. */
  readonly entry?: Entry;
  /** The path leads through, or to, a value that an earlier error has made unknown. */
  readonly broken: boolean;
}

/** Follows a path as far as it exists. */
export function locate(root: Place, path: YamlPath): Located {
  let located: Located = { depth: 0, place: root, broken: root.kind === 'broken' };
  for (const segment of path) {
    const { place, depth } = located;
    if (place.kind === 'map') {
      const entry = entryOf(place, String(segment));
      if (entry === undefined) return located;
      located = { depth: depth + 1, place: entry.value, entry, broken: entry.value.kind === 'broken' };
    } else if (place.kind === 'list') {
      const item = place.items[Number(segment)];
      if (item === undefined) return located;
      located = { depth: depth + 1, place: item, broken: item.kind === 'broken' };
    } else return located;
  }
  return located;
}

/** What to underline for a value: the value itself, or its key where the value is empty or starts on a later line. */
export function valueSpan({ place, entry }: Pick<Located, 'place' | 'entry'>): Span {
  if (place.kind === 'map' && !place.flow) return entry?.keySpan ?? place.entries[0]?.keySpan ?? place.span;
  if (place.kind === 'list' && !place.flow)
    return entry?.keySpan ?? { start: place.span.start, end: place.span.start + 1 };
  return place.span.end > place.span.start ? place.span : (entry?.keySpan ?? place.span);
}

/** What to underline where `path` lacks something: the key of the nearest parent that exists. */
export function parentSpan(root: Place, path: YamlPath): Span {
  const parent = locate(root, path);
  return parent.entry?.keySpan ?? valueSpan(parent);
}

/** True when a value inside has been made unknown by an earlier error. */
export function hasBroken(place: Place, seen = new Set<Place>()): boolean {
  if (seen.has(place)) return false;
  seen.add(place);
  if (place.kind === 'broken') return true;
  if (place.kind === 'list') return place.items.some((item) => hasBroken(item, seen));
  return place.kind === 'map' && place.entries.some((entry) => hasBroken(entry.value, seen));
}

export class TooManyValuesError extends Error {
  override readonly name = 'TooManyValuesError';
}

/** Plain JavaScript values; what is broken is undefined. Aliases are expanded, up to `valuesMax` values in all. */
export function toPlain(root: Place, valuesMax: number): unknown {
  let count = 0;
  const plain = (place: Place): unknown => {
    count += 1;
    if (count > valuesMax) throw new TooManyValuesError(`more than ${valuesMax} values, aliases expanded`);
    if (place.kind === 'scalar') return place.value;
    if (place.kind === 'list') return place.items.map(plain);
    if (place.kind === 'broken') return undefined;
    return Object.fromEntries(entriesOf(place).map((entry) => [entry.key, plain(entry.value)]));
  };
  return plain(root);
}

/** A scalar that is text. */
export const textOf = (place: Place | undefined): ScalarPlace | undefined =>
  place?.kind === 'scalar' && typeof place.value === 'string' ? place : undefined;
