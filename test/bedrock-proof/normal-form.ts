// Two Converse requests mean the same when their normal forms are equal. Each step of the way says why it changes nothing.
import type { ConverseBlock, ConverseRequestBody, ConverseToolResultContent } from '@turnout/core/wire';

/** `recorded`: the request of which another is to mean the same; what Turnout always adds is left out where it lacks it. */
export function normalise(body: ConverseRequestBody, recorded: ConverseRequestBody): unknown {
  const form = structuredClone(body);
  for (const message of form.messages) message.content = message.content.map(normaliseBlock);
  const inference = form.inferenceConfig;
  if (inference !== undefined) {
    // Turnout sends a limit always: without one Bedrock reserves quota for the model's most.
    if (recorded.inferenceConfig?.maxTokens === undefined) delete inference.maxTokens;
    if (inference.stopSequences?.length === 0) delete inference.stopSequences;
    if (Object.keys(inference).length === 0) delete form.inferenceConfig;
  }
  // The model's own choice is the default.
  if (form.toolConfig?.toolChoice?.auto !== undefined) delete form.toolConfig.toolChoice;
  for (const { toolSpec } of form.toolConfig?.tools ?? []) {
    // Not strict is the default.
    if (toolSpec?.strict === false) delete toolSpec.strict;
    const schema = toolSpec?.inputSchema.json as Record<string, unknown> | undefined; // an object, as recorded
    if (schema !== undefined) {
      // The dialect and the id of a schema say nothing to a model; an object without properties has none.
      delete schema.$schema;
      delete schema.$id;
      schema.properties ??= {};
    }
  }
  if (form.additionalModelRequestFields !== undefined) normaliseFields(form.additionalModelRequestFields, recorded);
  // Claude thinks at this temperature, and at no other.
  if (form.additionalModelRequestFields?.thinking !== undefined && inference?.temperature === 1) {
    delete inference.temperature;
    if (Object.keys(inference).length === 0) delete form.inferenceConfig;
  }
  if (Object.keys(form.additionalModelRequestFields ?? {}).length === 0) delete form.additionalModelRequestFields;
  // It says what the answer should show besides, not what the model is asked.
  delete form.additionalModelResponseFieldPaths;
  if (form.system?.length === 0) delete form.system;
  normaliseOutput(form);
  return sortKeys(form);
}

function normaliseFields(fields: Record<string, unknown>, recorded: ConverseRequestBody): void {
  // The old name of `thinking`, which Claude still takes.
  const old = fields.reasoning_config;
  if (typeof old === 'object') {
    fields.thinking = old;
    delete fields.reasoning_config;
  }
  // Turned off and not asked for are the same on the models that may think.
  const thinking = fields.thinking as { type?: string; display?: string } | undefined; // as recorded
  if (thinking?.type === 'disabled') delete fields.thinking;
  // Turnout asks for thinking between tool calls where that is a beta.
  if (recorded.additionalModelRequestFields?.anthropic_beta === undefined) delete fields.anthropic_beta;
}

function normaliseOutput(form: ConverseRequestBody): void {
  const jsonSchema = form.outputConfig?.textFormat?.structure.jsonSchema;
  if (jsonSchema === undefined) return;
  const schema = JSON.parse(jsonSchema.schema);
  // A schema has a place for its description, and the model reads both.
  if (jsonSchema.description !== undefined) schema.description ??= jsonSchema.description;
  delete jsonSchema.description;
  jsonSchema.schema = JSON.stringify(sortKeys(schema));
}

function normaliseBlock(block: ConverseBlock): ConverseBlock {
  const { toolResult, document, citationsContent } = block;
  if (toolResult !== undefined) {
    // Success is the default.
    if (toolResult.status === 'success') delete toolResult.status;
    toolResult.content = toolResult.content.map(normaliseResult);
  }
  // A document may be given as text or as the bytes of the text.
  if (document?.source.text !== undefined) {
    document.source = { bytes: Buffer.from(document.source.text).toString('base64') };
  }
  // Pieces of one text.
  if (citationsContent?.content !== undefined) {
    citationsContent.content = [{ text: citationsContent.content.map(({ text }) => text ?? '').join('') }];
  }
  return block;
}

/** JSON of a result is read by the model as the text that it is. */
const normaliseResult = (content: ConverseToolResultContent): ConverseToolResultContent =>
  content.json === undefined ? content : { text: JSON.stringify(content.json) };

/** The same value with every object's keys in one order. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}
