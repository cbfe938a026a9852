// The calls to Bedrock's control plane: through the AWS SDK, over the provider's own connections.
import type { BedrockClient as ControlClient, InferenceProfileSummary } from '@aws-sdk/client-bedrock';
import type { Host } from '@turnout/core/contract';
import type { Auth } from './auth.ts';
import { createSdkHandler, pinnedClient } from './sdk-client.ts';

/** Limits on what is listed: an account has at most some hundred profiles. */
const PAGES_MAX = 50;
const PAGE_SIZE = 100;

export interface ControlPlane {
  /** The SDK signs for this region. */
  readonly region: string;
  /** Base URL, without a trailing slash. */
  readonly endpoint: string;
}

/** Lists system and application inference profiles. Throws what the SDK throws, and RouterError without credentials. */
export async function listProfiles(
  host: Host,
  auth: Auth,
  { region, endpoint }: ControlPlane,
  signal: AbortSignal,
): Promise<InferenceProfileSummary[]> {
  const identity = auth.current(region) ?? (await auth.load(region));
  const { BedrockClient, paginateListInferenceProfiles } = await import('@aws-sdk/client-bedrock');
  const client: ControlClient = new BedrockClient({
    ...pinnedClient(host, region, endpoint, identity.kind === 'bearer' ? 'httpBearerAuth' : 'sigv4'),
    requestHandler: createSdkHandler(host, host.headers),
    maxAttempts: 1,
    ...(identity.kind === 'bearer'
      ? { token: { token: identity.token } }
      : { credentials: withoutUndefined(identity.key) }),
  });
  try {
    const found: InferenceProfileSummary[] = [];
    for (const typeEquals of ['SYSTEM_DEFINED', 'APPLICATION'] as const) {
      let pages = 0;
      for await (const page of paginateListInferenceProfiles(
        { client, pageSize: PAGE_SIZE },
        { typeEquals },
        { abortSignal: signal },
      )) {
        found.push(...(page.inferenceProfileSummaries ?? []));
        pages += 1;
        if (pages === PAGES_MAX) break;
      }
    }
    return found;
  } finally {
    client.destroy();
  }
}

const withoutUndefined = ({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}) => ({
  accessKeyId,
  secretAccessKey,
  ...(sessionToken === undefined ? {} : { sessionToken }),
});
