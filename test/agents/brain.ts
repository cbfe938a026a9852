// The model's part in the play: asks for the file by a tool of the agent's, and says what is in it.

/** What the file holds that the agent is told to read. */
export const fileWith = (word: string): string => `The secret word is ${word}.\n`;

const SECRET = /The secret word is (\w+)\./;

/** What only the model's last answer holds: the word backwards, so that an agent that merely shows the file does not pass. */
export const answerWith = (word: string): string => [...word].reverse().join('');

/** What a model sees of a request, whichever API it came through. */
export interface Sight {
  /** All that tools have said, as JSON; empty when none has been asked. */
  readonly results: string;
  readonly tools: readonly SeenTool[];
  /** The history holds reasoning with a signature. */
  readonly signed: boolean;
}

export interface SeenTool {
  readonly name: string;
  /** The names of its arguments; undefined for a tool that takes free text. */
  readonly properties: readonly string[] | undefined;
}

export interface Thought {
  readonly text: string;
  readonly call?: { readonly name: string; readonly input: string | Readonly<Record<string, unknown>> };
}

/** What a model does that is told to read `path`. Looks at the request alone, as a model does; undefined where the request has
 * no tool that reads: that is not the conversation, but a title for it or the like. */
export function think({ results, tools }: Sight, path: string): Thought | undefined {
  const word = SECRET.exec(results)?.[1];
  if (word !== undefined) return { text: `I have read it. Backwards the word is ${answerWith(word)}.` };
  // A tool that failed ends the conversation too: then the run fails, and its output shows what the tool said.
  if (results !== '') return { text: `The tool said: ${results}` };
  const call = CALLS.flatMap(({ name, input }) => {
    const tool = tools.find((one) => name.test(one.name));
    return tool === undefined ? [] : [{ name: tool.name, input: input(path, tool.properties) }];
  })[0];
  return call && { text: 'I will read the file.', call };
}

interface ReadingTool {
  readonly name: RegExp;
  input(path: string, properties: SeenTool['properties']): string | Record<string, unknown>;
}

/** The tools that can show a file, the best first. */
const CALLS: readonly ReadingTool[] = [
  // Claude Code, opencode, qwen-code: file_path or filePath.
  {
    name: /^read(?:_file)?$/i,
    input: (path, properties) => ({ [properties?.find((name) => /^file_?path$/i.test(name)) ?? 'path']: path }),
  },
  // cline
  { name: /^read_files$/, input: (path) => ({ files: [{ path }] }) },
  // Codex
  { name: /^exec_command$/, input: (path) => ({ cmd: `cat '${path}'` }) },
  // Codex with a "lite" model: a tool that takes a program; a function with one argument where the API has no such tools.
  {
    name: /exec$/,
    input: (path, properties) => {
      const program = `text(await tools.exec_command({cmd: ${JSON.stringify(`cat '${path}'`)}}));`;
      return properties === undefined ? program : { [properties[0] ?? 'input']: program };
    },
  },
];
