// The subset of JSON Schema that strict tools and strict output take: closed objects whose members are all required.
import { isObject } from '@turnout/core/testing';

/** What is wrong with a schema, in OpenAI's words; undefined when nothing is. */
export function strictProblem(schema: unknown, path: readonly string[] = []): string | undefined {
  if (!isObject(schema)) return undefined;
  const context = `In context=(${path.map((step) => `'${step}'`).join(', ')})`;
  if (isObject(schema.properties)) {
    if (schema.additionalProperties !== false) {
      return `${context}, 'additionalProperties' is required to be supplied and to be false.`;
    }
    const required = Array.isArray(schema.required) ? schema.required : [];
    const missing = Object.keys(schema.properties).find((name) => !required.includes(name));
    if (missing !== undefined) {
      return `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    }
  }
  for (const [keyword, inner] of Object.entries(schema)) {
    const found = problemInside(keyword, inner, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

const OF_NAMES = new Set(['properties', '$defs', 'definitions']);
const OF_SCHEMAS = new Set(['anyOf', 'prefixItems']);

function problemInside(keyword: string, value: unknown, path: readonly string[]): string | undefined {
  if (OF_NAMES.has(keyword) && isObject(value)) {
    for (const [name, schema] of Object.entries(value)) {
      const found = strictProblem(schema, [...path, keyword, name]);
      if (found !== undefined) return found;
    }
  }
  if (OF_SCHEMAS.has(keyword) && Array.isArray(value)) {
    for (const [index, schema] of value.entries()) {
      const found = strictProblem(schema, [...path, keyword, String(index)]);
      if (found !== undefined) return found;
    }
  }
  return keyword === 'items' ? strictProblem(value, [...path, 'items']) : undefined;
}
