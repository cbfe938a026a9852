// Failures of the connection itself, and the caller's own abort.
import { RouterError, type Usage } from '../contract/index.ts';

const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);
const CUT = 'the connection was cut';
const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve at the moment',
  ECONNRESET: CUT,
  EPIPE: CUT,
  UND_ERR_SOCKET: CUT,
  UND_ERR_ABORTED: CUT,
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
};
/** Before a connection stood: refused, no name, no way, or no trust in who is there. A cut may have come after the request. */
const UNREACHED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_[A-Z]+|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|ERR_SSL_.+|ERR_TLS_.+|EPROTO|CERT_.+|.+_CERT|.+_CERT_.+|UNABLE_TO_.+)$/;
/** Those that a setting is likely to cure. */
const MISPLACED = new Set(['ENOTFOUND', 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT']);

export interface Connection {
  readonly provider: string;
  readonly baseUrl: string;
  readonly signal: AbortSignal;
  /** What to look at when the server is not found: `check baseUrl`. */
  readonly advice: string;
}

/** The router's error for what a request or its body threw. A RouterError passes, the signal's own reason too.
 * The caller is not told the host: that is the operator's to know. */
export function toNetworkError(
  thrown: unknown,
  { provider, baseUrl, signal, advice }: Connection,
  usage?: Partial<Usage>,
): RouterError {
  if (RouterError.is(thrown)) return thrown;
  const spent = usage === undefined ? {} : { usage };
  if (signal.aborted) {
    if (RouterError.is(signal.reason)) return signal.reason;
    return new RouterError('cancelled', 'the call was cancelled', { cause: signal.reason, ...spent });
  }
  const code = codeOf(thrown);
  const what = MEANINGS[code] ?? (thrown instanceof Error ? thrown.message : String(thrown));
  const said = `${what}${MISPLACED.has(code) ? `: ${advice}` : ''}${code === '' ? '' : ` (${code})`}`;
  return new RouterError(
    TIMEOUTS.has(code) ? 'upstream-timeout' : 'upstream-failed',
    `${provider}: ${new URL(baseUrl).host}: ${said}`,
    {
      publicMessage: `${provider}: ${said}`,
      cause: thrown,
      ...spent,
      ...(UNREACHED.test(code) && { unreached: true as const }),
    },
  );
}

/** The code of an error or of what caused it. */
function codeOf(thrown: unknown): string {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 4; error = error.cause, depth++) {
    const code = 'code' in error ? error.code : undefined;
    if (typeof code === 'string') return code;
  }
  return '';
}
