// Reads JSON of unknown shape, and names the client's own field in every error.
import { RouterError } from '../contract/index.ts';

/** A JSON object of unknown shape. */
export type Bag = Readonly<Record<string, unknown>>;

/** Deeper JSON than any real schema, far from where a recursive reader or writer would run out of stack. */
const DEPTH_MAX = 128;

/** A name may be the client's own key, of any length. */
const FIELD_LENGTH_MAX = 200;

/** The error for a field that is not what it must be. */
export function wrong(path: string, problem: string): RouterError {
  const field = path.length > FIELD_LENGTH_MAX ? `${path.slice(0, FIELD_LENGTH_MAX)}…` : path;
  return new RouterError('invalid-request', `${field}: ${problem}`, { field });
}

/** `null` is how many clients write "not set". */
export const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

export const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The path of a key inside an object; '' is the path of the body. */
export const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** Throws `invalid-request` when the value is not an object. */
export function asBag(value: unknown, field: string): Bag {
  if (!isBag(value)) throw wrong(field, 'expected an object');
  return value;
}

/** Throws `invalid-request` when the value is not a list, or longer than `lengthMax`. */
export function asList(value: unknown, field: string, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(field, 'expected a list');
  if (value.length > lengthMax) throw wrong(field, `expected at most ${lengthMax} entries`);
  return value;
}

/** Throws `invalid-request` when the value is not a string. */
export function asString(value: unknown, field: string): string {
  if (typeof value !== 'string') throw wrong(field, 'expected a string');
  return value;
}

export function requiredBag(bag: Bag, key: string, path: string): Bag {
  return asBag(bag[key], join(path, key));
}

export function optionalBag(bag: Bag, key: string, path: string): Bag | undefined {
  return isAbsent(bag[key]) ? undefined : requiredBag(bag, key, path);
}

/** A string that says something. */
export function requiredWord(bag: Bag, key: string, path: string): string {
  const value = bag[key];
  if (typeof value !== 'string' || value === '') throw wrong(join(path, key), 'expected a string that is not empty');
  return value;
}

export function requiredString(bag: Bag, key: string, path: string): string {
  const value = bag[key];
  return typeof value === 'string' ? value : asString(value, join(path, key));
}

export function optionalString(bag: Bag, key: string, path: string): string | undefined {
  return isAbsent(bag[key]) ? undefined : requiredString(bag, key, path);
}

export function optionalBoolean(bag: Bag, key: string, path: string): boolean | undefined {
  const value = bag[key];
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'boolean') throw wrong(join(path, key), 'expected true or false');
  return value;
}

export function optionalNumber(bag: Bag, key: string, path: string, min: number, max: number): number | undefined {
  const value = bag[key];
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw wrong(join(path, key), `expected a number from ${min} to ${max}`);
  }
  return value;
}

export function optionalInteger(bag: Bag, key: string, path: string, min: number, max?: number): number | undefined {
  const value = bag[key];
  if (isAbsent(value)) return undefined;
  const inside = typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= (max ?? value);
  if (!inside) {
    throw wrong(
      join(path, key),
      `expected a whole number ${max === undefined ? `of at least ${min}` : `from ${min} to ${max}`}`,
    );
  }
  return value;
}

/** One of a few words. */
export function optionalChoice<const Word extends string>(
  bag: Bag,
  key: string,
  path: string,
  words: readonly Word[],
): Word | undefined {
  const value = bag[key];
  if (isAbsent(value)) return undefined;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw wrong(join(path, key), `expected one of ${words.join(', ')}`);
  return word;
}

/** What the object holds besides the known keys; undefined when that is nothing. */
export function unknownFields(bag: Bag, known: ReadonlySet<string>): Bag | undefined {
  let entries: [string, unknown][] | undefined;
  for (const key in bag) {
    if (known.has(key) || isAbsent(bag[key])) continue;
    entries ??= [];
    entries.push([key, bag[key]]);
  }
  // Not by assignment: a key named __proto__ must stay a plain field.
  return entries && Object.fromEntries(entries);
}

/** Throws `invalid-request` for a value that is nested too deep to be handed to recursive code. */
export function checkDepth(value: unknown, field: string): void {
  if (isTooDeep(value, DEPTH_MAX)) throw wrong(field, `nested deeper than ${DEPTH_MAX} levels`);
}

function isTooDeep(value: unknown, levelsLeft: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levelsLeft === 0) return true;
  for (const inner of Object.values(value)) {
    if (isTooDeep(inner, levelsLeft - 1)) return true;
  }
  return false;
}

/** The same object without its undefined fields, whose names are our own. */
export function present<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  const kept: Partial<Fields> = {};
  for (const name in fields) if (fields[name] !== undefined) kept[name] = fields[name];
  // What is left of the fields is exactly what the mapped type says.
  return kept as { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };
}
