// The AI SDK with its package for Anthropic.
import { createAnthropic } from '@ai-sdk/anthropic';
import { proveAi } from './ai.ts';

proveAi(({ url, key, model }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(model));
