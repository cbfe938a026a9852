// The name of the model is exchanged in place, whatever stands around it.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { replaceModel } from './model-member.ts';

const NAME = 'a "name" \\ of 👋';
const space = fc.constantFrom(undefined, 1, '\t');

it('is the only thing that changes', () => {
  // As a parser gives it: there is no -0 in JSON.
  const value = fc.jsonValue().map((any) => JSON.parse(JSON.stringify(any)));
  const entries = fc.array(fc.tuple(fc.oneof(fc.constantFrom('mode', 'models', '"model":', '{'), fc.string()), value));
  fc.assert(
    fc.property(entries, entries, fc.string(), space, (before, after, model, indent) => {
      // A member that stands there twice is nobody's JSON.
      const others = (list: typeof before) => list.filter(([key]) => key !== 'model' && key !== '__proto__');
      const object = Object.fromEntries([...others(before), ['model', model], ...others(after)]);
      const text = JSON.stringify(object, undefined, indent);
      const replaced = replaceModel(text, NAME);
      expect(JSON.parse(replaced)).toEqual({ ...object, model: NAME });
      expect(replaced).toBe(JSON.stringify({ ...object, model: NAME }, undefined, indent));
      const nested = JSON.stringify(
        { type: 'x', model: 'outer', message: object, more: { model: 1 } },
        undefined,
        indent,
      );
      expect(JSON.parse(replaceModel(nested, NAME, 'message'))).toEqual({
        type: 'x',
        model: 'outer',
        message: { ...object, model: NAME },
        more: { model: 1 },
      });
    }),
  );
});

it.each([
  '{}',
  '{"a":{"model":"x"}}',
  '{"model":1}',
  ' {"model":{"model":"x"}}',
  '{"models":["model"]}',
  '[{"model":"x"}]',
])('is not invented: %s', (text) => {
  expect(replaceModel(text, NAME)).toBe(text);
  expect(replaceModel(text, NAME, 'message')).toBe(text);
});
