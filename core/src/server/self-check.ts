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
    return [{ ok: false, what: 'check', detail: failureText(thrown, concealment) }];
  }
}

/** What a call outside the spine has failed of. A plugin's messages hold no secrets, by the contract; of `headers` it knows nothing. */
export function failureText(thrown: unknown, concealment?: Upstream['concealment']): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return concealment?.text(text) ?? text;
}
