// What OpenAI refuses a request with: a status, and an error of four members.

export interface RefusalDetails {
  readonly status?: number;
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown where a request is found wrong; the server answers with it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, details: RefusalDetails = {}) {
    super(message);
    this.status = details.status ?? 400;
    this.type = details.type ?? 'invalid_request_error';
    this.param = details.param ?? null;
    this.code = details.code ?? null;
    this.headers = details.headers ?? {};
  }

  /** The body of the answer, and of an event inside a stream. */
  body(): object {
    const { message, type, param, code } = this;
    return { error: { message, type, param, code } };
  }
}

// The words are OpenAI's, as its API has used them since 2024 (the corpus has some, public issues the rest).

export const unknownParameter = (param: string): Refusal =>
  new Refusal(`Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' });

export const missingParameter = (param: string): Refusal =>
  new Refusal(`Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' });

export const unsupportedParameter = (param: string, hint = ''): Refusal =>
  new Refusal(`Unsupported parameter: '${param}' is not supported with this model.${hint}`, {
    param,
    code: 'unsupported_parameter',
  });

export const unsupportedValue = (param: string, value: unknown, hint: string): Refusal =>
  new Refusal(`Unsupported value: '${param}' does not support ${String(value)} with this model. ${hint}`.trim(), {
    param,
    code: 'unsupported_value',
  });

export const invalidType = (param: string, expected: string, value: unknown): Refusal =>
  new Refusal(`Invalid type for '${param}': expected ${expected}, but got ${kindOf(value)} instead.`, {
    param,
    code: 'invalid_type',
  });

export const invalidValue = (param: string, message: string, code = 'invalid_value'): Refusal =>
  new Refusal(`Invalid '${param}': ${message}`, { param, code });

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal';
  return typeof value === 'boolean' ? 'a boolean' : 'a string';
}
