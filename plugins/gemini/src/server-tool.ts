// Google's own tools, run on Google's side: their names here, and how their calls and results stand in an answer.
import { type Bag, textIn } from './wire.ts';

/** Members of a part that hold the call or the result of such a tool. Kept as they are in the extension of the block. */
export const RAW_PARTS = ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'] as const;

export const CODE_TOOL = 'code_execution';

/** The input of a call of the code tool as raw JSON. */
export const inputOfCode = ({ language, code }: Bag): string =>
  JSON.stringify({ language: textIn(language) ?? 'PYTHON', code: textIn(code) ?? '' });

/** `GOOGLE_SEARCH_WEB` → `google_search_web`. */
export const toolNameOf = ({ toolType }: Bag): string => (textIn(toolType) ?? 'server_tool').toLowerCase();
