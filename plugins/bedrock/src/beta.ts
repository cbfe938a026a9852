// Anthropic's beta flags: which of them a Claude on Bedrock takes. One that it does not know fails the whole request.
import type { Losses } from '@turnout/core/plugin';
import type { Target } from './resolve.ts';

/** Models from the fourth generation on. */
const SINCE_4 = /claude-(sonnet|opus|haiku|fable|mythos)-[4-9]/;
const SINCE_4_5 = /claude-(sonnet|opus|haiku)-4-[5-9]|claude-(sonnet|opus|haiku|fable|mythos)-[5-9]/;

/** Allows tools that are loaded when they are searched for. InvokeModel's alone: Converse says it is not supported there
 * (agentgateway 3240, 2026-08). */
export const TOOL_SEARCH = 'tool-search-tool-2025-10-19';

// By the foundation model's id. Sources: AWS's pages on Claude's tools, thinking and request fields; the filters of other routers
// and clients on Bedrock (LiteLLM, the AI SDK, Roo Code, Claude Code 2.1.330), all as of 2026-11.
const TAKEN: ReadonlyMap<string, RegExp> = new Map([
  ['computer-use-2024-10-22', /claude-3-5-sonnet-20241022/],
  ['computer-use-2025-01-24', /claude-3-7|claude-(sonnet|opus|haiku)-4/],
  ['computer-use-2025-11-24', /claude-opus-4-[5-9]|claude-sonnet-4-6|claude-(sonnet|opus|haiku|fable|mythos)-[5-9]/],
  // The later models have it without the flag.
  ['context-1m-2025-08-07', /claude-sonnet-4(-2025|-5)/],
  ['context-management-2025-06-27', SINCE_4],
  ['effort-2025-11-24', /claude-opus-4-5/],
  ['fine-grained-tool-streaming-2025-05-14', /claude-3-7|claude-(sonnet|opus|haiku|fable|mythos)-[4-9]/],
  // Part of adaptive thinking; Opus 4.7 refused it in 2026-04 (badlogic/pi-mono 3290).
  ['interleaved-thinking-2025-05-14', /claude-(sonnet|opus)-4(-2025|-0|-1|$)|claude-(sonnet|opus|haiku)-4-5/],
  ['output-128k-2025-02-19', /claude-3-7/],
  ['token-efficient-tools-2025-02-19', /claude-3-7/],
  ['tool-examples-2025-10-29', SINCE_4_5],
  [TOOL_SEARCH, SINCE_4_5],
]);

/** Without these nothing is missing: they name a client or a form of transport, stand for what is done anyway, or allow members
 * of a request that are reported themselves where they are not sent. */
const HARMLESS = [
  /^advanced-tool-use-/,
  /^claude-code-/,
  /^computer-use-/,
  /^context-management-/,
  /^effort-/,
  /^extended-cache-ttl-/,
  /^fine-grained-tool-streaming-/,
  /^interleaved-thinking-/,
  /^message-threads-/,
  /^mid-conversation-tool-changes-/,
  /^oauth-/,
  /^per-turn-control-/,
  /^prompt-caching-/,
  /^structured-outputs-/,
  /^thinking-display-updates-/,
  /^thinking-token-count-/,
  /^token-counting-/,
  /^token-efficient-tools-/,
  /^tool-examples-/,
  /^tool-search-tool-/,
];

/** Models whose context is as long as it gets without being asked. */
const LONG_CONTEXT = /claude-(sonnet|opus)-4-[6-9]|claude-(sonnet|opus|haiku|fable|mythos)-[5-9]/;

const isHarmless = (flag: string, id: string): boolean =>
  HARMLESS.some((one) => one.test(flag)) || (flag.startsWith('context-1m-') && LONG_CONTEXT.test(id));

const LIST_MAX = 64;

/** Whether the target takes the flag. */
export const takesBeta = (flag: string, { row, id }: Pick<Target, 'row' | 'id'>): boolean =>
  TAKEN.get(flag)?.test(row?.id ?? id) === true;

/** The flags of a client's list, or of several such lists, that the target takes, each once; what is missed is one loss,
 * `anthropic-beta`. Behind a name that says nothing all are left out. */
export function pickBetas(given: unknown, target: Pick<Target, 'row' | 'id'>, losses: Losses): string[] {
  const flags = [...new Set(readFlags(given))].slice(0, LIST_MAX);
  const model = target.row?.id ?? target.id;
  const taken = flags.filter((flag) => takesBeta(flag, target));
  const missed = flags.filter((flag) => !taken.includes(flag) && !isHarmless(flag, model));
  if (missed.length > 0) {
    losses.drop('anthropic-beta', `the model does not take ${missed.map((flag) => flag.slice(0, 60)).join(', ')}`);
  }
  return taken;
}

/** The same for Converse. Without the flag that it refuses the deferred tools of a request are plain ones, each a loss of its own. */
export const pickConverseBetas = (given: unknown, target: Pick<Target, 'row' | 'id'>, losses: Losses): string[] =>
  pickBetas(given, target, losses).filter((flag) => flag !== TOOL_SEARCH);

function readFlags(given: unknown): string[] {
  const list = typeof given === 'string' ? given.split(',') : Array.isArray(given) ? given : [];
  return list.flatMap((flag) => (typeof flag === 'string' && flag.trim() !== '' ? [flag.trim()] : []));
}
