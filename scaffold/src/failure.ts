// What goes wrong on the way, as one of Turnout's codes: they decide about retries, the next target and the client's status.
import { type ErrorCode, type Host, RouterError } from '@turnout/core/contract';
import { readText } from '@turnout/core/plugin';

type Answer = Awaited<ReturnType<Host['request']>>;

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid-request',
  401: 'upstream-denied',
  403: 'upstream-denied',
  404: 'model-not-found',
  429: 'rate-limited',
  503: 'overloaded',
};

/** More than this is read of no refusal. */
const REFUSAL_BYTES_MAX = 64 * 1024;

/** What a status other than 200 means. Reads the answer's body. */
export async function refusalOf({ statusCode, headers, body }: Answer): Promise<RouterError> {
  const code = CODES[statusCode] ?? 'upstream-failed';
  const text = await readText(body, REFUSAL_BYTES_MAX, true);
  const quote = code === 'invalid-request' ? firstLine(text) : '';
  const seconds = Number(headers['retry-after']);
  return new RouterError(code, `parrot answered with status ${statusCode}${quote === '' ? '' : `: ${quote}`}`, {
    upstream: { status: statusCode },
    // It may repeat what was asked: the client may see that, a log may not.
    quote,
    ...(seconds > 0 && { retryAfterMs: seconds * 1000 }),
  });
}

const firstLine = (text: string): string => text.split('\n')[0]?.slice(0, 500) || 'without a word';

/** What a call has failed of: a RouterError as it is; the abort's own reason; anything else (no connection, a connection that broke, no
 * JSON) is the upstream's failure. */
export function failureOf(error: unknown, signal: AbortSignal): unknown {
  if (RouterError.is(error)) return error;
  if (signal.aborted) return signal.reason;
  return new RouterError('upstream-failed', 'parrot could not be reached, or its answer could not be read', {
    cause: error,
  });
}
