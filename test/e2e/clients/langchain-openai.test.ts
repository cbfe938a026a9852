// LangChain with its integration of OpenAI: chat completions and responses.
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';
import { describe } from 'vitest';
import { proveLangchain } from './langchain.ts';
import { failuresOf } from './openai.ts';

const KINDS = [
  ['chat completions', false],
  ['responses', true],
] as const;

describe.each(KINDS)('%s', (_name, useResponsesApi) => {
  proveLangchain(
    ({ url, key, model }) =>
      new ChatOpenAI({ model, apiKey: key, maxRetries: 0, useResponsesApi, configuration: { baseURL: `${url}/v1` } }),
    { ...failuresOf(OpenAI), forgets: useResponsesApi ? [] : ['invoke', 'stream'] },
  );
});
