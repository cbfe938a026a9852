// The majors of Anthropic's SDK that are tried, and what they throw.
import Anthropic from '@anthropic-ai/sdk';
import Anthropic0 from 'anthropic-0';
import { expect } from 'vitest';
import type { Ask, Failure, Program } from './spine.ts';

export type Sdk = typeof Anthropic;

/** The same code is to run with both: what version 0 types differently is not used. */
export const MAJORS: readonly (readonly [string, Sdk])[] = [
  ['anthropic 1', Anthropic],
  ['anthropic 0', Anthropic0 as unknown as Sdk],
];

export const clientOf = (Sdk: Sdk, { url, key }: Pick<Ask, 'url' | 'key'>): Anthropic =>
  new Sdk({ baseURL: url, apiKey: key, authToken: null, maxRetries: 0 });

type Classes = Readonly<Record<'NotFoundError' | 'AuthenticationError' | 'RateLimitError' | 'APIError', Failure['is']>>;

export const failuresOf = (classes: Classes): Pick<Program, 'failures' | 'retryAfter'> => {
  const saying = (status: number, type: string) => ({
    status,
    requestID: expect.any(String),
    error: { type: 'error', error: { type, message: expect.any(String) } },
  });
  return {
    failures: {
      unknownModel: { is: classes.NotFoundError, has: saying(404, 'not_found_error') },
      wrongKey: { is: classes.AuthenticationError, has: saying(401, 'authentication_error') },
      throttled: { is: classes.RateLimitError, has: saying(429, 'rate_limit_error') },
      cut: { is: classes.APIError, has: { type: 'api_error', requestID: expect.any(String) } },
    },
    retryAfter: (error: InstanceType<Sdk['APIError']>) => error.headers?.get('retry-after'),
  };
};
