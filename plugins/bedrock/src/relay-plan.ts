// Whether the answer of a request is relayed: for clients that speak Bedrock's own operations, or Messages with a Claude, with the
// body that they wrote.
import { type ChatRequest, type Loss, type PlanCall, RouterError } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';
import type { ConverseRequestBody } from '@turnout/core/wire';
import type { Operation } from './error.ts';
import { hasClientGuardrail, withExtras } from './extras.ts';
import type { PlannedCall } from './plan.ts';
import { relayConverse } from './relay-converse.ts';
import { misfitOfClaude, misfitOfConverse, misfitOfHistory } from './relay-fit.ts';
import { relayClaude, relayNative } from './relay-invoke.ts';
import { relayMessages } from './relay-messages.ts';
import type { Target } from './resolve.ts';
import type { UnstreamedModels } from './unstreamed.ts';

/** What `plan` hands to `relay`. */
export interface RelayWire {
  readonly target: Target;
  readonly operation: Operation;
  readonly body: object;
  /** Of the call, besides those of every call. */
  readonly headers: Readonly<Record<string, string>>;
  /** How the answer is to be read: Converse's, Anthropic's own (for a client of Messages, in its framing), or of another
   * model's own form. */
  readonly form: 'converse' | 'claude' | 'messages' | 'native';
}

interface RelayPlan {
  readonly wire: RelayWire;
  readonly losses: readonly Loss[];
  readonly reasoningLine: string | undefined;
  /** What of guardrail, tier, latency and tags goes with it, as Converse has it. */
  readonly settings: ConverseRequestBody;
}

/** The plan to relay; or why the answer is rebuilt instead, undefined where the client does not speak the target's language at
 * all. Throws RouterError for what cannot be sent at all. */
export function relayOf(
  request: ChatRequest,
  call: PlanCall,
  target: Target,
  unstreamed: UnstreamedModels,
): PlannedCall | string | undefined {
  const plan = planRelay(request, call, target);
  if (plan === undefined || typeof plan === 'string') return plan;
  const { wire, losses, reasoningLine: line, settings } = plan;
  // A model that refuses to stream is asked for its whole answer, and somebody must make a stream of it.
  if (wire.operation === 'converse-stream' && unstreamed.covers(wire)) return 'the model does not stream';
  const reasons = [...target.reasons, 'the answer is relayed: its bytes go to the client as they come'];
  const ofClient = hasClientGuardrail(settings, call.routeSettings);
  return {
    losses,
    wire: ofClient ? { ...wire, target: { ...target, clientGuardrail: true } } : wire,
    relay: true,
    reasons: withExtras(reasons, settings),
    line,
  };
}

function planRelay(request: ChatRequest, call: PlanCall, target: Target): RelayPlan | string | undefined {
  const { protocol, body } = call;
  if (!isObject(body)) return undefined;
  if (protocol === 'bedrock-converse') return planConverse(body, request, call, target);
  if (protocol === 'bedrock-invoke') return planInvoke(body, request, call, target);
  return protocol === 'anthropic-messages' ? planMessages(body, request, call, target) : undefined;
}

function planMessages(
  given: Readonly<Record<string, unknown>>,
  request: ChatRequest,
  call: PlanCall,
  target: Target,
): RelayPlan | string | undefined {
  if (target.family.origin !== 'claude') return undefined;
  const relayed = relayMessages(given, request, call, target);
  if (typeof relayed === 'string') return `the request goes through Converse (${relayed})`;
  const { body, headers, losses, reasoningLine, settings } = relayed;
  const operation = operationOf(call);
  return { wire: { target, operation, body, headers, form: 'messages' }, losses, reasoningLine, settings };
}

const operationOf = ({ stream }: PlanCall): Operation => (stream ? 'invoke-with-response-stream' : 'invoke');

function planConverse(
  body: Readonly<Record<string, unknown>>,
  request: ChatRequest,
  call: PlanCall,
  target: Target,
): RelayPlan | string {
  if (target.row?.kind === 'embedding') {
    throw new RouterError('unsupported', `${target.id} makes embeddings: ask it at /v1/embeddings`, { field: 'model' });
  }
  if (target.api === 'invoke') return 'the model is asked through InvokeModel';
  const misfit =
    call.relayOnly === undefined ? (misfitOfHistory(request) ?? misfitOfConverse(body, target)) : undefined;
  if (misfit !== undefined) return `the model takes other bodies (${misfit})`;
  const { body: own, losses, reasoningLine } = relayConverse(body, request, call, target);
  const operation = call.stream ? 'converse-stream' : 'converse';
  return {
    wire: { target, operation, body: own, headers: {}, form: 'converse' },
    losses,
    reasoningLine,
    settings: own,
  };
}

function planInvoke(
  body: Readonly<Record<string, unknown>>,
  request: ChatRequest,
  call: PlanCall,
  target: Target,
): RelayPlan | string {
  const relayOnly = call.relayOnly !== undefined;
  const claude = target.family.origin === 'claude';
  // Without its version nobody but a Claude knows that it is for one.
  const native = relayOnly && !(claude && Array.isArray(body.messages));
  if (!relayOnly && !claude) return 'the model is not known to be a Claude';
  const misfit = relayOnly ? undefined : (misfitOfHistory(request) ?? misfitOfClaude(body, target));
  if (misfit !== undefined) return `the model takes other bodies (${misfit})`;
  const {
    body: own,
    headers,
    losses,
    reasoningLine,
    settings,
  } = (native ? relayNative : relayClaude)(body, request, call, target);
  return {
    wire: { target, operation: operationOf(call), body: own, headers, form: native ? 'native' : 'claude' },
    losses,
    reasoningLine,
    settings,
  };
}
