// Whether Bedrock would take a Converse request: first its shape, then, once the model is known, everything else.
import type { ConverseRequestBody } from '@turnout/core/wire';
import { CONVERSE, CONVERSE_STREAM } from './converse-shape.ts';
import { familyOf } from './family.ts';
import type { ResolvedModel } from './model.ts';
import type { ReasoningSeal } from './reasoning-seal.ts';
import { invalid, modelSaid } from './refusal.ts';
import { checkShape } from './shape.ts';
import { countPrompt } from './token-count.ts';
import { checkCache } from './validate-cache.ts';
import { checkFields } from './validate-fields.ts';
import { checkMedia } from './validate-media.ts';
import { findReasoningFault } from './validate-reasoning.ts';
import { checkRoles } from './validate-roles.ts';
import { checkTools } from './validate-tools.ts';

/** The body as a Converse request. Throws the Refusal of AWS's front end. */
export function parseConverse(body: unknown, stream: boolean): ConverseRequestBody {
  checkShape(stream ? CONVERSE_STREAM : CONVERSE, body);
  const parsed = body as Partial<ConverseRequestBody>; // checked by shape; `messages` alone is required by Bedrock, not by the shape
  return { ...parsed, messages: parsed.messages ?? [] };
}

/** Throws the Refusal of Bedrock, or of the model behind it. */
export function checkConverse(body: ConverseRequestBody, model: ResolvedModel, seal: ReasoningSeal): void {
  const family = familyOf(model.id);
  checkTools(body, model, family);
  checkRoles(body, model, family);
  checkMedia(body, model);
  checkFields(body, model, family);
  checkCache(body, model);
  const fault = findReasoningFault(body, model, seal);
  if (fault !== undefined) throw modelSaid(fault);
  checkLength(body, model);
}

function checkLength(body: ConverseRequestBody, model: ResolvedModel): void {
  const limit = model.facts.contextTokensMax;
  if (limit === undefined || countPrompt(body) <= limit) return;
  // Recorded for Nova.
  throw model.claude === undefined
    ? modelSaid(
        'Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.',
      )
    : invalid('Input is too long for requested model.');
}
