// Keeps secrets out of excerpts, paths and messages: the values of keys that name a secret, and all that came from `${…}`.
import type { YamlPath } from './config.ts';
import { looksSecret, looksSecretList } from './secret-name.ts';
import { brokenTextMasks, mentionMasks, shapeMasks } from './secret-text.ts';
import type { Source, Span } from './source.ts';
import { lineSpan, mergeSpans, printable } from './source.ts';
import type { Entry, Place } from './tree.ts';

/** Shorter values are not looked for in messages: they would be found everywhere. */
const LENGTH_MIN = 4;
const MESSAGE_CHARACTERS_MAX = 500;

/** What a place inherits from the keys above it. `item` is a map in a list of secrets: an entry of `keys`; `files` is one of paths. */
type Inherited = 'open' | 'list' | 'item' | 'files' | 'secret';

const OPEN_IN_ITEM = new Set(['name', 'admin', 'models', 'limits']);

function ofEntry(inherited: Inherited, key: string, value: Place): Inherited {
  if (inherited === 'secret' || inherited === 'list') return 'secret';
  if (inherited === 'item') return OPEN_IN_ITEM.has(key) ? 'open' : 'secret';
  if (inherited === 'files' && key === 'key' && isPath(value)) return 'files';
  if (key === 'tls' && value.kind === 'map') return 'files';
  if (looksSecretList(key)) return 'list';
  if (looksSecret(key)) return 'secret';
  return value.kind !== 'map' && /auth$/i.test(key) ? 'secret' : 'open';
}

/** `tls.key` is where the key is; who writes the key itself there has it hidden all the same. */
const isPath = (value: Place): boolean => value.kind === 'scalar' && !/\n|-----/.test(String(value.value));

function ofItem(inherited: Inherited, value: Place): Inherited {
  if (inherited === 'open' || inherited === 'secret') return inherited;
  if (inherited === 'files') return 'open';
  return inherited === 'list' && value.kind === 'map' ? 'item' : 'secret';
}

export interface Secrets {
  /** Merged: what an excerpt must not show. */
  readonly masks: readonly Span[];
  /** `providers.p.apiKey`, with stars for keys below a key that names a secret. */
  pathText(path: YamlPath): string;
  /** A message that others wrote: one line, bounded, without any secret value. */
  redact(message: string): string;
}

/** The secrets of a file that is not YAML. */
export function secretsOfText(source: Source): Secrets {
  return { masks: mergeSpans(brokenTextMasks(source)), pathText: (path) => path.join('.'), redact: oneLine };
}

const oneLine = (message: string): string => {
  const line = printable(message.replace(/\s*[\r\n]+\s*/g, ' ').trim());
  return line.length > MESSAGE_CHARACTERS_MAX ? `${line.slice(0, MESSAGE_CHARACTERS_MAX)}…` : line;
};

/** The secrets of a parsed file. */
export function secretsOf(source: Source, root: Place): Secrets {
  const masks: Span[] = shapeMasks(source.text);
  const values = new Set<string>();
  const scalars: Span[] = [];
  const seen = new Map<Place, Set<Inherited>>();
  const visit = (place: Place, inherited: Inherited): void => {
    const visited = seen.get(place) ?? new Set();
    if (visited.has(inherited)) return;
    seen.set(place, visited.add(inherited));
    if (place.kind === 'list') for (const item of place.items) visit(item, ofItem(inherited, item));
    else if (place.kind === 'map') {
      for (const entry of place.entries) {
        scalars.push(entry.keySpan);
        if (inherited === 'secret') masks.push(entry.keySpan);
        visit(entry.value, ofEntry(inherited, entry.key, entry.value));
      }
    } else {
      scalars.push(place.span);
      const isSecret = inherited === 'secret' || inherited === 'list';
      const mentions = (part: Span) => (inherited === 'files' ? [] : mentionMasks(source.text, part));
      masks.push(...(isSecret ? place.literal : place.literal.flatMap(mentions)));
      if (place.kind === 'scalar') {
        for (const value of place.foreign) values.add(value);
        if (isSecret && place.value !== null) values.add(String(place.value));
      }
    }
  };
  visit(root, 'open');
  masks.push(...commentsOf(source, scalars).flatMap((span) => mentionMasks(source.text, span)));
  return {
    masks: mergeSpans(masks),
    pathText: (path) => pathText(root, path),
    redact: (message) => oneLine(redact(message, values)),
  };
}

function commentsOf(source: Source, scalars: readonly Span[]): Span[] {
  const inScalar = new Uint8Array(source.text.length + 1);
  for (const span of scalars) inScalar.fill(1, span.start, span.end);
  const comments: Span[] = [];
  for (let line = 1; line <= source.lineStarts.length; line++) {
    const { start, end } = lineSpan(source, line);
    for (const match of source.text.slice(start, end).matchAll(/(?:^|\s)#/g)) {
      const hash = start + match.index + match[0].length - 1;
      if (inScalar[hash] === 1) continue;
      comments.push({ start: hash, end });
      break;
    }
  }
  return comments;
}

function pathText(root: Place, path: YamlPath): string {
  let place: Place | undefined = root;
  let inherited: Inherited = 'open';
  const shown: string[] = [];
  for (const segment of path) {
    shown.push(
      inherited === 'secret' && typeof segment === 'string' ? '***' : printable(String(segment)).slice(0, 200),
    );
    if (place?.kind === 'map') {
      const entry: Entry | undefined = place.entries.find((item) => item.key === String(segment));
      if (entry !== undefined) inherited = ofEntry(inherited, entry.key, entry.value);
      place = entry?.value;
    } else if (place?.kind === 'list') {
      const item: Place | undefined = place.items[Number(segment)];
      if (item !== undefined) inherited = ofItem(inherited, item);
      place = item;
    } else place = undefined;
  }
  return shown.join('.');
}

function redact(message: string, values: ReadonlySet<string>): string {
  let safe = message;
  for (const value of [...values].sort((a, b) => b.length - a.length)) {
    if (value.length < LENGTH_MIN) continue;
    safe = safe.replaceAll(value, '***').replaceAll(JSON.stringify(value).slice(1, -1), '***');
  }
  return safe;
}
