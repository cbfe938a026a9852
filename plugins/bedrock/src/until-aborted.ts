// Waiting for what others wait for too, no longer than the own call lasts.
import { RouterError } from '@turnout/core/contract';

/** Waits no longer than the signal allows; what is waited for goes on for others. Rejects with the signal's RouterError, or
 * `cancelled`. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(RouterError.is(signal.reason) ? signal.reason : new RouterError('cancelled', 'the call was cancelled'));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
