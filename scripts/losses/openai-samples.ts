// Samples of OpenAI's two protocols.
import { PDF, PNG, type ProtocolSamples, type Sample, SCHEMA, STRICT_SCHEMA, sets } from './sample.ts';

const image = `data:image/png;base64,${PNG}`;
const pdf = `data:application/pdf;base64,${PDF}`;

const chatTool = { type: 'function', function: { name: 'get_weather', description: 'Weather', parameters: SCHEMA } };
const chatCustom = { type: 'custom', custom: { name: 'patch', description: 'A patch' } };
const says = (field: string, ...parts: object[]): Sample => ({
  field,
  body: { messages: [{ role: 'user', content: [{ type: 'text', text: 'Look.' }, ...parts] }] },
});
const chatTools = (field: string, more: object, tool: object = chatTool): Sample => ({
  field,
  body: { tools: [tool], ...more },
});
const chatHistory = (field: string, ...turns: object[]): Sample => ({
  field,
  body: { messages: [{ role: 'user', content: 'Hi.' }, ...turns] },
});

export const CHAT: ProtocolSamples = {
  title: 'OpenAI chat completions: `POST /v1/chat/completions`',
  plain: { messages: [{ role: 'user', content: 'Hello.' }] },
  samples: [
    {
      field: 'role system, developer',
      body: {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi.' },
        ],
      },
    },
    chatHistory(
      'role system between turns',
      { role: 'assistant', content: 'Yes?' },
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Go on.' },
    ),
    sets('max_completion_tokens', 500),
    sets('temperature', 0.5),
    sets('top_p', 0.5),
    sets('top_k', 40),
    sets('stop', ['END']),
    sets('seed', 7),
    sets('n', 2),
    sets('frequency_penalty', 0.5),
    sets('presence_penalty', 0.5),
    sets('logit_bias', { 50256: -100 }),
    sets('logprobs', true),
    sets('user', 'user-1'),
    sets('metadata', { a: 'b' }),
    sets('store', true),
    sets('service_tier', 'flex'),
    sets('verbosity', 'low'),
    sets('prompt_cache_key', 'key'),
    sets('reasoning_effort', 'medium'),
    { field: 'reasoning.max_tokens', body: { reasoning: { max_tokens: 2048 }, max_completion_tokens: 8000 } },
    { field: 'response_format json_object', body: { response_format: { type: 'json_object' } } },
    {
      field: 'response_format json_schema',
      body: {
        response_format: { type: 'json_schema', json_schema: { name: 'city', schema: STRICT_SCHEMA, strict: true } },
      },
    },
    chatTools('tools function', {}),
    chatTools(
      'tools function strict',
      {},
      {
        type: 'function',
        function: { ...chatTool.function, parameters: STRICT_SCHEMA, strict: true },
      },
    ),
    chatTools('tools custom', {}, chatCustom),
    chatTools('tool_choice required', { tool_choice: 'required' }),
    chatTools('tool_choice one tool', { tool_choice: { type: 'function', function: { name: 'get_weather' } } }),
    chatTools('tool_choice none', { tool_choice: 'none' }),
    chatTools('parallel_tool_calls false', { parallel_tool_calls: false }),
    { field: 'web_search_options', body: { web_search_options: {} } },
    says('image_url', { type: 'image_url', image_url: { url: image } }),
    says('image_url detail', { type: 'image_url', image_url: { url: image, detail: 'low' } }),
    says('file (PDF)', { type: 'file', file: { filename: 'a.pdf', file_data: pdf } }),
    says('input_audio', { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }),
    says('cache_control', { type: 'text', text: 'More.', cache_control: { type: 'ephemeral' } }),
    chatHistory('message name', { role: 'user', content: 'Hi.', name: 'Ann' }),
    chatHistory('refusal', { role: 'assistant', refusal: 'No.' }, { role: 'user', content: 'Please.' }),
    chatHistory(
      'reasoning_content',
      { role: 'assistant', content: 'A', reasoning_content: 'Hm.' },
      { role: 'user', content: 'B' },
    ),
    { field: 'prediction', body: { prediction: { type: 'content', content: 'Hi' } } },
    { field: 'modalities, audio', body: { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } } },
  ],
};

const says2 = (field: string, ...parts: object[]): Sample => ({
  field,
  body: { input: [{ role: 'user', content: [{ type: 'input_text', text: 'Look.' }, ...parts] }] },
});
const tool = { type: 'function', name: 'get_weather', description: 'Weather', parameters: SCHEMA, strict: false };
const tools = (field: string, list: readonly object[], more: object = {}): Sample => ({
  field,
  body: { tools: list, ...more },
});
const hosted = (type: string, settings: object = {}): Sample => tools(`tools ${type}`, [{ type, ...settings }]);

export const RESPONSES: ProtocolSamples = {
  title: 'OpenAI Responses: `POST /v1/responses`',
  plain: { input: 'Hello.', store: false },
  samples: [
    sets('instructions', 'Be brief.'),
    sets('max_output_tokens', 500),
    sets('temperature', 0.5),
    sets('top_p', 0.5),
    sets('top_logprobs', 3),
    sets('metadata', { a: 'b' }),
    sets('store', true),
    sets('truncation', 'auto'),
    sets('service_tier', 'flex'),
    sets('prompt_cache_key', 'key'),
    sets('safety_identifier', 'user-1'),
    { field: 'text.verbosity', body: { text: { verbosity: 'low' } } },
    {
      field: 'text.format json_schema',
      body: { text: { format: { type: 'json_schema', name: 'city', schema: STRICT_SCHEMA, strict: true } } },
    },
    { field: 'reasoning.effort', body: { reasoning: { effort: 'medium' } } },
    { field: 'reasoning.summary', body: { reasoning: { effort: 'medium', summary: 'auto' } } },
    { field: 'include reasoning.encrypted_content', body: { include: ['reasoning.encrypted_content'] } },
    { field: 'include message.output_text.logprobs', body: { include: ['message.output_text.logprobs'] } },
    tools('tools function', [tool]),
    tools('tools function strict', [{ ...tool, parameters: STRICT_SCHEMA, strict: true }]),
    tools('tools custom', [{ type: 'custom', name: 'patch', description: 'A patch' }]),
    tools('tools custom with a grammar', [
      { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } },
    ]),
    tools('tools namespace', [{ type: 'namespace', name: 'files', description: 'Files', tools: [tool] }]),
    tools('tool_choice required', [tool], { tool_choice: 'required' }),
    tools('tool_choice one tool', [tool], { tool_choice: { type: 'function', name: 'get_weather' } }),
    tools('parallel_tool_calls false', [tool], { parallel_tool_calls: false }),
    hosted('web_search'),
    hosted('image_generation'),
    hosted('code_interpreter', { container: { type: 'auto' } }),
    hosted('file_search', { vector_store_ids: ['vs_1'] }),
    hosted('mcp', { server_label: 'a', server_url: 'https://example.com/mcp' }),
    hosted('local_shell'),
    {
      field: 'additional_tools item',
      body: {
        input: [
          { type: 'additional_tools', role: 'developer', tools: [tool] },
          { role: 'user', content: 'Hi.' },
        ],
      },
    },
    says2('input_image', { type: 'input_image', image_url: image }),
    says2('input_file (PDF)', { type: 'input_file', filename: 'a.pdf', file_data: pdf }),
    {
      field: 'custom_tool_call in the history',
      body: {
        tools: [{ type: 'custom', name: 'patch' }],
        input: [
          { role: 'user', content: 'Hi.' },
          { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: 'free text' },
          { type: 'custom_tool_call_output', call_id: 'c1', output: 'done' },
        ],
      },
    },
    {
      field: 'web_search_call in the history',
      body: {
        input: [
          { role: 'user', content: 'Hi.' },
          { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'Oslo' } },
          { role: 'assistant', content: 'Rain.' },
          { role: 'user', content: 'Thanks.' },
        ],
      },
    },
  ],
};
