// Everything that is checked of a request before it is answered.
import { isObject, type JsonObject, objectsIn } from '@turnout/core/testing';
import { checkMessage, GENERATE } from './fields.ts';
import { invalid } from './refusal.ts';
import { traitsOf } from './traits.ts';
import { checkContents } from './validate-contents.ts';
import { checkConfig, checkTools } from './validate-settings.ts';

/** A GenerateContentRequest. Throws Refusal for what Google would refuse. */
export function checkRequest(body: JsonObject, model: string): void {
  const traits = traitsOf(model);
  checkMessage(body, GENERATE, '');
  checkSystem(body.systemInstruction);
  checkContents(body.contents, traits);
  checkTools(body, traits);
  checkConfig(body, traits);
  checkSafety(body.safetySettings);
}

function checkSystem(system: unknown): void {
  if (system === undefined) return;
  const parts = objectsIn(isObject(system) ? system.parts : undefined);
  if (parts.length === 0 || parts.some(({ text }) => typeof text !== 'string'))
    throw invalid(
      '* GenerateContentRequest.system_instruction.parts: only text is supported, and there must be some.\n',
    );
}

function checkSafety(settings: unknown): void {
  const categories = objectsIn(settings).map(({ category }) => category);
  if (new Set(categories).size < categories.length)
    throw invalid(
      '* GenerateContentRequest.safety_settings: element predicate failed: only one setting per category is allowed.\n',
    );
}
