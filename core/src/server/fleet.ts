// The processes of one server, as each of them sees the others: what an operator asks one of them, all answer.
import type { Reloaded, Router } from '../host/index.ts';
import { type Metric, splitTarget } from '../observe/index.ts';
import { breakerOf, type ExplainedBreaker } from './explain-target.ts';

export interface Fleet {
  /** Puts what the file says now to work everywhere, or nowhere. Throws ConfigError. */
  reload(): Promise<Reloaded>;
  /** What all of them have counted. */
  metrics(): Promise<readonly Metric[]>;
  /** How the breakers of these targets, by their names, stand in each of them. */
  examine(targets: readonly string[]): Promise<readonly WorkerHealth[]>;
}

export interface TargetHealth {
  /** `provider/model`, or `provider@member/model` */
  readonly target: string;
  readonly breaker: ExplainedBreaker;
}

export interface WorkerHealth {
  readonly worker: number;
  readonly targets: readonly TargetHealth[];
}

/** The same in this process alone; without those whose provider is not there. */
export function examineHere({ upstreams }: Pick<Router, 'upstreams'>, targets: readonly string[]): TargetHealth[] {
  return targets.flatMap((target) => {
    const { provider, ...patient } = splitTarget(target);
    const upstream = upstreams.get(provider);
    return upstream ? [{ target, breaker: breakerOf({ ...patient, upstream }) }] : [];
  });
}
