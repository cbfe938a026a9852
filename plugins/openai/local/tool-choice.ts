// Which tools a prompt calls, and with what.
import type { AnswerCall } from './completion.ts';
import { type Bag, isObject, objectsIn } from './json.ts';
import { fillSchema } from './schema-value.ts';

interface Offered {
  readonly name: string;
  readonly description: string;
  readonly parameters: unknown;
  readonly custom: boolean;
}

/** The calls that answer `text`. `afterResult`: the turn brings tool results, which are answered in words unless a call is
 * forced. */
export function chooseCalls(body: Bag, text: string, afterResult: boolean): Omit<AnswerCall, 'id'>[] {
  const tools = objectsIn(body.tools).map(readTool);
  if (tools.length === 0) return [];
  const wanted = pickTools(tools, body.tool_choice, text, afterResult);
  const chosen = body.parallel_tool_calls === false ? wanted.slice(0, 1) : wanted;
  return chosen.map(({ name, parameters, custom }) => {
    const input = fillSchema(parameters, text);
    return { name, custom, input: custom ? text : JSON.stringify(isObject(input) ? input : {}) };
  });
}

function readTool(tool: Bag): Offered {
  const custom = tool.type === 'custom';
  const inner = custom ? tool.custom : tool.function;
  const { name, description, parameters } = isObject(inner) ? inner : {};
  return { name: String(name), description: String(description ?? ''), parameters: parameters ?? {}, custom };
}

function pickTools(tools: readonly Offered[], choice: unknown, text: string, afterResult: boolean): readonly Offered[] {
  if (choice === 'none') return [];
  if (isObject(choice)) {
    const inner = isObject(choice.custom) ? choice.custom : isObject(choice.function) ? choice.function : {};
    return tools.filter(({ name }) => name === inner.name);
  }
  if (choice !== 'required' && afterResult) return [];
  const meant = findMeant(tools, text);
  return meant.length === 0 && choice === 'required' ? tools.slice(0, 1) : meant;
}

/** The tools that the text names; else those whose name's words it uses; else the one whose description it asks for. */
function findMeant(tools: readonly Offered[], text: string): readonly Offered[] {
  const lower = text.toLowerCase();
  const named = tools.filter(({ name }) => hasPhrase(lower, name.toLowerCase()) || hasPhrase(lower, spaced(name)));
  if (named.length > 0) return named;
  const words = wordsOf(text);
  const alike = tools.filter(({ name }) => wordsOf(spaced(name)).some((word) => words.includes(word)));
  if (alike.length > 0) return alike;
  const scored = tools.map((tool) => ({ tool, score: countShared(wordsOf(tool.description), words) }));
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
