// What goes wrong on the way, as one of Turnout's codes: they decide about retries, the next target and the client's status.
import { type ErrorCode, type Host, RouterError } from '@turnout/core/contract';
import { linesOf } from './lines.ts';

type Answer = Awaited<ReturnType<Host['request']>>;

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid-request',
  401: 'upstream-denied',
  403: 'upstream-denied',
  404: 'model-not-found',
  429: 'rate-limited',
  503: 'overloaded',
};

/** What a status other than 200 means. Reads the answer's body. */
export async function refusalOf({ statusCode, headers, body }: Answer): Promise<RouterError> {
  const code = CODES[statusCode] ?? 'upstream-failed';
  const quote = code === 'invalid-request' ? await firstLine(body) : '';
  await body.dump();
  const seconds = Number(headers['retry-after']);
  return new RouterError(code, `parrot answered with status ${statusCode}${quote === '' ? '' : `: ${quote}`}`, {
    upstream: { status: statusCode },
    // It may repeat what was asked: the client may see that, a log may not.
    quote,
    ...(seconds > 0 && { retryAfterMs: seconds * 1000 }),
  });
}

async function firstLine(body: Answer['body']): Promise<string> {
  for await (const line of linesOf(body)) return line.slice(0, 500);
  return 'without a word';
}

/** What a call has failed of: a RouterError as it is; the abort's own reason; anything else (no connection, a connection that broke, no
 * JSON) is the upstream's failure. */
export function failureOf(error: unknown, signal: AbortSignal): unknown {
  if (RouterError.is(error)) return error;
  if (signal.aborted) return signal.reason;
  return new RouterError('upstream-failed', 'parrot could not be reached, or its answer could not be read', {
    cause: error,
  });
}
