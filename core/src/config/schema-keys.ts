// What a schema knows of a place in the file, read from the JSON Schema that a schema library gives of itself.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { YamlPath } from './config.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Known {
  /** The keys that a map at this place may have; undefined when the schema does not say. */
  readonly keys: readonly string[] | undefined;
  /** The alternative that the file chose with a key such as `mode`: `mode: profile`. */
  readonly branch: string | undefined;
}

const NODES_MAX = 1000;

/** Undefined when the schema cannot describe itself. */
export function jsonSchemaOf(schema: StandardSchemaV1): JsonSchema | undefined {
  const standard: unknown = schema['~standard'];
  const converter = isRecord(standard) ? standard.jsonSchema : undefined;
  if (!isRecord(converter) || typeof converter.input !== 'function') return undefined;
  try {
    const made: unknown = converter.input({ target: 'draft-2020-12' });
    return isRecord(made) ? made : undefined;
  } catch {
    // Some schemas have no JSON form. Only the suggestions suffer.
    return undefined;
  }
}

/** What `schema` says of the place `path` in `value`. */
export function knownAt(schema: JsonSchema | undefined, path: YamlPath, value: unknown): Known {
  if (schema === undefined) return { keys: undefined, branch: undefined };
  const walk: Walk = { root: schema, nodes: 0, branch: undefined };
  let here = value;
  let nodes = alternatives(walk, schema, here);
  for (const segment of path) {
    here = isRecord(here) || Array.isArray(here) ? Reflect.get(here, segment) : undefined;
    walk.branch = undefined;
    nodes = nodes.flatMap((node) => childrenOf(node, segment)).flatMap((child) => alternatives(walk, child, here));
  }
  const maps = nodes.filter((node) => isRecord(node.properties));
  if (maps.length === 0) return { keys: undefined, branch: walk.branch };
  return { keys: [...new Set(maps.flatMap((node) => Object.keys(node.properties ?? {})))], branch: walk.branch };
}

interface Walk {
  readonly root: JsonSchema;
  /** Schemas looked at: bounds what recursion can cost. */
  nodes: number;
  branch: string | undefined;
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: unknown): JsonSchema[] => (Array.isArray(value) ? value.filter(isRecord) : []);

function childrenOf(node: JsonSchema, segment: string | number): JsonSchema[] {
  const { properties, items, prefixItems, additionalProperties } = node;
  if (typeof segment === 'number') {
    const fixed = listOf(prefixItems)[segment];
    return fixed === undefined ? [items].filter(isRecord) : [fixed];
  }
  const property =
    isRecord(properties) && Object.hasOwn(properties, segment) ? properties[segment] : additionalProperties;
  return isRecord(property) ? [property] : [];
}

/** The schema itself without `$ref`, `anyOf`, `oneOf` and `allOf`; of alternatives only those that `value` can mean. */
function alternatives(walk: Walk, node: JsonSchema, value: unknown): JsonSchema[] {
  walk.nodes += 1;
  if (walk.nodes > NODES_MAX) return [];
  const target = typeof node.$ref === 'string' ? referenced(walk.root, node.$ref) : undefined;
  const several = [...listOf(node.anyOf), ...listOf(node.oneOf)];
  const chosen = several.filter((item) => !contradicts(item, value));
  if (chosen.length < several.length) walk.branch ??= branchOf(chosen, value);
  const parts = [
    ...(target === undefined ? [] : [target]),
    ...listOf(node.allOf),
    ...(chosen.length > 0 ? chosen : several),
  ];
  return [node, ...parts.flatMap((part) => alternatives(walk, part, value))];
}

function referenced(root: JsonSchema, reference: string): JsonSchema | undefined {
  let node: unknown = root;
  for (const part of reference.replace(/^#\/?/, '').split('/')) {
    if (part === '') continue;
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    node = isRecord(node) && Object.hasOwn(node, name) ? node[name] : undefined;
  }
  return isRecord(node) ? node : undefined;
}

/** The keys with one fixed text: `mode` in `{mode: 'profile', …}`. */
const fixedKeys = (node: JsonSchema): [string, string][] =>
  Object.entries(isRecord(node.properties) ? node.properties : {}).flatMap(([key, property]) =>
    isRecord(property) && typeof property.const === 'string' ? [[key, property.const]] : [],
  );

const contradicts = (node: JsonSchema, value: unknown): boolean =>
  isRecord(value) && fixedKeys(node).some(([key, fixed]) => typeof value[key] === 'string' && value[key] !== fixed);

function branchOf(chosen: readonly JsonSchema[], value: unknown): string | undefined {
  const [only] = chosen;
  if (only === undefined || chosen.length > 1 || !isRecord(value)) return undefined;
  const fixed = fixedKeys(only).find(([key, text]) => value[key] === text);
  return fixed === undefined ? undefined : `${fixed[0]}: ${fixed[1]}`;
}
