// AWS credentials from where a mode says: one search each time it is asked, nothing remembered.
import { resolve } from 'node:path';
import type { Host } from '@turnout/core/contract';
import type { SourceConfig } from './auth-config.ts';
import { type EndpointVariant, stsEndpoint } from './endpoint.ts';
import { pinnedCalls, pinnedClient } from './sdk-client.ts';

/** What a search goes out from. `region`: whose STS is asked. */
export interface SourceContext {
  readonly host: Host;
  readonly region: string;
  readonly variant: EndpointVariant;
}

/** What the AWS SDK's credential providers give, and take. */
export interface Found {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

type Sdk = typeof import('@aws-sdk/credential-providers');

const SESSION_NAME = 'turnout';
const SESSION_SECONDS = 3600;

/** Finds credentials. Throws what the SDK throws.
 * The SDK's providers remember what they found for their own life: each search makes new ones. Files are read again, so
 * that a renewed SSO session, a rotated key or another token is seen. */
export async function findCredentials(config: SourceConfig, context: SourceContext): Promise<Found> {
  if (config.mode === 'keys') return fixedKeys(config);
  // Imported late: it takes 60 to 100 ms.
  const sdk = await import('@aws-sdk/credential-providers');
  return providerOf(config, sdk, context)();
}

function providerOf(config: SourceConfig, sdk: Sdk, context: SourceContext): () => Promise<Found> {
  switch (config.mode) {
    case 'keys':
      return async () => fixedKeys(config);
    case 'default':
      return sdk.fromNodeProviderChain(sharedOptions(sdk, context));
    case 'profile':
      return sdk.fromIni({ ...sharedOptions(sdk, context), profile: config.profile });
    case 'role':
      return sdk.fromTemporaryCredentials({
        masterCredentials: providerOf(config.source ?? { mode: 'default' }, sdk, context),
        params: {
          RoleArn: config.roleArn,
          RoleSessionName: config.sessionName ?? SESSION_NAME,
          DurationSeconds: config.duration ?? SESSION_SECONDS,
          ExternalId: config.externalId,
        },
        clientConfig: stsClient(context),
      });
    case 'web-identity':
      return sdk.fromTokenFile({
        roleArn: config.roleArn,
        webIdentityTokenFile: resolve(context.host.dir, config.tokenFile),
        roleSessionName: config.sessionName ?? SESSION_NAME,
        clientConfig: stsClient(context),
      });
  }
}

const fixedKeys = ({ accessKeyId, secretAccessKey, sessionToken }: Extract<SourceConfig, { mode: 'keys' }>): Found => ({
  accessKeyId,
  secretAccessKey,
  ...(sessionToken === undefined ? {} : { sessionToken }),
});

/** For the providers that decide by themselves whom to ask. The region of an SSO session is in its own profile: none is given,
 * since the SDK would ask SSO there. STS is asked the same way for every mode. */
function sharedOptions(sdk: Sdk, context: SourceContext) {
  const calls = pinnedCalls(context.host);
  const clientConfig = stsClient(context);
  const options: Parameters<Sdk['fromIni']>[0] = {
    ignoreCache: true,
    clientConfig: calls,
    roleAssumer: (masterCredentials, params) =>
      sdk.fromTemporaryCredentials({ masterCredentials, params, clientConfig })(),
    roleAssumerWithWebIdentity: (params) =>
      sdk.fromWebToken({
        roleArn: params.RoleArn ?? '',
        webIdentityToken: params.WebIdentityToken ?? '',
        roleSessionName: params.RoleSessionName ?? SESSION_NAME,
        clientConfig,
      })(),
  };
  return options;
}

const stsClient = ({ host, region, variant }: SourceContext) =>
  pinnedClient(host, region, stsEndpoint(region, variant), 'sigv4');
