// The schema for editors agrees with what is accepted: on the files that ship with the project, and on broken ones.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the file, not of templates
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Plugin } from '../contract/index.ts';
import { configJsonSchema } from './json-schema.ts';
import { isRecord, type JsonSchema } from './schema-keys.ts';

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isRecord,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};
const schemas = (value: unknown): JsonSchema[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** As much of draft-07 as the schema uses; a keyword it does not know fails the test. */
function accepts(root: JsonSchema, schema: JsonSchema, value: unknown): boolean {
  const ok = (other: unknown, part = value): boolean => !isRecord(other) || accepts(root, other, part);
  const text = typeof value === 'string' ? value : undefined;
  const number = typeof value === 'number' ? value : undefined;
  const list = Array.isArray(value) ? value : undefined;
  const map = isRecord(value) ? value : undefined;
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const keywords: Readonly<Record<string, (of: never) => boolean>> = {
    $ref: (of: string) => ok(definition(root, of)),
    type: (of: string) => TYPES[of]?.(value) === true,
    const: (of: unknown) => value === of,
    enum: (of: unknown[]) => of.includes(value),
    pattern: (of: string) => text === undefined || new RegExp(of, 'u').test(text),
    minLength: (of: number) => text === undefined || text.length >= of,
    maxLength: (of: number) => text === undefined || text.length <= of,
    minimum: (of: number) => number === undefined || number >= of,
    exclusiveMinimum: (of: number) => number === undefined || number > of,
    maximum: (of: number) => number === undefined || number <= of,
    items: (of: JsonSchema) => (list ?? []).every((item) => ok(of, item)),
    minItems: (of: number) => list === undefined || list.length >= of,
    minProperties: (of: number) => map === undefined || Object.keys(map).length >= of,
    required: (of: string[]) => map === undefined || of.every((key) => Object.hasOwn(map, key)),
    properties: () => Object.entries(map ?? {}).every(([key, part]) => ok(properties[key], part)),
    propertyNames: (of: JsonSchema) => Object.keys(map ?? {}).every((key) => ok(of, key)),
    additionalProperties: (of: unknown) =>
      Object.entries(map ?? {}).every(
        ([key, part]) => Object.hasOwn(properties, key) || (of !== false && ok(of, part)),
      ),
    anyOf: (of: unknown) => schemas(of).some((one) => ok(one)),
    oneOf: (of: unknown) => schemas(of).filter((one) => ok(one)).length === 1,
    allOf: (of: unknown) => schemas(of).every((one) => ok(one)),
    not: (of: JsonSchema) => !ok(of),
    if: (of: JsonSchema) => (ok(of) ? ok(schema.then) : ok(schema.else)),
  };
  const silent = ['$schema', 'title', 'description', 'default', 'definitions', 'then', 'else'];
  return Object.entries(schema).every(([keyword, of]) => {
    if (silent.includes(keyword)) return true;
    const check = keywords[keyword];
    if (check === undefined) throw new Error(`unknown keyword ${keyword}`);
    return check(of as never); // each keyword's value has the type its check takes
  });
}

function definition(root: JsonSchema, reference: string): JsonSchema {
  const name = decodeURIComponent(reference.replace('#/definitions/', ''));
  const found = isRecord(root.definitions) ? root.definitions[name] : undefined;
  if (!isRecord(found)) throw new Error(`no definition for ${reference}`);
  return found;
}

const acme: Plugin = {
  name: 'acme',
  contract: 1,
  config: z.strictObject({
    region: z.string(),
    level: z.int().optional(),
    nested: z.strictObject({ deep: z.boolean() }).meta({ id: 'nested' }).optional(),
  }),
  create: () => {
    throw new Error('never created');
  },
};
const schema = configJsonSchema([acme]);
const accepted = (yaml: string): boolean => accepts(schema, schema, parse(yaml));

describe('accepts', () => {
  it.each([
    'providers: { acme: { region: x } }',
    'providers: { acme: { region: x, level: 5, nested: { deep: true }, retry: { attempts: 2 }, headers: { a: b } } }',
    'providers: { mine: { plugin: acme, region: x } }',
    'providers: { acme: { plugin: ./mine.ts, anything: goes, timeout: { connect: 1s } } }',
    'providers: { acme: { region: "${REGION}", level: "${LEVEL}", retry: { attempts: "${N:-4}", minDelay: "${D}" } } }',
    'server: { port: "${PORT}", bodyLimit: 4096 }\nproviders: { acme: { region: x } }\nstrict: "${STRICT}"',
    'providers: { acme: { region: x } }\nroutes: { a: acme/x, b: { targets: [acme/x], reasoning: off } }',
    'providers: { acme: { region: x } }\nroutes: { b: { targets: [acme/x], reasoning: { effort: high }, defaults: { topP: 1 } } }',
    'providers: { acme: { region: x } }\nkeys: [{ name: a, key: "${KEY}" }, { name: b, sha256: "${HASH}", models: ["*"] }]',
    'providers: { acme: { region: x } }\nkeys: [{ name: a, accessKeyId: "${ID}", secretAccessKey: "${SECRET}", admin: true }]',
  ])('%s', (yaml) => expect(accepted(yaml)).toBe(true));
});

describe('refuses', () => {
  it.each([
    'routes: {}',
    'providers: {}',
    'providers: { acme: { regionn: x } }',
    'providers: { acme: { region: x, level: high } }',
    'providers: { acme: { region: x, nested: { deep: 5 } } }',
    'providers: { acme: { region: x, retry: { attempt: 2 } } }',
    'providers: { mine: { region: x } }',
    'providers: { mine: { plugin: acme, other: x } }',
    'providers: { mine: { plugin: ./mine.ts, timeout: { connect: 1 } } }',
    'providers: { route: { plugin: acme, region: x } }',
    'providers: { acme: { region: x } }\nserver: { port: 70000 }',
    'providers: { acme: { region: x } }\nroutes: { a: acme }',
    'providers: { acme: { region: x } }\nroutes: { a: { targets: [] } }',
    'providers: { acme: { region: x } }\nroutes: { a: { targets: [acme/x], reasoning: { effort: high, budget: 5 } } }',
    'providers: { acme: { region: x } }\nkeys: [{ name: a }]',
    'providers: { acme: { region: x } }\nkeys: [{ name: a, accessKeyId: ABCD }]',
    'providers: { acme: { region: x } }\nstrict: yes',
  ])('%s', (yaml) => expect(accepted(yaml)).toBe(false));
});

it('is stable: the keys are sorted', () => {
  const order = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.every(order);
    if (!isRecord(value)) return true;
    const keys = Object.keys(value);
    return keys.join('\0') === keys.toSorted().join('\0') && Object.values(value).every(order);
  };
  expect(order(schema)).toBe(true);
});

describe('the files in config/', () => {
  const folder = new URL('../../../config/', import.meta.url);
  const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
  const committed: unknown = JSON.parse(read('schema.json'));
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

  it('are there', () => expect(files.length).toBeGreaterThan(2));

  it.each(files)('%s is accepted by the schema beside it', (name) => {
    if (!isRecord(committed)) throw new Error('config/schema.json is not a map');
    expect(read(name)).toMatch(/^# yaml-language-server: \$schema=\.\/schema\.json\n/);
    expect(accepts(committed, committed, parse(read(name)))).toBe(true);
  });
});
