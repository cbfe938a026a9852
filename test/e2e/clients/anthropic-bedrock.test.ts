// Anthropic's SDK for Bedrock: InvokeModel under its messages, signed with a gateway key pair and with a bearer key.
import { AnthropicBedrock, AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk';
import type Anthropic from '@anthropic-ai/sdk';
import { APIError } from '@anthropic-ai/sdk';
import { describe } from 'vitest';
import { type Ask, proveClient, type Said, TOOLS, type UseTools } from './spine.ts';
import { ACCESS_KEY_ID } from './stage.ts';

const tools: Anthropic.Tool[] = TOOLS.map(({ name, description, schema }) => ({
  ...{ name, description },
  input_schema: schema,
}));
const question = (text: string): Anthropic.MessageParam[] => [{ role: 'user', content: text }];

const shared = { awsRegion: 'us-east-1', maxRetries: 0 };

const CLIENTS = [
  {
    name: 'SigV4',
    clientOf: ({ url, key }: Ask) =>
      new AnthropicBedrock({ ...shared, baseURL: url, apiKey: null, awsAccessKey: ACCESS_KEY_ID, awsSecretKey: key }),
    wrongKey: 403,
  },
  {
    name: 'bearer, under /bedrock',
    clientOf: ({ url, key }: Ask) => new AnthropicBedrock({ ...shared, baseURL: `${url}/bedrock`, apiKey: key }),
    wrongKey: 403,
  },
  {
    // Anthropic's own messages, at Bedrock's other address.
    name: 'Mantle, bearer',
    clientOf: ({ url, key }: Ask) =>
      new AnthropicBedrockMantle({ ...shared, baseURL: `${url}/anthropic`, apiKey: key }),
    wrongKey: 401,
  },
];

describe.each(CLIENTS)('$name', ({ clientOf, wrongKey }) => {
  type Send = (ask: Ask, messages: Anthropic.MessageParam[], settings?: object) => Promise<Anthropic.Message>;
  const request = (ask: Ask, messages: Anthropic.MessageParam[]) => ({ model: ask.model, max_tokens: 1_000, messages });
  const whole: Send = (ask, messages, settings) =>
    clientOf(ask).messages.create({ ...request(ask, messages), ...settings }, { signal: ask.signal });
  const streamed: Send = (ask, messages, settings) =>
    clientOf(ask)
      .messages.stream({ ...request(ask, messages), ...settings }, { signal: ask.signal })
      .finalMessage();
  const loop =
    (send: Send): UseTools =>
    async (ask, call) => {
      const { content } = await send(ask, question(ask.text), { tools });
      const results = content.flatMap((block) => {
        if (block.type !== 'tool_use') return [];
        const { city } = block.input as { city: string }; // what the schema says
        return [{ type: 'tool_result' as const, tool_use_id: block.id, content: call(block.name, city) }];
      });
      const history = [
        ...question(ask.text),
        { role: 'assistant' as const, content },
        { role: 'user' as const, content: results },
      ];
      return textOf(await send(ask, history, { tools }));
    };

  const saying = (status: number) => ({ is: APIError, has: { status } });
  proveClient({
    say: {
      whole: { create: async (ask) => saidOf(await whole(ask, question(ask.text))) },
      streamed: { 'stream helper': async (ask) => saidOf(await streamed(ask, question(ask.text))) },
    },
    show: async (ask, png) => {
      const source = { type: 'base64' as const, media_type: 'image/png' as const, data: png };
      const content = [
        { type: 'text' as const, text: ask.text },
        { type: 'image' as const, source },
      ];
      return textOf(await whole(ask, [{ role: 'user', content }]));
    },
    useTools: { create: loop(whole), 'stream helper': loop(streamed) },
    failures: {
      unknownModel: saying(404),
      wrongKey: saying(wrongKey),
      throttled: saying(429),
      cut: { is: APIError, has: {} },
    },
    retryAfter: (error: APIError) => error.headers?.get('retry-after'),
  });
});

const textOf = ({ content }: Anthropic.Message): string =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');

const saidOf = (message: Anthropic.Message): Said => ({
  text: textOf(message),
  inputTokens: message.usage.input_tokens,
  outputTokens: message.usage.output_tokens,
});
