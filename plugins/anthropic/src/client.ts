// One call to Anthropic: sent over the provider's own connections, refused answers turned into RouterErrors.
import type { Host, UpstreamBody } from '@turnout/core/contract';
import { readText, toNetworkError, unpacked } from '@turnout/core/plugin';
import type { AnthropicConfig } from './config.ts';
import { type ErrorContext, headerText, readRefusal } from './error.ts';

export interface Question {
  readonly method: 'GET' | 'POST';
  /** Behind the base URL: `/v1/messages`. */
  readonly path: string;
  readonly body?: object;
  readonly accept: string;
  /** What an error names. */
  readonly model: string;
  /** Of this call, beside those of the settings. */
  readonly betas?: readonly string[];
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly contentType: string;
  readonly requestId: string | undefined;
  readonly body: UpstreamBody;
}

export interface Client {
  readonly baseUrl: string;
  /** Gives the answer once its head says that it is one. Throws RouterError. */
  ask(question: Question): Promise<Answer>;
  errorContext(model: string): ErrorContext;
}

const ERROR_BYTES_MAX = 64 * 1024;
const BETA = 'anthropic-beta';

/** A client for one provider of the YAML. It keeps no connection of its own. */
export function createClient(host: Host, config: AnthropicConfig): Client {
  const { baseUrl, apiKey, authToken, version } = config;
  const { [BETA]: hostBetas = '', ...hostHeaders } = host.headers;
  const fixed: Readonly<Record<string, string>> = {
    'anthropic-version': version,
    ...hostHeaders,
    // Packing would hold back the pieces of a stream.
    'accept-encoding': 'identity',
    ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
    ...(authToken === undefined ? {} : { authorization: `Bearer ${authToken}` }),
  };
  const always = [...config.betas, ...hostBetas.split(',').map((beta) => beta.trim())].filter((beta) => beta !== '');
  const betasOf = (betas: readonly string[]): Record<string, string> => {
    const all = new Set([...always, ...betas]);
    return all.size === 0 ? {} : { [BETA]: [...all].join(',') };
  };
  const errorContext = (model: string): ErrorContext => ({
    ...{ provider: host.name, model, baseUrl, secret: apiKey ?? authToken },
    advice: 'check baseUrl',
  });
  const ask: Client['ask'] = async ({ method, path, body, accept, model, betas = [], signal }) => {
    try {
      const response = await host.request(`${baseUrl}${path}`, {
        method,
        headers: {
          ...fixed,
          ...betasOf(betas),
          accept,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal,
      });
      const { statusCode, headers } = response;
      const read = unpacked(response.body, headerText(headers, 'content-encoding'));
      if (statusCode >= 200 && statusCode < 300) {
        const contentType = headerText(headers, 'content-type') ?? '';
        return { contentType, requestId: headerText(headers, 'request-id'), body: read };
      }
      const text = await readText(read, ERROR_BYTES_MAX, true);
      throw readRefusal(statusCode, headers, text, errorContext(model));
    } catch (error) {
      throw toNetworkError(error, { ...errorContext(model), signal });
    }
  };
  return { baseUrl, ask, errorContext };
}
