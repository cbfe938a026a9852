// Which tools a prompt calls, and with what.
import { type AskedChoice, chooseTools, fillSchema, isObject, type JsonObject, objectsIn } from '@turnout/core/testing';
import type { AnswerCall } from './completion.ts';

/** The calls that answer `text`. `afterResult`: the turn brings tool results. */
export function chooseCalls(body: JsonObject, text: string, afterResult: boolean): Omit<AnswerCall, 'id'>[] {
  const tools = objectsIn(body.tools).map(readTool);
  return chooseTools(tools, choiceOf(body), text, afterResult).map(({ name, parameters, custom }) => {
    const input = fillSchema(parameters, text);
    return { name, custom, input: custom ? text : JSON.stringify(isObject(input) ? input : {}) };
  });
}

function choiceOf({ tool_choice: choice, parallel_tool_calls: parallel }: JsonObject): AskedChoice {
  const named = isObject(choice) ? [choice.custom, choice.function].find(isObject) : undefined;
  if (named !== undefined) return { kind: 'tool', name: String(named.name), parallel: true };
  const kind = choice === 'none' ? 'none' : choice === 'required' ? 'any' : 'auto';
  return { kind, parallel: parallel !== false };
}

function readTool(tool: JsonObject) {
  const custom = tool.type === 'custom';
  const inner = custom ? tool.custom : tool.function;
  const { name, description, parameters } = isObject(inner) ? inner : {};
  return { name: String(name), description: String(description ?? ''), parameters: parameters ?? {}, custom };
}
