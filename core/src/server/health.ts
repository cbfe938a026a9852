// /readyz: whether at least one provider can be used, by its own examination.
import { type Finding, isUsable } from '../contract/index.ts';
import type { Router } from '../host/index.ts';
import { keptFor } from './kept.ts';
import { selfCheck } from './self-check.ts';

const CHECK_MS = 5_000;
/** Probes come often; a provider is examined at most this often. */
const KEPT_MS = 10_000;

export interface Readiness {
  readonly ready: boolean;
  /** `findings` name endpoints and auth modes: they are for the operator. */
  readonly providers: Readonly<Record<string, { readonly ok: boolean; readonly findings?: readonly Finding[] }>>;
}

const examine = keptFor(KEPT_MS, (upstream) => selfCheck(upstream, { limitMs: CHECK_MS }));

/** `detailed`: with what was found. */
export async function readiness(router: Router, detailed: boolean): Promise<Readiness> {
  const entries = await Promise.all(
    [...router.upstreams.values()].map(async (upstream) => {
      const findings = await examine(upstream);
      const ok = isUsable(findings);
      return [upstream.name, detailed ? { ok, findings } : { ok }] as const;
    }),
  );
  // Who cannot examine itself is no evidence, unless there is no other.
  const telling = entries.filter(([name]) => router.upstreams.get(name)?.provider.check !== undefined);
  const evidence = telling.length > 0 ? telling : entries;
  return { ready: evidence.some(([, provider]) => provider.ok), providers: Object.fromEntries(entries) };
}
