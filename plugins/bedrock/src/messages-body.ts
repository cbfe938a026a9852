// A body of Messages, made what InvokeModel takes for a Claude: the client's own words, without what only Anthropic's own service has.
import { type ChatRequest, type Loss, unreadExtensions } from '@turnout/core/contract';
import { fitsStrict, isObject } from '@turnout/core/plugin';
import { takesBeta } from './beta.ts';
import { READ_EXTENSIONS } from './extras.ts';
import { limitTokens, planInference } from './inference.ts';
import { shapeHistory } from './messages-history.ts';
import { isSet, type Json, Shaping } from './messages-shaping.ts';
import { shapeTools } from './messages-tools.ts';
import { CONTEXT, planClearing } from './native-tools.ts';
import { samplingMisfit, thinkingMisfit } from './relay-fit.ts';
import type { Target } from './resolve.ts';

export interface MessagesBody {
  readonly body: Readonly<Record<string, unknown>>;
  readonly losses: readonly Loss[];
}

/** The members that InvokeModel has too: those of Claude Code in its Bedrock mode (2.1.330, 2026-11) and of AWS's page. */
const SHARED = [
  ...['max_tokens', 'temperature', 'top_p', 'top_k', 'stop_sequences', 'metadata', 'thinking', 'output_config'],
  ...['tools', 'tool_choice', 'system', 'messages'],
];
const EFFORT = 'effort-2025-11-24';

/** `given` is left as it is. Gives a reason instead where the target would refuse it as the client has it. */
export function messagesBody(given: Json, request: ChatRequest, target: Target): MessagesBody | string {
  const own = request.extensions?.['anthropic-messages'];
  const shaping = new Shaping(target, own?.anthropic_beta);
  const body: Record<string, unknown> = {};
  for (const name of SHARED) if (isSet(given[name])) body[name] = given[name];
  shapeTools(body, shaping);
  const { effort } = shapeHistory(body, given.cache_control, shaping);
  shapeOutput(body, given.output_format, effort, shaping);
  shapeThinking(body, shaping);
  shapeLimits(body, shaping);
  shapeSampling(body, shaping);
  const cleared = planClearing(own?.context_management, target, shaping.losses);
  if (cleared !== undefined) {
    body.context_management = cleared;
    shaping.betas.add(CONTEXT);
  }
  shaping.losses.addAll(unreadExtensions(request, READ_EXTENSIONS));
  if (shaping.betas.size > 0) body.anthropic_beta = [...shaping.betas];
  return shaping.misfit ?? conflictOf(body, target) ?? { body, losses: shaping.losses.list };
}

function shapeLimits(body: Record<string, unknown>, { target, betas, losses }: Shaping): void {
  const { max_tokens: limit, metadata, stop_sequences: stops, top_k: topK } = body;
  if (limit === 0) {
    losses.approximate('maxTokens', 'an answer of one token stands for one of none');
    body.max_tokens = 1;
  } else if (typeof limit === 'number' && !betas.has('output-128k-2025-02-19')) {
    body.max_tokens = limitTokens(limit, target.row, false, losses);
  }
  const user = isObject(metadata) ? metadata.user_id : undefined;
  if (typeof user === 'string' && user !== '') body.metadata = { user_id: user };
  else delete body.metadata;
  if (Array.isArray(stops) && stops.length === 0) delete body.stop_sequences;
  if (typeof topK === 'number' && topK <= 0) delete body.top_k;
}

/** `turnEffort`: of the newest system message between the turns; Bedrock has an effort for the whole request only. */
function shapeOutput(body: Record<string, unknown>, former: unknown, turnEffort: unknown, shaping: Shaping): void {
  const config: Json = isObject(body.output_config) ? body.output_config : {};
  const { target, betas, losses } = shaping;
  const effort = turnEffort ?? config.effort;
  if (isSet(turnEffort) && isSet(config.effort) && turnEffort !== config.effort) {
    const why = 'the effort of the newest system message holds for the whole request';
    losses.approximate('output_config', why);
  }
  // As it was called before.
  const format = config.format ?? former;
  const output: Record<string, unknown> = {};
  if (isSet(effort)) {
    output.effort = effort;
    if (takesBeta(EFFORT, target)) betas.add(EFFORT);
  }
  if (isObject(format)) {
    output.format = { type: format.type, schema: format.schema };
    const { nativeOutput } = target.family;
    if (nativeOutput === 'strict' && !fitsStrict(format.schema)) shaping.unfit('a JSON schema outside its subset');
  }
  if (Object.keys(output).length > 0) body.output_config = output;
  else delete body.output_config;
}

/** What is not this model's way of thinking is left to be planned anew, by the canonical form of the same setting. */
function shapeThinking(body: Record<string, unknown>, { target, losses }: Shaping): void {
  const { family } = target;
  const { thinking, output_config: config } = body;
  const { effort, ...output }: Json = isObject(config) ? config : {};
  const isOff = isObject(thinking) && thinking.type === 'disabled' && family.reasoning.kind === 'none';
  // With its flag the effort is beside the thinking.
  const own = takesBeta(EFFORT, target) ? undefined : effort;
  if (isOff || thinkingMisfit(thinking, own, family) !== undefined) {
    delete body.thinking;
    if (Object.keys(output).length > 0) body.output_config = output;
    else delete body.output_config;
    return;
  }
  if (!isObject(thinking)) return;
  const { type, budget_tokens: budget, display } = thinking;
  const { reasoning: style } = family;
  const shaped: Record<string, unknown> = { type };
  if (type === 'enabled') shaped.budget_tokens = budget;
  body.thinking = shaped;
  if (typeof display !== 'string' || type === 'disabled') return;
  if (style.kind === 'adaptive' && style.display) {
    shaped.display = display === 'omitted' ? display : 'summarized';
    if (display !== shaped.display) losses.approximate('thinking.display', 'the thinking is summarized');
  } else if (display === 'omitted') losses.drop('thinking.display', 'the model shows its thinking always');
}

/** What the model would refuse of temperature, top_p, top_k and stop sequences gives way as in every other protocol. */
function shapeSampling(body: Record<string, unknown>, { target: { family }, losses }: Shaping): void {
  const { temperature, top_p: topP, top_k: topK, stop_sequences: stops, thinking } = body;
  const thinks = isObject(thinking) && thinking.type !== 'disabled';
  const clashes = thinks && ((temperature ?? 1) !== 1 || isSet(topK) || (typeof topP === 'number' && topP < 0.95));
  const isBlank = (stop: unknown): boolean => !/\S/.test(String(stop));
  const stop = Array.isArray(stops) ? stops.map(String) : [];
  const refused = clashes || Number(temperature) > 1 || stop.some(isBlank);
  if (!refused && samplingMisfit(family, temperature, topP, topK) === undefined) return;
  const wanted = { temperature, topP, topK, stop } as Parameters<typeof planInference>[0]; // the protocol has checked them
  const { config, fields } = planInference(
    wanted,
    family,
    Number(body.max_tokens),
    { fields: {}, thinking: thinks },
    losses,
  );
  const sent = {
    temperature: config.temperature,
    top_p: config.topP,
    top_k: fields.top_k,
    stop_sequences: config.stopSequences,
  };
  for (const [name, value] of Object.entries(sent)) {
    if (value === undefined) delete body[name];
    else body[name] = value;
  }
}

const BUDGET_MIN = 1024;
const INTERLEAVED = 'interleaved-thinking-2025-05-14';

/** Settings that exclude each other at Claude: what can be done about it is the canonical form's business. */
function conflictOf(body: Json, { family }: Target): string | undefined {
  const { thinking, max_tokens: limit, anthropic_beta: betas } = body;
  const type = isObject(thinking) ? thinking.type : undefined;
  const { effort } = isObject(body.output_config) ? body.output_config : {};
  if (type === 'disabled' && family.reasoning.kind === 'adaptive' && family.reasoning.offUpToHigh)
    return effort === 'xhigh' || effort === 'max' ? `the effort ${effort} without thinking` : undefined;
  if (!isObject(thinking) || type === 'disabled') return undefined;
  const budget = thinking.budget_tokens;
  const isInterleaved = Array.isArray(betas) && betas.includes(INTERLEAVED);
  if (typeof budget === 'number' && (budget < BUDGET_MIN || (!isInterleaved && budget >= Number(limit))))
    return 'a budget that does not fit max_tokens';
  const choice = isObject(body.tool_choice) ? body.tool_choice.type : undefined;
  if ((choice === 'any' || choice === 'tool') && !family.forcedToolThinks) return 'a forced tool beside thinking';
  return undefined;
}
