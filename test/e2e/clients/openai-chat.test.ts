// OpenAI's SDK over chat completions: plain, streamed, its stream helper, its tool runner and parse.
import type OpenAI from 'openai';
import { BedrockOpenAI } from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import type { ChatCompletionFunctionTool, ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { clientOf, failuresOf, MAJORS } from './openai.ts';
import { type Ask, type CallTool, proveClient, type Said, TOOLS, type UseTools, useStage } from './spine.ts';
import { CLAUDE, KEY, MODELS } from './stage.ts';

const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content });

const tools: ChatCompletionFunctionTool[] = TOOLS.map(({ name, description, schema }) => ({
  type: 'function',
  function: { name, description, parameters: schema },
}));

const saidOf = ({ choices, usage }: OpenAI.ChatCompletion): Said => ({
  text: choices[0]?.message.content ?? '',
  inputTokens: usage?.prompt_tokens,
  outputTokens: usage?.completion_tokens,
});

describe.each(MAJORS)('%s', (_major, Sdk) => {
  const completionsOf = (ask: Ask) => clientOf(Sdk, ask).chat.completions;
  const body = ({ model, text }: Ask) => ({ model, messages: [user(text)] });
  const withUsage = { stream_options: { include_usage: true } };

  type Send = (ask: Ask, request: object) => Promise<OpenAI.ChatCompletion>;
  const whole: Send = (ask, request) =>
    completionsOf(ask).create({ ...body(ask), ...request, stream: false }, { signal: ask.signal });
  const helped: Send = (ask, request) =>
    completionsOf(ask)
      .stream({ ...body(ask), ...request, ...withUsage }, { signal: ask.signal })
      .finalChatCompletion();

  const loop =
    (send: Send): UseTools =>
    async (ask, call) => {
      const message = (await send(ask, { tools })).choices[0]?.message;
      const results = message?.tool_calls?.map((one) => {
        if (one.type !== 'function') throw new Error(`a call of another kind: ${one.type}`);
        const content = call(one.function.name, JSON.parse(one.function.arguments).city);
        return { role: 'tool', tool_call_id: one.id, content };
      });
      return saidOf(await send(ask, { tools, messages: [user(ask.text), message, ...(results ?? [])] })).text;
    };
  const runnable = (call: CallTool) =>
    TOOLS.map(({ name, description, schema }) => ({
      type: 'function' as const,
      function: {
        ...{ name, description, parameters: schema },
        parse: JSON.parse as (text: string) => { city: string },
        function: ({ city }: { city: string }) => call(name, city),
      },
    }));

  proveClient({
    say: {
      whole: { create: async (ask) => saidOf(await whole(ask, {})) },
      streamed: {
        'create, streamed': async (ask) => {
          const request = { ...body(ask), ...withUsage, stream: true as const };
          let text = '';
          let usage: OpenAI.CompletionUsage | null | undefined;
          for await (const chunk of await completionsOf(ask).create(request, { signal: ask.signal })) {
            text += chunk.choices[0]?.delta.content ?? '';
            usage = chunk.usage ?? usage;
          }
          return { text, inputTokens: usage?.prompt_tokens, outputTokens: usage?.completion_tokens };
        },
        'stream helper': async (ask) => saidOf(await helped(ask, {})),
      },
    },
    show: async (ask, png) => {
      const url = `data:image/png;base64,${png}`;
      const content = [
        { type: 'text', text: ask.text },
        { type: 'image_url', image_url: { url } },
      ];
      return saidOf(await whole(ask, { messages: [{ role: 'user', content }] })).text;
    },
    useTools: {
      create: loop(whole),
      'stream helper': loop(helped),
      runTools: async (ask, call) => {
        const runner = completionsOf(ask).runTools({ ...body(ask), tools: runnable(call) });
        return (await runner.finalContent()) ?? '';
      },
      'runTools, streamed': async (ask, call) => {
        const runner = completionsOf(ask).runTools({ ...body(ask), stream: true, tools: runnable(call) });
        return (await runner.finalContent()) ?? '';
      },
    },
    // They keep what they know of a message, which its reasoning is not.
    forgets: ['runTools', 'runTools, streamed'],
    ...failuresOf(Sdk),
  });

  describe('more', () => {
    const stage = useStage();

    test.each(MODELS)('parse, %s: an answer and a call', async (model) => {
      const Station = z.object({ town: z.string(), tracks: z.int() });
      const ask = stage.ask(model, 'Describe the station of Olten.');
      const request = { ...body(ask), response_format: zodResponseFormat(Station, 'station') };
      const { choices } = await completionsOf(ask).parse(request);
      expect(choices[0]?.message.parsed).toEqual({ town: expect.any(String), tracks: expect.any(Number) });

      const messages = [user('Use find_station for Olten.')];
      const find = zodFunction({ name: 'find_station', parameters: z.object({ town: z.string() }) });
      const called = await completionsOf(ask).parse({ model, messages, tools: [find] });
      expect(called.choices[0]?.message.tool_calls).toMatchObject([
        { function: { name: 'find_station', parsed_arguments: { town: 'Olten' } } },
      ]);
    });
  });
});

describe('the client for Bedrock, of openai 7', () => {
  const stage = useStage();

  test('chat completions and responses', async () => {
    const client = new BedrockOpenAI({ baseURL: `${stage.current.url}/openai/v1`, apiKey: KEY, maxRetries: 0 });
    const { choices } = await client.chat.completions.create({ model: CLAUDE, messages: [user('Hello, signalman.')] });
    expect(choices[0]?.message.content).toContain('Hello, signalman.');
    const { output_text } = await client.responses.create({ model: CLAUDE, input: 'Hello, signalman.' });
    expect(output_text).toContain('Hello, signalman.');
  });
});
