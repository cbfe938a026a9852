// A router's providers examined one by one, for `doctor`: what each finds about itself, its models, and when asked one call.
import { targetName } from '../attempt/index.ts';
import type { TargetConfig } from '../config/config.ts';
import { type Finding, isUsable } from '../contract/index.ts';
import type { Router, Upstream } from '../host/index.ts';
import { NO_SETTINGS } from '../routing/index.ts';
import { lookAhead, membersOf } from './journey.ts';
import { failureText, selfCheck } from './self-check.ts';
import { trialOf, tryModels } from './trial.ts';

export interface ExaminedProvider {
  readonly name: string;
  readonly plugin: string;
  /** False when something that every call needs is wrong. */
  readonly usable: boolean;
  readonly findings: readonly ExaminedFinding[];
}

/** `doubt`: may be wrong, and does not make the provider unusable. */
export interface ExaminedFinding extends Finding {
  readonly doubt?: true;
}

export interface ExaminationOptions {
  /** Make one call to each provider. It costs a few tokens. */
  readonly call: boolean;
}

const CHECK_MS = 15_000;
const LIST_MS = 15_000;

/** All at the same time, in the order of the file. Never throws. */
export function examine(router: Router, options: ExaminationOptions): Promise<ExaminedProvider[]> {
  const examined = [...router.upstreams.values()].map(async (upstream) => {
    const list = await listOf(upstream);
    const wanted = targetsOf(router, upstream.name);
    const unknown = wanted.filter((model) => !isKnown(upstream, model, list.ids));
    const findings: ExaminedFinding[] = [...(await findingsOf(upstream)), judgeModels(wanted, unknown, list)];
    if (options.call) {
      const known = wanted.filter((model) => !unknown.includes(model));
      findings.push(await trial(upstream, wanted.length > 0 ? [...known, ...unknown] : list.ids));
    }
    const usable = isUsable(findings.filter(({ doubt }) => doubt !== true));
    return { name: upstream.name, plugin: upstream.config.plugin.name, usable, findings };
  });
  return Promise.all(examined);
}

/** The models of this provider that the routes lead to; patterns name none. */
function targetsOf({ config }: Router, provider: string): readonly string[] {
  const models = config.routes
    .flatMap(({ targets, onContextOverflow = [], onContentBlocked = [] }): readonly TargetConfig[] => [
      ...targets,
      ...onContextOverflow,
      ...onContentBlocked,
    ])
    .flatMap((target) => ('provider' in target && target.provider === provider ? [target.model] : []));
  return [...new Set(models.filter((model) => !model.includes('*')))];
}

async function findingsOf(upstream: Upstream): Promise<readonly Finding[]> {
  if (upstream.provider.check) return selfCheck(upstream, { limitMs: CHECK_MS, thorough: true });
  return [{ ok: true, skipped: true, what: 'check', detail: 'the plugin cannot examine itself' }];
}

interface List {
  readonly ids: readonly string[];
  /** Why there is none. */
  readonly problem?: string;
}

async function listOf({ provider, log, concealment }: Upstream): Promise<List> {
  if (!provider.models) return { ids: [], problem: 'the plugin has no list' };
  try {
    const models = await provider.models({ signal: AbortSignal.timeout(LIST_MS), log });
    return { ids: models.map(({ id }) => id) };
  } catch (thrown) {
    return { ids: [], problem: failureText(thrown, concealment) };
  }
}

function judgeModels(wanted: readonly string[], unknown: readonly string[], list: List): ExaminedFinding {
  const { ids, problem } = list;
  const what = 'models';
  if (problem !== undefined) return { ok: true, skipped: true, what, detail: `not compared: ${problem}` };
  const size = `${ids.length} in its list`;
  if (unknown.length > 0) return { ok: false, doubt: true, what, detail: `unknown: ${unknown.join(', ')} (${size})` };
  return {
    ok: true,
    what,
    detail: wanted.length === 0 ? `no route names one (${size})` : `${wanted.join(', ')} (${size})`,
  };
}

/** The provider knows its own ways of writing a name better than the list does. */
function isKnown(upstream: Upstream, model: string, ids: readonly string[]): boolean {
  if (ids.includes(model)) return true;
  try {
    const [target] = membersOf({ upstream, model, settings: NO_SETTINGS });
    return (target && lookAhead(target, trialOf(target)).plan.resolution.known) ?? false;
  } catch {
    return false;
  }
}

async function trial(upstream: Upstream, models: readonly string[]): Promise<ExaminedFinding> {
  const what = 'call';
  try {
    const { target, usage } = await tryModels(upstream, models);
    const tokens = `tokens: ${usage.inputTokens} in, ${usage.outputTokens} out`;
    return { ok: true, what, detail: `${targetName(target)} answers (${tokens})` };
  } catch (thrown) {
    return { ok: false, what, detail: failureText(thrown, upstream.concealment) };
  }
}
