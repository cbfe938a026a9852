// Anthropic's SDK for Bedrock as a client of the router's InvokeModel, through real sockets.
import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChatEvent, type FinishEvent, RouterError } from '../../core/src/contract/index.ts';
import { type AnsweringServer, startAnsweringServer } from './answering-server.ts';

let server: AnsweringServer;
let client: AnthropicBedrock;
beforeAll(async () => {
  server = await startAnsweringServer();
  client = new AnthropicBedrock({
    baseURL: server.url,
    awsRegion: 'us-east-1',
    awsAccessKey: 'AKIATEST',
    awsSecretKey: 'secret',
    maxRetries: 0,
  });
});
afterAll(() => server.close());

const model = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const asked = { model, max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] };
const finish: FinishEvent = {
  type: 'finish',
  reason: 'tool-calls',
  rawReason: 'tool_use',
  usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
};
const answer: readonly ChatEvent[] = [
  { type: 'start', id: 'up', model: 'wire', usage: { inputTokens: 3 } },
  { type: 'block-start', index: 0, block: { type: 'reasoning', origin: 'claude' } },
  { type: 'block-delta', index: 0, text: 'I think' },
  { type: 'block-end', index: 0, signature: 'c2ln' },
  { type: 'block-start', index: 1, block: { type: 'text' } },
  { type: 'block-delta', index: 1, text: 'Grüß ' },
  { type: 'block-delta', index: 1, text: 'Gott 👋' },
  { type: 'block-end', index: 1 },
  { type: 'block-start', index: 2, block: { type: 'tool-call', id: 'toolu_1', name: 'weather' } },
  { type: 'block-delta', index: 2, text: '{"city":"Os' },
  { type: 'block-delta', index: 2, text: 'lo"}' },
  { type: 'block-end', index: 2 },
  finish,
];
const content = [
  { type: 'thinking', thinking: 'I think', signature: 'c2ln' },
  { type: 'text', text: 'Grüß Gott 👋' },
  { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } },
];

test('a whole message', async () => {
  server.events = answer;
  const message = await client.messages.create(asked);
  expect(message).toMatchObject({
    model,
    content,
    stop_reason: 'tool_use',
    usage: { input_tokens: 3, output_tokens: 5 },
  });
  expect(server.request).toMatchObject({ model, maxTokens: 100 });
});

test('a stream, added up by its helper', async () => {
  server.events = answer;
  const said: string[] = [];
  const stream = client.messages.stream(asked).on('text', (text) => said.push(text));
  const message = await stream.finalMessage();
  expect(said).toEqual(['Grüß ', 'Gott 👋']);
  expect(message).toMatchObject({ content, stop_reason: 'tool_use', usage: { input_tokens: 3, output_tokens: 5 } });
});

test('errors before the answer are of the right class', async () => {
  const thrownFor = async (code: ConstructorParameters<typeof RouterError>[0]): Promise<unknown> => {
    server.events = [new RouterError(code, 'no luck')];
    return client.messages.create(asked).catch((error: unknown) => error);
  };
  expect(await thrownFor('rate-limited')).toBeInstanceOf(AnthropicBedrock.RateLimitError);
  expect(await thrownFor('unauthenticated')).toBeInstanceOf(AnthropicBedrock.PermissionDeniedError);
  expect(await thrownFor('model-not-found')).toBeInstanceOf(AnthropicBedrock.NotFoundError);
  const invalid = await thrownFor('invalid-request');
  expect(invalid).toBeInstanceOf(AnthropicBedrock.BadRequestError);
  expect(Object(invalid).message).toContain('no luck');
  const long = await thrownFor('context-overflow');
  expect(Object(long).message).toContain('Input is too long for requested model. no luck');
});

test('a stream that breaks is an error, never a short message', async () => {
  server.events = [...answer.slice(0, 7), new RouterError('upstream-failed', 'cut')];
  await expect(client.messages.stream(asked).finalMessage()).rejects.toThrow(/cut/);
});
