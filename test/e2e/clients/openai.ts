// The majors of OpenAI's SDK that are tried, and what they throw.
import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { expect } from 'vitest';
import type { Ask, Program } from './spine.ts';

type Sdk = typeof OpenAI;

/** The same code is to run with both: what version 6 types differently is not used. */
export const MAJORS: readonly (readonly [string, Sdk])[] = [
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6 as unknown as Sdk],
];

export const clientOf = (Sdk: Sdk, { url, key }: Pick<Ask, 'url' | 'key'>): OpenAI =>
  new Sdk({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });

export const failuresOf = (Sdk: Sdk): Pick<Program, 'failures' | 'retryAfter'> => ({
  failures: {
    unknownModel: { is: Sdk.NotFoundError, has: { status: 404, code: 'model_not_found', param: 'model' } },
    wrongKey: { is: Sdk.AuthenticationError, has: { status: 401, code: 'invalid_api_key' } },
    throttled: { is: Sdk.RateLimitError, has: { status: 429, requestID: expect.any(String) } },
    cut: { is: Sdk.APIError, has: { type: 'server_error', requestID: expect.any(String) } },
  },
  retryAfter: (error: InstanceType<Sdk['APIError']>) => error.headers?.get('retry-after'),
});
