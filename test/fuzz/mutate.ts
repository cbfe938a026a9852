// Sound things made wrong: JSON changed at places that it has, texts and bytes changed anywhere.
import type { Random } from './random.ts';

const LONG = 'x'.repeat(20_000);

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let n = 0; n < depth; n++) value = n % 2 === 0 ? [value] : { a: value };
  return value;
};

/** What stands where nobody expects it. */
const STRANGE: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 1.5, 1e308, -1e308, 2 ** 53, Number.MIN_VALUE],
  ...[
    '',
    ' ',
    'x',
    '0',
    '-1',
    'null',
    'true',
    '\u0000',
    '\ud800',
    '\udc00x',
    '🚂'.repeat(50),
    'e\u0301',
    '\r\n\r\n',
    LONG,
  ],
  ...['__proto__', 'constructor', 'toString', '../..', '%', '%00', '{"a":1}', '[', 'data:', 'data:,', 'http://'],
  ...[
    'data:image/png;base64,',
    'data:image/png;base64,AAAA',
    'https://127.0.0.1/x',
    'tn1.x.y',
    'tn1.claude.AAAA',
    'tn1.',
  ],
  ...[
    'text',
    'image',
    'tool_use',
    'tool_result',
    'function',
    'user',
    'assistant',
    'system',
    'developer',
    'auto',
    'any',
  ],
  ...[[], [[]], [null], [[], {}], {}, { type: 'x' }, { type: 'text' }, { type: 'text', text: 'x' }, { text: 'x' }],
  ...[{ type: ['text'] }, { length: 5 }, { toString: 1 }, { toJSON: 1 }, { constructor: { name: 'x' } }],
  ...[
    nested(20),
    nested(127),
    nested(400),
    Array.from({ length: 300 }, () => ({})),
    Array.from({ length: 300 }, () => ''),
  ],
];

const KEYS = [
  'type',
  'role',
  'content',
  'text',
  'id',
  'name',
  'input',
  'tools',
  'model',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '',
];

type Json = Record<string, unknown> | unknown[];
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** A copy with one to three changes. `others`: where pieces may be taken from. */
export function mutateJson(random: Random, value: unknown, others: readonly unknown[] = [value]): unknown {
  let changed = value;
  for (let n = random.between(1, 3); n > 0; n--) changed = changeSomewhere(random, changed, others);
  return changed;
}

/** Goes down from the root and stops at a place that is as likely near the root as deep inside. */
function changeSomewhere(random: Random, value: unknown, others: readonly unknown[]): unknown {
  if (!isJson(value) || random.chance(0.12)) return changeHere(random, value, others);
  const keys = Object.keys(value);
  if (keys.length === 0) return changeHere(random, value, others);
  const key = random.pick(keys);
  const inner = changeSomewhere(random, Object(value)[key], others);
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? inner : item));
  return withMember(value, key, inner);
}

/** Not by assignment: a key named __proto__ must be one. */
const withMember = (value: Json, key: string, inner: unknown): unknown =>
  Object.fromEntries([...Object.entries(value).filter(([name]) => name !== key), [key, inner]]);

function changeHere(random: Random, value: unknown, others: readonly unknown[]): unknown {
  if (random.chance(0.3)) return random.pick(STRANGE);
  if (random.chance(0.15)) return piece(random, random.pick(others));
  if (typeof value === 'string') return mutateText(random, value);
  if (typeof value === 'number')
    return random.pick([-value, value * 1e9, value + 0.5, String(value), 0, -0, 2 ** 31, 1e21]);
  if (Array.isArray(value)) return changeList(random, value, others);
  if (isJson(value)) return changeObject(random, { ...value }, others);
  return random.pick(STRANGE);
}

function changeList(random: Random, list: readonly unknown[], others: readonly unknown[]): unknown {
  const at = random.integer(list.length + 1);
  switch (random.integer(6)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toSpliced(at, 0, random.pick(STRANGE));
    case 2:
      return list.toSpliced(at, 0, piece(random, random.pick(others)));
    case 3:
      return list.length === 0 ? [[]] : Array.from({ length: random.between(2, 60) }, () => random.pick(list));
    case 4:
      return list.toReversed();
    default:
      return Object.fromEntries(list.map((item, index) => [String(index), item]));
  }
}

function changeObject(random: Random, object: Readonly<Record<string, unknown>>, others: readonly unknown[]): unknown {
  const entries = Object.entries(object);
  const name = random.chance(0.5) || entries.length === 0 ? random.pick(KEYS) : random.pick(entries)[0];
  switch (random.integer(6)) {
    case 0:
      return Object.fromEntries(entries.filter(([key]) => key !== name));
    case 1:
      return withMember(object, name, random.pick(STRANGE));
    case 2:
      return withMember(object, name, piece(random, random.pick(others)));
    case 3:
      // Two members change places.
      if (entries.length === 0) return {};
      return Object.fromEntries(entries.map(([key]) => [key, random.pick(entries)[1]]));
    case 4:
      return Object.fromEntries([...entries, ...Array.from({ length: 300 }, (_, n) => [`field${n}`, n])]);
    default:
      return [object];
  }
}

/** Something that stands somewhere inside a value. */
function piece(random: Random, value: unknown): unknown {
  let found = value;
  while (isJson(found) && Object.keys(found).length > 0 && random.chance(0.75)) {
    found = Object(found)[random.pick(Object.keys(found))];
  }
  return found;
}

const SPLINTERS = [
  '\u0000',
  '\ufeff',
  '\ud800',
  '\u2028',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '\n',
  '\r',
  '\t',
  '%',
  '-',
  '=',
  '0',
  '1e999',
];

/** A text with something taken out, put in, doubled or cut off. */
export function mutateText(random: Random, text: string): string {
  const start = random.integer(text.length + 1);
  const end = Math.min(text.length, start + random.between(1, 20));
  switch (random.integer(6)) {
    case 0:
      return text.slice(0, start) + text.slice(end);
    case 1:
      return text.slice(0, start) + random.pick(SPLINTERS) + text.slice(start);
    case 2:
      return text.slice(0, start) + text.slice(start, end).repeat(random.between(2, 40)) + text.slice(end);
    case 3:
      return text.slice(0, start);
    case 4:
      return text.slice(0, start) + String.fromCharCode(random.integer(0x10000)) + text.slice(start + 1);
    default:
      return random.chance(0.5) ? text.toUpperCase() : [...text].reverse().join('');
  }
}

/** The same for bytes. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  const start = random.integer(bytes.length + 1);
  const end = Math.min(bytes.length, start + random.between(1, 40));
  switch (random.integer(5)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
    case 1:
      return Buffer.concat([bytes.subarray(0, start), Buffer.from(random.pick(SPLINTERS)), bytes.subarray(start)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start, end), bytes.subarray(end)]);
    case 3:
      return bytes.subarray(0, start);
    default: {
      const flipped = Buffer.from(bytes);
      if (start < flipped.length) flipped[start] = (flipped[start] ?? 0) ^ (1 << random.integer(8));
      return flipped;
    }
  }
}

/** Bytes in pieces of any size. */
export function cutAnywhere(random: Random, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  // Byte by byte only what is short.
  const longest = random.pick(bytes.length > 4_000 ? [200, 2_000, 100_000] : [1, 3, 20, 200, 100_000]);
  for (let at = 0; at < bytes.length; ) {
    const end = at + random.between(1, longest);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
