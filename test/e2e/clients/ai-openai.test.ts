// The AI SDK with its package for OpenAI: chat completions and, its default, responses.
import { createOpenAI } from '@ai-sdk/openai';
import { defaultSettingsMiddleware, generateText, wrapLanguageModel } from 'ai';
import { describe, expect, test } from 'vitest';
import { type ModelOf, proveAi } from './ai.ts';
import { useStage } from './spine.ts';
import { CLAUDE } from './stage.ts';

const providerOf = ({ url, key }: Parameters<ModelOf>[0]) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key });

describe('chat', () => {
  proveAi((ask) => providerOf(ask).chat(ask.model), { thoughts: 'ignored' });
});

describe('responses', () => {
  // Without this it sends ids of what it takes to be stored.
  const settings = { providerOptions: { openai: { store: false } } };
  proveAi((ask) =>
    wrapLanguageModel({ model: providerOf(ask)(ask.model), middleware: defaultSettingsMiddleware({ settings }) }),
  );

  const stage = useStage();
  test('a history of ids is refused, and it is said what to do', async () => {
    const ask = stage.ask(CLAUDE, 'Hello.');
    const model = providerOf(ask)(ask.model);
    const { finalStep } = await generateText({ model, prompt: ask.text });
    const history = [{ role: 'user' as const, content: ask.text }, ...finalStep.response.messages];
    const again = generateText({ model, messages: [...history, { role: 'user', content: 'Go on.' }], maxRetries: 0 });
    await expect(again).rejects.toThrow(/not stored here.*"store"/);
  });
});
