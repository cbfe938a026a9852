// Which tools a prompt calls, and with what.
import { type AskedChoice, chooseTools, fillSchema, isObject } from '@turnout/core/testing';
import type { ConverseRequestBody } from '@turnout/core/wire';

export interface ToolCall {
  readonly name: string;
  readonly input: Record<string, unknown>;
}

/** The calls that answer `text`. `afterResult`: the turn brings tool results. */
export function chooseCalls(body: ConverseRequestBody, text: string, afterResult: boolean): ToolCall[] {
  const tools = (body.toolConfig?.tools ?? []).flatMap((tool) => tool.toolSpec ?? []);
  return chooseTools(tools, choiceOf(body), text, afterResult).map(({ name, inputSchema }) => {
    const input = fillSchema(inputSchema.json, text);
    return { name, input: isObject(input) ? input : {} };
  });
}

/** The request's tool choice, Converse's own or Claude's `tool_choice`. */
function choiceOf(body: ConverseRequestBody): AskedChoice {
  const own = body.additionalModelRequestFields?.tool_choice;
  if (isObject(own)) {
    const kind = (['auto', 'any', 'tool', 'none'] as const).find((one) => one === own.type) ?? 'auto';
    const parallel = own.disable_parallel_tool_use !== true;
    return { kind, name: typeof own.name === 'string' ? own.name : undefined, parallel };
  }
  const { any, tool } = body.toolConfig?.toolChoice ?? {};
  if (tool !== undefined) return { kind: 'tool', name: tool.name, parallel: true };
  return { kind: any === undefined ? 'auto' : 'any', parallel: true };
}
