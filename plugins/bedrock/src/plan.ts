// What a request becomes for one resolved target: relayed where the client speaks Bedrock itself, else a body of our own making.
import type { ChatRequest, Plan, PlanCall } from '@turnout/core/contract';
import { applyExtras, hasClientGuardrail, withExtras } from './extras.ts';
import { wantsTrace } from './guardrail.ts';
import { toChatBody } from './invoke-request.ts';
import { fitManagedPrompt } from './prompt.ts';
import { relayOf } from './relay-plan.ts';
import { shapeRequest } from './request.ts';
import type { Target } from './resolve.ts';
import type { UnstreamedModels } from './unstreamed.ts';
import type { Wire } from './wire.ts';

/** All of a plan but the resolution, of which these are the reasons and the line on reasoning. */
export type PlannedCall = Omit<Plan, 'resolution'> & {
  readonly reasons: readonly string[];
  readonly line: string | undefined;
};

/** Pure. Throws RouterError for what cannot be sent at all. */
export function planCall(
  request: ChatRequest,
  call: PlanCall,
  target: Target,
  unstreamed: UnstreamedModels,
): PlannedCall {
  const relayed = relayOf(request, call, target, unstreamed);
  if (relayed !== undefined && typeof relayed !== 'string') return relayed;
  const { body, echo, losses: shaped, reasoningLine: line } = shapeRequest(request, target);
  const extras = [...applyExtras(body, request, call, target)];
  if (target.managedPrompt) extras.push(...fitManagedPrompt(body, request));
  const chat = target.api === 'invoke' ? toChatBody(body) : undefined;
  if (chat !== undefined) extras.push(...chat.losses.list);
  const wire: Wire = {
    target: hasClientGuardrail(body, call.routeSettings) ? { ...target, clientGuardrail: true } : target,
    body: chat?.body ?? body,
    echo: wantsTrace(body) ? { ...echo, wantsTrace: true } : echo,
  };
  const losses = extras.length === 0 ? shaped : [...shaped, ...extras];
  const reasons = relayed === undefined ? target.reasons : [...target.reasons, `the answer is rebuilt: ${relayed}`];
  return {
    losses,
    wire,
    ...(unstreamed.covers(wire) ? { streams: false } : {}),
    // Others take the assistant's words at the end, but are not known to go on with them.
    ...(target.family.origin === 'claude' && body.messages.at(-1)?.role === 'assistant' ? { prefill: true } : {}),
    reasons: withExtras(reasons, body),
    line,
  };
}
