// One call to the server: sent over the provider's own connections, refused answers turned into RouterErrors.

import { type Host, quoteOf, RouterError, type UpstreamBody } from '@turnout/core/contract';
import { readText, toNetworkError, unpacked } from '@turnout/core/plugin';
import type { Access } from './access.ts';
import type { OpenaiConfig } from './config.ts';
import { type ErrorContext, headerText, readRefusal } from './error.ts';
import type { Place } from './place.ts';

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
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: UpstreamBody;
}

export interface Client {
  readonly baseUrl: string;
  /** Gives the answer once its head says that it is one. Throws RouterError. */
  ask(question: Question): Promise<Answer>;
  errorContext(model: string): ErrorContext;
}

const ERROR_BYTES_MAX = 64 * 1024;

/** A client for one provider of the YAML. It keeps no connection of its own. */
export function createClient(host: Host, config: OpenaiConfig, place: Place, access: Access): Client {
  const { organization, project } = config;
  const { baseUrl } = place;
  const fixed: Readonly<Record<string, string>> = {
    ...host.headers,
    // Packing would hold back the pieces of a stream.
    'accept-encoding': 'identity',
    ...(organization === undefined ? {} : { 'openai-organization': organization }),
    ...(project === undefined ? {} : { 'openai-project': project }),
  };
  const errorContext = (model: string): ErrorContext => ({
    ...{ provider: host.name, model, baseUrl },
    // A token may be got, or another one, before anything is wrong.
    get apiKey() {
      return access.secret;
    },
    signedIn: access.name !== 'none',
    advice: 'check baseUrl',
  });
  const ask: Client['ask'] = async ({ method, path, body, accept, model, signal }) => {
    const url = place.urlOf(path, model);
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { ...fixed, accept, ...(text === '' ? {} : { 'content-type': 'application/json' }) };
    try {
      const signing = access.sign({ method, url, headers, body: text });
      const signed = signing instanceof Promise ? await unlessAborted(signing, signal) : signing;
      signal.throwIfAborted();
      const response = await host.request(url, {
        method,
        headers: { ...headers, ...signed },
        body: text === '' ? null : text,
        signal,
      });
      const { statusCode, headers: head } = response;
      const read = unpacked(response.body, headerText(head, 'content-encoding'));
      if (statusCode >= 200 && statusCode < 300) {
        return { contentType: headerText(head, 'content-type') ?? '', headers: head, body: read };
      }
      const error = readRefusal(statusCode, head, await readText(read, ERROR_BYTES_MAX, true), errorContext(model));
      throw access.refused(error, signed) ? again(error) : error;
    } catch (error) {
      throw toNetworkError(error, { ...errorContext(model), signal });
    }
  };
  return { baseUrl, ask, errorContext };
}

/** What others may wait for too goes on when this caller leaves. */
function unlessAborted<T>(wait: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    wait.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** The next try is signed otherwise. */
function again(cause: RouterError): RouterError {
  const { code, message, publicMessage, upstream } = cause;
  return new RouterError(code, message, {
    ...{ publicMessage, again: true, cause },
    ...(upstream === undefined ? {} : { upstream }),
    ...quoteOf(cause),
  });
}
