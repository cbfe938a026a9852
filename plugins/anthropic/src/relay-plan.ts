// A body that the client wrote itself, made ready to be sent as it is: with what the route sets where the client has said nothing.
import type { ChatRequest, Loss, PlanCall } from '@turnout/core/contract';
import { unreadExtensions } from '@turnout/core/contract';
import { isObject, Losses, ToolNames } from '@turnout/core/plugin';
import { MESSAGES_OWNER } from '@turnout/core/wire';
import { lacksReasoning, pairTools } from './arrange.ts';
import { pickBetas } from './betas.ts';
import { Marks } from './cache.ts';
import { readConversation } from './conversation.ts';
import { planReasoning, type ReasoningPlan } from './reasoning.ts';
import { misfitOf } from './relay-fit.ts';
import { ownOf } from './request.ts';
import { writeSampling, writeStop } from './sampling.ts';
import { canForce } from './tools.ts';
import { traitsOf } from './traits.ts';
import { type Bag, isSet } from './wire.ts';

/** What `plan` hands to `relay`. */
export interface RelayPlan {
  readonly body: Bag;
  readonly betas: readonly string[];
  readonly losses: readonly Loss[];
  /** The reasoning that the route has added, in one line. */
  readonly reasoningLine: string | undefined;
}

/** Members that are no part of Anthropic's body: betas are its header's, and so is the version. */
const APART = ['anthropic_beta', 'anthropic_version', 'betas', 'bedrock'];

/** The plan to relay; or why the request is rebuilt instead, undefined where the client does not speak Messages at all. `request`
 * is the canonical form of the same body, with the route's settings in it. */
export function relayOf(request: ChatRequest, call: PlanCall): RelayPlan | string | undefined {
  const { protocol, body: given } = call;
  if (protocol !== 'anthropic-messages' || !isObject(given)) return undefined;
  const traits = traitsOf(request.model);
  const misfit = misfitOf(given, request, traits);
  if (misfit !== undefined) return `the model takes other bodies (${misfit})`;
  const losses = new Losses();
  const body: Record<string, unknown> = { ...given, model: request.model };
  for (const member of APART) delete body[member];
  const reasoning = addReasoning(body, request, losses);
  addSampling(body, request, reasoning, losses);
  losses.addAll(unreadExtensions(request, { [MESSAGES_OWNER]: '*' }));
  const betas = [...new Set([...pickBetas(ownOf(request).anthropic_beta), ...(reasoning?.betas ?? [])])];
  return { body, betas, losses: losses.list, reasoningLine: reasoning?.line };
}

/** The route's reasoning, where the client says nothing of its own. */
function addReasoning(body: Record<string, unknown>, request: ChatRequest, losses: Losses): ReasoningPlan | undefined {
  const traits = traitsOf(request.model);
  const output = isObject(body.output_config) ? body.output_config : {};
  if (isSet(body.thinking) || isSet(output.effort) || request.reasoning === undefined) return undefined;
  const last: unknown = Array.isArray(body.messages) ? body.messages.at(-1) : undefined;
  const continues = isObject(last) && last.role === 'assistant';
  if (continues && request.reasoning !== 'off') {
    losses.drop('reasoning', "a thinking model does not continue the assistant's words");
    return undefined;
  }
  const plan = planReasoning(request.reasoning, {
    ...{ traits, losses },
    maxTokens: request.maxTokens ?? traits.outputTokensMax,
    tools: request.tools.length > 0,
    unsigned: traits.thinking.kind === 'budget' && isUnsigned(request),
  });
  const { thinking, output_config } = plan.fields;
  if (thinking !== undefined) body.thinking = thinking;
  if (output_config !== undefined) body.output_config = { ...output, ...output_config };
  const choice = body.tool_choice;
  if (
    plan.thinking &&
    isObject(choice) &&
    (choice.type === 'any' || choice.type === 'tool') &&
    !canForce(traits, true)
  ) {
    losses.approximate('toolChoice', 'a thinking model takes no forced tool choice: it may choose');
    const { name: _name, ...rest } = choice;
    body.tool_choice = { ...rest, type: 'auto' };
  }
  return plan;
}

/** What the route sets of sampling; and without what the added reasoning excludes. The client's own is the client's to set. */
function addSampling(
  body: Record<string, unknown>,
  request: ChatRequest,
  reasoning: ReasoningPlan | undefined,
  losses: Losses,
): void {
  const traits = traitsOf(request.model);
  const own = { temperature: body.temperature, top_p: body.top_p, top_k: body.top_k };
  const saysNothing = !Object.values(own).some(isSet);
  const added = reasoning?.fields.thinking !== undefined;
  if (saysNothing || added) {
    const thinks = reasoning?.thinking === true || isThinking(body.thinking);
    for (const name of Object.keys(own)) delete body[name];
    Object.assign(body, writeSampling(request, traits, thinks, losses));
  }
  if (!isSet(body.stop_sequences)) Object.assign(body, writeStop(request.stop, losses));
}

const isThinking = (thinking: unknown): boolean => isObject(thinking) && thinking.type !== 'disabled';

function isUnsigned(request: ChatRequest): boolean {
  const losses = new Losses();
  const draft = {
    ...{ traits: traitsOf(request.model), losses, marks: new Marks() },
    ...{ names: new ToolNames([]), mcpServers: new Set() },
  };
  return lacksReasoning(pairTools(readConversation(request, draft).turns, losses));
}
