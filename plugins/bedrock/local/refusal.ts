// The errors that bedrock-local answers with, by AWS's names and statuses.

/** Which part of AWS refuses: the service, or the front end that checks credentials. They sign their errors apart. */
export type Origin = 'bedrock' | 'front';

/** An answer that is an error. `name` is AWS's, `message` is for the caller. */
export class Refusal extends Error {
  override readonly name: string;
  readonly status: number;
  readonly origin: Origin;
  /** AWS spells the body's key `Message` where it refuses an API key (anomalyco/opencode#47073, 2026-09). */
  readonly messageKey: 'message' | 'Message';

  constructor(
    name: string,
    message: string,
    options: { readonly status?: number; readonly origin?: Origin; readonly messageKey?: 'message' | 'Message' } = {},
  ) {
    super(message);
    this.name = name;
    this.status = options.status ?? statusOf(name);
    this.origin = options.origin ?? 'bedrock';
    this.messageKey = options.messageKey ?? 'message';
  }
}

// From the bedrock-runtime API model (2023-09-30), and for the names below the line from what AWS's front end is seen to send.
const STATUSES: Readonly<Record<string, number>> = {
  AccessDeniedException: 403,
  ConflictException: 400,
  InternalServerException: 500,
  ModelErrorException: 424,
  ModelNotReadyException: 429,
  ModelStreamErrorException: 424,
  ModelTimeoutException: 408,
  ResourceNotFoundException: 404,
  ServiceQuotaExceededException: 400,
  ServiceUnavailableException: 503,
  ThrottlingException: 429,
  ValidationException: 400,
  // The front end:
  ExpiredTokenException: 403,
  IncompleteSignatureException: 400,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  RequestEntityTooLarge: 413,
  SerializationException: 400,
  UnknownOperationException: 404,
  UnrecognizedClientException: 403,
};

/** The HTTP status that AWS gives an error name; 500 for one that is not known. */
export const statusOf = (name: string): number => (Object.hasOwn(STATUSES, name) ? STATUSES[name] : undefined) ?? 500;

/** What Bedrock itself finds wrong with a request. */
export const invalid = (message: string): Refusal => new Refusal('ValidationException', message);

/** What the model finds wrong, as Converse passes it on. */
export const modelSaid = (message: string): Refusal => invalid(`The model returned the following errors: ${message}`);

/** What the strict JSON schema of a model finds wrong, at a `#/…` pointer. */
export const malformed = (message: string): string =>
  `Malformed input request: ${message}, please reformat your input and try again.`;

/** The headers of an error answer besides the request id. */
export function refusalHeaders(refusal: Pick<Refusal, 'name' | 'origin'>): Record<string, string> {
  const place = refusal.origin === 'front' ? 'com.amazon.coral.service' : 'com.amazon.bedrock';
  return {
    'content-type': 'application/json',
    'x-amzn-errortype': `${refusal.name}:http://internal.amazon.com/coral/${place}/`,
  };
}
