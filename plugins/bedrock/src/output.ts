// Structured output: natively where the family has it, else through a tool that must be called, else by asking for it.
import type { ChatRequest } from '@turnout/core/contract';
import type { Opener } from '@turnout/core/plugin';
import { FLATTENED, fitsStrict, isOfObjectsOnly, shapeInputSchema } from '@turnout/core/plugin';
import type { ConverseRequestBody, ConverseTool } from '@turnout/core/wire';
import type { Draft } from './turns.ts';

export interface OutputPlan {
  readonly outputConfig?: NonNullable<ConverseRequestBody['outputConfig']>;
  /** A tool of ours whose input is the answer. */
  readonly tool?: { readonly name: string; readonly spec: ConverseTool };
  /** A sentence for the end of the system prompt. */
  readonly instruction?: string;
  /** How the JSON begins that is taken out of the answer's text; absent: the text is left as it is. */
  readonly opener?: Opener;
}

const TOOL_NAME = 'json';

/** How the request's `output` is asked for, once the conversation is read. Beside what it returns it adds losses to the
 * draft. `thinking`: a forced tool may be refused then. */
export function planOutput(request: ChatRequest, draft: Draft, thinking: boolean): OutputPlan {
  const { output } = request;
  if (output === undefined) return {};
  const { family, losses, names } = draft;
  const { schema } = output;
  if (schema === undefined) {
    losses.approximate('output', 'the model has no JSON mode: the system prompt asks for JSON');
    const instruction = 'Answer with one JSON object and nothing else: no prose around it, no code fence.';
    return { instruction, opener: '{' };
  }
  const name = sanitise(output.name);
  const forcible = family.tools && family.toolChoice !== 'auto' && (!thinking || family.forcedToolThinks);
  if (family.nativeOutput === 'any' || (family.nativeOutput === 'strict' && fitsStrict(schema))) {
    const jsonSchema = { schema: JSON.stringify(schema), ...(name === '' ? {} : { name }) };
    return { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } };
  }
  // A tool named by the client is what it wants now, rather than an answer in text.
  if (forcible && isOfObjectsOnly(schema) && typeof request.toolChoice !== 'object') {
    const tool = names.free(TOOL_NAME);
    const description = 'Give the answer to the user as the input of this tool.';
    const { json, flattened } = shapeInputSchema(schema, family.plainSchema);
    if (flattened) losses.approximate('output', FLATTENED);
    return { tool: { name: tool, spec: { toolSpec: { name: tool, description, inputSchema: { json } } } } };
  }
  losses.approximate('output', 'the model takes no JSON schema: the system prompt asks for it');
  const text = JSON.stringify(schema);
  const opener = schema.type === 'array' ? '[' : isOfObjectsOnly(schema) ? '{' : undefined;
  return {
    instruction: `Answer with JSON that fits this JSON Schema and nothing else: no prose around it, no code fence.\n${text}`,
    ...(opener === undefined ? {} : { opener }),
  };
}

const sanitise = (name: string | undefined): string => (name ?? '').replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64);
