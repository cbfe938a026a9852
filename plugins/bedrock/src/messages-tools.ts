// The tools of a Messages client, as InvokeModel takes them for a Claude.
import { FLATTENED, fitsStrict, isObject, shapeInputSchema } from '@turnout/core/plugin';
import { TOOL_SEARCH, takesBeta } from './beta.ts';
import { isSet, type Json, type Shaping } from './messages-shaping.ts';
import { EAGER, nativeTool } from './native-tools.ts';
import { noteServerTool, STRICT_MAX } from './tools.ts';

const EXAMPLES = 'tool-examples-2025-10-29';
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** Puts the tools into the body, and takes away a choice of none of them. */
export function shapeTools(body: Record<string, unknown>, shaping: Shaping): void {
  const { tools: given, tool_choice: choice } = body;
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  const shaper = new ToolShaper(shaping);
  const tools = list.flatMap((tool): Json[] => {
    const shaped = isObject(tool) ? shaper.shape(tool) : undefined;
    return shaped === undefined ? [] : [shaped];
  });
  if (tools.length === 0) {
    delete body.tools;
    delete body.tool_choice;
    return;
  }
  body.tools = tools;
  const names = new Set(tools.map(({ name }) => name));
  if (names.size < tools.length) shaping.unfit('two tools of one name');
  if (isObject(choice) && choice.type === 'tool' && !names.has(choice.name)) shaping.unfit('the choice of a lost tool');
}

class ToolShaper {
  readonly #shaping: Shaping;
  #strictLeft = STRICT_MAX;

  constructor(shaping: Shaping) {
    this.#shaping = shaping;
  }

  /** undefined for a tool that only Anthropic's own servers run. */
  shape(tool: Json): Json | undefined {
    if (!NAME.test(String(tool.name))) this.#shaping.unfit('the name of a tool');
    return !isSet(tool.type) || tool.type === 'custom' ? this.#custom(tool) : this.#native(tool, String(tool.type));
  }

  #custom(tool: Json): Json {
    const shaped: Record<string, unknown> = { name: tool.name };
    for (const [name, value] of Object.entries(tool)) {
      // False asks for nothing.
      if (name === 'name' || name === 'type' || name === 'input_schema' || !isSet(value) || value === false) continue;
      const kept = this.#member(name, value, tool);
      if (kept !== undefined) shaped[name] = kept;
    }
    shaped.input_schema = this.#schema(tool.input_schema);
    return shaped;
  }

  #member(name: string, value: unknown, tool: Json): unknown {
    const { betas, losses, target } = this.#shaping;
    switch (name) {
      case 'description':
        return /\S/.test(String(value)) ? value : undefined;
      case 'cache_control':
        return this.#shaping.cacheControl(value);
      case 'strict':
        return this.#strict(tool.input_schema);
      case 'eager_input_streaming':
        // Refused as a member; Bedrock has a flag for all tools of a request (the AI SDK's filter, 2026-11).
        if (takesBeta(EAGER, target)) betas.add(EAGER);
        return undefined;
      case 'defer_loading':
        if (this.#takes(TOOL_SEARCH)) return value;
        losses.approximate('deferred', 'the tool is sent with the request');
        return undefined;
      case 'input_examples':
        if (this.#takes(EXAMPLES)) return value;
        break;
      case 'allowed_callers':
        // That the model itself may call it.
        if (Array.isArray(value) && value.every((caller) => caller === 'direct')) return undefined;
    }
    losses.drop(name.slice(0, 100), 'the target has no such setting');
    return undefined;
  }

  #strict(schema: unknown): true | undefined {
    const isObjects = isObject(schema) && schema.type === 'object';
    if (this.#shaping.target.family.strictTools && isObjects && this.#strictLeft > 0 && fitsStrict(schema)) {
      this.#strictLeft--;
      return true;
    }
    this.#shaping.losses.drop('strict', 'the model, or its subset of JSON Schema, takes no strict tools here');
    return undefined;
  }

  #schema(given: unknown): Json {
    const schema = isObject(given) ? given : undefined;
    if (schema?.type === 'object' && !COMBINATORS.some((name) => schema[name] !== undefined)) return schema;
    const { json, flattened } = shapeInputSchema(schema, true);
    if (flattened) this.#shaping.losses.approximate('tools', FLATTENED);
    return json;
  }

  /** Of Anthropic's own making. */
  #native(tool: Json, type: string): Json | undefined {
    const { target, betas, losses } = this.#shaping;
    const known = nativeTool(type, target);
    if (known === undefined && !(type.startsWith('tool_search_tool') && this.#takes(TOOL_SEARCH))) {
      noteServerTool(type.slice(0, 80), losses);
      return undefined;
    }
    if (known?.beta !== undefined) betas.add(known.beta);
    const { cache_control: cache, defer_loading: deferred, ...kept } = tool;
    const mark = this.#shaping.cacheControl(cache);
    return {
      ...kept,
      ...(deferred === true && this.#takes(TOOL_SEARCH) ? { defer_loading: true } : {}),
      ...(mark === undefined ? {} : { cache_control: mark }),
    };
  }

  /** Whether the target takes what needs this flag: the request has it from then on. */
  #takes(beta: string): boolean {
    const takes = takesBeta(beta, this.#shaping.target);
    if (takes) this.#shaping.betas.add(beta);
    return takes;
  }
}

const COMBINATORS = ['anyOf', 'oneOf', 'allOf'];
