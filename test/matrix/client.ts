// Five clients: how each protocol writes a scenario, and how its client carries on from an answer.
import { PDF, PNG, type Scenario, schemaOf } from './scenario.ts';

/** A JSON object that a test builds or has parsed: read by key, without more ado. */
// biome-ignore lint/suspicious/noExplicitAny: what stands in it is what the goldens are there to show
export type Json = Record<string, any>;

export interface Client {
  readonly name: string;
  path(model: string, stream: boolean): string;
  /** The body of the first request. */
  ask(model: string, scenario: Scenario): Json;
  /** The same body with the mark that asks for a stream, where it is in the body. */
  streamed?(body: Json): Json;
  /** The body of the next request: the answer as it came, and then what the scenario says. */
  carryOn(body: Json, answer: Json, scenario: Scenario): Json;
}

const MAX_TOKENS = 2000;
const optional = (key: string, value: unknown): Json => (value === undefined ? {} : { [key]: value });
const withStream = (body: Json): Json => ({ ...body, stream: true });

const chat: Client = {
  name: 'openai-chat',
  path: () => '/v1/chat/completions',
  ask: (model, { system, text, tools, effort, media }) => {
    const parts: Json[] = [{ type: 'text', text }];
    if (media === 'image') parts.push({ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } });
    if (media === 'document')
      parts.push({
        type: 'file',
        file: { filename: 'timetable.pdf', file_data: `data:application/pdf;base64,${PDF}` },
      });
    return {
      model,
      max_completion_tokens: MAX_TOKENS,
      messages: [
        ...(system === undefined ? [] : [{ role: 'system', content: system }]),
        { role: 'user', content: media === undefined ? text : parts },
      ],
      ...optional(
        'tools',
        tools?.map((tool) => ({
          type: 'function',
          function: { name: tool.name, description: tool.description, parameters: schemaOf(tool) },
        })),
      ),
      ...optional('reasoning_effort', effort),
    };
  },
  streamed: (body) => ({ ...body, stream: true, stream_options: { include_usage: true } }),
  carryOn: (body, answer, { result, next }) => {
    const { message } = answer.choices[0];
    const turn = next
      ? [{ role: 'user', content: next }]
      : message.tool_calls.map((call: Json) => ({ role: 'tool', tool_call_id: call.id, content: result }));
    return { ...body, messages: [...body.messages, message, ...turn] };
  },
};

const responses: Client = {
  name: 'openai-responses',
  path: () => '/v1/responses',
  ask: (model, { system, text, tools, effort, media }) => {
    const content: Json[] = [{ type: 'input_text', text }];
    if (media === 'image') content.push({ type: 'input_image', image_url: `data:image/png;base64,${PNG}` });
    if (media === 'document')
      content.push({
        type: 'input_file',
        filename: 'timetable.pdf',
        file_data: `data:application/pdf;base64,${PDF}`,
      });
    return {
      model,
      store: false,
      max_output_tokens: MAX_TOKENS,
      ...optional('instructions', system),
      input: [{ role: 'user', content }],
      ...optional(
        'tools',
        tools?.map((tool) => ({
          type: 'function',
          name: tool.name,
          description: tool.description,
          parameters: schemaOf(tool),
          strict: false,
        })),
      ),
      ...(effort === undefined
        ? {}
        : { reasoning: { effort, summary: 'auto' }, include: ['reasoning.encrypted_content'] }),
    };
  },
  streamed: withStream,
  carryOn: (body, answer, { result, next }) => {
    const calls = answer.output.filter((item: Json) => item.type === 'function_call');
    const turn = next
      ? [{ role: 'user', content: next }]
      : calls.map((call: Json) => ({ type: 'function_call_output', call_id: call.call_id, output: result }));
    return { ...body, input: [...body.input, ...answer.output, ...turn] };
  },
};

const claudeBody = ({ system, text, tools, effort, media }: Scenario): Json => {
  const content: Json[] = [{ type: 'text', text }];
  const source = (media_type: string, data: string) => ({ type: 'base64', media_type, data });
  if (media === 'image') content.unshift({ type: 'image', source: source('image/png', PNG) });
  if (media === 'document')
    content.unshift({ type: 'document', title: 'timetable', source: source('application/pdf', PDF) });
  return {
    max_tokens: MAX_TOKENS,
    ...optional('system', system),
    messages: [{ role: 'user', content }],
    ...optional(
      'tools',
      tools?.map((tool) => ({ name: tool.name, description: tool.description, input_schema: schemaOf(tool) })),
    ),
    ...(effort === undefined ? {} : { thinking: { type: 'adaptive' }, output_config: { effort } }),
  };
};
const claudeCarryOn: Client['carryOn'] = (body, answer, { result, next }) => {
  const calls = answer.content.filter((block: Json) => block.type === 'tool_use');
  const turn = next
    ? next
    : calls.map((call: Json) => ({ type: 'tool_result', tool_use_id: call.id, content: result }));
  return {
    ...body,
    messages: [...body.messages, { role: 'assistant', content: answer.content }, { role: 'user', content: turn }],
  };
};

const messages: Client = {
  name: 'anthropic-messages',
  path: () => '/v1/messages',
  ask: (model, scenario) => ({ model, ...claudeBody(scenario) }),
  streamed: withStream,
  carryOn: claudeCarryOn,
};

const invoke: Client = {
  name: 'bedrock-invoke',
  path: (model, stream) => `/model/${encodeURIComponent(model)}/${stream ? 'invoke-with-response-stream' : 'invoke'}`,
  ask: (_model, scenario) => ({ anthropic_version: 'bedrock-2023-05-31', ...claudeBody(scenario) }),
  carryOn: claudeCarryOn,
};

const converse: Client = {
  name: 'bedrock-converse',
  path: (model, stream) => `/model/${encodeURIComponent(model)}/${stream ? 'converse-stream' : 'converse'}`,
  ask: (_model, { system, text, tools, effort, media }) => {
    const content: Json[] = [{ text }];
    if (media === 'image') content.unshift({ image: { format: 'png', source: { bytes: PNG } } });
    if (media === 'document')
      content.unshift({ document: { format: 'pdf', name: 'timetable', source: { bytes: PDF } } });
    return {
      ...(system === undefined ? {} : { system: [{ text: system }] }),
      messages: [{ role: 'user', content }],
      inferenceConfig: { maxTokens: MAX_TOKENS },
      ...(tools === undefined
        ? {}
        : {
            toolConfig: {
              tools: tools.map((tool) => ({
                toolSpec: {
                  name: tool.name,
                  description: tool.description,
                  inputSchema: { json: schemaOf(tool) },
                },
              })),
            },
          }),
      ...(effort === undefined
        ? {}
        : { additionalModelRequestFields: { thinking: { type: 'adaptive' }, output_config: { effort } } }),
    };
  },
  carryOn: (body, answer, { result, next }) => {
    const { message } = answer.output;
    const calls = message.content.flatMap((block: Json) => block.toolUse ?? []);
    const turn = next
      ? [{ text: next }]
      : calls.map((call: Json) => ({ toolResult: { toolUseId: call.toolUseId, content: [{ text: result }] } }));
    return { ...body, messages: [...body.messages, message, { role: 'user', content: turn }] };
  },
};

export const CLIENTS: readonly Client[] = [chat, responses, messages, converse, invoke];
