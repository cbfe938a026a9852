// /readyz: whether at least one provider can be used, by its own examination.
import { type Finding, isUsable } from '../contract/index.ts';
import type { Router, Upstream } from '../host/index.ts';

const CHECK_MS = 5_000;
/** Probes come often; a provider is examined at most this often. */
const KEPT_MS = 10_000;

export interface Readiness {
  readonly ready: boolean;
  /** `findings` name endpoints and auth modes: they are for the operator. */
  readonly providers: Readonly<Record<string, { readonly ok: boolean; readonly findings?: readonly Finding[] }>>;
}

const kept = new WeakMap<Upstream, { readonly untilMs: number; readonly findings: Promise<readonly Finding[]> }>();

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

function examine(upstream: Upstream): Promise<readonly Finding[]> {
  const nowMs = performance.now();
  const known = kept.get(upstream);
  if (known && nowMs < known.untilMs) return known.findings;
  const findings = check(upstream);
  kept.set(upstream, { untilMs: nowMs + KEPT_MS, findings });
  return findings;
}

async function check({ provider, log }: Upstream): Promise<readonly Finding[]> {
  try {
    return (await provider.check?.({ signal: AbortSignal.timeout(CHECK_MS), log })) ?? [];
  } catch (error) {
    return [{ ok: false, what: 'check', detail: error instanceof Error ? error.message : String(error) }];
  }
}
