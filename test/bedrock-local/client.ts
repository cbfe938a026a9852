// The official AWS SDK as a client of bedrock-local.
import { BedrockRuntimeClient, type BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { BedrockLocal } from '@turnout/plugin-bedrock/local';

export const KEY = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local-secret' };

/** A client that signs, tries once and speaks HTTP/1.1. */
export const sdkClient = (local: BedrockLocal, config: BedrockRuntimeClientConfig = {}): BedrockRuntimeClient =>
  new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: local.url,
    credentials: KEY,
    authSchemePreference: ['sigv4'],
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
    ...config,
  });

/** A client with a Bedrock API key. */
export const bearerClient = (local: BedrockLocal, token: string): BedrockRuntimeClient =>
  sdkClient(local, { token: { token }, authSchemePreference: ['httpBearerAuth'] });

/** What a test looks at of an error that the SDK throws. */
export interface SeenError {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<SeenError> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }; // the SDK's errors
    return { name, message, status: $metadata?.httpStatusCode };
  }
  throw new Error('the call did not fail');
}
