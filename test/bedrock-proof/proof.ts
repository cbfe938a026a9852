// What the proofs share: a request is shaped as the plugin does it, held to AWS's API model and to bedrock-local's validators.
import type { ChatRequest, Part } from '@turnout/core/contract';
import type { ConverseRequestBody } from '@turnout/core/wire';
import { createDirectory } from '../../plugins/bedrock/local/model.ts';
import { createSeal, type ReasoningSeal } from '../../plugins/bedrock/local/reasoning-seal.ts';
import { checkConverse, parseConverse } from '../../plugins/bedrock/local/validate-converse.ts';
import { applyExtras } from '../../plugins/bedrock/src/extras.ts';
import { type Shaped, shapeRequest } from '../../plugins/bedrock/src/request.ts';
import { type ResolveSettings, resolveTarget } from '../../plugins/bedrock/src/resolve.ts';
import { findModelFaults } from './api-model.ts';

/** Models that the catalogue does not list: not seen on Bedrock yet, or not there yet at all. */
export const UNLISTED = ['anthropic.claude-haiku-5-5', 'anthropic.claude-fable-5-2', 'anthropic.claude-zeta-9'];
const directory = createDirectory(UNLISTED.map((id) => ({ id })));
/** Signs reasoning as bedrock-local's Claude does. */
export const seal = createSeal();
/** Takes any signature: recorded ones are Anthropic's. */
export const anySeal: ReasoningSeal = {
  sign: () => '',
  verify: () => true,
  redact: () => '',
  verifyRedacted: () => true,
};

const SETTINGS: ResolveSettings = {
  region: 'us-east-1',
  regionSource: 'the test',
  crossRegion: 'global',
  endpoint: undefined,
  models: {},
};

export interface Proven {
  /** As it goes over the wire. */
  readonly body: ConverseRequestBody;
  readonly echo: Shaped['echo'];
  /** `temperature:dropped`, each once. */
  readonly losses: readonly string[];
  readonly reasons: readonly string[];
}

/** The request as the plugin makes it. */
export function shape(
  request: ChatRequest,
  settings: Partial<ResolveSettings> = {},
  routeSettings?: unknown,
): Shaped & { readonly wireModel: string } {
  const target = resolveTarget(request.model, { ...SETTINGS, ...settings });
  const shaped = shapeRequest(request, target);
  const losses = applyExtras(shaped.body, request, { stream: true, routeSettings }, target);
  return { ...shaped, losses: [...shaped.losses, ...losses], wireModel: target.id };
}

/** The request as it goes over the wire; throws what the plugin refuses, what AWS's API model finds wrong, and what
 * bedrock-local refuses. */
export function prove(request: ChatRequest, trust: ReasoningSeal = seal): Proven {
  const { body: shaped, echo, losses, wireModel } = shape(request);
  const body: ConverseRequestBody = JSON.parse(JSON.stringify(shaped));
  holdToModel(body);
  checkConverse(parseConverse(structuredClone(body), true), directory.resolve(wireModel, SETTINGS.region), trust);
  return {
    body,
    echo,
    losses: losses.map(({ field, action }) => `${field}:${action}`),
    reasons: losses.map(({ reason }) => reason),
  };
}

/** Throws what AWS's API model finds wrong with a body. */
export function holdToModel(body: unknown): void {
  const faults = findModelFaults(body);
  if (faults.length > 0) throw new Error(`AWS's API model: ${faults.join('; ')}`);
}

/** A request with one user message, and whatever is given. */
export const asked = (model: string, given: Partial<ChatRequest> = {}): ChatRequest => ({
  model,
  system: [],
  messages: [{ role: 'user', parts: [words('Hello')] }],
  tools: [],
  ...given,
});

export const words = (text: string): Part => ({ type: 'text', text });
