// What a vendor with a strict subset finds wrong with a schema that its model is held to: of a strict tool, or of structured output.
import { isObject } from './json-value.ts';

/** Members whose own members are schemas under names of the author's. */
const NAMED = ['properties', '$defs', 'definitions'];
/** Members that are a schema, or a list of them. */
const NESTED = ['items', 'prefixItems', 'additionalProperties', 'anyOf', 'oneOf', 'allOf', 'not', 'if', 'then', 'else'];

/** In Anthropic's words, or undefined. Source: live tests of another project, 2026-08. */
export function findStrictFault(schema: unknown): string | undefined {
  const open: unknown[] = [schema];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!isObject(next)) continue;
    const types = [next.type].flat();
    if ((types.includes('object') || 'properties' in next) && next.additionalProperties !== false) {
      return "For 'object' type, 'additionalProperties' must be explicitly set to false";
    }
    const range = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'].find(
      (key) => key in next,
    );
    if (range !== undefined) return `For 'number' type, property '${range}' is not supported`;
    if ('maxItems' in next) return "For 'array' type, property 'maxItems' is not supported";
    if (next.minItems !== undefined && next.minItems !== 0 && next.minItems !== 1) {
      return "For 'array' type, 'minItems' values other than 0 or 1 are not supported";
    }
    for (const key of NAMED) if (isObject(next[key])) open.push(...Object.values(next[key]));
    for (const key of NESTED) open.push(...[next[key]].flat().filter((value) => value !== undefined));
  }
  return undefined;
}
