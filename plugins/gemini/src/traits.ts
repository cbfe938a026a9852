// What a model takes, as its name tells. Google's models page and thinking guide (ai.google.dev/gemini-api/docs, 2026-11).
import type { Effort } from '@turnout/core/contract';

/** A level of Gemini 3, weakest first. */
export type ThinkingLevel = Extract<Effort, 'minimal' | 'low' | 'medium' | 'high'>;

/** How the amount of thinking is set: tokens (2.5), a word (3 and later), or not at all. */
export type Thinking =
  | {
      readonly by: 'budget';
      readonly min: number;
      readonly max: number;
      readonly canStop: boolean;
      readonly idle: boolean;
    }
  | { readonly by: 'level'; readonly levels: readonly ThinkingLevel[] }
  | { readonly by: 'nothing' };

export interface Traits {
  readonly thinking: Thinking;
  /** Temperature, topP, topK and penalties are heeded. */
  readonly sampling: boolean;
  /** Arguments of calls can be held to their schema, also where the model need not call. */
  readonly validates: boolean;
  /** The first call of each step of the current turn needs a signature, or the request is refused. */
  readonly signedCalls: boolean;
  /** Results of tools may hold media, tools of Google's and of the client go together, and so do tools and a JSON answer. */
  readonly combines: boolean;
}

const NAME = /(?:^|\/)gemini-(\d+)(?:\.(\d+))?-(pro|flash-lite|flash)\b(.*)$/;
/** Aliases that Google moves to its newest models. */
const LATEST = /(?:^|\/)gemini-(pro|flash-lite|flash)-latest$/;
/** Made for something else than thinking. */
const SPECIAL = /-(image|tts|live|native-audio|computer-use|embedding)\b/;

/** Never throws: a model that is not known takes nothing but text. */
export function traitsOf(model: string): Traits {
  const latest = LATEST.exec(model);
  const [, major = '', minor = '0', size = '', rest = ''] = NAME.exec(model) ?? [];
  const generation = latest ? 3.9 : Number(`${major || 0}.${minor}`);
  const kind = latest?.[1] ?? size;
  const isNew = generation >= 3;
  const thinking = SPECIAL.test(rest) ? NOTHING : isNew ? levelsOf(kind, generation) : budgetOf(kind, generation);
  const validates = generation >= 2.5 && !SPECIAL.test(rest);
  return { thinking, sampling: generation < STRIPPED, validates, signedCalls: isNew, combines: isNew };
}

const NOTHING: Thinking = { by: 'nothing' };

/** "Strip temperature, top_p, and top_k from generation configs" (guide to 3.8 Flash, 2026-09); a penalty is refused there: "Penalty
 * is not enabled for this model" (public issues, 2026-09). */
const STRIPPED = 3.8;

/** The thinking guide's table (2026-09): low and high for 3 Pro, medium too since 3.1 Pro; minimal for Flash up to 3.6 and for
 * Flash-Lite, while 3.7 and 3.8 Flash refuse it. */
function levelsOf(kind: string, generation: number): Thinking {
  const hasMinimal = kind === 'flash-lite' || (kind === 'flash' && generation < 3.7);
  const hasMedium = kind !== 'pro' || generation >= 3.1;
  return {
    by: 'level',
    levels: [...(hasMinimal ? (['minimal'] as const) : []), 'low', ...(hasMedium ? (['medium'] as const) : []), 'high'],
  };
}

/** The table of budgets in the same guide. */
function budgetOf(kind: string, generation: number): Thinking {
  if (generation < 2.5) return NOTHING;
  if (kind === 'pro') return { by: 'budget', min: 128, max: 32_768, canStop: false, idle: false };
  if (kind === 'flash') return { by: 'budget', min: 1, max: 24_576, canStop: true, idle: false };
  return { by: 'budget', min: 512, max: 24_576, canStop: true, idle: true };
}
