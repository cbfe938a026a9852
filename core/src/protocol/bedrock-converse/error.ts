// Errors as Bedrock gives them: a name in a header before the answer, an exception frame inside one.
import type { ErrorCode, RouterError } from '../../contract/index.ts';
import { createFrameEncoder } from '../../wire/event-stream.ts';
import type { EncodedError } from '../protocol.ts';

interface Naming {
  readonly name: string;
  /** Where AWS's own status is not the table's. */
  readonly status?: number;
  /** The exception inside a stream: ConverseStream has five, InvokeModelWithResponseStream a sixth. */
  readonly inStream: string;
  readonly inInvokeStream?: string;
}

/** AWS's own names: its SDKs make an error class of each. They retry by status, and by `Throttling…` in the name. */
const NAMING: Readonly<Record<ErrorCode, Naming>> = {
  'invalid-request': { name: 'ValidationException', inStream: 'validationException' },
  'context-overflow': { name: 'ValidationException', inStream: 'validationException' },
  'content-blocked': { name: 'ValidationException', inStream: 'validationException' },
  // AWS answers 403 to every kind of credential it does not take.
  unauthenticated: { name: 'UnrecognizedClientException', status: 403, inStream: 'validationException' },
  forbidden: { name: 'AccessDeniedException', inStream: 'validationException' },
  'upstream-denied': { name: 'ModelErrorException', inStream: 'modelStreamErrorException' },
  'model-not-found': { name: 'ResourceNotFoundException', inStream: 'validationException' },
  unsupported: { name: 'ValidationException', inStream: 'validationException' },
  'rate-limited': { name: 'ThrottlingException', inStream: 'throttlingException' },
  overloaded: { name: 'ServiceUnavailableException', inStream: 'serviceUnavailableException' },
  'upstream-failed': { name: 'ModelErrorException', inStream: 'modelStreamErrorException' },
  'upstream-timeout': {
    name: 'ModelTimeoutException',
    inStream: 'modelStreamErrorException',
    inInvokeStream: 'modelTimeoutException',
  },
  cancelled: { name: 'InternalServerException', inStream: 'internalServerException' },
  internal: { name: 'InternalServerException', inStream: 'internalServerException' },
};

/** 413 is not of the table, and AWS has an own name for it. */
const TOO_LARGE = 'RequestEntityTooLargeException';

/** The answer to a request that failed before its first byte. A 429 always says when to come back. */
export function encodeError(error: RouterError): EncodedError {
  const naming = NAMING[error.code];
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-amzn-errortype': error.errorName ?? (error.status === 413 ? TOO_LARGE : naming.name),
  };
  if (error.status === 429 || error.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.max(1, Math.ceil((error.retryAfterMs ?? 0) / 1000)));
  }
  const status = error.status === 401 ? (naming.status ?? error.status) : error.status;
  return { status, headers, body: bodyOf(error) };
}

/** The words of Bedrock's own error, by which agents know that they have to compact the conversation. */
const TOO_LONG = 'Input is too long for requested model.';

function bodyOf({ code, publicMessage }: RouterError): string {
  const says = code !== 'context-overflow' || /too long/i.test(publicMessage);
  return JSON.stringify({ message: says ? publicMessage : `${TOO_LONG} ${publicMessage}` });
}

const FRAME_HEADERS = { ':content-type': 'application/json', ':message-type': 'exception' };

/** The frame that ends a broken answer. */
export function exceptionFrame(error: RouterError, stream: 'converse' | 'invoke'): Uint8Array {
  const { inStream, inInvokeStream } = NAMING[error.code];
  const type = (stream === 'invoke' ? inInvokeStream : undefined) ?? inStream;
  return createFrameEncoder({ ':exception-type': type, ...FRAME_HEADERS })(bodyOf(error));
}
