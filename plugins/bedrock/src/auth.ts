// Credentials: found once, kept until shortly before they expire, forgotten when AWS calls them stale.
import { RouterError } from '@turnout/core/contract';
import type { SigningKey } from '@turnout/core/wire';
import type { AuthConfig } from './config.ts';
import { maskAccounts } from './error.ts';

/** What a request is authenticated with. */
export type Identity =
  | { readonly kind: 'keys'; readonly key: SigningKey; readonly expiration?: Date | undefined }
  | { readonly kind: 'bearer'; readonly token: string; readonly expiration?: undefined };

export interface Auth {
  /** For `explain` and messages: `profile default`. */
  readonly name: string;
  /** Fresh credentials may be had where the old ones are refused. */
  readonly refreshable: boolean;
  /** What is at hand, without waiting. */
  current(): Identity | undefined;
  /** Finds credentials; all who ask meanwhile share one search. Throws RouterError `upstream-denied`. */
  load(): Promise<Identity>;
  /** Forgets this identity, if it is still the one in use. */
  forget(identity: Identity): void;
}

/** Credentials are renewed this long before they expire, or after half of a shorter life. */
const RENEW_BEFORE_MS = 5 * 60_000;

/** `provider`: its name in the YAML. `region`: for the calls to STS and SSO that some modes make. */
export function createAuth(config: AuthConfig, provider: string, region: string): Auth {
  switch (config.mode) {
    case 'keys':
      return fixedAuth('keys', { kind: 'keys', key: withoutMode(config) });
    case 'api-key':
      return fixedAuth('api-key', { kind: 'bearer', token: config.apiKey });
    case 'profile': {
      const { profile } = config;
      const name = `profile ${profile}`;
      return searchedAuth(
        name,
        () => findProfile(profile, region),
        (error) => denied(provider, name, error, profile),
      );
    }
    case 'default': {
      // What the AWS chain means by this variable; in every other mode it is ignored.
      const token = process.env.AWS_BEARER_TOKEN_BEDROCK?.trim();
      if (token) return fixedAuth('default (AWS_BEARER_TOKEN_BEDROCK)', { kind: 'bearer', token });
      return searchedAuth(
        'default',
        () => findDefault(region),
        (error) => denied(provider, 'default', error, undefined),
      );
    }
  }
}

const withoutMode = ({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: Extract<AuthConfig, { mode: 'keys' }>): SigningKey => ({
  accessKeyId,
  secretAccessKey,
  sessionToken,
});

const fixedAuth = (name: string, identity: Identity): Auth => ({
  name,
  refreshable: false,
  current: () => identity,
  load: async () => identity,
  forget: () => {},
});

/** What the AWS SDK's credential providers give. */
type Found = SigningKey & { readonly expiration?: Date };

function searchedAuth(name: string, find: () => Promise<Found>, toError: (error: unknown) => RouterError): Auth {
  let known: Identity | undefined;
  let renewAtMs = 0;
  let search: Promise<Identity> | undefined;

  const remember = ({ accessKeyId, secretAccessKey, sessionToken, expiration }: Found): Identity => {
    const identity: Identity = { kind: 'keys', key: { accessKeyId, secretAccessKey, sessionToken }, expiration };
    const lifeMs = expiration === undefined ? Number.POSITIVE_INFINITY : expiration.getTime() - Date.now();
    renewAtMs = Date.now() + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 2);
    known = identity;
    return identity;
  };
  const isAlive = (identity: Identity): boolean =>
    (identity.expiration?.getTime() ?? Number.POSITIVE_INFINITY) > Date.now();

  const searchOnce = async (): Promise<Identity> => {
    try {
      return remember(await find());
    } catch (error) {
      // What could not be renewed is good for the rest of its life.
      if (known !== undefined && isAlive(known)) return known;
      throw toError(error);
    } finally {
      search = undefined;
    }
  };

  return {
    name,
    refreshable: true,
    current: () => (known !== undefined && Date.now() < renewAtMs ? known : undefined),
    load: () => {
      search ??= searchOnce();
      return search;
    },
    forget: (identity) => {
      if (known === identity) known = undefined;
    },
  };
}

// The SDK's providers remember what they found for their own life: each search makes a new one. The shared config files
// are read again, so that a renewed SSO session or rotated key is seen. Imported late: it takes 60 to 100 ms.
async function findProfile(profile: string, region: string): Promise<Found> {
  const { fromIni } = await import('@aws-sdk/credential-providers');
  return fromIni({ profile, ignoreCache: true, clientConfig: { region } })();
}

async function findDefault(region: string): Promise<Found> {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  return fromNodeProviderChain({ ignoreCache: true, clientConfig: { region } })();
}

const REASON_LENGTH_MAX = 400;

function denied(provider: string, mode: string, error: unknown, profile: string | undefined): RouterError {
  const reason = (error instanceof Error ? error.message : String(error)).slice(0, REASON_LENGTH_MAX);
  const advice = adviceFor(reason, profile);
  const what = `${provider}: no AWS credentials with auth mode ${mode}`;
  // The reason stays in the log: it may quote the command of a credential_process, or paths of this machine.
  const publicMessage = maskAccounts(`${what} (${advice})`);
  return new RouterError('upstream-denied', `${what}: ${reason} (${advice})`, { cause: error, publicMessage });
}

function adviceFor(reason: string, profile: string | undefined): string {
  const flag = profile === undefined ? '' : ` --profile ${profile}`;
  if (/sso|token.*(expired|invalid)|login/i.test(reason)) return `run: aws sso login${flag}`;
  if (profile === undefined) {
    return 'set auth in the config, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run: aws configure';
  }
  return `is there a profile ${profile} in ~/.aws/config or ~/.aws/credentials? If it uses SSO, run: aws sso login${flag}`;
}
