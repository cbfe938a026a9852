// LangChain with its integration of Anthropic.
import { ChatAnthropic } from '@langchain/anthropic';
import { failuresOf } from './anthropic.ts';
import { proveLangchain } from './langchain.ts';

proveLangchain(
  ({ url, key, model }) =>
    new ChatAnthropic({ model, apiKey: key, anthropicApiUrl: url, maxRetries: 0, maxTokens: 1_000 }),
  // It brings a copy of the SDK, whose classes are out of reach here; what they hold is looked at all the same.
  {
    ...failuresOf({ NotFoundError: Error, AuthenticationError: Error, RateLimitError: Error, APIError: Error }),
    // It looks for them at the start of a stream only, where a model behind Converse has not told them yet.
    countsNoInput: ['stream'],
  },
);
