// Failures of the connection itself, with what to look at when Bedrock is not found.
import type { RouterError, Usage } from '@turnout/core/contract';
import { toNetworkError as toError } from '@turnout/core/plugin';

export interface ConnectionContext {
  readonly provider: string;
  readonly endpoint: string;
  readonly signal: AbortSignal;
}

/** The router's error for what a request or its body threw. A RouterError passes, the signal's own reason too. */
export const toNetworkError = (
  thrown: unknown,
  { provider, endpoint, signal }: ConnectionContext,
  usage?: Partial<Usage>,
): RouterError =>
  toError(thrown, { provider, baseUrl: endpoint, signal, advice: 'check endpoint, region and proxy' }, usage);
