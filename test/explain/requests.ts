// Random requests as clients of each protocol send them: valid for the router, not for every target.
import fc from 'fast-check';
import type { SpokenProtocol } from '../../core/src/server/index.ts';

export interface RandomRequest {
  readonly protocol: SpokenProtocol;
  readonly body: Readonly<Record<string, unknown>>;
  readonly stream: boolean;
}

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const words = fc.constantFrom('hello', 'Grüß Gott 👋', 'what is 12345678901234567890?', 'a\nb');
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const temperature = maybe(fc.constantFrom(0, 0.5, 1));
const limit = fc.constantFrom(1, 900, 5000, 40_000);
const stop = maybe(fc.constantFrom(['END'], ['a', 'b']));
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

const present = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const chat = fc
  .record({
    text: words,
    system: maybe(words),
    image: fc.boolean(),
    history: fc.boolean(),
    stream: fc.boolean(),
    fields: fc.record({
      temperature,
      max_tokens: maybe(limit),
      stop,
      seed: maybe(fc.constant(7)),
      user: maybe(fc.constant('u1')),
      reasoning_effort: maybe(fc.constantFrom('low', 'high')),
      logit_bias: maybe(fc.constant({ 5: 1 })),
      tools: maybe(
        fc.constant([{ type: 'function', function: { name: 'weather', description: 'd', parameters: schema } }]),
      ),
      response_format: maybe(fc.constant({ type: 'json_schema', json_schema: { name: 'x', schema } })),
    }),
  })
  .map(({ text, system, image, history, stream, fields }): RandomRequest => {
    const content = image
      ? [
          { type: 'text', text },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
        ]
      : text;
    const messages = [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      ...(history
        ? [
            { role: 'user', content: 'first' },
            { role: 'assistant', content: 'second' },
          ]
        : []),
      { role: 'user', content },
    ];
    return { protocol: 'openai-chat', stream, body: { messages, stream, ...present(fields) } };
  });

const responses = fc
  .record({
    text: words,
    stream: fc.boolean(),
    fields: fc.record({
      temperature,
      instructions: maybe(words),
      max_output_tokens: maybe(limit),
      reasoning: maybe(fc.constantFrom({ effort: 'low' }, { effort: 'high', summary: 'auto' })),
      tools: maybe(fc.constant([{ type: 'function', name: 'weather', parameters: schema, strict: false }])),
      service_tier: maybe(fc.constant('flex')),
    }),
  })
  .map(
    ({ text, stream, fields }): RandomRequest => ({
      protocol: 'openai-responses',
      stream,
      body: {
        input: [{ role: 'user', content: [{ type: 'input_text', text }] }],
        store: false,
        stream,
        ...present(fields),
      },
    }),
  );

const messages = fc
  .record({
    text: words,
    image: fc.boolean(),
    stream: fc.boolean(),
    max_tokens: limit,
    fields: fc.record({
      temperature,
      system: maybe(fc.oneof(words, fc.constant([{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }]))),
      thinking: maybe(fc.constantFrom({ type: 'enabled', budget_tokens: 1024 }, { type: 'disabled' })),
      stop_sequences: stop,
      top_k: maybe(fc.constant(5)),
      tools: maybe(fc.constant([{ name: 'weather', description: 'd', input_schema: schema }])),
    }),
  })
  .map(({ text, image, stream, max_tokens, fields }): RandomRequest => {
    const source = { type: 'base64', media_type: 'image/png', data: PIXEL };
    const content = image
      ? [
          { type: 'image', source },
          { type: 'text', text },
        ]
      : text;
    const body = { max_tokens, messages: [{ role: 'user', content }], stream, ...present(fields) };
    return { protocol: 'anthropic-messages', stream, body };
  });

const converse = fc
  .record({
    text: words,
    stream: fc.boolean(),
    inferenceConfig: maybe(fc.record({ temperature, maxTokens: maybe(limit), stopSequences: stop }).map(present)),
    fields: fc.record({
      system: maybe(words.map((text) => [{ text }])),
      toolConfig: maybe(
        fc.constant({ tools: [{ toolSpec: { name: 'weather', description: 'd', inputSchema: { json: schema } } }] }),
      ),
    }),
  })
  .map(
    ({ text, stream, inferenceConfig, fields }): RandomRequest => ({
      protocol: 'bedrock-converse',
      stream,
      body: { messages: [{ role: 'user', content: [{ text }] }], ...present({ ...fields, inferenceConfig }) },
    }),
  );

const invoke = messages.map(({ body, stream }): RandomRequest => {
  const { stream: _, ...rest } = body;
  return { protocol: 'bedrock-invoke', stream, body: { ...rest, anthropic_version: 'bedrock-2023-05-31' } };
});

export const anyRequest = fc.oneof(chat, responses, messages, converse, invoke);

/** Where a client of a protocol sends a request, and what is in its body then. */
export function posted(model: string, { protocol, body, stream }: RandomRequest): { path: string; body: object } {
  const operation = {
    'bedrock-converse': ['converse', 'converse-stream'],
    'bedrock-invoke': ['invoke', 'invoke-with-response-stream'],
  };
  if (protocol === 'bedrock-converse' || protocol === 'bedrock-invoke') {
    return { path: `/model/${encodeURIComponent(model)}/${operation[protocol][stream ? 1 : 0]}`, body };
  }
  const paths = {
    'openai-chat': '/v1/chat/completions',
    'openai-responses': '/v1/responses',
    'anthropic-messages': '/v1/messages',
    'openai-embeddings': '/v1/embeddings',
  };
  return { path: paths[protocol], body: { model, ...body } };
}
