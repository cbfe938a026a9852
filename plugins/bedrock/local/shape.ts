// Checks a parsed body against the shapes of an AWS API model, and says what is wrong in the words of AWS's front end.
import { isObject, isUnset } from '@turnout/core/testing';
import { invalid, Refusal } from './refusal.ts';

export type Shape =
  | {
      readonly kind: 'string';
      readonly min?: number;
      readonly max?: number;
      readonly pattern?: RegExp;
      readonly oneOf?: readonly string[];
    }
  | { readonly kind: 'integer' | 'float'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'boolean' | 'document' }
  | { readonly kind: 'blob'; readonly min?: number }
  | { readonly kind: 'list'; readonly of: Shape; readonly min?: number; readonly max?: number }
  | { readonly kind: 'map'; readonly key: Shape; readonly value: Shape; readonly min?: number; readonly max?: number }
  | {
      readonly kind: 'structure';
      readonly members: Readonly<Record<string, Shape>>;
      readonly required: readonly string[];
    }
  /** Exactly one member is set. */
  | { readonly kind: 'union'; readonly name: string; readonly members: Readonly<Record<string, Shape>> };

/** Where a value stands: member names, and list indexes counted from 0. */
export type Path = readonly (string | number)[];

/** `messages.0.content`: how Bedrock's own messages say it. */
export const plainPath = (path: Path): string => path.join('.');

/** `messages.1.member.content`: how the front end's constraint messages say it, counting from 1. */
const memberPath = (path: Path): string =>
  path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : step)).join('.');

/** Throws the Refusal that AWS would answer with. Unknown members are ignored, as AWS does. A member that is null is as
 * good as absent and is taken out of `value`, so that nobody further on has to think of it. */
export function checkShape(shape: Shape, value: unknown): void {
  const broken: string[] = [];
  check(shape, value, [], broken);
  if (broken.length === 0) return;
  const count = broken.length === 1 ? '1 validation error' : `${broken.length} validation errors`;
  throw invalid(`${count} detected: ${broken.join('; ')}`);
}

function check(shape: Shape, value: unknown, path: Path, broken: string[]): void {
  if (shape.kind === 'string') checkString(shape, value, path, broken);
  else if (shape.kind === 'integer' || shape.kind === 'float') checkNumber(shape, value, path, broken);
  else if (shape.kind === 'blob') checkBlob(shape, value, path, broken);
  else if (shape.kind === 'list') checkList(shape, value, path, broken);
  else if (shape.kind === 'map') checkMap(shape, value, path, broken);
  else if (shape.kind === 'structure') checkStructure(shape, value, path, broken);
  else if (shape.kind === 'union') checkUnion(shape, value, path, broken);
  else if (shape.kind === 'boolean' && typeof value !== 'boolean') throw mistyped(value, 'a Boolean', path);
}

type ShapeOf<K extends Shape['kind']> = Extract<Shape, { readonly kind: K }>;

function checkString(shape: ShapeOf<'string'>, value: unknown, path: Path, broken: string[]): void {
  if (typeof value !== 'string') throw mistyped(value, 'a String', path);
  checkLength(shape, value.length, value, path, broken);
  if (shape.oneOf !== undefined && !shape.oneOf.includes(value)) {
    broken.push(constraint(value, path, `satisfy enum value set: [${shape.oneOf.join(', ')}]`));
  }
  if (shape.pattern !== undefined && !shape.pattern.test(value)) {
    const text = shape.pattern.source.slice(4, -2); // without ^(?: and )$
    broken.push(constraint(value, path, `satisfy regular expression pattern: ${text}`));
  }
}

function checkNumber(shape: ShapeOf<'integer' | 'float'>, value: unknown, path: Path, broken: string[]): void {
  if (typeof value !== 'number') throw mistyped(value, shape.kind === 'integer' ? 'an Integer' : 'a Float', path);
  if (shape.kind === 'integer' && !Number.isInteger(value)) throw mistyped(value, 'an Integer', path);
  if (shape.min !== undefined && value < shape.min) {
    broken.push(constraint(value, path, `have value greater than or equal to ${shape.min}`));
  }
  if (shape.max !== undefined && value > shape.max) {
    broken.push(constraint(value, path, `have value less than or equal to ${shape.max}`));
  }
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function checkBlob(shape: ShapeOf<'blob'>, value: unknown, path: Path, broken: string[]): void {
  if (typeof value !== 'string') throw mistyped(value, 'a Blob', path);
  if (value.length % 4 !== 0 || !BASE64.test(value)) {
    throw new Refusal('SerializationException', `The value at ${plainPath(path)} is not valid base64`);
  }
  checkLength(shape, value.length === 0 ? 0 : 1, '', path, broken);
}

function checkList(shape: ShapeOf<'list'>, value: unknown, path: Path, broken: string[]): void {
  if (!Array.isArray(value)) throw mistyped(value, 'a List', path);
  checkLength(shape, value.length, '[]', path, broken);
  value.forEach((item, index) => {
    const place = [...path, index];
    if (isUnset(item)) broken.push(constraint(null, place, 'not be null'));
    else check(shape.of, item, place, broken);
  });
}

function checkMap(shape: ShapeOf<'map'>, value: unknown, path: Path, broken: string[]): void {
  if (!isObject(value)) throw mistyped(value, 'a Map', path);
  const entries = Object.entries(value);
  checkLength(shape, entries.length, '{}', path, broken);
  for (const [key, item] of entries) {
    check(shape.key, key, [...path, key, 'key'], broken);
    check(shape.value, item, [...path, key, 'value'], broken);
  }
}

function checkStructure(shape: ShapeOf<'structure'>, value: unknown, path: Path, broken: string[]): void {
  if (!isObject(value)) throw mistyped(value, 'a Structure', path);
  for (const name of shape.required) {
    if (isUnset(value[name])) broken.push(constraint(null, [...path, name], 'not be null'));
  }
  for (const [name, member] of Object.entries(shape.members)) {
    if (value[name] === null) delete value[name];
    else if (value[name] !== undefined) check(member, value[name], [...path, name], broken);
  }
}

function checkUnion(shape: ShapeOf<'union'>, value: unknown, path: Path, broken: string[]): void {
  if (!isObject(value)) throw mistyped(value, 'a Structure', path);
  for (const name in shape.members) if (value[name] === null) delete value[name];
  const set = Object.keys(shape.members).filter((name) => value[name] !== undefined);
  if (set.length !== 1) throw unionRefusal(shape.name, path, Object.keys(shape.members), set.length > 1);
  const name = set[0] ?? '';
  const member = shape.members[name];
  if (member !== undefined) check(member, value[name], [...path, name], broken);
}

/** The words are AWS's (maximhq/bifrost#7072, 2026-09); those for too many members are ours, by their pattern. */
export function unionRefusal(name: string, path: Path, members: readonly string[], tooMany = false): Refusal {
  const rule = tooMany ? 'must set only one' : 'must set one';
  return invalid(`${name} object at ${plainPath(path)} ${rule} of the following keys: ${members.join(', ')}.`);
}

function checkLength(
  shape: { readonly min?: number; readonly max?: number },
  length: number,
  shown: string,
  path: Path,
  broken: string[],
): void {
  if (shape.min !== undefined && length < shape.min) {
    broken.push(constraint(shown, path, `have length greater than or equal to ${shape.min}`));
  }
  if (shape.max !== undefined && length > shape.max) {
    broken.push(constraint(shown, path, `have length less than or equal to ${shape.max}`));
  }
}

const SHOWN_MAX = 200;

function constraint(value: string | number | null, path: Path, rule: string): string {
  const shown = value === null ? 'null' : `'${String(value).slice(0, SHOWN_MAX)}'`;
  return `Value ${shown} at '${memberPath(path)}' failed to satisfy constraint: Member must ${rule}`;
}

function mistyped(value: unknown, wanted: string, path: Path): Refusal {
  const kind = Array.isArray(value) ? 'ARRAY' : typeof value === 'object' ? 'OBJECT' : typeof value;
  const place = path.length === 0 ? '' : ` at ${plainPath(path)}`;
  return new Refusal('SerializationException', `${kind.toUpperCase()}_VALUE can not be converted to ${wanted}${place}`);
}
