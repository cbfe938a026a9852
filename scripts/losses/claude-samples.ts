// Samples of Anthropic's Messages, and of Converse.
import { PDF, PNG, type ProtocolSamples, type Sample, SCHEMA, sets } from './sample.ts';

const user = (...content: object[]) => ({ role: 'user', content });
const text = { type: 'text', text: 'Look.' };
const says = (field: string, ...blocks: object[]): Sample => ({ field, body: { messages: [user(...blocks, text)] } });
const history = (field: string, ...turns: object[]): Sample => ({
  field,
  body: { messages: [{ role: 'user', content: 'Hi.' }, ...turns] },
});
const tool = { name: 'get_weather', description: 'Weather', input_schema: SCHEMA };
const tools = (field: string, list: readonly object[], more: object = {}): Sample => ({
  field,
  body: { tools: list, ...more },
});
const thinks = (field: string, thinking: object, more: object = {}): Sample => ({
  field,
  body: { max_tokens: 8000, thinking, ...more },
});
const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } };
const paper = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Oslo.' } };

export const MESSAGES: ProtocolSamples = {
  title: 'Anthropic Messages: `POST /v1/messages`',
  plain: { max_tokens: 500, messages: [{ role: 'user', content: 'Hello.' }] },
  samples: [
    sets('system', 'Be brief.'),
    history(
      'role system between turns',
      { role: 'assistant', content: 'Yes?' },
      { role: 'user', content: 'Go on.' },
      { role: 'system', content: 'Be brief.' },
    ),
    sets('temperature', 0.5),
    sets('top_p', 0.5),
    sets('top_k', 40),
    sets('stop_sequences', ['END']),
    { field: 'metadata.user_id', body: { metadata: { user_id: 'user-1' } } },
    sets('service_tier', 'standard_only'),
    thinks('thinking enabled, budget_tokens', { type: 'enabled', budget_tokens: 2048 }),
    thinks('thinking adaptive', { type: 'adaptive' }),
    thinks('thinking.display omitted', { type: 'adaptive', display: 'omitted' }),
    thinks('thinking disabled', { type: 'disabled' }),
    { field: 'output_config.effort', body: { output_config: { effort: 'medium' } } },
    {
      field: 'output_config.format',
      body: { output_config: { format: { type: 'json_schema', schema: { ...SCHEMA, additionalProperties: false } } } },
    },
    says('cache_control', { ...text, text: 'More.', cache_control: { type: 'ephemeral' } }),
    says('cache_control ttl 1h', { ...text, text: 'More.', cache_control: { type: 'ephemeral', ttl: '1h' } }),
    says('image', { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }),
    says('document (PDF)', pdf),
    says('document (text)', paper),
    says('document title and context', { ...pdf, title: 'Table', context: 'Of 1901' }),
    says('document citations', { ...paper, citations: { enabled: true } }),
    says('search_result', {
      type: 'search_result',
      source: 'https://example.com',
      title: 'Oslo',
      content: [{ type: 'text', text: 'Rain.' }],
    }),
    tools('tools', [tool]),
    tools('tools strict', [{ ...tool, strict: true, input_schema: { ...SCHEMA, additionalProperties: false } }]),
    tools('tools input_examples', [{ ...tool, input_examples: [{ city: 'Oslo' }] }]),
    tools('tools eager_input_streaming', [{ ...tool, eager_input_streaming: true }]),
    tools('tools defer_loading, tool_search', [
      { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' },
      { ...tool, defer_loading: true },
    ]),
    tools('tools bash', [{ type: 'bash_20250124', name: 'bash' }]),
    tools('tools text_editor', [{ type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' }]),
    tools('tools computer', [
      { type: 'computer_20251124', name: 'computer', display_width_px: 800, display_height_px: 600 },
    ]),
    tools('tools web_search', [{ type: 'web_search_20250305', name: 'web_search' }]),
    tools('tools code_execution', [{ type: 'code_execution_20250825', name: 'code_execution' }]),
    tools('tool_choice any', [tool], { tool_choice: { type: 'any' } }),
    tools('tool_choice tool', [tool], { tool_choice: { type: 'tool', name: 'get_weather' } }),
    tools('tool_choice none', [tool], { tool_choice: { type: 'none' } }),
    tools('disable_parallel_tool_use', [tool], { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
    sets('context_management', { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] }),
    sets('container', 'container_1'),
    sets('mcp_servers', [{ type: 'url', name: 'a', url: 'https://example.com/mcp' }]),
    {
      field: 'anthropic-beta interleaved-thinking',
      body: {},
      headers: { 'anthropic-beta': 'interleaved-thinking-2025-05-14' },
    },
    {
      field: 'anthropic-beta, one unknown to the target',
      body: {},
      headers: { 'anthropic-beta': 'something-new-2027-01-01' },
    },
  ],
};

const spec = { toolSpec: { name: 'get_weather', description: 'Weather', inputSchema: { json: SCHEMA } } };
const speaks = (field: string, ...blocks: object[]): Sample => ({
  field,
  body: { messages: [{ role: 'user', content: [{ text: 'Look.' }, ...blocks] }] },
});
const config = (field: string, toolConfig: object): Sample => ({ field, body: { toolConfig } });
const more = (field: string, fields: object): Sample => ({
  field,
  body: { inferenceConfig: { maxTokens: 8000 }, additionalModelRequestFields: fields },
});

export const CONVERSE: ProtocolSamples = {
  title: 'Bedrock Converse: `POST /model/{id}/converse`',
  plain: { messages: [{ role: 'user', content: [{ text: 'Hello.' }] }] },
  samples: [
    sets('system', [{ text: 'Be brief.' }]),
    { field: 'inferenceConfig.maxTokens', body: { inferenceConfig: { maxTokens: 500 } } },
    { field: 'inferenceConfig.temperature', body: { inferenceConfig: { temperature: 0.5 } } },
    { field: 'inferenceConfig.topP', body: { inferenceConfig: { topP: 0.5 } } },
    { field: 'inferenceConfig.stopSequences', body: { inferenceConfig: { stopSequences: ['END'] } } },
    config('toolConfig.tools', { tools: [spec] }),
    config('toolConfig.toolChoice any', { tools: [spec], toolChoice: { any: {} } }),
    config('toolConfig.toolChoice tool', { tools: [spec], toolChoice: { tool: { name: 'get_weather' } } }),
    config('toolConfig systemTool', { tools: [{ systemTool: { name: 'nova_grounding' } }] }),
    more('additionalModelRequestFields.thinking', { thinking: { type: 'enabled', budget_tokens: 2048 } }),
    more('additionalModelRequestFields.top_k', { top_k: 40 }),
    more('additionalModelRequestFields, others', { something: 1 }),
    sets('additionalModelResponseFieldPaths', ['/stop_sequence']),
    {
      field: 'outputConfig.textFormat',
      body: {
        outputConfig: {
          textFormat: {
            type: 'json_schema',
            structure: {
              jsonSchema: { name: 'city', schema: JSON.stringify({ ...SCHEMA, additionalProperties: false }) },
            },
          },
        },
      },
    },
    sets('guardrailConfig', { guardrailIdentifier: 'abcdefgh', guardrailVersion: '1' }),
    sets('performanceConfig', { latency: 'optimized' }),
    sets('serviceTier', { type: 'flex' }),
    sets('requestMetadata', { team: 'a' }),
    speaks('image', { image: { format: 'png', source: { bytes: PNG } } }),
    speaks('document', { document: { format: 'pdf', name: 'table', source: { bytes: PDF } } }),
    speaks('document citations', {
      document: { format: 'txt', name: 'table', source: { text: 'Oslo.' }, citations: { enabled: true } },
    }),
    speaks('video', { video: { format: 'mp4', source: { bytes: 'AAAA' } } }),
    speaks('cachePoint', { cachePoint: { type: 'default' } }),
    speaks('guardContent', { guardContent: { text: { text: 'Check me.' } } }),
    speaks('searchResult', {
      searchResult: {
        source: 'https://example.com',
        title: 'Oslo',
        content: [{ text: 'Rain.' }],
        citations: { enabled: true },
      },
    }),
  ],
};
