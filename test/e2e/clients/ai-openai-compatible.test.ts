// The AI SDK with its package for OpenAI-compatible servers.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { proveAi } from './ai.ts';

proveAi(
  ({ url, key, model }) =>
    createOpenAICompatible({
      name: 'turnout',
      baseURL: `${url}/v1`,
      apiKey: key,
      includeUsage: true,
      supportsStructuredOutputs: true,
    })(model),
  { thoughts: 'shown' },
);
