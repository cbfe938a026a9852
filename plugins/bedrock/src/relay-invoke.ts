// A body of InvokeModel as the client wrote it, made ready to be sent as it is: what the operator has set goes into the headers.
import { type ChatRequest, type PlanCall, RouterError } from '@turnout/core/contract';
import { isObject, Losses } from '@turnout/core/plugin';
import type { ConverseRequestBody } from '@turnout/core/wire';
import { pickBetas } from './beta.ts';
import { applyToInvoke } from './extras.ts';
import { mergeFields, type RelayBody, refuseStores } from './relay-converse.ts';
import { planAdditions } from './relay-defaults.ts';
import type { Target } from './resolve.ts';

type Json = Readonly<Record<string, unknown>>;

export interface InvokeBody extends RelayBody {
  readonly headers: Readonly<Record<string, string>>;
  /** What the headers say, as Converse has it: for the sentences of `explain`. */
  readonly settings: ConverseRequestBody;
}

// The one that Bedrock takes; Anthropic's own service has later ones, which its SDK sends here too (1.1.3, 2026-10).
const VERSION = 'bedrock-2023-05-31';

/** A body in Anthropic's own form, for a Claude. `given` is left as it is. */
export function relayClaude(given: Json, request: ChatRequest, call: PlanCall, target: Target): InvokeBody {
  const {
    model: _model,
    stream: _stream,
    anthropic_version: _version,
    bedrock: _ours,
    anthropic_beta,
    ...kept
  } = given;
  const losses = new Losses();
  const betas = pickBetas(anthropic_beta, target, losses);
  const body: Record<string, unknown> = { anthropic_version: VERSION, ...kept };
  if (betas.length > 0) body.anthropic_beta = betas;
  const line = addDefaults(body, request, target, losses);
  return { ...withSettings(body, request, call, target, losses), reasoningLine: line };
}

/** A body in the form of the model itself. `given` is left as it is. Throws RouterError for media in S3. */
export function relayNative(given: Json, request: ChatRequest, call: PlanCall, target: Target): InvokeBody {
  refuseStores(given);
  refuseAddresses(given);
  const losses = new Losses();
  return { ...withSettings({ ...given }, request, call, target, losses), reasoningLine: undefined };
}

/** Other models name a place in S3 in members of their own. */
function refuseAddresses(value: unknown): void {
  if (Array.isArray(value)) value.forEach(refuseAddresses);
  if (!isObject(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'object') refuseAddresses(inner);
    else if (typeof inner === 'string' && /^s3:\/\//i.test(inner) && /^(s3)?ur[il]$/i.test(name)) {
      throw new RouterError('unsupported', 'media are not taken from S3: send their bytes');
    }
  }
}

function addDefaults(body: Record<string, unknown>, request: ChatRequest, target: Target, losses: Losses) {
  const number = (name: string): number | undefined => {
    const value = body[name];
    return typeof value === 'number' ? value : undefined;
  };
  const output = body.output_config;
  const last: unknown = Array.isArray(body.messages) ? body.messages.at(-1) : undefined;
  const { inference, fields, withoutTopK, withoutForcedTool, line } = planAdditions(
    {
      maxTokens: number('max_tokens'),
      temperature: number('temperature'),
      topP: number('top_p'),
      topK: number('top_k'),
      reasons: body.thinking !== undefined || (isObject(output) && output.effort !== undefined),
      bare: false,
      prefill: isObject(last) && last.role === 'assistant',
      tools: Array.isArray(body.tools) && body.tools.length > 0,
    },
    request,
    target,
    losses,
  );
  set(body, 'max_tokens', inference.maxTokens);
  set(body, 'temperature', inference.temperature);
  set(body, 'top_p', inference.topP);
  Object.assign(body, mergeFields(body, fields));
  if (withoutTopK) delete body.top_k;
  const choice = body.tool_choice;
  if (withoutForcedTool && isObject(choice) && (choice.type === 'any' || choice.type === 'tool')) {
    losses.approximate('toolChoice', 'a thinking model takes no forced tool choice: it may choose');
    const { name: _name, ...rest } = choice;
    body.tool_choice = { ...rest, type: 'auto' };
  }
  return line;
}

/** A member that is not a number is left for AWS to refuse. */
function set(body: Record<string, unknown>, name: string, value: number | undefined): void {
  if (value !== undefined) body[name] = value;
  else if (typeof body[name] === 'number') delete body[name];
}

const GUARDRAIL_MEMBER = 'amazon-bedrock-guardrailConfig';
const TRACES: Readonly<Record<string, string>> = {
  enabled: 'ENABLED',
  disabled: 'DISABLED',
  enabled_full: 'ENABLED_FULL',
};

function withSettings(
  body: Record<string, unknown>,
  request: ChatRequest,
  call: PlanCall,
  target: Target,
  losses: Losses,
): Omit<InvokeBody, 'reasoningLine'> {
  const { settings, losses: lost, ofRoute } = applyToInvoke(request, call, target);
  losses.addAll(lost);
  const { guardrailConfig: guardrail, serviceTier, performanceConfig, requestMetadata } = settings;
  const headers: Record<string, string> = {};
  if (guardrail !== undefined) {
    headers['x-amzn-bedrock-guardrailidentifier'] = String(guardrail.guardrailIdentifier);
    headers['x-amzn-bedrock-guardrailversion'] = String(guardrail.guardrailVersion);
    const trace = TRACES[String(guardrail.trace)];
    if (trace !== undefined) headers['x-amzn-bedrock-trace'] = trace;
  }
  if (serviceTier !== undefined) headers['x-amzn-bedrock-service-tier'] = serviceTier.type;
  if (performanceConfig !== undefined) headers['x-amzn-bedrock-performanceconfig-latency'] = performanceConfig.latency;
  if (requestMetadata !== undefined) headers['x-amzn-bedrock-request-metadata'] = JSON.stringify(requestMetadata);
  if (ofRoute) {
    // With a suffix only the parts that are tagged with it would be looked at: not for the client to choose then.
    if (body[GUARDRAIL_MEMBER] !== undefined) losses.drop(GUARDRAIL_MEMBER, "the route's own guardrail is used");
    delete body[GUARDRAIL_MEMBER];
    const mode = guardrail?.streamProcessingMode;
    if (mode !== undefined) {
      body[GUARDRAIL_MEMBER] = { streamProcessingMode: mode === 'async' ? 'ASYNCHRONOUS' : 'SYNCHRONOUS' };
    }
  }
  return { body, headers, settings, losses: losses.list };
}
