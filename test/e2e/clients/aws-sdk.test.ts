// AWS's SDK for the Bedrock runtime: Converse, InvokeModel with Claude's body, both streamed too, and CountTokens.
import {
  type BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type Message,
  type TokenUsage,
} from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, test } from 'vitest';
import { type Auth, clientOf, collectClaude, collectConverse, FAILURES, type Handler } from './aws.ts';
import { type Ask, type CallTool, proveClient, type Said, TOOLS, type UseTools, useStage } from './spine.ts';
import { CLAUDE, MODELS } from './stage.ts';

const WAYS: readonly [Handler, Auth][] = [
  ['HTTP/2', 'SigV4'],
  ['HTTP/1.1', 'bearer'],
];

const toolConfig = {
  tools: TOOLS.map(({ name, description, schema }) => ({
    toolSpec: { name, description, inputSchema: { json: schema } },
  })),
};

interface Answer {
  readonly message: Message | undefined;
  readonly usage: TokenUsage | undefined;
}

describe.each(WAYS)('%s, %s', (handler, auth) => {
  /** Runs with a client of its own, which is ended. */
  async function withClient<Result>(ask: Ask, run: (client: BedrockRuntimeClient) => Promise<Result>): Promise<Result> {
    const client = clientOf(ask, auth, handler);
    try {
      return await run(client);
    } finally {
      client.destroy();
    }
  }

  type Settings = Partial<ConverseCommandInput>;
  type Send = (ask: Ask, settings?: Settings) => Promise<Answer>;
  const request = (ask: Ask, settings?: Settings) => ({
    ...{ modelId: ask.model, messages: [user(ask.text)] },
    ...settings,
  });
  const converse: Send = (ask, settings) =>
    withClient(ask, async (client) => {
      const command = new ConverseCommand(request(ask, settings));
      const { output, usage } = await client.send(command, { abortSignal: ask.signal });
      return { message: output?.message, usage };
    });
  const converseStream: Send = (ask, settings) =>
    withClient(ask, async (client) => {
      const command = new ConverseStreamCommand(request(ask, settings));
      const { stream } = await client.send(command, { abortSignal: ask.signal });
      return collectConverse(stream);
    });

  const loop =
    (send: Send): UseTools =>
    async (ask, call) => {
      const first = await send(ask, { toolConfig });
      const messages = [user(ask.text), ...after(first, call)];
      return saidOf(await send(ask, { toolConfig, messages })).text;
    };

  proveClient({
    say: {
      whole: {
        Converse: async (ask) => saidOf(await converse(ask)),
        InvokeModel: (ask) =>
          withClient(ask, async (client) => {
            const command = new InvokeModelCommand({ modelId: ask.model, body: claudeBody(ask) });
            const { body } = await client.send(command, { abortSignal: ask.signal });
            const { content, usage } = JSON.parse(body.transformToString());
            return { text: content[0].text, inputTokens: usage.input_tokens, outputTokens: usage.output_tokens };
          }),
      },
      streamed: {
        ConverseStream: async (ask) => saidOf(await converseStream(ask)),
        InvokeModelWithResponseStream: (ask) =>
          withClient(ask, async (client) => {
            const command = new InvokeModelWithResponseStreamCommand({ modelId: ask.model, body: claudeBody(ask) });
            const { body } = await client.send(command, { abortSignal: ask.signal });
            return collectClaude(body);
          }),
      },
    },
    show: async (ask, png) => {
      const image = { format: 'png' as const, source: { bytes: Buffer.from(png, 'base64') } };
      const messages: Message[] = [{ role: 'user', content: [{ text: ask.text }, { image }] }];
      return saidOf(await converse(ask, { messages })).text;
    },
    useTools: { Converse: loop(converse), ConverseStream: loop(converseStream) },
    ...FAILURES,
  });

  describe('more', () => {
    const stage = useStage();

    test.each([
      ['Converse', converse],
      ['ConverseStream', converseStream],
    ])('signed reasoning that was asked for goes through a tool turn: %s', async (_name, send) => {
      const thinking = { type: 'adaptive', display: 'summarized' };
      const settings = { toolConfig, additionalModelRequestFields: { thinking } };
      const ask = stage.ask(CLAUDE, 'Think, then use get_weather for Basel.');
      const first = await send(ask, settings);
      expect(first.message?.content).toMatchObject([
        { reasoningContent: { reasoningText: { text: expect.stringContaining('get_weather') } } },
        { toolUse: { name: 'get_weather' } },
      ]);
      // bedrock-local refuses reasoning that it has not signed itself, in these very bytes.
      const last = await send(ask, { ...settings, messages: [user(ask.text), ...after(first, () => 'Sun.')] });
      expect(saidOf(last).text).toContain('Sun.');
    });

    test('tokens are counted', async () => {
      const ask = stage.ask(CLAUDE, 'Hello, signalman.');
      const input = { converse: { messages: [user(ask.text)] } };
      const command = new CountTokensCommand({ modelId: ask.model, input });
      const { inputTokens } = await withClient(ask, (client) => client.send(command));
      expect(inputTokens).toBe(saidOf(await converse(ask)).inputTokens);
    });

    test.each(MODELS)('a tool that is forced: %s', async (model) => {
      const toolChoice = { tool: { name: 'get_time' } };
      const { message } = await converse(stage.ask(model, 'Basel.'), { toolConfig: { ...toolConfig, toolChoice } });
      expect(message?.content).toMatchObject([{ toolUse: { name: 'get_time', input: { city: expect.any(String) } } }]);
    });
  });
});

const user = (text: string): Message => ({ role: 'user', content: [{ text }] });

const claudeBody = ({ text }: Ask): string =>
  JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 1_000,
    messages: [{ role: 'user', content: text }],
  });

const saidOf = ({ message, usage }: Answer): Said => ({
  text: (message?.content ?? []).map(({ text }) => text ?? '').join(''),
  inputTokens: usage?.inputTokens,
  outputTokens: usage?.outputTokens,
});

/** An answer and the results of all its calls, as they go into the history. */
function after({ message }: Answer, call: CallTool): Message[] {
  if (message === undefined) throw new Error('an answer without a message');
  const results = (message.content ?? []).flatMap(({ toolUse }) => {
    if (toolUse === undefined) return [];
    const { city } = toolUse.input as { city: string }; // what the schema says
    return [{ toolResult: { toolUseId: toolUse.toolUseId, content: [{ text: call(toolUse.name ?? '', city) }] } }];
  });
  return [message, { role: 'user', content: results }];
}
