// One call to the server: sent over the provider's own connections, refused answers turned into RouterErrors.

import type { Readable } from 'node:stream';
import type { Host } from '@turnout/core/contract';
import { readText, toNetworkError, unpacked } from '@turnout/core/plugin';
import type { OpenaiConfig } from './config.ts';
import { type ErrorContext, headerText, readRefusal } from './error.ts';

export interface Question {
  readonly method: 'GET' | 'POST';
  /** Behind the base URL: `/chat/completions`. */
  readonly path: string;
  readonly body?: object;
  readonly accept: string;
  /** What an error names. */
  readonly model: string;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly contentType: string;
  readonly body: Readable;
}

export interface Client {
  readonly baseUrl: string;
  /** Gives the answer once its head says that it is one. Throws RouterError. */
  ask(question: Question): Promise<Answer>;
  errorContext(model: string): ErrorContext;
}

const ERROR_BYTES_MAX = 64 * 1024;

/** A client for one provider of the YAML. It keeps no connection of its own. */
export function createClient(host: Host, config: OpenaiConfig): Client {
  const { baseUrl, apiKey, organization, project } = config;
  const fixed: Readonly<Record<string, string>> = {
    ...host.headers,
    // Packing would hold back the pieces of a stream.
    'accept-encoding': 'identity',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...(organization === undefined ? {} : { 'openai-organization': organization }),
    ...(project === undefined ? {} : { 'openai-project': project }),
  };
  const errorContext = (model: string): ErrorContext => ({
    ...{ provider: host.name, model, baseUrl, apiKey },
    advice: 'check baseUrl',
  });
  const ask: Client['ask'] = async ({ method, path, body, accept, model, signal }) => {
    try {
      const response = await host.request(`${baseUrl}${path}`, {
        method,
        headers: { ...fixed, accept, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal,
      });
      const { statusCode, headers } = response;
      const read = unpacked(response.body, headerText(headers, 'content-encoding'));
      if (statusCode >= 200 && statusCode < 300) {
        return { contentType: headerText(headers, 'content-type') ?? '', body: read };
      }
      const text = await readText(read, ERROR_BYTES_MAX, true);
      throw readRefusal(statusCode, headers, text, errorContext(model));
    } catch (error) {
      throw toNetworkError(error, { ...errorContext(model), signal });
    }
  };
  return { baseUrl, ask, errorContext };
}
