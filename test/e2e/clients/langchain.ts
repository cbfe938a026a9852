// How LangChain is used, whatever integration gives it the model.
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { type AIMessageChunk, HumanMessage, type ToolMessage, type UsageMetadata } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Ask, type CallTool, type Program, proveClient, type Said, TOOLS, useStage } from './spine.ts';
import { MODELS } from './stage.ts';

/** An integration's model behind the router, with the SDK's retries off. */
export type ModelOf = (ask: Pick<Ask, 'url' | 'key' | 'model'>) => BaseChatModel;

/** Declares the tests of one integration. */
export function proveLangchain(
  modelOf: ModelOf,
  traits: Pick<Program, 'failures' | 'retryAfter' | 'forgets' | 'countsNoInput'>,
): void {
  proveClient({
    say: {
      whole: { invoke: async (ask) => saidOf(await modelOf(ask).invoke(ask.text, { signal: ask.signal })) },
      streamed: {
        stream: async (ask) => saidOf(await joined(modelOf(ask).stream(ask.text, { signal: ask.signal }))),
      },
    },
    show: async (ask, png) => {
      const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } };
      const content = [{ type: 'text', text: ask.text }, image];
      return (await modelOf(ask).invoke([new HumanMessage({ content })])).text;
    },
    useTools: {
      invoke: (ask, call) => loop(ask, call, (model, messages) => model.invoke(messages)),
      stream: (ask, call) => loop(ask, call, (model, messages) => joined(model.stream(messages))),
    },
    ...traits,
  });

  type Bound = ReturnType<NonNullable<BaseChatModel['bindTools']>>;
  type Messages = Parameters<BaseChatModel['invoke']>[0];
  async function loop(
    ask: Ask,
    call: CallTool,
    send: (model: Bound, messages: Messages) => Promise<AIMessageChunk>,
  ): Promise<string> {
    const schema = z.object({ city: z.string() });
    const tools = TOOLS.map(({ name, description }) =>
      tool(({ city }) => call(name, city), { name, description, schema }),
    );
    const model = modelOf(ask).bindTools?.(tools);
    if (model === undefined) throw new Error('this integration knows no tools');
    const question = new HumanMessage(ask.text);
    const first = await send(model, [question]);
    const results = (first.tool_calls ?? []).map((one): Promise<ToolMessage> => {
      const called = tools.find(({ name }) => name === one.name);
      if (called === undefined) throw new Error(`there is no tool ${one.name}`);
      return called.invoke({ ...one, type: 'tool_call' });
    });
    return (await send(model, [question, first, ...(await Promise.all(results))])).text;
  }

  describe('withStructuredOutput', () => {
    const stage = useStage();
    test.each(MODELS)('%s', async (model) => {
      const Station = z.object({ town: z.string(), tracks: z.int() });
      const asking = modelOf(stage.ask(model, '')).withStructuredOutput(Station, { name: 'station' });
      const station = await asking.invoke('Describe the station of Olten.');
      expect(station).toEqual({ town: expect.any(String), tracks: expect.any(Number) });
    });
  });
}

function saidOf(message: AIMessageChunk): Said {
  const usage = message.usage_metadata as UsageMetadata | undefined; // a chunk of no certain structure has no such member
  return { text: message.text, inputTokens: usage?.input_tokens, outputTokens: usage?.output_tokens };
}

/** A stream's chunks as one message. */
async function joined(stream: Promise<AsyncIterable<AIMessageChunk>>): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of await stream) whole = whole === undefined ? chunk : whole.concat(chunk);
  if (whole === undefined) throw new Error('a stream without a chunk');
  return whole;
}
