// The form that is asked of the answer.
import { isObject, isUnset, type JsonObject } from '@turnout/core/testing';
import { invalidValue, missingParameter, Refusal } from './refusal.ts';
import { strictProblem } from './strict-schema.ts';

/** Throws Refusal. */
export function checkOutput({ response_format: format, messages }: JsonObject): void {
  if (!isObject(format)) return;
  const { type, json_schema: wanted } = format;
  if (type === 'text') return;
  if (type === 'json_object') {
    if (/json/i.test(JSON.stringify(messages))) return;
    throw new Refusal(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      { param: 'messages' },
    );
  }
  if (type !== 'json_schema') {
    throw new Refusal(
      `Invalid value: '${String(type)}'. Supported values are: 'json_object', 'json_schema', and 'text'.`,
      { param: 'response_format.type', code: 'invalid_value' },
    );
  }
  if (!isObject(wanted)) throw missingParameter('response_format.json_schema');
  const { name, schema, strict } = wanted;
  if (typeof name !== 'string') throw missingParameter('response_format.json_schema.name');
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw invalidValue(
      'response_format.json_schema.name',
      "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    );
  }
  if (isUnset(schema)) return;
  const problem = strict === true ? strictProblem(schema) : undefined;
  if (problem === undefined) return;
  throw new Refusal(`Invalid schema for response_format '${name}': ${problem}`, { param: 'response_format' });
}
