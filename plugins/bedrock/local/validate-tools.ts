// What Bedrock requires of tools, tool calls and tool results.

import { findStrictFault, isObject } from '@turnout/core/testing';
import type { ConverseBlock, ConverseMessage, ConverseRequestBody, ConverseToolResult } from '@turnout/core/wire';
import type { Family } from './family.ts';
import type { ResolvedModel } from './model.ts';
import { invalid, malformed, modelSaid } from './refusal.ts';

/** Throws Refusal. */
export function checkTools(body: ConverseRequestBody, model: ResolvedModel, family: Family): void {
  const blocks = body.messages.flatMap((message) => message.content);
  const history = blocks.some((block) => block.toolUse !== undefined || block.toolResult !== undefined);
  if (history && body.toolConfig === undefined) {
    throw invalid('The toolConfig field must be defined when using toolUse and toolResult content blocks.');
  }
  if (body.toolConfig !== undefined && model.facts.tools === false) {
    throw invalid("This model doesn't support tool use.");
  }
  checkDefinitions(body, model);
  checkToolChoice(body, family);
  for (const [index, message] of body.messages.entries()) {
    checkInputs(message, index, model);
    checkPairing(message, body.messages[index + 1], index);
    checkResults(message, body.messages[index - 1], index, model, family);
    if (model.claude !== undefined) checkTextFirst(message, index);
  }
}

function checkDefinitions(body: ConverseRequestBody, model: ResolvedModel): void {
  const places = new Map<string, number>();
  for (const [index, tool] of (body.toolConfig?.tools ?? []).entries()) {
    if (tool.toolSpec === undefined) continue;
    const { name, inputSchema, strict } = tool.toolSpec;
    const place = `toolConfig.tools.${index}`;
    const earlier = places.get(name);
    if (earlier !== undefined) throw invalid(`The tool ${name} is already defined at toolConfig.tools.${earlier}.`);
    places.set(name, index);
    const schema = inputSchema.json;
    if (!isObject(schema) || schema.type !== 'object') {
      throw invalid(`The value at ${place}.toolSpec.inputSchema.json.type must be one of the following: object.`);
    }
    if (model.claude === undefined) continue;
    if (['anyOf', 'oneOf', 'allOf'].some((key) => schema[key] !== undefined)) {
      throw modelSaid(
        `tools.${index}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
      );
    }
    if (strict !== undefined && !model.claude.structured) {
      throw modelSaid(`tools.${index}.custom.strict: Extra inputs are not permitted`);
    }
    const fault = strict === true && model.claude.structured === true ? findStrictFault(schema) : undefined;
    if (fault !== undefined) throw modelSaid(`tools.${index}.custom: ${fault}`);
  }
}

function checkToolChoice(body: ConverseRequestBody, family: Family): void {
  const choice = body.toolConfig?.toolChoice;
  if (choice === undefined) return;
  for (const kind of ['auto', 'any', 'tool'] as const) {
    if (choice[kind] !== undefined && !family.toolChoice.includes(kind)) {
      const field = `toolConfig.toolChoice.${kind}`;
      throw invalid(`This model doesn't support the ${field} field. Remove ${field} and try again.`);
    }
  }
  const name = choice.tool?.name;
  if (name !== undefined && !body.toolConfig?.tools.some((tool) => (tool.toolSpec ?? tool.systemTool)?.name === name)) {
    throw invalid(`The tool ${name} at toolConfig.toolChoice.tool is not defined in toolConfig.tools.`);
  }
}

// Claude's own pattern is narrower than the API model's.
const CLAUDE_ID = /^[a-zA-Z0-9_-]+$/;

function checkInputs(message: ConverseMessage, index: number, model: ResolvedModel): void {
  for (const [b, block] of message.content.entries()) {
    const place = `messages.${index}.content.${b}`;
    if (block.toolUse !== undefined && !isObject(block.toolUse.input)) {
      throw invalid(
        `The format of the value at ${place}.toolUse.input is invalid. Provide a json object for the field and try again.`,
      );
    }
    const wrongRole = block.toolUse !== undefined ? message.role !== 'assistant' : isForeignResult(block, message.role);
    if (wrongRole) {
      const [kind, role] = block.toolUse === undefined ? ['toolResult', 'user'] : ['toolUse', 'assistant'];
      throw invalid(`The ${kind} block at ${place} can only be used in a message of the ${role} role.`);
    }
    const id = block.toolUse?.toolUseId ?? block.toolResult?.toolUseId;
    if (model.claude !== undefined && id !== undefined && !CLAUDE_ID.test(id)) {
      const field = block.toolUse === undefined ? 'tool_result.tool_use_id' : 'tool_use.id';
      throw modelSaid(`${place}.${field}: String should match pattern '^[a-zA-Z0-9_-]+$'`);
    }
  }
}

/** A result in an assistant's message, unless a tool that runs at the server gave it. */
const isForeignResult = (block: ConverseBlock, role: string): boolean =>
  block.toolResult !== undefined && block.toolResult.type === undefined && role !== 'user';

/** The ids of calls whose results the client owes. */
const openCalls = (message: ConverseMessage | undefined): string[] =>
  (message?.role === 'assistant' ? message.content : [])
    .filter((block) => block.toolUse !== undefined && block.toolUse.type === undefined)
    .map((block) => block.toolUse?.toolUseId ?? '');

const clientResults = (message: ConverseMessage | undefined): ConverseToolResult[] =>
  (message?.role === 'user' ? message.content : []).flatMap((block) => block.toolResult ?? []);

function checkPairing(message: ConverseMessage, next: ConverseMessage | undefined, index: number): void {
  const calls = openCalls(message);
  const repeated = firstRepeated(calls);
  if (repeated !== undefined) {
    throw invalid(`The toolUse blocks at messages.${index}.content contain duplicate Ids: ${repeated}`);
  }
  const results = clientResults(next).map((result) => result.toolUseId);
  const place = `messages.${index + 1}.content`;
  const repeatedResult = firstRepeated(results);
  if (repeatedResult !== undefined) {
    throw invalid(`The toolResult blocks at ${place} contain duplicate Ids: ${repeatedResult}`);
  }
  const missing = calls.filter((id) => !results.includes(id));
  if (missing.length > 0) {
    throw invalid(`Expected toolResult blocks at ${place} for the following Ids: ${missing.join(', ')}`);
  }
  if (results.length > calls.length) throw tooManyResults(place);
}

const tooManyResults = (place: string) =>
  invalid(`The number of toolResult blocks at ${place} exceeds the number of toolUse blocks of previous turn.`);

const firstRepeated = (ids: readonly string[]): string | undefined =>
  ids.find((id, index) => ids.indexOf(id) !== index);

/** Claude takes no text after a tool call (evalstate/fast-agent#668, 2026). */
function checkTextFirst(message: ConverseMessage, index: number): void {
  const calls = openCalls(message);
  const firstCall = message.content.findIndex(
    (block) => block.toolUse !== undefined && block.toolUse.type === undefined,
  );
  const lastText = message.content.findLastIndex((block) => block.text !== undefined);
  if (firstCall >= 0 && lastText > firstCall) throw modelSaid(lonelyCalls(index, calls));
}

const lonelyCalls = (index: number, ids: readonly string[]): string =>
  `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;

function checkResults(
  message: ConverseMessage,
  previous: ConverseMessage | undefined,
  index: number,
  model: ResolvedModel,
  family: Family,
): void {
  const results = clientResults(message);
  const place = `messages.${index}.content`;
  if (previous === undefined && results.length > 0) throw tooManyResults(place);
  if (results.length === 0) return;

  const strangers = message.content.filter((block) => block.toolResult === undefined && block.cachePoint === undefined);
  if (family.toolResultAlone && strangers.length > 0) {
    throw invalid(`${place}: Conversation blocks and tool use blocks cannot be provided in the same turn.`);
  }
  if (model.claude !== undefined) checkClaudeOrder(message, previous, index, strangers);
  for (const [b, block] of message.content.entries()) {
    if (block.toolResult !== undefined) checkResult(block.toolResult, index, b, model, family);
  }
}

/** Claude wants the results first, and no document or video beside them (pydantic-ai, live-tested 2026-08). */
function checkClaudeOrder(
  message: ConverseMessage,
  previous: ConverseMessage | undefined,
  index: number,
  strangers: readonly ConverseBlock[],
): void {
  const first = message.content.findIndex((block) => block.toolResult === undefined && block.cachePoint === undefined);
  const last = message.content.findLastIndex((block) => block.toolResult !== undefined);
  if (first >= 0 && first < last) {
    const count = openCalls(previous).length;
    throw modelSaid(
      `messages.${index}: Did not find ${count} \`tool_result\` block(s) at the beginning of this message. Messages following \`tool_use\` blocks must begin with a matching number of \`tool_result\` blocks.`,
    );
  }
  // An s3Location is refused for itself, with other words (recorded).
  if (strangers.some(({ document, video }) => (document ?? video)?.source.bytes !== undefined)) {
    throw modelSaid(lonelyCalls(index - 1, openCalls(previous)));
  }
}

function checkResult(
  result: ConverseToolResult,
  index: number,
  blockIndex: number,
  model: ResolvedModel,
  family: Family,
): void {
  if (result.status !== undefined && !family.toolStatus) {
    throw invalid(
      "This model doesn't support the status field in the toolResult content block. Remove status and try again.",
    );
  }
  for (const part of result.content) {
    const kind = (['image', 'document', 'video'] as const).find((name) => part[name] !== undefined);
    if (kind === undefined || family.toolMedia.includes(kind)) continue;
    // Recorded for video: Claude's refusal is Converse's own, Nova's comes from its JSON schema.
    if (model.id.startsWith('amazon.nova')) {
      throw modelSaid(
        malformed(`#/messages/${index}/content/${blockIndex}: extraneous key [toolResult] is not permitted`),
      );
    }
    throw unsupportedBlock(kind);
  }
}

/** A kind of content block that the model does not take at all. */
export const unsupportedBlock = (kind: string) =>
  invalid(
    `This model doesn't support the ${kind} content block that you provided. Update the content block and try again.`,
  );
