// One call to Google: sent over the provider's own connections, refused answers turned into RouterErrors.

import type { Host, UpstreamBody } from '@turnout/core/contract';
import { readText, toNetworkError, unpacked } from '@turnout/core/plugin';
import type { GeminiConfig } from './config.ts';
import { type ErrorContext, headerText, parseAnswer, readRefusal } from './error.ts';

export interface Question {
  readonly method: 'GET' | 'POST';
  /** Behind the base URL: `/models/gemini-3-pro:generateContent`. */
  readonly path: string;
  readonly body?: object;
  readonly accept: 'application/json' | 'text/event-stream';
  /** What an error names; '' where a call is about none. */
  readonly model: string;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly contentType: string;
  readonly body: UpstreamBody;
}

export interface Client {
  readonly baseUrl: string;
  /** Gives the answer once its head says that it is one. Throws RouterError. */
  ask(question: Question): Promise<Answer>;
  /** The whole answer as JSON. Throws RouterError. */
  askJson(question: Omit<Question, 'accept'>, bytesMax: number): Promise<unknown>;
  errorContext(model: string): ErrorContext;
}

const ERROR_BYTES_MAX = 64 * 1024;

/** A client for one provider of the YAML. It keeps no connection of its own. */
export function createClient(host: Host, { baseUrl, apiKey }: GeminiConfig): Client {
  const fixed: Readonly<Record<string, string>> = {
    ...host.headers,
    // Packing would hold back the pieces of a stream.
    'accept-encoding': 'identity',
    'x-goog-api-key': apiKey,
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
  const askJson: Client['askJson'] = async (question, bytesMax) => {
    const context = errorContext(question.model);
    const answer = await ask({ ...question, accept: 'application/json' });
    try {
      return parseAnswer(await readText(answer.body, bytesMax), context);
    } catch (error) {
      throw toNetworkError(error, { ...context, signal: question.signal });
    }
  };
  return { baseUrl, ask, askJson, errorContext };
}

/** A model as Google names resources: `models/gemini-3.8-flash`, `tunedModels/x`. */
export const resourceOf = (model: string): string =>
  /^(models|tunedModels)\/[^/]+$/.test(model) ? model : `models/${model}`;

/** The path of a method of a model. Whatever the model's name is, the path stays below the base URL. */
export function methodPath(model: string, method: string): string {
  const resource = resourceOf(model);
  const slash = resource.indexOf('/');
  return `/${resource.slice(0, slash)}/${encodeURIComponent(resource.slice(slash + 1))}:${method}`;
}
