// Sound requests to begin from: small ones of our own for every door, and what real clients have sent where the corpus is there.
import type { Head } from '../../core/src/protocol/protocol.ts';
import { readClientTraffic } from '../corpus/client-traffic.ts';

export type DoorName =
  | 'chat'
  | 'responses'
  | 'messages'
  | 'converse'
  | 'invoke'
  | 'count-messages'
  | 'count-bedrock'
  | 'embeddings';

export interface Seed {
  readonly body: unknown;
  readonly headers: Head['headers'];
}

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SCHEMA = { type: 'object', properties: { city: { type: 'string', enum: ['Oslo'] } }, required: ['city'] };

const CHAT = {
  model: 'm',
  stream: true,
  stream_options: { include_usage: true },
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?', cache_control: { type: 'ephemeral' } },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'low' } },
        { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      reasoning_details: [{ type: 'reasoning.encrypted', data: 'tn1.claude.AAAA', id: 'r', index: 0 }],
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'rain' },
  ],
  tools: [{ type: 'function', function: { name: 'weather', description: 'd', parameters: SCHEMA, strict: true } }],
  tool_choice: { type: 'function', function: { name: 'weather' } },
  parallel_tool_calls: false,
  response_format: { type: 'json_schema', json_schema: { name: 'a', schema: SCHEMA, strict: true } },
  ...{
    max_completion_tokens: 9,
    temperature: 1,
    top_p: 1,
    seed: 7,
    stop: ['x'],
    n: 1,
    logprobs: true,
    top_logprobs: 2,
  },
  ...{ reasoning_effort: 'low', user: 'u', metadata: { a: 'b' }, service_tier: 'auto', logit_bias: { 7: 1 } },
};

const RESPONSES = {
  model: 'm',
  stream: true,
  instructions: 'Be brief.',
  input: [
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'hello' },
        { type: 'input_image', image_url: `data:image/png;base64,${PNG}`, detail: 'auto' },
        { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
      ],
    },
    {
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 't' }],
      encrypted_content: 'tn1.openai.AAAA',
    },
    { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'weather', arguments: '{"city":"Oslo"}' },
    { type: 'function_call_output', call_id: 'c1', output: 'rain' },
    { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: '*** Begin' },
    { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'done' }] },
    { role: 'assistant', content: [{ type: 'output_text', text: 'hi', annotations: [] }] },
  ],
  tools: [
    { type: 'function', name: 'weather', description: 'd', parameters: SCHEMA, strict: true },
    { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } },
    { type: 'web_search', user_context: null },
    { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'inner', parameters: SCHEMA }] },
  ],
  tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'weather' }] },
  ...{ reasoning: { effort: 'low', summary: 'auto' }, text: { format: { type: 'text' }, verbosity: 'low' } },
  ...{ include: ['reasoning.encrypted_content'], store: false, parallel_tool_calls: true, max_output_tokens: 99 },
};

const MESSAGES = {
  model: 'm',
  max_tokens: 2000,
  stream: true,
  system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl: '1h' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'hello' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
        {
          type: 'document',
          title: 't',
          source: { type: 'text', media_type: 'text/plain', data: 'x' },
          citations: { enabled: true },
        },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 't', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'ZGF0YQ==' },
        { type: 'tool_use', id: 'i', name: 'weather', input: { city: 'Oslo' } },
      ],
    },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'i', content: [{ type: 'text', text: 'rain' }], is_error: false }],
    },
  ],
  tools: [
    { name: 'weather', input_schema: SCHEMA },
    { type: 'web_search_20250305', name: 'web_search', max_uses: 1 },
  ],
  ...{
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    thinking: { type: 'enabled', budget_tokens: 1024 },
  },
  ...{ temperature: 1, top_k: 5, stop_sequences: ['x'], metadata: { user_id: 'u' }, output_config: { effort: 'low' } },
  ...{ mcp_servers: [], context_management: { edits: [] }, service_tier: 'auto' },
};

const CONVERSE = {
  system: [{ text: 's' }, { cachePoint: { type: 'default' } }],
  messages: [
    {
      role: 'user',
      content: [
        { text: 'hello' },
        { image: { format: 'png', source: { bytes: PNG } } },
        { document: { format: 'pdf', name: 'd', source: { bytes: 'JVBERi0=' } } },
        { guardContent: { text: { text: 'g', qualifiers: ['query'] } } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 't', signature: 'c2ln' } } },
        { reasoningContent: { redactedContent: 'ZGF0YQ==' } },
        { toolUse: { toolUseId: 'i', name: 'weather', input: { city: 'Oslo' } } },
      ],
    },
    {
      role: 'user',
      content: [{ toolResult: { toolUseId: 'i', content: [{ json: { a: 1 } }, { text: 'r' }], status: 'success' } }],
    },
  ],
  inferenceConfig: { maxTokens: 99, temperature: 0.5, topP: 0.9, stopSequences: ['x'] },
  toolConfig: {
    tools: [
      { toolSpec: { name: 'weather', description: 'd', inputSchema: { json: SCHEMA } } },
      { cachePoint: { type: 'default' } },
    ],
    toolChoice: { any: {} },
  },
  additionalModelRequestFields: { top_k: 5, thinking: { type: 'enabled', budget_tokens: 1024 } },
  ...{
    additionalModelResponseFieldPaths: ['/stop_sequence'],
    requestMetadata: { a: 'b' },
    performanceConfig: { latency: 'standard' },
  },
  ...{
    guardrailConfig: { guardrailIdentifier: 'abcdef', guardrailVersion: '1', trace: 'enabled' },
    serviceTier: { type: 'default' },
  },
};

const { model: _, stream: __, ...messages } = MESSAGES;
const INVOKE = { ...messages, anthropic_version: 'bedrock-2023-05-31', anthropic_beta: ['context-1m-2025-08-07'] };
const blob = Buffer.from(JSON.stringify(INVOKE)).toString('base64');

const OWN: Readonly<Record<DoorName, readonly unknown[]>> = {
  chat: [CHAT, { model: 'm', messages: [{ role: 'user', content: 'hello' }] }],
  responses: [RESPONSES, { model: 'm', input: 'hello' }],
  messages: [MESSAGES, { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hello' }] }],
  converse: [CONVERSE, { messages: [{ role: 'user', content: [{ text: 'hello' }] }] }],
  invoke: [INVOKE, { inputText: 'hello', textGenerationConfig: { maxTokenCount: 9 } }],
  'count-messages': [{ ...MESSAGES, max_tokens: undefined }],
  'count-bedrock': [{ input: { converse: CONVERSE } }, { input: { invokeModel: { body: blob } } }],
  embeddings: [
    { model: 'm', input: ['a', 'b'], dimensions: 8, encoding_format: 'base64', user: 'u', bedrock: { x: 1 } },
  ],
};

const HEADERS: Head['headers'] = {
  'anthropic-version': '2023-06-01',
  'anthropic-beta': 'context-1m-2025-08-07,interleaved-thinking-2025-05-14',
  'x-amzn-bedrock-trace': 'ENABLED',
  'x-amzn-bedrock-guardrailidentifier': 'abcdef',
  'x-amzn-bedrock-guardrailversion': '1',
};

const DOOR_OF_PATH: readonly (readonly [RegExp, DoorName])[] = [
  [/\/chat\/completions$/, 'chat'],
  [/\/responses$/, 'responses'],
  [/\/messages\/count_tokens/, 'count-messages'],
  [/\/messages(\?|$)/, 'messages'],
  [/\/converse(-stream)?$/, 'converse'],
  [/\/invoke(-with-response-stream)?$/, 'invoke'],
  [/\/count-tokens$/, 'count-bedrock'],
  [/\/embeddings$/, 'embeddings'],
];

/** Longer ones would take most of the time, and add nothing. */
const BODY_CHARS_MAX = 60_000;
/** The same client sends much the same again and again. */
const OF_A_DOOR_MAX = 60;

/** By door; never empty. The order does not change from run to run. */
export function readSeeds(): Readonly<Record<DoorName, readonly Seed[]>> {
  const seeds = new Map<DoorName, Seed[]>();
  for (const [door, bodies] of Object.entries(OWN)) {
    // The casts: the keys of the record above are the names of doors, and a JSON text is JSON.
    seeds.set(
      door as DoorName,
      bodies.map((body) => ({ body: JSON.parse(JSON.stringify(body)), headers: HEADERS })),
    );
  }
  const clients = new Map<string, number>();
  for (const { path, headers, body, client } of readClientTraffic().toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const door = DOOR_OF_PATH.find(([pattern]) => pattern.test(path))?.[1];
    const list = door && seeds.get(door);
    if (!list || list.length >= OF_A_DOOR_MAX || JSON.stringify(body).length > BODY_CHARS_MAX) continue;
    const known = clients.get(`${door} ${client}`) ?? 0;
    clients.set(`${door} ${client}`, known + 1);
    if (known < 3) list.push({ body, headers });
  }
  // Every door has an entry: each has bodies of our own.
  return Object.fromEntries(seeds) as Record<DoorName, Seed[]>;
}
