// Structured output: natively where the model has it, else through a tool that must be called, else by asking for it.
import type { ChatRequest } from '@turnout/core/contract';
import { FLATTENED, fitsStrict, isOfObjectsOnly, shapeInputSchema } from '@turnout/core/plugin';
import type { Draft } from './content.ts';
import type { Echo } from './echo.ts';
import { canForce } from './tools.ts';
import type { Bag } from './wire.ts';

export interface OutputPlan {
  /** Of output_config. */
  readonly format?: Bag;
  /** A tool of ours whose input is the answer. */
  readonly tool?: Bag & { readonly name: string };
  /** A sentence for the end of the system prompt. */
  readonly instruction?: string;
  /** How the JSON begins that is taken out of the answer's text; absent: the text is left as it is. */
  readonly opener?: Echo['jsonOpener'];
}

const TOOL_NAME = 'json';

/** `thinking`: a forced tool may be refused then. */
export function planOutput(request: ChatRequest, draft: Draft, thinking: boolean): OutputPlan {
  const { output } = request;
  if (output === undefined) return {};
  const { traits, losses, names } = draft;
  const { schema } = output;
  if (schema === undefined) {
    losses.approximate('output', 'the model has no JSON mode: the system prompt asks for JSON');
    const instruction = 'Answer with one JSON object and nothing else: no prose around it, no code fence.';
    return { instruction, opener: '{' };
  }
  if (traits.jsonSchema && fitsStrict(schema)) return { format: { type: 'json_schema', schema } };
  // A tool named by the client is what it wants now, rather than an answer in text.
  if (canForce(traits, thinking) && isOfObjectsOnly(schema) && typeof request.toolChoice !== 'object') {
    const { json, flattened } = shapeInputSchema(schema, true);
    if (flattened) losses.approximate('output', FLATTENED);
    const description = 'Give the answer to the user as the input of this tool.';
    return { tool: { name: names.free(TOOL_NAME), description, input_schema: json } };
  }
  losses.approximate('output', 'the model takes no such JSON schema: the system prompt asks for it');
  const text = JSON.stringify(schema);
  const opener = schema.type === 'array' ? '[' : isOfObjectsOnly(schema) ? '{' : undefined;
  return {
    instruction: `Answer with JSON that fits this JSON Schema and nothing else: no prose around it, no code fence.\n${text}`,
    ...(opener === undefined ? {} : { opener }),
  };
}
