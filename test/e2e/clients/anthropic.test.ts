// Anthropic's SDK: messages plain and streamed, its stream helper and tool runner, parse, thinking, token counts, models.
import Anthropic from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { clientOf, failuresOf, MAJORS } from './anthropic.ts';
import { type Ask, type CallTool, proveClient, type Said, TOOLS, type UseTools, useStage } from './spine.ts';
import { CLAUDE, MODELS, NOVA } from './stage.ts';

type Messages = Anthropic.MessageParam[];

const tools: Anthropic.Tool[] = TOOLS.map(({ name, description, schema }) => ({
  ...{ name, description },
  input_schema: schema,
}));
const user = (content: Anthropic.MessageParam['content']): Anthropic.MessageParam => ({ role: 'user', content });

describe.each(MAJORS)('%s', (_major, Sdk) => {
  type Send = (ask: Ask, messages: Messages, settings?: object) => Promise<Anthropic.Message>;
  const request = (ask: Ask, messages: Messages = [user(ask.text)]) => ({
    model: ask.model,
    max_tokens: 4_000,
    messages,
  });
  const whole: Send = (ask, messages, settings) =>
    clientOf(Sdk, ask).messages.create({ ...request(ask, messages), ...settings }, { signal: ask.signal });
  const streamed: Send = (ask, messages, settings) =>
    clientOf(Sdk, ask)
      .messages.stream({ ...request(ask, messages), ...settings }, { signal: ask.signal })
      .finalMessage();

  const loop =
    (send: Send): UseTools =>
    async (ask, call) => {
      const first = await send(ask, [user(ask.text)], { tools });
      expect(first.stop_reason).toBe('tool_use');
      const history: Messages = [user(ask.text), { role: 'assistant', content: first.content }, results(first, call)];
      return textOf(await send(ask, history, { tools }));
    };
  const runnable = (call: CallTool) =>
    TOOLS.map(({ name, description }) =>
      betaZodTool({
        ...{ name, description },
        inputSchema: z.object({ city: z.string() }),
        run: ({ city }) => call(name, city),
      }),
    );

  proveClient({
    say: {
      whole: { create: async (ask) => saidOf(await whole(ask, [user(ask.text)])) },
      streamed: {
        'create, streamed': async (ask) => {
          let text = '';
          let inputTokens: number | undefined;
          let outputTokens: number | undefined;
          let last = '';
          const events = await clientOf(Sdk, ask).messages.create(
            { ...request(ask), stream: true },
            { signal: ask.signal },
          );
          for await (const event of events) {
            if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
            if (event.type === 'message_start') inputTokens = event.message.usage.input_tokens;
            if (event.type === 'message_delta') {
              inputTokens = event.usage.input_tokens ?? inputTokens;
              outputTokens = event.usage.output_tokens;
            }
            last = event.type;
          }
          expect(last).toBe('message_stop');
          return { text, inputTokens, outputTokens };
        },
        'stream helper': async (ask) => saidOf(await streamed(ask, [user(ask.text)])),
      },
    },
    show: async (ask, png) => {
      const source = { type: 'base64' as const, media_type: 'image/png' as const, data: png };
      return textOf(
        await whole(ask, [
          user([
            { type: 'text', text: ask.text },
            { type: 'image', source },
          ]),
        ]),
      );
    },
    useTools: {
      create: loop(whole),
      'stream helper': loop(streamed),
      toolRunner: async (ask, call) =>
        textOf(await clientOf(Sdk, ask).beta.messages.toolRunner({ ...request(ask), tools: runnable(call) })),
      'toolRunner, streamed': async (ask, call) => {
        const runner = clientOf(Sdk, ask).beta.messages.toolRunner({
          ...request(ask),
          tools: runnable(call),
          stream: true,
        });
        return textOf(await runner.runUntilDone());
      },
    },
    ...failuresOf(Sdk),
  });

  describe('more', () => {
    const stage = useStage();

    test.each([
      ['create', whole],
      ['stream helper', streamed],
    ])('signed thinking goes through a tool turn: %s', async (_name, send) => {
      const settings = { tools, thinking: { type: 'adaptive', display: 'summarized' } };
      const ask = stage.ask(CLAUDE, 'Think, then use get_weather for Basel.');
      const first = await send(ask, [user(ask.text)], settings);
      expect(first.content.map((block) => block.type)).toEqual(['thinking', 'tool_use']);
      const [thought] = first.content;
      expect(thought).toMatchObject({
        thinking: expect.stringContaining('get_weather'),
        signature: expect.any(String),
      });
      // Claude's own, as it signed it.
      expect(thought).not.toMatchObject({ signature: expect.stringMatching(/^tn1\./) });

      const history: Messages = [
        user(ask.text),
        { role: 'assistant', content: first.content },
        results(first, () => 'Sun.'),
      ];
      expect(textOf(await send(ask, history, settings))).toContain('Sun.');
    });

    test('structured output', async () => {
      const Station = z.object({ town: z.string(), tracks: z.int() });
      for (const model of MODELS) {
        const ask = stage.ask(model, 'Describe the station of Olten.');
        const { parsed_output } = await clientOf(Sdk, ask).messages.parse({
          ...request(ask),
          output_config: { format: zodOutputFormat(Station) },
        });
        expect(parsed_output, model).toEqual({ town: expect.any(String), tracks: expect.any(Number) });
      }
    });

    test('tokens are counted', async () => {
      const ask = stage.ask(CLAUDE, 'Hello, signalman.');
      const { input_tokens } = await clientOf(Sdk, ask).messages.countTokens({
        model: CLAUDE,
        messages: [user(ask.text)],
      });
      expect(input_tokens).toBe((await whole(ask, [user(ask.text)])).usage.input_tokens);
    });

    test('models are listed, and one is looked up', async () => {
      const client = clientOf(Sdk, stage.ask(CLAUDE, ''));
      const ids: string[] = [];
      for await (const { id, type } of client.models.list()) {
        expect(type).toBe('model');
        ids.push(id);
      }
      expect(ids).toEqual(expect.arrayContaining([CLAUDE, NOVA]));
      expect(await client.models.retrieve(CLAUDE)).toMatchObject({ id: CLAUDE, type: 'model' });
      await expect(client.models.retrieve('no-such-model')).rejects.toThrow(Sdk.NotFoundError);
    });

    test('the tool runner sends whole histories where there are no threads', async () => {
      const ask = stage.ask(CLAUDE, 'Use get_weather for Basel.');
      const { log } = stage.current.house;
      const before = log.length;
      const runner = clientOf(Sdk, ask).beta.messages.toolRunner({ ...request(ask), tools: runnable(() => 'Sun.') });
      expect(textOf(await runner)).toContain('Sun.');
      const lines = () => log.slice(before).filter(({ message }) => message === 'request');
      // Version 1 begins a thread, and is told that there are none.
      const statuses = Sdk === Anthropic ? [400, 200, 200] : [200, 200];
      await expect.poll(() => lines().map(({ fields }) => fields.status)).toEqual(statuses);
    });

    test.each([
      ['x-api-key', { 'x-api-key': 'turnout-client-key' }],
      ['authorization', { authorization: 'Bearer turnout-client-key' }],
    ])('the key as %s', async (name, headers) => {
      const { url } = stage.current;
      // Nulls take out the header that this version of the SDK would choose by itself.
      const client = new Sdk({ baseURL: url, apiKey: null, authToken: null, maxRetries: 0, defaultHeaders: headers });
      const { content } = await client.messages.create(request(stage.ask(CLAUDE, `Hello, ${name}.`)));
      expect(content).toMatchObject([{ type: 'text', text: expect.stringContaining(`Hello, ${name}.`) }]);
    });
  });
});

const textOf = ({ content }: { content: readonly { type: string; text?: string }[] }): string =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');

const saidOf = (message: Anthropic.Message): Said => ({
  text: textOf(message),
  inputTokens: message.usage.input_tokens,
  outputTokens: message.usage.output_tokens,
});

/** The message with the results of all calls. */
const results = (message: Anthropic.Message, call: CallTool): Anthropic.MessageParam =>
  user(
    message.content.flatMap((block) => {
      if (block.type !== 'tool_use') return [];
      const { city } = block.input as { city: string }; // what the schema says
      return [{ type: 'tool_result', tool_use_id: block.id, content: call(block.name, city) }];
    }),
  );
