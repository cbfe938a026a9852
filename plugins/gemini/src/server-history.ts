// Calls that Google itself ran in an earlier answer, and their results: raw where they still are, else put together again from what
// a client's protocol has kept. Both go back, or neither.
import type { Message, ToolCallPart, ToolResultPart } from '@turnout/core/contract';
import { parseObject } from '@turnout/core/plugin';
import { MADE_ID, ORIGIN } from './echo.ts';
import { CODE_TOOL, RAW_PARTS } from './server-tool.ts';
import { type Bag, isBag, textIn, type WirePart } from './wire.ts';

interface Run {
  readonly call: WirePart;
  readonly result: WirePart;
}

export class ServerHistory {
  readonly #runs = new Map<string, Run>();

  /** `messages`: of one answer, where a call and its result stand together. */
  constructor(messages: readonly Message[]) {
    const calls = new Map<string, ToolCallPart>();
    for (const part of messages.flatMap(({ parts }) => parts)) {
      if (part.type === 'tool-call' && part.server && isOurs(part)) calls.set(part.id, part);
      else if (part.type === 'tool-result' && part.server) {
        const call = calls.get(part.id);
        const run = call === undefined ? undefined : rebuild(call, part);
        if (run !== undefined) this.#runs.set(part.id, run);
      }
    }
  }

  /** The part as Google gave it; undefined for the call of another vendor's tool, and for one without a result. */
  partOf(part: ToolCallPart | ToolResultPart): WirePart | undefined {
    const kept: Bag = part.extensions?.[ORIGIN] ?? {};
    for (const name of RAW_PARTS) {
      const raw = kept[name];
      if (isBag(raw)) return { [name]: raw };
    }
    const run = this.#runs.get(part.id);
    return part.type === 'tool-call' ? run?.call : run?.result;
  }
}

/** Others have tools of the same names. */
const isOurs = ({ id, origin }: ToolCallPart): boolean => origin === ORIGIN || MADE_ID.test(id);

function rebuild({ id: ownId, name, input }: ToolCallPart, result: ToolResultPart): Run | undefined {
  const args = parseObject(input);
  if (args === undefined) return undefined;
  const id = MADE_ID.test(ownId) ? {} : { id: ownId };
  const output = result.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  if (name === CODE_TOOL) {
    const { language, code } = args;
    const outcome = result.error ? 'OUTCOME_FAILED' : 'OUTCOME_OK';
    return {
      call: { executableCode: { ...id, language: textIn(language) ?? 'PYTHON', code: textIn(code) ?? '' } },
      result: { codeExecutionResult: { ...id, outcome, output } },
    };
  }
  const response = parseObject(output);
  if (response === undefined || !TOOLS.has(name)) return undefined;
  const toolType = name.toUpperCase();
  return { call: { toolCall: { ...id, toolType, args } }, result: { toolResponse: { ...id, toolType, response } } };
}

/** The types of `toolCall` (ToolType, 2026-08). */
const TOOLS = new Set(['google_search_web', 'google_search_image', 'url_context', 'google_maps', 'file_search']);
