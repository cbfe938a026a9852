// What a client of Anthropic's says that only a Claude understands: betas, the clearing of its context, and tools of Anthropic's own
// making that the client runs. All of it goes through additionalModelRequestFields.
import type { ChatRequest, Tool } from '@turnout/core/contract';
import type { Losses } from '@turnout/core/plugin';
import { isObject } from '@turnout/core/plugin';
import { pickConverseBetas, takesBeta } from './beta.ts';
import type { Target } from './resolve.ts';

type Json = Readonly<Record<string, unknown>>;

export interface NativePlan {
  readonly betas: readonly string[];
  /** Members of additionalModelRequestFields besides the betas. */
  readonly fields: Json;
  /** The tools in it: the request's name for them (a type) → what the model calls them. */
  readonly tools: ReadonlyMap<string, string>;
}

const NO_TOOLS: ReadonlyMap<string, string> = new Map();
const NOTHING: NativePlan = { betas: [], fields: {}, tools: NO_TOOLS };

/** What is sent of it; the rest is a loss. */
export function planNative(request: ChatRequest, target: Target, losses: Losses): NativePlan {
  const own = request.extensions?.['anthropic-messages'];
  const asked = request.extensions?.['bedrock-converse']?.additionalModelRequestFields;
  const eager = request.tools.some(isEager);
  if (own === undefined && asked === undefined && !eager && !request.tools.some(isServer)) return NOTHING;
  const given = isObject(asked) ? asked : {};
  for (const name of Object.keys(given)) {
    if (name !== 'anthropic_beta') losses.drop(name.slice(0, 100), 'the router does not know this field of the model');
  }
  const betas = new Set(
    pickConverseBetas([...listOf(own?.anthropic_beta), ...listOf(given.anthropic_beta)], target, losses),
  );
  if (eager && takesBeta(EAGER, target)) betas.add(EAGER);
  const fields: Record<string, unknown> = {};
  const cleared = planClearing(own?.context_management, target, losses);
  if (cleared !== undefined) {
    fields.context_management = cleared;
    betas.add(CONTEXT);
  }
  const tools = planTools(request.toolChoice === 'none' ? [] : request.tools, target, betas, losses);
  if (tools.raw.length > 0) fields.tools = tools.raw;
  return { betas: [...betas], fields, tools: tools.names };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isServer = ({ kind }: Tool): boolean => kind === 'server';

/** What Bedrock calls the streaming of a tool's input while it is written. */
export const EAGER = 'fine-grained-tool-streaming-2025-05-14';
export const CONTEXT = 'context-management-2025-06-27';

const isEager = ({ extensions }: Tool): boolean => extensions?.['anthropic-messages']?.eager_input_streaming === true;

// AWS's page on Claude's tools knows this one (2026-11); Claude Code sends no context_management to Bedrock at all.
const CLEARS_TOOLS = /^clear_tool_uses_/;

/** The edits that Bedrock makes. One that clears nothing is none. */
export function planClearing(management: unknown, target: Target, losses: Losses): Json | undefined {
  if (!isObject(management)) return undefined;
  const edits = listOf(management.edits).filter((edit) => !keepsAll(edit));
  const taken = edits.filter((edit) => isObject(edit) && CLEARS_TOOLS.test(String(edit.type)));
  const others = Object.keys(management).filter((name) => name !== 'edits');
  const takes = takesBeta(CONTEXT, target);
  if (others.length > 0 || (takes ? taken.length : 0) < edits.length) {
    losses.drop('context_management', 'the model does not clear its context so');
  }
  return takes && taken.length > 0 ? { edits: taken } : undefined;
}

const keepsAll = (edit: unknown): boolean =>
  isObject(edit) && typeof edit.type === 'string' && edit.type.startsWith('clear_thinking_') && edit.keep === 'all';

// Tools that the client runs, and the flag that each needs. Source: AWS's pages on Claude's tools, 2026-11.
const CLIENT_RUN: readonly (readonly [type: RegExp, beta: string | undefined])[] = [
  [/^(bash|text_editor|computer)_20241022$/, 'computer-use-2024-10-22'],
  [/^computer_20250124$/, 'computer-use-2025-01-24'],
  [/^computer_20251124$/, 'computer-use-2025-11-24'],
  [/^memory_20250818$/, CONTEXT],
  [/^(bash_20250124|text_editor_20250(124|429|728))$/, undefined],
];
const SINCE_3_7 = /claude-3-7|claude-(sonnet|opus|haiku|fable|mythos)-[4-9]/;

/** A tool of this type, and the flag that it needs, where the target has it. */
export function nativeTool(type: string, target: Target): { readonly beta: string | undefined } | undefined {
  const known = CLIENT_RUN.find(([pattern]) => pattern.test(type));
  if (known === undefined) return undefined;
  const [, beta] = known;
  const takes = beta === undefined ? SINCE_3_7.test(target.row?.id ?? target.id) : takesBeta(beta, target);
  return takes ? { beta } : undefined;
}

function planTools(tools: readonly Tool[], target: Target, betas: Set<string>, losses: Losses) {
  const raw: Json[] = [];
  const names = new Map<string, string>();
  for (const { kind, name: type, extensions, cache, deferred } of tools) {
    const own = kind === 'server' ? extensions?.['anthropic-messages']?.[type] : undefined;
    if (!isObject(own) || typeof own.name !== 'string') continue;
    const known = nativeTool(type, target);
    if (known === undefined) continue;
    const { beta } = known;
    if (beta !== undefined) betas.add(beta);
    if (deferred) losses.approximate('deferred', 'the tool is sent with the request');
    if (cache !== undefined) losses.drop('cache', 'no cache point may stand there');
    const { cache_control: _cache, defer_loading: _deferred, ...sent } = own;
    raw.push(sent);
    names.set(type, own.name);
  }
  return { raw, names };
}
