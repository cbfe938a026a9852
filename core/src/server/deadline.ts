// The one deadline of a request, over all its targets and retries.
import { RouterError } from '../contract/index.ts';
import { targetsOf } from '../routing/index.ts';
import type { Client } from './client.ts';
import type { Way } from './journey.ts';

export interface Deadline {
  /** On performance.now()'s clock. */
  readonly atMs: number;
  /** Milliseconds since the epoch. */
  readonly epochMs: number;
  clear(): void;
}

/** `timeout.total` of the first target bounds the whole request. When it is over, the client's signal says so. */
export function setDeadline(client: Pick<Client, 'end'>, way: Pick<Way, 'group'>): Deadline {
  const totalMs = targetsOf(way.group)[0]?.upstream.config.timeout.totalMs ?? 0;
  const timer = setTimeout(() => {
    client.end(new RouterError('upstream-timeout', `no complete answer within ${totalMs} ms`, { own: true }));
  }, totalMs);
  return {
    atMs: performance.now() + totalMs,
    epochMs: Date.now() + totalMs,
    clear: () => clearTimeout(timer),
  };
}
