// A guardrail on its way out, and what of its trace may come back.
import type { TextPart } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';
import type { ConverseBlock, ConverseRequestBody } from '@turnout/core/wire';
import { maskAccounts } from './error.ts';
import { type RouteSettings, wrong } from './settings.ts';

type Guardrail = NonNullable<RouteSettings['guardrail']>;

/** Only a stream has a mode; a trace that nobody asked for is not asked for either. */
export function guardrailConfig({ id, version, trace, streamMode }: Guardrail, stream: boolean) {
  return {
    guardrailIdentifier: id,
    guardrailVersion: version,
    ...(trace === undefined ? {} : { trace }),
    ...(stream && streamMode !== undefined ? { streamProcessingMode: streamMode } : {}),
  };
}

const QUALIFIERS: readonly unknown[] = ['grounding_source', 'query', 'guard_content'];

/** Text that the client has marked with `guard`: where there is any, the guardrail looks at nothing else of the turn.
 * undefined for text without the mark. Throws RouterError `invalid-request` for a mark that is none. */
export function guardedBlock({ text, extensions }: TextPart): ConverseBlock | undefined {
  const own = extensions?.['bedrock-converse']?.guardContent;
  // As the client that speaks Converse wrote it.
  if (own !== undefined) return { guardContent: own };
  const guard = extensions?.bedrock?.guard;
  if (guard === undefined || guard === false) return undefined;
  if (guard === true) return { guardContent: { text: { text } } };
  if (!Array.isArray(guard) || guard.length === 0 || !guard.every((word) => QUALIFIERS.includes(word))) {
    throw wrong('bedrock.guard', `expected true, or a list of ${QUALIFIERS.join(', ')}`);
  }
  return { guardContent: { text: { text, qualifiers: guard } } };
}

/** Whether a request asks to see what its guardrail finds. */
export const wantsTrace = ({ guardrailConfig }: ConverseRequestBody): boolean =>
  guardrailConfig?.trace === 'enabled' || guardrailConfig?.trace === 'enabled_full';

/** The trace of an answer. A guardrail that the account enforces traces unasked, and its trace quotes what it matched:
 * it is left out unless somebody wanted it. Accounts are masked, in keys too. undefined when nothing is left. */
export function pickTrace(trace: unknown, wanted: boolean): Readonly<Record<string, unknown>> | undefined {
  if (typeof trace !== 'object' || trace === null) return undefined;
  const kept = Object.entries(trace).filter(([name]) => wanted || name !== 'guardrail');
  return kept.length === 0 ? undefined : maskedMembers(kept);
}

const maskedMembers = (members: readonly (readonly [string, unknown])[]): Record<string, unknown> =>
  Object.fromEntries(members.map(([name, value]) => [maskAccounts(name), masked(value)]));

function masked(value: unknown): unknown {
  if (typeof value === 'string') return maskAccounts(value);
  if (Array.isArray(value)) return value.map(masked);
  return isObject(value) ? maskedMembers(Object.entries(value)) : value;
}

/** The model that a prompt router chose. */
export function invokedModelOf(trace: unknown): string | undefined {
  const router =
    typeof trace === 'object' && trace !== null && 'promptRouter' in trace ? trace.promptRouter : undefined;
  const chosen =
    typeof router === 'object' && router !== null && 'invokedModelId' in router ? router.invokedModelId : undefined;
  return typeof chosen === 'string' ? chosen : undefined;
}
