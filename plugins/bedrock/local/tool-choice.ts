// Which tools a prompt calls, and with what.
import type { ConverseRequestBody, ConverseTool } from '@turnout/core/wire';
import { fillSchema } from './schema-value.ts';
import { isObject } from './shape.ts';

export interface ToolCall {
  readonly name: string;
  readonly input: Record<string, unknown>;
}

type ToolSpec = NonNullable<ConverseTool['toolSpec']>;

/** The calls that answer `text`. `afterResult`: the turn brings tool results, which are answered in words unless a call is
 * forced. */
export function chooseCalls(body: ConverseRequestBody, text: string, afterResult: boolean): ToolCall[] {
  const tools = (body.toolConfig?.tools ?? []).flatMap((tool) => tool.toolSpec ?? []);
  if (tools.length === 0) return [];
  const choice = choiceOf(body);
  const wanted = pickTools(tools, choice, text, afterResult);
  const chosen = choice.parallel ? wanted : wanted.slice(0, 1);
  return chosen.map((tool) => {
    const input = fillSchema(tool.inputSchema.json, text);
    return { name: tool.name, input: isObject(input) ? input : {} };
  });
}

interface Choice {
  readonly kind: 'auto' | 'any' | 'tool' | 'none';
  readonly name?: string | undefined;
  readonly parallel: boolean;
}

/** The request's tool choice, Converse's own or Claude's `tool_choice`. */
function choiceOf(body: ConverseRequestBody): Choice {
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

function pickTools(tools: readonly ToolSpec[], choice: Choice, text: string, afterResult: boolean): ToolSpec[] {
  if (choice.kind === 'none') return [];
  if (choice.kind === 'tool') return tools.filter((tool) => tool.name === choice.name).slice(0, 1);
  if (choice.kind === 'auto' && afterResult) return [];
  const meant = findMeant(tools, text);
  return meant.length === 0 && choice.kind === 'any' ? tools.slice(0, 1) : meant;
}

/** The tools that the text names; else those whose name's words it uses; else the one whose description it asks for. */
function findMeant(tools: readonly ToolSpec[], text: string): ToolSpec[] {
  const lower = text.toLowerCase();
  const named = tools.filter(
    (tool) => hasPhrase(lower, tool.name.toLowerCase()) || hasPhrase(lower, spaced(tool.name)),
  );
  if (named.length > 0) return named;
  const words = wordsOf(text);
  const alike = tools.filter((tool) => wordsOf(spaced(tool.name)).some((word) => words.includes(word)));
  if (alike.length > 0) return alike;
  const scored = tools.map((tool) => ({ tool, score: countShared(wordsOf(tool.description ?? ''), words) }));
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a));
  return best.score >= 2 ? [best.tool] : [];
}

/** Whether the phrase stands in the text as words of its own. */
function hasPhrase(text: string, phrase: string): boolean {
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + phrase.length] ?? ' ';
    if (!isWordCharacter(before) && !isWordCharacter(after)) return true;
  }
  return false;
}
const isWordCharacter = (character: string): boolean => /[\p{L}\p{N}_-]/u.test(character);

/** `getWeather_now` → `get weather now`. */
const spaced = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();

// Words that are in too many names and questions to mean a tool.
const COMMON = new Set(
  'call check create current data delete do does fetch file find from function get give have information input into list load look make name output please query read return returns run search send show tell text that the this tool update used user using value what when where which will with write your'.split(
    ' ',
  ),
);

const wordsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => word.length > 2 && !COMMON.has(word));

const countShared = (one: readonly string[], other: readonly string[]): number =>
  new Set(one.filter((word) => other.includes(word))).size;
