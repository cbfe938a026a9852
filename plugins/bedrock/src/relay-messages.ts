// Messages clients whose target is a Claude: their own body goes through InvokeModel, which speaks the same language.
import type { ChatRequest, PlanCall } from '@turnout/core/contract';
import { isObject, Losses } from '@turnout/core/plugin';
import { messagesBody } from './messages-body.ts';
import type { Json } from './messages-shaping.ts';
import { misfitOfClaude, misfitOfHistory } from './relay-fit.ts';
import { type InvokeBody, relayClaude } from './relay-invoke.ts';
import type { Target } from './resolve.ts';

/** The body to send; or why the request goes through Converse instead. `given` is left as it is. */
export function relayMessages(given: Json, request: ChatRequest, call: PlanCall, target: Target): InvokeBody | string {
  const refusal = needsConverse(request, call, target) ?? misfitOfHistory(request);
  if (refusal !== undefined) return refusal;
  const shaped = messagesBody(given, request, target);
  if (typeof shaped === 'string') return shaped;
  const misfit = misfitOfClaude(shaped.body, target);
  if (misfit !== undefined) return misfit;
  const invoke = relayClaude(shaped.body, request, call, target);
  const losses = new Losses();
  // Both look at what the model would refuse.
  losses.addAll(shaped.losses);
  losses.addAll(invoke.losses);
  return { ...invoke, losses: losses.list };
}

/** Only Converse has them, or tells in words that Messages has too what came of them. */
const OF_CONVERSE = [
  ...['guardrail', 'additionalModelResponseFieldPaths', 'systemTools', 'citations', 'promptVariables'],
] as const;

function needsConverse({ extensions }: ChatRequest, call: PlanCall, target: Target): string | undefined {
  if (target.api === 'invoke') return "the model takes other bodies than Claude's";
  if (target.managedPrompt === true) return 'a managed prompt is asked through Converse';
  if (/prompt-router\//.test(target.id)) return 'a prompt router is asked through Converse';
  const route: Json = isObject(call.routeSettings) ? call.routeSettings : {};
  const client: Json = extensions?.bedrock ?? {};
  const setting = OF_CONVERSE.find((name) => (route[name] ?? client[name]) !== undefined);
  return setting === undefined ? undefined : `${setting} is for Converse`;
}
