// A simple value that is valid for a JSON schema, with strings and numbers taken from a text where they fit.
import { isObject } from './json-value.ts';

const DEPTH_MAX = 24;

type Schema = Record<string, unknown>;

/** The value for a schema: enums give their first entry, objects their required members, numbers what the text names,
 * else 1. A `pattern` that none of a few candidates match is the one thing that may stay unsatisfied. */
export function fillSchema(schema: unknown, text: string): unknown {
  return createFiller(schema, text)(schema, 'value', 0);
}

function createFiller(root: unknown, text: string) {
  const words = createWords(text);

  const fill = (given: unknown, name: string, depth: number): unknown => {
    const schema = simplify(given, root);
    if (schema === undefined || depth > DEPTH_MAX) return null;
    if (schema.const !== undefined) return schema.const;
    if (Array.isArray(schema.enum) && schema.enum.length > 0) return pickEnum(schema.enum, text);
    if (schema.default !== undefined) return schema.default;
    switch (typeOf(schema)) {
      case 'object':
        return fillObject(schema, depth);
      case 'array':
        return fillArray(schema, name, depth);
      case 'number':
      case 'integer':
        return fitNumber(schema, words.nextNumber() ?? 1);
      case 'boolean':
        return true;
      case 'null':
        return null;
      default:
        return fitString(schema, words.candidates(name));
    }
  };

  const fillObject = (schema: Schema, depth: number): Record<string, unknown> => {
    const properties = isObject(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    // Without required members the first one makes the call say something.
    const names = required.length > 0 || depth > 0 ? required : Object.keys(properties).slice(0, 1);
    return Object.fromEntries(names.map((name) => [name, fill(properties[name] ?? {}, name, depth + 1)]));
  };

  const fillArray = (schema: Schema, name: string, depth: number): unknown[] => {
    const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
    const most = typeof schema.maxItems === 'number' ? schema.maxItems : Number.POSITIVE_INFINITY;
    const least = typeof schema.minItems === 'number' ? schema.minItems : 1;
    const count = Math.min(Math.max(least, prefix.length, depth > DEPTH_MAX / 2 ? 0 : 1), most);
    return Array.from({ length: count }, (_, index) => fill(prefix[index] ?? schema.items ?? {}, name, depth + 1));
  };

  return fill;
}

/** Follows `$ref`, merges `allOf`, and takes the first branch of `anyOf` and `oneOf` that is not null. */
function simplify(given: unknown, root: unknown, depth = 0): Schema | undefined {
  if (given === true) return {};
  if (!isObject(given) || depth > DEPTH_MAX) return undefined;
  if (typeof given.$ref === 'string') {
    const { $ref, ...rest } = given;
    return merge(simplify(lookUp(root, $ref as string), root, depth + 1), rest); // checked above
  }
  if (Array.isArray(given.allOf)) {
    const { allOf, ...rest } = given;
    const parts: unknown[] = allOf as unknown[]; // checked above
    return parts.reduce<Schema>((sum, part) => merge(simplify(part, root, depth + 1), sum) ?? sum, rest);
  }
  for (const key of ['anyOf', 'oneOf'] as const) {
    const branches = given[key];
    if (!Array.isArray(branches)) continue;
    const { [key]: _, ...rest } = given;
    const branch = branches.find((one) => !isObject(one) || one.type !== 'null') ?? branches[0];
    return merge(simplify(branch, root, depth + 1), rest);
  }
  return given;
}

function merge(one: Schema | undefined, other: Schema): Schema | undefined {
  if (one === undefined) return undefined;
  const properties = { ...(one.properties as object | undefined), ...(other.properties as object | undefined) }; // spread takes anything
  const required = [one.required, other.required].flatMap((names) => (Array.isArray(names) ? names : []));
  return {
    ...one,
    ...other,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required: [...new Set(required)] }),
  };
}

/** What a pointer such as `#/$defs/City` points to. */
function lookUp(root: unknown, pointer: string): unknown {
  let value = root;
  for (const step of pointer.replace(/^#\/?/, '').split('/')) {
    if (step === '') continue;
    value = isObject(value) ? value[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  return value;
}

function typeOf(schema: Schema): unknown {
  const { type } = schema;
  if (Array.isArray(type)) return type.find((one) => one !== 'null') ?? 'null';
  if (type !== undefined) return type;
  return schema.properties === undefined ? (schema.items === undefined ? 'string' : 'array') : 'object';
}

const pickEnum = (values: readonly unknown[], text: string): unknown => {
  const lower = text.toLowerCase();
  return (
    values.find((value) => typeof value === 'string' && value !== '' && lower.includes(value.toLowerCase())) ??
    values[0]
  );
};

function fitNumber(schema: Schema, wish: number): number {
  const bound = (key: string): number | undefined => (typeof schema[key] === 'number' ? schema[key] : undefined);
  const step = bound('multipleOf') ?? (typeOf(schema) === 'integer' ? 1 : undefined);
  const gap = step ?? 0.5;
  const exclusiveMin = bound('exclusiveMinimum');
  const exclusiveMax = bound('exclusiveMaximum');
  const least = Math.max(bound('minimum') ?? -Infinity, exclusiveMin === undefined ? -Infinity : exclusiveMin + gap);
  const most = Math.min(bound('maximum') ?? Infinity, exclusiveMax === undefined ? Infinity : exclusiveMax - gap);
  const clamped = Math.min(Math.max(wish, least), most);
  if (step === undefined) return clamped;
  const up = Math.ceil(clamped / step) * step;
  return up <= most ? up : Math.floor(clamped / step) * step;
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-02',
  'date-time': '2026-01-02T03:04:05Z',
  time: '03:04:05Z',
  duration: 'PT1H',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};
const SAMPLES = [
  'a',
  'A',
  '1',
  'abc',
  'ABC',
  '123',
  'a1',
  'A1',
  '2026-01-02',
  '03:04',
  'a-b',
  'a_b',
  '1.0',
  '#aabbcc',
  '+441632960000',
];

function fitString(schema: Schema, candidates: readonly string[]): string {
  const format = typeof schema.format === 'string' ? FORMATS[schema.format] : undefined;
  if (format !== undefined) return format;
  const least = typeof schema.minLength === 'number' ? schema.minLength : 0;
  const most = typeof schema.maxLength === 'number' ? schema.maxLength : Number.POSITIVE_INFINITY;
  const matches = matcher(schema.pattern);
  const fits = (text: string): boolean => text.length >= least && text.length <= most && matches(text);
  const found = [...candidates, ...(schema.pattern === undefined ? [] : SAMPLES)].find(fits);
  if (found !== undefined) return found;
  return (candidates[0] ?? 'a').padEnd(least, 'a').slice(0, most);
}

function matcher(pattern: unknown): (text: string) => boolean {
  if (typeof pattern !== 'string') return () => true;
  try {
    const expression = new RegExp(pattern, 'u');
    // The candidates are short, so a slow pattern has little to be slow on.
    return (text) => text.length <= 100 && expression.test(text);
  } catch {
    return () => true;
  }
}

interface Words {
  /** The next number of the text, each given out once. */
  nextNumber(): number | undefined;
  /** What a string member may hold, the likeliest first. */
  candidates(name: string): string[];
}

const TEXT_MAX = 200;

function createWords(text: string): Words {
  const numbers = (text.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
  const quoted = [...text.matchAll(/["'“‘`]([^"'“”‘’`]{1,200})["'”’`]/g)].map((match) => match[1] ?? '');
  const named = [
    ...text.matchAll(
      /\b(?:in|at|for|of|to|from|near|about)\s+(\p{Lu}[\p{L}\p{N}'-]*(?:,?\s?\p{Lu}[\p{L}\p{N}'-]*)*)/gu,
    ),
  ];
  const names = named.map((match) => match[1] ?? '');
  return {
    nextNumber: () => numbers.shift(),
    candidates: (name) =>
      [...(quoted.length > 0 ? [quoted.shift() ?? ''] : []), ...names, text.trim().slice(0, TEXT_MAX), name].filter(
        (one) => one !== '',
      ),
  };
}
