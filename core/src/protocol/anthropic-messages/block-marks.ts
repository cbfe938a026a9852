// What any block of a request may carry besides its content: a cache mark, and fields that only Anthropic knows.
import type { TextPart } from '../../contract/index.ts';
import { type Decoding, lose } from '../decoding.ts';
import { asBag, type Bag, checkDepth, isAbsent, join, optionalChoice, unknownFields, wrong } from '../field-reader.ts';
import { OWNER } from './raw-block.ts';

export type Cache = NonNullable<TextPart['cache']>;
export type Marks = Pick<TextPart, 'cache' | 'extensions'>;

const CACHE_FIELDS: ReadonlySet<string> = new Set(['type', 'ttl']);

/** The fields of a block that are read: what else it holds becomes an extension. */
export const knownFields = (...fields: string[]): ReadonlySet<string> => new Set(['type', 'cache_control', ...fields]);
/** Cache marks, and whatever else the object holds besides the fields already read, as an extension of the part. */
export function marksOf(bag: Bag, known: ReadonlySet<string>, path: string, decoding: Decoding): Marks {
  const cache = cacheOf(bag, path, decoding);
  const unknown = unknownFields(bag, known);
  if (!unknown) return cache ? { cache } : {};
  checkDepth(unknown, path);
  return { ...(cache ? { cache } : {}), extensions: { [OWNER]: unknown } };
}

/** The mark of a block, a tool or the request itself. */
export function cacheOf(bag: Bag, path: string, decoding: Decoding): Cache | undefined {
  if (isAbsent(bag.cache_control)) return undefined;
  const at = join(path, 'cache_control');
  const control = asBag(bag.cache_control, at);
  if (optionalChoice(control, 'type', at, ['ephemeral']) === undefined) {
    throw wrong(join(at, 'type'), 'expected ephemeral');
  }
  for (const field of Object.keys(unknownFields(control, CACHE_FIELDS) ?? {})) {
    lose(decoding, `cache_control.${field}`, 'dropped', 'the router has no such setting of a cache mark');
  }
  const ttl = optionalChoice(control, 'ttl', at, ['5m', '1h']);
  return ttl === undefined ? {} : { ttl };
}
