// How the AI SDK is used, whatever provider package gives it the model.
import {
  type APICallError,
  generateObject,
  generateText,
  isStepCount,
  type LanguageModel,
  type LanguageModelUsage,
  Output,
  streamText,
  tool,
} from 'ai';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Ask, type CallTool, proveClient, type Said, TOOLS, useStage } from './spine.ts';
import { MODELS, THINKER } from './stage.ts';

// It warns of settings that a model does not take, among others; what is sent is looked at here in other ways.
globalThis.AI_SDK_LOG_WARNINGS = false;

/** A provider package's model behind the router. */
export type ModelOf = (ask: Pick<Ask, 'url' | 'key' | 'model'>) => LanguageModel;

export interface AiTraits {
  /** The status of a key that is not known. Default 401. */
  readonly wrongKey?: number;
  /** What the package does with a model's reasoning. Default: shows it and sends it back. */
  readonly thoughts?: 'sent back' | 'shown' | 'ignored';
}

/** Declares the tests of one provider package. */
export function proveAi(modelOf: ModelOf, { wrongKey = 401, thoughts = 'sent back' }: AiTraits = {}): void {
  const request = (ask: Ask) => ({
    model: modelOf(ask),
    prompt: ask.text,
    abortSignal: ask.signal,
    maxRetries: 0,
  });
  const looping = (call: CallTool) => ({
    tools: Object.fromEntries(
      TOOLS.map(({ name, description }) => [
        name,
        tool({ description, inputSchema: z.object({ city: z.string() }), execute: ({ city }) => call(name, city) }),
      ]),
    ),
    stopWhen: isStepCount(3),
  });
  proveClient({
    say: {
      whole: { generateText: async (ask) => saidOf(await generateText(request(ask))) },
      streamed: {
        streamText: async (ask) => {
          const result = streamText({ ...request(ask), onError: () => {} });
          const text = await textOf(result);
          return saidOf({ text, usage: await result.usage });
        },
      },
    },
    show: async (ask, png) => {
      const { prompt, ...rest } = request(ask);
      const image = { type: 'file' as const, mediaType: 'image/png', data: png };
      const content = [{ type: 'text' as const, text: prompt }, image];
      return (await generateText({ ...rest, messages: [{ role: 'user', content }] })).text;
    },
    useTools: {
      generateText: async (ask, call) => (await generateText({ ...request(ask), ...looping(call) })).text,
      streamText: (ask, call) => textOf(streamText({ ...request(ask), ...looping(call) })),
    },
    forgets: thoughts === 'sent back' ? [] : ['generateText', 'streamText'],
    failures: {
      unknownModel: failure(404, false),
      wrongKey: failure(wrongKey, false),
      throttled: failure(429, true),
      cut: { is: Error, has: { name: 'AI_StreamProviderError' } },
    },
    retryAfter: (error: APICallError) => error.responseHeaders?.['retry-after'],
  });

  describe('more', () => {
    const stage = useStage();

    test('thoughts are shown, and a tool that fails is told', async () => {
      const ask = stage.ask(THINKER, 'Think, then use get_weather for Basel.');
      const fail = () => {
        throw new Error('no such town');
      };
      const whole = await generateText({ ...request(ask), ...looping(fail) });
      const streamed = streamText({ ...request(ask), ...looping(fail) });
      for (const { text, steps } of [whole, { text: await streamed.text, steps: await streamed.steps }]) {
        expect(text).toContain('no such town');
        if (thoughts === 'ignored') expect(steps[0]?.reasoningText).toBeUndefined();
        else expect(steps[0]?.reasoningText).toContain('I call get_weather');
      }
    });

    const schema = z.object({ town: z.string(), tracks: z.int() });
    const expected = { town: expect.any(String), tracks: expect.any(Number) };

    test.each(MODELS)('%s', async (model) => {
      const ask = stage.ask(model, 'Describe the station of Olten.');
      expect((await generateObject({ ...request(ask), schema })).object).toEqual(expected);
      expect((await generateText({ ...request(ask), output: Output.object({ schema }) })).output).toEqual(expected);
      const streamed = streamText({ ...request(ask), output: Output.object({ schema }) });
      expect(await streamed.output).toEqual(expected);
    });
  });
}

// By its name: provider packages may bring a copy of the class.
const failure = (statusCode: number, isRetryable: boolean) => ({
  is: Error,
  has: { name: 'AI_APICallError', statusCode, isRetryable },
});

const saidOf = ({ text, usage }: { text: string; usage: LanguageModelUsage }): Said => ({
  text,
  inputTokens: usage.inputTokens,
  outputTokens: usage.outputTokens,
});

/** The text of a stream. An error is one of its parts, and is thrown here. */
async function textOf({ stream }: Pick<ReturnType<typeof streamText>, 'stream'>): Promise<string> {
  let text = '';
  for await (const part of stream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') text += part.text;
  }
  return text;
}
