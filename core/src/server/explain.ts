// "Where would this request go, and why?": the same code as a request, up to and including the plan, without any call.
import { type BreakerState, healthKey, targetName } from '../attempt/index.ts';
import { type Loss, type Resolution, RouterError } from '../contract/index.ts';
import type { Caller, Router } from '../host/index.ts';
import { targetsOf } from '../routing/index.ts';
import { departFrom, findJourney, type Journey, lookAhead, type RouteTarget } from './journey.ts';

export interface ExplainedTarget {
  /** `provider/model` */
  readonly target: string;
  readonly resolution?: Resolution;
  readonly losses: readonly Loss[];
  readonly breaker: BreakerState;
  /** Why this target could not be asked at all. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface Explanation {
  readonly model: string;
  /** The route's name in the YAML; absent for `provider/model` directly. */
  readonly route?: string;
  readonly line?: number;
  readonly why: string;
  readonly targets: readonly ExplainedTarget[];
}

/** Throws RouterError as a request for that model would. */
export function explain(router: Router, model: string, caller: Caller): Explanation {
  const journey = findJourney(router, departFrom(model), caller);
  const { route } = journey;
  return {
    model,
    ...(route && { route: route.name, line: route.line }),
    why: journey.why,
    targets: targetsOf(journey.group).map((target) => explainTarget(journey, target)),
  };
}

function explainTarget(journey: Journey, target: RouteTarget): ExplainedTarget {
  const name = targetName(target);
  const breaker = target.upstream.breakers.get(healthKey(target))?.state(performance.now()) ?? 'closed';
  try {
    const { resolution, losses } = lookAhead(target, journey).plan;
    return { target: name, resolution, losses, breaker };
  } catch (thrown) {
    const { code, message } = RouterError.from(thrown);
    return { target: name, losses: [], breaker, error: { code, message } };
  }
}

/** The explanation as a person reads it. */
export function formatExplanation(explanation: Explanation): string {
  const lines = [`${explanation.model}: ${explanation.why}`];
  explanation.targets.forEach((target, position) => {
    lines.push(`  ${position + 1}. ${target.target}`);
    const row = (name: string, value: string | undefined) => {
      if (value !== undefined) lines.push(`       ${name.padEnd(10)} ${value}`);
    };
    const { resolution } = target;
    row('model', resolution?.model);
    row('region', resolution?.region);
    row('endpoint', resolution?.endpoint);
    row('auth', resolution?.auth);
    row('reasoning', resolution?.reasoning);
    for (const reason of resolution?.reasons ?? []) row('because', reason);
    for (const loss of target.losses) row('loss', `${loss.field} ${loss.action}: ${loss.reason}`);
    row('breaker', target.breaker);
    if (target.error) row('error', `${target.error.code}: ${target.error.message}`);
  });
  return lines.join('\n');
}
