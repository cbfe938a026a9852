// Credentials: found once, renewed in the background shortly before they expire, forgotten when AWS calls them stale.
import type { RouterError } from '@turnout/core/contract';
import type { SigningKey } from '@turnout/core/wire';
import type { AuthConfig, SourceConfig } from './auth-config.ts';
import { denied } from './auth-failure.ts';
import { type Found, findCredentials, type SourceContext } from './auth-source.ts';

/** What a request is authenticated with. */
export type Identity =
  | { readonly kind: 'keys'; readonly key: SigningKey; readonly expiration?: Date | undefined }
  | { readonly kind: 'bearer'; readonly token: string; readonly expiration?: Date | undefined };

/** `region`: where the request goes. Most identities are good anywhere, a generated API key only in its region. */
export interface Auth {
  /** For `explain` and messages: `profile default`. */
  readonly name: string;
  /** Fresh credentials may be had where the old ones are refused. */
  readonly refreshable: boolean;
  /** What is at hand, without waiting; near its end it is renewed meanwhile. */
  current(region: string): Identity | undefined;
  /** Finds credentials; all who ask meanwhile share one search. Throws RouterError `upstream-denied`. */
  load(region: string): Promise<Identity>;
  /** Forgets this identity, if it is still the one in use. */
  forget(identity: Identity): void;
}

/** Credentials are renewed this long before they expire, or after half of a shorter life. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** Those that do not say when they expire are looked up again after this time: keys in files are rotated. */
const LOOK_AGAIN_MS = 5 * 60_000;
/** After a renewal that failed, the next one waits this long. */
const RENEW_AGAIN_MS = 30_000;
/** A search that takes longer has failed: a credential_process may hang for ever. */
const SEARCH_TIMEOUT_MS = 60_000;
/** The longest life that AWS gives a short-term API key (Bedrock's documentation, 2026-11). */
const API_KEY_SECONDS = 43_200;

export function createAuth(config: AuthConfig, context: SourceContext): Auth {
  const searched = (name: string, mode: SourceConfig): Auth => {
    const search = async () => identityOf(await findCredentials(mode, context));
    return searchedAuth(name, search, (error) => denied(context.host.name, name, error, mode));
  };
  switch (config.mode) {
    case 'keys': {
      const { accessKeyId, secretAccessKey, sessionToken } = config;
      return fixedAuth('keys', { kind: 'keys', key: { accessKeyId, secretAccessKey, sessionToken } });
    }
    case 'api-key': {
      const { apiKey, source = { mode: 'default' } } = config;
      return apiKey === undefined
        ? generatedAuth(source, context)
        : fixedAuth('api-key', { kind: 'bearer', token: apiKey });
    }
    case 'default': {
      // What the AWS chain means by this variable; in every other mode it is ignored.
      const token = process.env.AWS_BEARER_TOKEN_BEDROCK?.trim();
      if (token) return fixedAuth('default (AWS_BEARER_TOKEN_BEDROCK)', { kind: 'bearer', token });
      return searched('default', config);
    }
    default:
      return searched(sourceName(config), config);
  }
}

function sourceName(config: SourceConfig): string {
  switch (config.mode) {
    case 'profile':
      return `profile ${config.profile}`;
    case 'role':
      return `role ${config.roleArn}${config.source === undefined ? '' : `, from ${sourceName(config.source)}`}`;
    case 'web-identity':
      return `web-identity ${config.roleArn}`;
    default:
      return config.mode;
  }
}

const identityOf = ({ accessKeyId, secretAccessKey, sessionToken, expiration }: Found): Identity => ({
  kind: 'keys',
  key: { accessKeyId, secretAccessKey, sessionToken },
  expiration,
});

const fixedAuth = (name: string, identity: Identity): Auth => ({
  name,
  refreshable: false,
  current: () => identity,
  load: async () => identity,
  forget: () => {},
});

/** API keys made from credentials, one for each region in use: AWS takes such a key only in its own. */
function generatedAuth(source: SourceConfig, context: SourceContext): Auth {
  const name = `api-key, generated from ${sourceName(source)}`;
  const byRegion = new Map<string, Auth>();
  const of = (region: string): Auth => {
    const known = byRegion.get(region);
    if (known !== undefined) return known;
    const search = async () => generateApiKey(await findCredentials(source, context), region);
    const auth = searchedAuth(name, search, (error) => denied(context.host.name, name, error, source));
    byRegion.set(region, auth);
    return auth;
  };
  return {
    name,
    refreshable: true,
    current: (region) => of(region).current(region),
    load: (region) => of(region).load(region),
    forget: (identity) => {
      for (const auth of byRegion.values()) auth.forget(identity);
    },
  };
}

async function generateApiKey(found: Found, region: string): Promise<Identity> {
  const { getToken } = await import('@aws/bedrock-token-generator');
  const endMs = Date.now() + API_KEY_SECONDS * 1000;
  const token = await getToken({ credentials: found, region, expiresInSeconds: API_KEY_SECONDS });
  // It ends with the session that made it.
  return { kind: 'bearer', token, expiration: new Date(Math.min(endMs, found.expiration?.getTime() ?? endMs)) };
}

const isAlive = ({ expiration }: Identity): boolean => (expiration?.getTime() ?? Number.POSITIVE_INFINITY) > Date.now();

function renewalTimeMs({ expiration }: Identity): number {
  if (expiration === undefined) return Date.now() + LOOK_AGAIN_MS;
  const lifeMs = expiration.getTime() - Date.now();
  return Date.now() + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 2);
}

async function soon<T>(search: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    const message = `no answer within ${SEARCH_TIMEOUT_MS / 1000} s`;
    timer = setTimeout(() => reject(new Error(message)), SEARCH_TIMEOUT_MS).unref();
  });
  return Promise.race([search, end]).finally(() => clearTimeout(timer));
}

function searchedAuth(name: string, find: () => Promise<Identity>, toError: (error: unknown) => RouterError): Auth {
  let known: Identity | undefined;
  let renewAtMs = 0;
  let search: Promise<Identity> | undefined;

  const searchOnce = async (): Promise<Identity> => {
    try {
      const found = await soon(find());
      known = found;
      renewAtMs = renewalTimeMs(found);
      return found;
    } catch (error) {
      // What could not be renewed is good for the rest of its life.
      if (known === undefined || !isAlive(known)) throw toError(error);
      renewAtMs = Date.now() + RENEW_AGAIN_MS;
      return known;
    } finally {
      search = undefined;
    }
  };
  const load = (): Promise<Identity> => {
    search ??= searchOnce();
    return search;
  };

  return {
    name,
    refreshable: true,
    current: () => {
      if (known === undefined || Date.now() < renewAtMs) return known;
      if (!isAlive(known)) return undefined;
      // Nobody waits for it; should it end before it is renewed, whoever comes then reports why.
      load().catch(() => {});
      return known;
    },
    load,
    forget: (identity) => {
      if (known === identity) known = undefined;
    },
  };
}
