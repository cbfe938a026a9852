// Failures of the connection itself, and the caller's own abort.
import { RouterError, type Usage } from '@turnout/core/contract';

const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name does not resolve: check endpoint and region',
  EAI_AGAIN: 'the name does not resolve at the moment',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time: check endpoint, VPC and proxy',
  UND_ERR_ABORTED: 'the connection was cut',
};

export interface ConnectionContext {
  readonly provider: string;
  readonly endpoint: string;
  readonly signal: AbortSignal;
}

/** The router's error for what a request or its body threw. A RouterError passes, the signal's own reason too. */
export function toNetworkError(
  thrown: unknown,
  { provider, endpoint, signal }: ConnectionContext,
  usage?: Partial<Usage>,
): RouterError {
  if (RouterError.is(thrown)) return thrown;
  const spent = usage === undefined ? {} : { usage };
  if (signal.aborted) {
    if (RouterError.is(signal.reason)) return signal.reason;
    return new RouterError('cancelled', 'the call was cancelled', { cause: signal.reason, ...spent });
  }
  const code = codeOf(thrown);
  const host = URL.canParse(endpoint) ? new URL(endpoint).host : endpoint;
  const what = ADVICE[code] ?? (thrown instanceof Error ? thrown.message : String(thrown));
  const message = `${provider}: ${host}: ${what}${code === '' ? '' : ` (${code})`}`;
  return new RouterError(TIMEOUTS.has(code) ? 'upstream-timeout' : 'upstream-failed', message, {
    cause: thrown,
    ...spent,
  });
}

/** The code of an error or of what caused it. */
function codeOf(thrown: unknown): string {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 4; error = error.cause, depth++) {
    const code = 'code' in error ? error.code : undefined;
    if (typeof code === 'string') return code;
  }
  return '';
}
