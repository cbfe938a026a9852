// Whether Anthropic would take the tools of a request and the choice among them.
import { findStrictFault, isObject, type JsonObject } from '@turnout/core/testing';
import type { ClaudeTraits } from '@turnout/core/wire';
import type { Body } from './body.ts';

const MEMBERS = [
  ...['name', 'description', 'input_schema', 'type', 'cache_control', 'strict', 'defer_loading', 'allowed_callers'],
  ...['input_examples', 'eager_input_streaming'],
];

/** Tools that Anthropic defines, by their type. */
const OWN =
  /^(web_search|web_fetch|code_execution|bash|text_editor|computer|memory|tool_search_tool_(bm25|regex)|advisor|mcp_toolset)(_20\d{6})?$/;

/** What is wrong, or undefined. */
export function findToolFault({ tools, toolChoice }: Body, traits: ClaudeTraits | undefined): string | undefined {
  for (const [index, tool] of tools.entries()) {
    const type = tool.type ?? 'custom';
    const place = `tools.${index}`;
    if (type === 'custom') {
      const fault = customFault(tool, `${place}.custom`, traits);
      if (fault !== undefined) return fault;
    } else if (typeof type !== 'string' || !OWN.test(type)) {
      return `${place}: Input tag '${String(type)}' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250728', 'web_search_20250305'`;
    } else if (type !== 'mcp_toolset' && typeof tool.name !== 'string') return `${place}.${type}.name: Field required`;
  }
  const names = tools.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (new Set(names).size < names.length) return 'tools: Tool names must be unique.';
  return toolChoice === undefined ? undefined : choiceFault(toolChoice, names);
}

function choiceFault({ type, name }: JsonObject, names: readonly unknown[]): string | undefined {
  if (!['auto', 'any', 'tool', 'none'].includes(String(type))) {
    return `tool_choice: Input tag '${String(type)}' found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'`;
  }
  if (names.length === 0 && (type === 'any' || type === 'tool'))
    return 'tool_choice: tool_choice may only be specified while providing tools.';
  return type === 'tool' && !names.includes(name) ? `Tool '${String(name)}' not found in provided tools` : undefined;
}

function customFault(tool: JsonObject, place: string, traits: ClaudeTraits | undefined): string | undefined {
  if (tool.name === undefined) return `${place}.name: Field required`;
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(tool.name)))
    return `${place}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
  const extra = Object.keys(tool).find((key) => !MEMBERS.includes(key));
  if (extra !== undefined) return `${place}.${extra}: Extra inputs are not permitted`;
  const schema = tool.input_schema;
  if (!isObject(schema)) return `${place}.input_schema: Field required`;
  if (schema.type === undefined) return `${place}.input_schema.type: Field required`;
  if (schema.type !== 'object') return `${place}.input_schema.type: Input should be 'object'`;
  if (['anyOf', 'oneOf', 'allOf'].some((key) => schema[key] !== undefined))
    return `${place}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`;
  if (tool.defer_loading === true && tool.cache_control !== undefined)
    return `${place}: Tools with defer_loading cannot use prompt caching`;
  if (tool.strict !== true) return undefined;
  if (traits?.strictTools === false) return `${place}.strict: Extra inputs are not permitted`;
  const fault = findStrictFault(schema);
  return fault === undefined ? undefined : `${place}: ${fault}`;
}
