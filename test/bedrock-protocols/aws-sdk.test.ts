// The AWS SDK's own client as a client of the router's Converse and InvokeModel, through real sockets.
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  ModelStreamErrorException,
  ResourceNotFoundException,
  ThrottlingException,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChatEvent, type FinishEvent, RouterError } from '../../core/src/contract/index.ts';
import { type AnsweringServer, startAnsweringServer } from './answering-server.ts';

let server: AnsweringServer;
let client: BedrockRuntimeClient;
const clientOf = (settings: BedrockRuntimeClientConfig): BedrockRuntimeClient =>
  new BedrockRuntimeClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    requestHandler: new NodeHttpHandler(),
    ...settings,
  });
beforeAll(async () => {
  server = await startAnsweringServer();
  client = clientOf({});
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

const modelId = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const hi: ConverseCommandInput = { modelId, messages: [{ role: 'user', content: [{ text: 'hi' }] }] };

const finish: FinishEvent = {
  type: 'finish',
  reason: 'tool-calls',
  rawReason: 'tool_calls',
  usage: {
    inputTokens: 3,
    outputTokens: 5,
    totalTokens: 18,
    cacheReadTokens: 4,
    cacheWriteTokens: 6,
    cacheWrite1hTokens: 2,
  },
};
/** As Claude's own API has it; the SDK sees its text as bytes. */
const thought = Buffer.from('redacted bytes').toString('base64');

/** Two blocks interleave, as some providers send them. */
const answer: readonly ChatEvent[] = [
  { type: 'start', id: 'up', model: 'wire' },
  { type: 'block-start', index: 0, block: { type: 'reasoning', origin: 'claude' } },
  { type: 'block-delta', index: 0, text: 'I think' },
  { type: 'block-end', index: 0, signature: 'c2lnbmF0dXJl', data: thought },
  { type: 'block-start', index: 1, block: { type: 'text' } },
  { type: 'block-delta', index: 1, text: 'Grüß Gott 👋' },
  { type: 'block-start', index: 2, block: { type: 'tool-call', id: 'call_1', name: 'weather' } },
  { type: 'block-delta', index: 2, text: '{"city":"Os' },
  { type: 'block-delta', index: 1, text: '!' },
  { type: 'block-end', index: 1 },
  { type: 'block-delta', index: 2, text: 'lo"}' },
  { type: 'block-end', index: 2 },
  finish,
];
const usage = {
  inputTokens: 3,
  outputTokens: 5,
  totalTokens: 18,
  cacheReadInputTokens: 4,
  cacheWriteInputTokens: 6,
  cacheDetails: [
    { ttl: '1h', inputTokens: 2 },
    { ttl: '5m', inputTokens: 4 },
  ],
};
const failed = (code: ConstructorParameters<typeof RouterError>[0], message = 'no luck') =>
  new RouterError(code, message);

test('Converse: a whole answer', async () => {
  server.events = answer;
  const said = await client.send(new ConverseCommand(hi));
  expect(said.output?.message).toEqual({
    role: 'assistant',
    content: [
      { reasoningContent: { reasoningText: { text: 'I think', signature: 'c2lnbmF0dXJl' } } },
      { reasoningContent: { redactedContent: new Uint8Array(Buffer.from(thought)) } },
      { text: 'Grüß Gott 👋!' },
      { toolUse: { toolUseId: 'call_1', name: 'weather', input: { city: 'Oslo' } } },
    ],
  });
  expect(said).toMatchObject({ stopReason: 'tool_use', usage, $metadata: { requestId: '7f3a' } });
  expect(said.metrics?.latencyMs).toBeGreaterThanOrEqual(0);
});

test('ConverseStream: every event in order, tool input in fragments', async () => {
  server.events = answer;
  const { stream = [] } = await client.send(new ConverseStreamCommand(hi));
  const events: ConverseStreamOutput[] = [];
  for await (const event of stream) events.push(event);
  const delta = (contentBlockIndex: number, inner: object) => ({
    contentBlockDelta: { contentBlockIndex, delta: inner },
  });
  const stop = (contentBlockIndex: number) => ({ contentBlockStop: { contentBlockIndex } });
  expect(events).toMatchObject([
    { messageStart: { role: 'assistant' } },
    delta(0, { reasoningContent: { text: 'I think' } }),
    delta(0, { reasoningContent: { signature: 'c2lnbmF0dXJl' } }),
    stop(0),
    delta(1, { reasoningContent: { redactedContent: new Uint8Array(Buffer.from(thought)) } }),
    stop(1),
    delta(2, { text: 'Grüß Gott 👋' }),
    delta(2, { text: '!' }),
    stop(2),
    { contentBlockStart: { contentBlockIndex: 3, start: { toolUse: { toolUseId: 'call_1', name: 'weather' } } } },
    delta(3, { toolUse: { input: '{"city":"Os' } }),
    delta(3, { toolUse: { input: 'lo"}' } }),
    stop(3),
    { messageStop: { stopReason: 'tool_use' } },
    { metadata: { usage } },
  ]);
});

test('everything that the SDK can say of a request arrives', async () => {
  server.events = answer;
  const bytes = new Uint8Array([137, 80, 78, 71]);
  const pdf = { format: 'pdf', name: 'report', source: { bytes }, citations: { enabled: true } } as const;
  await client.send(
    new ConverseCommand({
      modelId,
      system: [{ text: 'be brief' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      messages: [
        {
          role: 'user',
          content: [{ text: 'look' }, { image: { format: 'png', source: { bytes } } }, { document: pdf }],
        },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'hm', signature: 'sig' } } },
            { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Oslo', days: 2 } } },
          ],
        },
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: 't1', content: [{ json: { sunny: true } }], status: 'error' } }],
        },
      ],
      inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 0.25, stopSequences: ['END'] },
      toolConfig: {
        tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } }, strict: true } }],
        toolChoice: { any: {} },
      },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 }, top_k: 7, other: [1] },
      requestMetadata: { team: 'red' },
    }),
  );
  const data = Buffer.from(bytes).toString('base64');
  expect(server.request).toEqual({
    model: modelId,
    system: [{ type: 'text', text: 'be brief', cache: { ttl: '1h' } }],
    messages: [
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'look' },
          { type: 'media', mediaType: 'image/png', data },
          { type: 'media', mediaType: 'application/pdf', data, name: 'report', citable: true },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'hm', signature: 'sig', origin: 'claude' },
          { type: 'tool-call', id: 't1', name: 'weather', input: '{"city":"Oslo","days":2}' },
        ],
      },
      {
        role: 'user',
        parts: [{ type: 'tool-result', id: 't1', parts: [{ type: 'text', text: '{"sunny":true}' }], error: true }],
      },
    ],
    tools: [{ kind: 'function', name: 'weather', schema: { type: 'object' }, strict: true }],
    toolChoice: 'required',
    maxTokens: 100,
    temperature: 0.5,
    topP: 0.25,
    topK: 7,
    stop: ['END'],
    reasoning: { budget: 2048 },
    extensions: {
      'bedrock-converse': { requestMetadata: { team: 'red' }, additionalModelRequestFields: { other: [1] } },
    },
  });
});

test('an answer with sealed reasoning comes back through the SDK as it was', async () => {
  server.events = [
    { type: 'start', id: 'up', model: 'wire' },
    { type: 'block-start', index: 0, block: { type: 'reasoning', origin: 'openai' } },
    { type: 'block-delta', index: 0, text: 'so' },
    { type: 'block-end', index: 0, signature: 'not base64!', data: 'opaque' },
    { type: 'block-start', index: 1, block: { type: 'tool-call', id: 'c', name: 'f', origin: 'gemini' } },
    { type: 'block-end', index: 1, signature: 'thought' },
    finish,
  ];
  const { output } = await client.send(new ConverseCommand(hi));
  if (output?.message === undefined) throw new Error('an answer without a message');
  await client.send(new ConverseCommand({ ...hi, messages: [...(hi.messages ?? []), output.message] }));
  expect(server.request?.messages[1]?.parts).toEqual([
    { type: 'reasoning', text: 'so', signature: 'not base64!', origin: 'openai' },
    { type: 'reasoning', data: 'opaque', origin: 'openai' },
    { type: 'tool-call', id: 'c', name: 'f', input: '{}', signature: 'thought', origin: 'gemini' },
  ]);
});

test('errors before the answer are of the right class, and retried as AWS says', async () => {
  const tried = async (error: RouterError): Promise<{ thrown: unknown; tries: number }> => {
    server.events = [error];
    const before = server.count;
    const thrown = await client.send(new ConverseCommand(hi)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { thrown, tries: server.count - before };
  };
  const missing = await tried(failed('model-not-found', 'no such model'));
  expect(missing.thrown).toBeInstanceOf(ResourceNotFoundException);
  expect(missing).toMatchObject({ tries: 1, thrown: { message: 'no such model', $metadata: { httpStatusCode: 404 } } });
  const denied = await tried(failed('unauthenticated'));
  expect(denied).toMatchObject({ tries: 1, thrown: { name: 'UnrecognizedClientException' } });
  expect(denied.thrown).toMatchObject({ $metadata: { httpStatusCode: 403 } });
  const invalid = await tried(failed('invalid-request'));
  expect(invalid).toMatchObject({ tries: 1, thrown: { name: 'ValidationException', message: 'no luck' } });
  expect(await tried(failed('overloaded'))).toMatchObject({
    tries: 3,
    thrown: { name: 'ServiceUnavailableException' },
  });
  const own = clientOf({ maxAttempts: 1 });
  const names = [
    'rate-limited',
    'upstream-timeout',
    'upstream-failed',
    'upstream-denied',
    'forbidden',
    'internal',
  ] as const;
  const thrown: unknown[] = [];
  for (const name of names) {
    server.events = [failed(name)];
    thrown.push(await own.send(new ConverseCommand(hi)).catch((error: Error) => error.name));
  }
  expect(thrown).toEqual([
    'ThrottlingException',
    'ModelTimeoutException',
    'ModelErrorException',
    'ModelErrorException',
    'AccessDeniedException',
    'InternalServerException',
  ]);
});

test('a wrong request is refused in the words of Bedrock', async () => {
  const empty = new ConverseCommand({ modelId, messages: [{ role: 'user', content: [] }] });
  await expect(client.send(empty)).rejects.toMatchObject({
    name: 'ValidationException',
    message:
      'The content field in the Message object at messages.0 is empty. Add a ContentBlock object to the content field and try again.',
  });
});

test('a failure inside a stream is thrown as the exception that it is', async () => {
  const broken = async (error: RouterError): Promise<unknown> => {
    server.events = [...answer.slice(0, 7), error];
    const { stream = [] } = await client.send(new ConverseStreamCommand(hi));
    let seen = 0;
    try {
      for await (const event of stream) seen += event.contentBlockDelta ? 1 : 0;
    } catch (thrown) {
      expect(seen).toBeGreaterThan(2);
      return thrown;
    }
    return undefined;
  };
  expect(await broken(failed('rate-limited', 'slow down'))).toBeInstanceOf(ThrottlingException);
  const failure = await broken(failed('upstream-failed', 'cut'));
  expect(failure).toBeInstanceOf(ModelStreamErrorException);
  expect(failure).toMatchObject({ message: 'cut' });
  expect(await broken(failed('overloaded'))).toMatchObject({ name: 'ServiceUnavailableException' });
  expect(await broken(failed('internal'))).toMatchObject({ name: 'InternalServerException' });
  expect(await broken(failed('content-blocked'))).toMatchObject({ name: 'ValidationException' });
});

const claudeBody = JSON.stringify({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'hi' }],
});

test('InvokeModel: whole, streamed, and broken', async () => {
  server.events = answer;
  const { body } = await client.send(
    new InvokeModelCommand({ modelId, body: claudeBody, guardrailIdentifier: 'gr', guardrailVersion: '1' }),
  );
  const message = JSON.parse(Buffer.from(body).toString());
  expect(message).toMatchObject({ type: 'message', model: modelId, stop_reason: 'tool_use' });
  expect(message.content.at(-1)).toEqual({ type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Oslo' } });
  expect(server.request?.extensions).toEqual({
    'bedrock-converse': { guardrailConfig: { guardrailIdentifier: 'gr', guardrailVersion: '1' } },
  });

  const command = new InvokeModelWithResponseStreamCommand({ modelId, body: claudeBody });
  const types: string[] = [];
  let last: unknown;
  for await (const { chunk } of (await client.send(command)).body ?? []) {
    last = JSON.parse(Buffer.from(chunk?.bytes ?? []).toString());
    types.push(Object(last).type);
  }
  expect([types[0], types.at(-2), types.at(-1)]).toEqual(['message_start', 'message_delta', 'message_stop']);
  expect(types).not.toContain('ping');
  expect(last).toMatchObject({
    'amazon-bedrock-invocationMetrics': { inputTokenCount: 3, outputTokenCount: 5, cacheReadInputTokenCount: 4 },
  });

  server.events = [...answer.slice(0, 7), failed('upstream-timeout')];
  const { body: stream = [] } = await client.send(command);
  const read = async () => {
    for await (const _ of stream);
  };
  await expect(read()).rejects.toMatchObject({ name: 'ModelTimeoutException', message: 'no luck' });
});

test('CountTokens: both forms', async () => {
  const { messages } = hi;
  const converse = new CountTokensCommand({ modelId, input: { converse: { messages, system: [] } } });
  expect(await client.send(converse)).toMatchObject({ inputTokens: 42 });
  const invokeModel = { body: new Uint8Array(Buffer.from(claudeBody)) };
  expect(await client.send(new CountTokensCommand({ modelId, input: { invokeModel } }))).toMatchObject({
    inputTokens: 42,
  });
  expect(server.request).toMatchObject({
    model: modelId,
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
  });
});
