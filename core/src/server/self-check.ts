// A provider's own examination of itself, with whatever goes wrong with it as a finding.
import type { CheckCall, Finding } from '../contract/index.ts';
import type { Upstream } from '../host/index.ts';

export interface SelfCheckOptions {
  readonly limitMs: number;
  readonly thorough?: CheckCall['thorough'];
}

/** What the provider finds; nothing for one that cannot examine itself. Never rejects. */
export async function selfCheck(
  { provider, log, concealment }: Upstream,
  options: SelfCheckOptions,
): Promise<readonly Finding[]> {
  const { limitMs, thorough } = options;
  try {
    const call = { signal: AbortSignal.timeout(limitMs), log, ...(thorough && { thorough }) };
    const found = (await provider.check?.(call)) ?? [];
    return concealment ? found.map((one) => ({ ...one, detail: concealment.text(one.detail) })) : found;
  } catch (thrown) {
    const detail = messageOf(thrown);
    return [{ ok: false, what: 'check', detail: concealment?.text(detail) ?? detail }];
  }
}

/** A plugin's messages hold no secrets: that is part of the contract. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
