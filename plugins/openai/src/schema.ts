// JSON Schemas of tools as OpenAI takes them: an object at the top, and no choice between several.
import { type Bag, bagsIn, isBag } from './wire.ts';

const COMBINATORS = ['anyOf', 'oneOf', 'allOf'] as const;

/** "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level", and "object schema
 * missing properties" (OpenAI, 2025). With `plain` the branches are merged into one object. */
export function toolParameters(schema: Bag | undefined, plain: boolean): { parameters: Bag; merged: boolean } {
  const given = schema ?? {};
  if (plain && COMBINATORS.some((name) => Array.isArray(given[name])))
    return { parameters: mergeBranches(given), merged: true };
  if (given.type === 'object' && isBag(given.properties)) return { parameters: given, merged: false };
  const properties = isBag(given.properties) ? given.properties : {};
  return { parameters: { ...given, type: 'object', properties }, merged: false };
}

/** The properties of every branch; required is what all branches require, of `allOf` what any does. */
function mergeBranches(schema: Bag): Bag {
  const { anyOf, oneOf, allOf, ...rest } = schema;
  const properties: Record<string, unknown> = {};
  const required = new Set(wordsIn(rest.required));
  for (const [list, isChoice] of [[anyOf, true] as const, [oneOf, true] as const, [allOf, false] as const]) {
    const branches = bagsIn(list);
    for (const branch of branches) if (isBag(branch.properties)) Object.assign(properties, branch.properties);
    const [first = [], ...others] = branches.map((branch) => wordsIn(branch.required));
    const shared = first.filter((word) => others.every((words) => words.includes(word)));
    for (const word of isChoice ? shared : [...first, ...others.flat()]) required.add(word);
  }
  if (isBag(rest.properties)) Object.assign(properties, rest.properties);
  return { ...rest, type: 'object', properties, ...(required.size === 0 ? {} : { required: [...required] }) };
}

/** Whether a schema is in the subset that is taken as `strict`: closed objects whose members are all required. */
export function fitsStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(fitsStrict);
  if (!isBag(schema)) return true;
  if (isBag(schema.properties)) {
    const required = wordsIn(schema.required);
    if (schema.additionalProperties !== false) return false;
    if (!Object.keys(schema.properties).every((name) => required.includes(name))) return false;
  } else if (schema.type === 'object') return false;
  return Object.entries(schema).every(([keyword, value]) => {
    // Under these the keys are names of the user's, not keywords.
    if (OF_NAMES.has(keyword) && isBag(value)) return Object.values(value).every(fitsStrict);
    return LITERALS.has(keyword) || fitsStrict(value);
  });
}

const OF_NAMES = new Set(['properties', '$defs', 'definitions']);
const LITERALS = new Set(['enum', 'const', 'default', 'examples', 'required', 'additionalProperties']);

const wordsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string') : [];
