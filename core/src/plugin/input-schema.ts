// JSON Schemas of tools and of structured output, as the model families take them.
import { isObject } from './json.ts';

type Schema = Readonly<Record<string, unknown>>;

const COMBINATORS = ['anyOf', 'oneOf', 'allOf'] as const;

/** An input schema whose top level is an object. `flattened`: a combinator at the top had to be given up. */
export function shapeInputSchema(schema: Schema | undefined, plain: boolean): { json: Schema; flattened: boolean } {
  const { $schema: _dialect, $id: _id, ...rest } = schema ?? {};
  const combinator = COMBINATORS.find((name) => Array.isArray(rest[name]));
  if (plain && combinator !== undefined) return { json: flatten(rest), flattened: true };
  if (rest.type === 'object' && isObject(rest.properties)) return { json: rest, flattened: false };
  return {
    json: { ...rest, type: 'object', properties: isObject(rest.properties) ? rest.properties : {} },
    flattened: false,
  };
}

/** One object with the properties of every branch; required is what all branches (of allOf: any) require. */
function flatten(schema: Schema): Schema {
  let properties: Record<string, unknown> = isObject(schema.properties) ? { ...schema.properties } : {};
  const required = new Set(namesIn(schema.required));
  for (const combinator of COMBINATORS) {
    const listed = schema[combinator];
    const branches = Array.isArray(listed) ? listed.filter(isObject) : [];
    for (const branch of branches)
      if (isObject(branch.properties)) properties = { ...branch.properties, ...properties };
    const lists = branches.map((branch) => namesIn(branch.required));
    const all =
      combinator === 'allOf' ? lists.flat() : (lists[0] ?? []).filter((name) => lists.every((l) => l.includes(name)));
    for (const name of all) required.add(name);
  }
  const { anyOf: _any, oneOf: _one, allOf: _all, ...rest } = schema;
  return { ...rest, type: 'object', properties, ...(required.size === 0 ? {} : { required: [...required] }) };
}

const namesIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];

/** Whether a schema speaks of objects: by its type, one of several included, or by properties without any type. */
const isOfObjects = ({ type, properties }: Schema): boolean =>
  type === 'object' || (Array.isArray(type) && type.includes('object')) || properties !== undefined;

/** Whether a schema takes objects alone, so that it may be a tool's. */
export const isOfObjectsOnly = ({ type, properties }: Schema): boolean =>
  type === 'object' || (type === undefined && isObject(properties));

/** The loss when `shapeInputSchema` has flattened one. */
export const FLATTENED = 'the model takes no anyOf, oneOf or allOf at the top of a schema: its branches are merged';

const REFUSED_IN_NUMBERS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];

/** Whether a schema is within the subset that strict tools and native structured output take on Claude: objects closed,
 * no number ranges, no array lengths over one. Source: live tests of another project, 2026-08. */
export function fitsStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(fitsStrict);
  if (!isObject(schema)) return true;
  if (isOfObjects(schema) && schema.additionalProperties !== false) return false;
  if ('maxItems' in schema || (typeof schema.minItems === 'number' && schema.minItems > 1)) return false;
  if (REFUSED_IN_NUMBERS.some((name) => name in schema)) return false;
  return Object.entries(schema).every(([name, value]) =>
    // Under these the keys are names of the user's, not keywords.
    name === 'properties' || name === '$defs' || name === 'definitions'
      ? !isObject(value) || Object.values(value).every(fitsStrict)
      : LITERAL_KEYWORDS.has(name) || fitsStrict(value),
  );
}

const LITERAL_KEYWORDS = new Set(['enum', 'const', 'default', 'examples', 'required']);
