// The vendors' process of a soak, and what is said between them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Sent, Shape, Upstreams } from '../chaos/upstreams.ts';

export type Ask =
  | { readonly kind: 'start'; readonly seed: number; readonly shape: Shape }
  | { readonly kind: 'break'; readonly share: number }
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'tell' };
export type Said =
  | { readonly kind: 'started'; readonly urls: Upstreams['urls'] }
  | { readonly kind: 'told'; readonly open: number; readonly sent: readonly Sent[] };

export interface Vendors {
  readonly urls: Upstreams['urls'];
  /** What they have sent since they were last asked, and how many answers are under way. */
  tell(): Promise<{ readonly open: number; readonly sent: ReadonlyMap<string, Sent> }>;
  /** From now on this share of the calls goes wrong. */
  setFaults(share: number): void;
  /** Closes every connection, as vendors do with those that have been idle for long. */
  hangUp(): void;
  stop(): void;
}

export async function startVendors(start: Omit<Extract<Ask, { kind: 'start' }>, 'kind'>): Promise<Vendors> {
  const child = fork(fileURLToPath(new URL('./vendors.ts', import.meta.url)));
  const ask = async (message: Ask): Promise<Said> => {
    const answer = once(child, 'message');
    child.send(message);
    return (await answer)[0] as Said; // vendors.ts sends nothing else
  };
  const started = await ask({ kind: 'start', ...start });
  if (started.kind !== 'started') throw new Error('the vendors have not started');
  return {
    urls: started.urls,
    async tell() {
      const told = await ask({ kind: 'tell' });
      if (told.kind !== 'told') throw new Error('the vendors do not tell');
      return { open: told.open, sent: new Map(told.sent.map((one) => [one.id, one])) };
    },
    setFaults: (share) => void child.send({ kind: 'break', share } satisfies Ask),
    hangUp: () => void child.send({ kind: 'hang-up' } satisfies Ask),
    stop: () => child.disconnect(),
  };
}
