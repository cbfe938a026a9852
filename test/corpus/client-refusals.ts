// The requests that are refused on purpose, and why.
import type { ClientRequest } from './client-traffic.ts';

export interface Refusal {
  readonly status: number;
  readonly says: RegExp;
}

interface Rule extends Refusal {
  readonly request: RegExp;
  /** Absent: whatever the family. */
  readonly family?: RegExp;
}

const RULES: readonly Rule[] = [];

/** undefined for a request that must be answered. */
export function refusalOf({ name }: Pick<ClientRequest, 'name'>, family: string): Refusal | undefined {
  return RULES.find((rule) => rule.request.test(name) && (rule.family?.test(family) ?? true));
}
