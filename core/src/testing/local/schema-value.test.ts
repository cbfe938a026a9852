// Values for JSON schemas.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { fillSchema } from './schema-value.ts';

test.each<[string, unknown, string, unknown]>([
  [
    'required members only',
    { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } }, required: ['a'] },
    'Hi',
    { a: 'Hi' },
  ],
  [
    'the first member where none is required',
    { type: 'object', properties: { a: { type: 'boolean' }, b: {} } },
    'Hi',
    { a: true },
  ],
  ['a place', { type: 'string' }, 'How warm is it in New York today?', 'New York'],
  ['a quoted text', { type: 'string' }, 'Search for "red shoes" in Paris', 'red shoes'],
  ['numbers in order', { type: 'array', items: { type: 'integer' }, minItems: 3 }, 'add 2 and 40', [2, 40, 1]],
  ['a number within its bounds', { type: 'number', minimum: 5, maximum: 9 }, 'about 100', 9],
  ['a number above its bound', { type: 'integer', exclusiveMinimum: 1 }, '', 2],
  ['a multiple', { type: 'integer', multipleOf: 5, minimum: 7 }, '', 10],
  ['an enum that the text names', { enum: ['celsius', 'fahrenheit'] }, 'in Fahrenheit please', 'fahrenheit'],
  ['the first of an enum', { enum: ['celsius', 'fahrenheit'] }, '', 'celsius'],
  ['const', { const: 7 }, '', 7],
  ['default', { type: 'string', default: 'x' }, 'Hi', 'x'],
  ['a list of types', { type: ['null', 'integer'] }, '', 1],
  ['anyOf without null', { anyOf: [{ type: 'null' }, { type: 'boolean' }] }, '', true],
  [
    'allOf',
    {
      allOf: [
        { type: 'object', properties: { a: { const: 1 } }, required: ['a'] },
        { properties: { b: { const: 2 } }, required: ['b'] },
      ],
    },
    '',
    { b: 2, a: 1 },
  ],
  [
    'a reference',
    {
      $defs: { City: { type: 'string', maxLength: 3, minLength: 2 } },
      type: 'object',
      properties: { c: { $ref: '#/$defs/City' } },
      required: ['c'],
    },
    'longer',
    { c: 'lon' },
  ],
  ['a format', { type: 'string', format: 'date' }, 'Hi', '2026-01-02'],
  ['a pattern', { type: 'string', pattern: '^[A-Z]{3}$' }, 'Hi there', 'ABC'],
  ['a length', { type: 'string', minLength: 12 }, 'short', 'short'.padEnd(12, 'a')],
  ['no schema', true, 'Hi', 'Hi'],
])('%s', (_, schema, text, expected) => {
  expect(fillSchema(schema, text)).toEqual(expected);
});

test('a schema that refers to itself comes to an end', () => {
  const schema = {
    $defs: { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } }, required: ['next'] } },
    $ref: '#/$defs/Node',
  };
  expect(JSON.stringify(fillSchema(schema, 'x')).length).toBeLessThan(1000);
});

test('what is filled in is valid', () => {
  const leaf = fc.oneof(
    fc.constantFrom(z.string(), z.boolean(), z.null(), z.number(), z.int(), z.email(), z.url(), z.uuid(), z.iso.date()),
    fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 300 })).map(([least, more]) =>
      z
        .string()
        .min(least)
        .max(least + more),
    ),
    fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: 0, max: 50 })).map(([least, more]) =>
      z
        .int()
        .min(least)
        .max(least + more),
    ),
    fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }).map((values) => z.enum(values)),
  );
  const { schema } = fc.letrec<{ schema: z.ZodType }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc
        .dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('schema'), { maxKeys: 4 })
        .map((shape) => z.strictObject(shape)),
      tie('schema').map((of) => z.array(of).min(1).max(3)),
      tie('schema').map((of) => of.nullable()),
      tie('schema').map((of) => of.optional()),
    ),
  }));
  fc.assert(
    fc.property(schema, fc.string(), (of, text) => {
      const value = fillSchema(z.toJSONSchema(of, { io: 'input' }), text);
      expect(of.safeParse(value).error).toBeUndefined();
    }),
    { numRuns: 300, seed: 1 },
  );
});
