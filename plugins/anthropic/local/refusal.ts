// What Anthropic refuses a request with: a status, and an error with a type.

/** Type → status. Anthropic's page on errors, 2026-11. */
export const STATUSES: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** Thrown where a request is found wrong; the server answers with it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly type: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(type: string, message: string, status?: number, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.type = type;
    this.status = status ?? STATUSES[type] ?? 500;
    this.headers = headers;
  }

  /** The body of the answer, and of an event inside a stream. */
  body(): object {
    return { type: 'error', error: { type: this.type, message: this.message } };
  }
}

export const invalid = (message: string): Refusal => new Refusal('invalid_request_error', message);
