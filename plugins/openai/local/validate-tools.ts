// Tools and the choice among them.
import { isObject, isUnset, type JsonObject } from '@turnout/core/testing';
import { invalidType, invalidValue, missingParameter, Refusal, unknownParameter } from './refusal.ts';
import { strictProblem } from './strict-schema.ts';

const TOOLS_MAX = 128;
const FUNCTION_MEMBERS = ['name', 'description', 'parameters', 'strict'];
const CUSTOM_MEMBERS = ['name', 'description', 'format'];

/** Throws Refusal. */
export function checkTools(body: JsonObject): void {
  const { tools, tool_choice: choice, parallel_tool_calls: parallel } = body;
  if (isUnset(tools)) {
    const only = (param: string): Refusal =>
      new Refusal(`Invalid value for '${param}': '${param}' is only allowed when 'tools' are specified.`, { param });
    if (!isUnset(choice) && choice !== 'none' && isUnset(body.functions)) throw only('tool_choice');
    if (!isUnset(parallel)) throw only('parallel_tool_calls');
    return;
  }
  const list = tools as readonly unknown[]; // found to be a list
  if (list.length === 0) {
    const message = 'empty array. Expected an array with minimum length 1, but got an empty array instead.';
    throw invalidValue('tools', message, 'empty_array');
  }
  if (list.length > TOOLS_MAX) {
    const message = `array too long. Expected an array with maximum length ${TOOLS_MAX}, but got an array with length ${list.length} instead.`;
    throw invalidValue('tools', message, 'array_above_max_length');
  }
  const names = list.map((tool, index) => checkTool(tool, `tools[${index}]`));
  if (new Set(names).size < names.length) throw invalidValue('tools', 'tool names must be unique.');
  checkChoice(choice, names);
}

function checkTool(tool: unknown, at: string): string {
  if (!isObject(tool)) throw invalidType(at, 'an object', tool);
  const { type } = tool;
  if (isUnset(type)) throw missingParameter(`${at}.type`);
  if (type !== 'function' && type !== 'custom') {
    throw new Refusal(`Invalid value: '${String(type)}'. Supported values are: 'function' and 'custom'.`, {
      ...{ param: `${at}.type`, code: 'invalid_value' },
    });
  }
  for (const member of Object.keys(tool)) {
    if (member !== 'type' && member !== type) throw unknownParameter(`${at}.${member}`);
  }
  const inner = tool[type];
  if (!isObject(inner)) throw missingParameter(`${at}.${type}`);
  for (const member of Object.keys(inner)) {
    const known = type === 'custom' ? CUSTOM_MEMBERS : FUNCTION_MEMBERS;
    if (!known.includes(member)) throw unknownParameter(`${at}.${type}.${member}`);
  }
  const { name } = inner;
  if (typeof name !== 'string' || name === '') throw missingParameter(`${at}.${type}.name`);
  if (name.length > 64) {
    const message = `string too long. Expected a string with maximum length 64, but got a string with length ${name.length} instead.`;
    throw invalidValue(`${at}.${type}.name`, message, 'string_above_max_length');
  }
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    const message = "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.";
    throw invalidValue(`${at}.${type}.name`, message);
  }
  if (type === 'function') checkParameters(inner, name, at);
  return name;
}

/** Throws Refusal. */
export function checkParameters({ parameters, strict }: JsonObject, name: string, at: string): void {
  if (isUnset(parameters)) return;
  const wrong = (problem: string): Refusal =>
    new Refusal(`Invalid schema for function '${name}': ${problem}`, {
      ...{ param: `${at}.function.parameters`, code: 'invalid_function_parameters' },
    });
  if (!isObject(parameters)) throw invalidType(`${at}.function.parameters`, 'an object', parameters);
  if (parameters.type !== 'object') {
    throw wrong(
      `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(parameters.type ?? 'None')}"'.`,
    );
  }
  for (const keyword of ['oneOf', 'anyOf', 'allOf', 'enum', 'not']) {
    if (keyword in parameters) {
      throw wrong("schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.");
    }
  }
  if (!isObject(parameters.properties)) throw wrong('In context=(), object schema missing properties.');
  const problem = strict === true ? strictProblem(parameters) : undefined;
  if (problem !== undefined) throw wrong(problem);
}

const MODES = new Set(['auto', 'none', 'required']);

function checkChoice(choice: unknown, names: readonly string[]): void {
  if (isUnset(choice)) return;
  if (typeof choice === 'string') {
    if (MODES.has(choice)) return;
    throw new Refusal(`Invalid value: '${choice}'. Supported values are: 'none', 'auto', and 'required'.`, {
      ...{ param: 'tool_choice', code: 'invalid_value' },
    });
  }
  if (!isObject(choice)) throw invalidType('tool_choice', 'one of a string or an object', choice);
  if (choice.type === 'allowed_tools') return;
  const inner = choice.type === 'function' || choice.type === 'custom' ? choice[choice.type] : undefined;
  const name = isObject(inner) ? inner.name : undefined;
  if (typeof name !== 'string') throw missingParameter(`tool_choice.${String(choice.type ?? 'type')}`);
  if (names.includes(name)) return;
  throw new Refusal(
    `Invalid value for 'tool_choice': no function named '${name}' was specified in the 'tools' parameter.`,
    {
      param: 'tool_choice',
    },
  );
}
