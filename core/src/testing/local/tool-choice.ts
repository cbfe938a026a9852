// Which of its tools a prompt asks for.

export interface OfferedTool {
  readonly name: string;
  readonly description?: string | undefined;
}

/** The tools that the text names; else those whose name's words it uses; else the one whose description it asks for. */
export function findMeant<T extends OfferedTool>(tools: readonly T[], text: string): readonly T[] {
  const lower = text.toLowerCase();
  const named = tools.filter(({ name }) => hasPhrase(lower, name.toLowerCase()) || hasPhrase(lower, spaced(name)));
  if (named.length > 0) return named;
  const words = wordsOf(text);
  const alike = tools.filter(({ name }) => wordsOf(spaced(name)).some((word) => words.includes(word)));
  if (alike.length > 0) return alike;
  let best: T | undefined;
  let most = 1; // one shared word means nothing
  for (const tool of tools) {
    const score = countShared(wordsOf(tool.description ?? ''), words);
    if (score > most) [best, most] = [tool, score];
  }
  return best === undefined ? [] : [best];
}

/** What a request says of the choice: the model's own, none, at least one (`any`), or the one with this name. */
export interface AskedChoice {
  readonly kind: 'auto' | 'none' | 'any' | 'tool';
  readonly name?: string | undefined;
  /** Whether there may be more than one call. */
  readonly parallel: boolean;
}

/** The tools that a turn calls. `afterResult`: the turn brings tool results, which are answered in words unless a call is
 * forced. */
export function chooseTools<T extends OfferedTool>(
  tools: readonly T[],
  choice: AskedChoice,
  text: string,
  afterResult: boolean,
): readonly T[] {
  if (choice.kind === 'none' || tools.length === 0) return [];
  if (choice.kind === 'tool') return tools.filter((tool) => tool.name === choice.name).slice(0, 1);
  if (choice.kind === 'auto' && afterResult) return [];
  const meant = findMeant(tools, text);
  const wanted = meant.length === 0 && choice.kind === 'any' ? tools.slice(0, 1) : meant;
  return choice.parallel ? wanted : wanted.slice(0, 1);
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
