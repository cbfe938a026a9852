// What Google refuses a request with: a google.rpc.Status. All words are from documentation and public issues (2025-2026): there is
// no recorded traffic of Gemini to check them against.

/** google.rpc.Code, by name, and the HTTP status that Google sends it with (cloud.google.com/apis/design/errors). */
export const STATUSES: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNKNOWN: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

export interface RefusalDetails {
  readonly code?: number | undefined;
  /** Messages of google.rpc, each with its `@type`. */
  readonly details?: readonly object[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Thrown where a request is found wrong; the server answers with it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: string;
  /** HTTP */
  readonly code: number;
  readonly details: readonly object[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: string, message: string, { code, details, headers }: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.code = code ?? STATUSES[status] ?? 500;
    this.details = details ?? [];
    this.headers = headers ?? {};
  }

  /** The body of the answer, and of an event inside a stream. */
  body(): object {
    const { code, message, status, details } = this;
    return { error: { code, message, status, ...(details.length === 0 ? {} : { details }) } };
  }
}

export const invalid = (message: string): Refusal => new Refusal('INVALID_ARGUMENT', message);

/** A field that the API does not have. `at`: where, as Google writes paths: `contents[0].parts[1]`. */
export const unknownName = (name: string, at: string): Refusal =>
  invalid(`Invalid JSON payload received. Unknown name "${name}"${at === '' ? '' : ` at '${at}'`}: Cannot find field.`);

/** A value of another type than the field's. */
export const invalidValue = (at: string, type: string, value: unknown): Refusal =>
  invalid(`Invalid value at '${at}' (${type}), ${JSON.stringify(value)?.slice(0, 80)}`);

const RPC = 'type.googleapis.com/google.rpc.';

export const errorInfo = (reason: string): object => ({
  '@type': `${RPC}ErrorInfo`,
  reason,
  domain: 'googleapis.com',
  metadata: { service: 'generativelanguage.googleapis.com' },
});

export const retryInfo = (seconds: number): object => ({ '@type': `${RPC}RetryInfo`, retryDelay: `${seconds}s` });

export const quotaFailure = (quotaId: string): object => ({
  '@type': `${RPC}QuotaFailure`,
  violations: [
    { quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests', quotaId, quotaValue: '20' },
  ],
});
