// The JSON Schema of the file, for editors: core's schema with the settings of the given plugins put in.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { z } from 'zod';
import type { Plugin } from '../contract/index.ts';
import { providerSchema, rootSchema } from './schema.ts';
import type { JsonSchema } from './schema-keys.ts';
import { isRecord } from './schema-keys.ts';

const OPTIONS = { io: 'input', target: 'draft-07' } as const;
/** `${NAME}` may stand for a value of any type. */
const VARIABLE = { type: 'string', pattern: '\\$\\{.+\\}' };
const REFERENCE_KEYS = new Set(['properties', 'definitions']);

/** Draft-07, with sorted keys. Other plugins than the given ones are accepted with any settings. */
export function configJsonSchema(plugins: readonly Plugin[]): JsonSchema {
  const root = record(z.toJSONSchema(rootSchema, OPTIONS));
  const core = record(z.toJSONSchema(providerSchema, OPTIONS));
  const definitions: Record<string, unknown> = { variable: VARIABLE };
  for (const [key, schema] of Object.entries(record(core.properties))) {
    definitions[`core.${key}`] = withVariables(record(schema));
  }
  for (const plugin of plugins) {
    const own = define(plugin.config, `plugin.${plugin.name}`, definitions);
    definitions[`plugin.${plugin.name}`] = withCoreKeys(own, core);
  }
  definitions['plugin other'] = withCoreKeys({ type: 'object', additionalProperties: true }, core);
  definitions.provider = providerChoice(plugins.map((plugin) => plugin.name));
  const { $schema, ...rest } = root;
  const schema = record(withVariables(rest));
  const properties = {
    ...record(schema.properties),
    providers: providersOf(plugins.map((plugin) => plugin.name)),
    routes: withPluginKeys(record(record(schema.properties).routes), plugins, definitions),
  };
  return record(sorted({ $schema, title: 'Turnout', ...schema, properties, definitions }));
}

const record = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});

const reference = (name: string) => ({ $ref: `#/definitions/${encodeURIComponent(name)}` });

function settingsOf(schema: StandardSchemaV1): JsonSchema {
  const standard: unknown = schema['~standard'];
  const converter = isRecord(standard) ? standard.jsonSchema : undefined;
  if (!isRecord(converter) || typeof converter.input !== 'function') return { additionalProperties: true };
  const { $schema: _dialect, ...own } = record(converter.input({ target: 'draft-07' }));
  return own;
}

/** A plugin's schema. Its own definitions go among the others, under names of their own. */
function define(schema: StandardSchemaV1, name: string, definitions: Record<string, unknown>): JsonSchema {
  const { definitions: shared, ...own } = settingsOf(schema);
  for (const [inner, part] of Object.entries(record(shared))) {
    definitions[`${name}.${inner}`] = record(withVariables(prefixed(record(part), name)));
  }
  return withVariables(prefixed(own, name));
}

/** Routes with a key for each plugin that takes settings there. */
function withPluginKeys(
  routes: JsonSchema,
  plugins: readonly Plugin[],
  definitions: Record<string, unknown>,
): JsonSchema {
  const keys: [string, unknown][] = [];
  for (const { name, extensions } of plugins) {
    if (extensions === undefined) continue;
    const own = define(extensions, `route.${name}`, definitions);
    definitions[`route.${name}`] = { anyOf: [{ type: 'null' }, own] };
    keys.push([name, reference(`route.${name}`)]);
  }
  const added = (node: JsonSchema): JsonSchema =>
    isRecord(node.properties) ? { ...node, properties: { ...node.properties, ...Object.fromEntries(keys) } } : node;
  const route = record(routes.additionalProperties);
  const branches = Array.isArray(route.anyOf) ? route.anyOf.map((branch) => added(record(branch))) : [];
  return { ...routes, additionalProperties: { ...route, anyOf: branches } };
}

function withCoreKeys(own: JsonSchema, core: JsonSchema): JsonSchema {
  const shared = Object.keys(record(core.properties)).map((key) => [key, reference(`core.${key}`)]);
  return { ...own, properties: { ...record(own.properties), ...Object.fromEntries(shared) } };
}

/** An entry of `providers`: without `plugin`, its name says which plugin it uses. */
function providersOf(plugins: readonly string[]): JsonSchema {
  const named = plugins.map((name) => {
    const chosen = when({ required: ['plugin'] }, reference('provider'), reference(`plugin.${name}`));
    return [name, { anyOf: [{ type: 'null' }, { type: 'object', ...chosen }] }];
  });
  return {
    type: 'object',
    description: 'Where requests can go: a name of your own, and the settings.',
    minProperties: 1,
    propertyNames: { pattern: '^(?!route$)[A-Za-z0-9_-]+$' },
    properties: Object.fromEntries(named),
    additionalProperties: reference('provider'),
  };
}

function providerChoice(plugins: readonly string[]): JsonSchema {
  const isPlugin = (name: unknown) => ({ properties: { plugin: name } });
  const branches = plugins.map((name) => when(isPlugin({ const: name }), reference(`plugin.${name}`)));
  const other = when(isPlugin({ not: { enum: [...plugins] } }), reference('plugin other'));
  return { type: 'object', required: ['plugin'], allOf: [...branches, other] };
}

/** `if`, `then` and `else` of JSON Schema: editors explain them better than `anyOf`. */
const when = (condition: JsonSchema, consequence: JsonSchema, otherwise?: JsonSchema): JsonSchema =>
  Object.fromEntries([
    ['if', condition],
    ['then', consequence],
    ...(otherwise === undefined ? [] : [['else', otherwise]]),
  ]);

/** Local references of a schema that becomes part of a larger one. */
function prefixed(schema: JsonSchema, prefix: string): JsonSchema {
  return record(
    mapSchema(schema, (node) =>
      typeof node.$ref === 'string'
        ? { ...node, $ref: node.$ref.replace('#/definitions/', `#/definitions/${prefix}.`) }
        : node,
    ),
  );
}

/** Lets `${NAME}` stand wherever plain text is not already allowed. */
function withVariables(schema: JsonSchema): JsonSchema {
  return record(
    mapSchema(schema, (node) => {
      const { type, pattern, enum: words, const: word, format, default: fallback, description, ...rest } = node;
      const text =
        type === 'string' && pattern === undefined && words === undefined && word === undefined && format === undefined;
      const scalar = ['string', 'number', 'integer', 'boolean'].includes(String(type)) || words !== undefined;
      // A fixed word chooses among alternatives: it has to stay one.
      if (text || !scalar || word !== undefined) return node;
      const kept = {
        ...(description !== undefined && { description }),
        ...(fallback !== undefined && { default: fallback }),
      };
      const own = Object.fromEntries(
        Object.entries({ type, pattern, enum: words, format, ...rest }).filter(([, value]) => value !== undefined),
      );
      return { ...kept, anyOf: [own, reference('variable')] };
    }),
  );
}

/** Applies `change` to every schema inside, the innermost first; names of properties are not schemas. */
function mapSchema(value: unknown, change: (node: JsonSchema) => JsonSchema): unknown {
  if (Array.isArray(value)) return value.map((item) => mapSchema(item, change));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, child]) => {
    if (key === 'default' || key === 'enum' || key === 'propertyNames') return [key, child];
    if (!REFERENCE_KEYS.has(key) || !isRecord(child)) return [key, mapSchema(child, change)];
    return [key, Object.fromEntries(Object.entries(child).map(([name, schema]) => [name, mapSchema(schema, change)]))];
  });
  return change(Object.fromEntries(entries));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
