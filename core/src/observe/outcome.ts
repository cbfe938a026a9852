// How the tries of a request really ended: one that had begun to answer may have broken off later.
import type { ErrorCode } from '../contract/index.ts';
import type { RequestRecord } from './record.ts';

/** Why a try failed, before its answer began or after; undefined when it answered to the end. */
export function failureOf({ tries, resumed, error }: RequestRecord, position: number): ErrorCode | undefined {
  const one = tries[position];
  if (one?.code !== undefined) return one.code;
  if (position === tries.length - 1) return error?.code;
  return resumed?.find(({ from }) => from === one?.target)?.code;
}

/** When a try was over, on performance.now()'s clock: one that answered lasts as long as its answer. */
export function endOf({ tries, startMs, totalMs = 0 }: RequestRecord, position: number): number {
  const one = tries[position];
  if (one === undefined) return startMs;
  const beganMs = one.startMs + one.ms;
  if (one.code !== undefined) return beganMs;
  const next = tries[position + 1];
  return Math.max(beganMs, next ? next.startMs - next.waitMs : startMs + totalMs);
}
