// Tools and settings of a request.
import { isObject, type JsonObject, objectsIn } from '@turnout/core/testing';
import { invalid } from './refusal.ts';
import type { LocalTraits } from './traits.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/;
const SERVER_TOOLS = [
  'googleSearch',
  'codeExecution',
  'urlContext',
  'googleMaps',
  'fileSearch',
  'googleSearchRetrieval',
];
const MODES: readonly unknown[] = ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'];
const FUNCTIONS_MAX = 512;

/** The functions of a request. */
export const functionsOf = (body: JsonObject): readonly JsonObject[] =>
  objectsIn(body.tools).flatMap(({ functionDeclarations }) => objectsIn(functionDeclarations));

/** Throws Refusal for what Google would refuse. */
export function checkTools(body: JsonObject, traits: LocalTraits): void {
  const functions = functionsOf(body);
  if (functions.length > FUNCTIONS_MAX)
    throw invalid(`At most ${FUNCTIONS_MAX} function declarations can be specified.`);
  const names = new Set<unknown>();
  for (const [index, { name, parameters, parametersJsonSchema: schema }] of functions.entries()) {
    const at = `GenerateContentRequest.tools[0].function_declarations[${index}]`;
    if (typeof name !== 'string' || !NAME.test(name)) throw invalid(`* ${at}.name: ${BAD_NAME}\n`);
    if (names.has(name)) throw invalid(`Duplicate function declaration found: ${name}`);
    names.add(name);
    if (parameters !== undefined && schema !== undefined)
      throw invalid(`* ${at}: only one of parameters and parameters_json_schema can be set.\n`);
    if (schema !== undefined && (!isObject(schema) || schema.type !== 'object'))
      throw invalid(`* ${at}.parameters_json_schema: the schema must describe an object.\n`);
  }
  const own = objectsIn(body.tools).flatMap((tool) => SERVER_TOOLS.filter((name) => tool[name] !== undefined));
  const config = isObject(body.toolConfig) ? body.toolConfig : {};
  if (own.length > 0 && functions.length > 0) {
    if (!traits.strict) throw invalid('Tool use with function calling is unsupported');
    if (config.includeServerSideToolInvocations !== true)
      throw invalid(
        'Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.',
      );
  }
  checkChoice(config, names);
}

const BAD_NAME =
  'Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.';

function checkChoice({ functionCallingConfig: config }: JsonObject, names: ReadonlySet<unknown>): void {
  if (!isObject(config)) return;
  const { mode, allowedFunctionNames: allowed } = config;
  if (mode !== undefined && !MODES.includes(mode))
    throw invalid(
      `Invalid value at 'tool_config.function_calling_config.mode' (type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode), ${JSON.stringify(mode)}`,
    );
  if (!Array.isArray(allowed)) return;
  if (mode !== 'ANY' && mode !== 'VALIDATED')
    throw invalid(
      '* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: only supported with mode ANY.\n',
    );
  for (const name of allowed)
    if (!names.has(name))
      throw invalid(
        `* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: ${String(name)} is not a declared function.\n`,
      );
}

/** The same for `generationConfig`. */
export function checkConfig(body: JsonObject, traits: LocalTraits): void {
  const config = isObject(body.generationConfig) ? body.generationConfig : {};
  const { maxOutputTokens, temperature, topP, stopSequences, responseMimeType: mime } = config;
  if (maxOutputTokens !== undefined && Number(maxOutputTokens) < 1)
    throw invalid(
      '* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.\n',
    );
  checkRange('temperature', temperature, 2);
  checkRange('top_p', topP, 1);
  if (Array.isArray(stopSequences) && stopSequences.length > 5)
    throw invalid(
      '* GenerateContentRequest.generation_config.stop_sequences: the number of stop_sequences should be at most 5.\n',
    );
  const hasPenalty = config.frequencyPenalty !== undefined || config.presencePenalty !== undefined;
  if (hasPenalty && !traits.penalties) throw invalid('Penalty is not enabled for this model');
  const wantsJson = mime === 'application/json';
  if (config.responseJsonSchema !== undefined && !wantsJson)
    throw invalid(
      '* GenerateContentRequest.generation_config.response_json_schema: only supported with response mime type application/json.\n',
    );
  if (wantsJson && objectsIn(body.tools).length > 0 && !traits.strict)
    throw invalid("Function calling with a response mime type: 'application/json' is unsupported");
  if (isObject(config.thinkingConfig)) checkThinking(config.thinkingConfig, traits);
}

function checkRange(name: string, value: unknown, max: number): void {
  if (value === undefined || (Number(value) >= 0 && Number(value) <= max)) return;
  throw invalid(`* GenerateContentRequest.generation_config.${name}: ${name} must be in the range [0.0, ${max}.0].\n`);
}

function checkThinking(
  { thinkingBudget: budget, thinkingLevel: level, includeThoughts }: JsonObject,
  traits: LocalTraits,
): void {
  if (budget !== undefined && level !== undefined)
    throw invalid('You can only set only one of thinking budget and thinking level.');
  if (level !== undefined && !traits.levels.includes(String(level).toLowerCase()))
    throw invalid('Thinking level is not supported for this model.');
  const { budget: range } = traits;
  if (budget !== undefined && range === undefined) throw invalid('Thinking budget is not supported for this model.');
  if (range !== undefined && budget !== undefined && budget !== -1 && !(budget === 0 && range.zero)) {
    if (budget === 0) throw invalid('Budget 0 is invalid. This model only works in thinking mode.');
    if (Number(budget) < range.min || Number(budget) > range.max)
      throw invalid(
        `The thinking budget ${Number(budget)} is invalid. Please choose a value between ${range.min} and ${range.max}.`,
      );
  }
  if (includeThoughts === true && !traits.thinks && (budget === undefined || budget === 0))
    throw invalid(
      'Unable to submit request because thinking is not supported by this model or include_thoughts is only enabled when thinking is enabled.',
    );
}
