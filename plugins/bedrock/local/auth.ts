// Who may call: SigV4 signatures and Bedrock API keys, refused by the names AWS refuses them by.
import { type SigningKey, type VerifyReason, verify } from '@turnout/core/wire';
import { ACCOUNT_ID } from './model.ts';
import { Refusal } from './refusal.ts';

export interface CallerRules {
  /** The credential or key has run out. */
  readonly expired?: true | undefined;
  /** IAM actions (`bedrock:InvokeModelWithResponseStream`, `bedrock:*`) and model ids (`anthropic.claude-sonnet-5`,
   * `us.anthropic.*`; a star stands for anything) that are refused. */
  readonly denied?: readonly string[] | undefined;
}
export type LocalCredential = SigningKey & CallerRules;
export type LocalApiKey = { readonly key: string } & CallerRules;

/** Somebody who may call. */
export interface Caller {
  readonly arn: string;
  /** The region that the request was signed for; an API key tells none. */
  readonly region: string | undefined;
  readonly denied: readonly string[];
}

export interface AuthRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface AuthOptions {
  /** With neither credentials nor API keys, any that are well-formed are accepted. */
  readonly credentials?: readonly LocalCredential[] | undefined;
  readonly apiKeys?: readonly LocalApiKey[] | undefined;
  /** The only region to sign for. */
  readonly region?: string | undefined;
  /** Milliseconds. */
  readonly now: () => number;
}

const front = (name: string, message: string): Refusal => new Refusal(name, message, { origin: 'front' });

/** Checks callers. The function throws Refusal. */
export function createAuth(options: AuthOptions): (request: AuthRequest) => Caller {
  const credentials = new Map((options.credentials ?? []).map((one) => [one.accessKeyId, one]));
  const apiKeys = new Map((options.apiKeys ?? []).map((one) => [one.key, one]));
  const open = options.credentials === undefined && options.apiKeys === undefined;

  return (request) => {
    const authorization = request.headers.authorization;
    if (typeof authorization !== 'string' || authorization === '') {
      throw front('MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
    const bearer = /^Bearer +(.+)$/i.exec(authorization)?.[1];
    if (bearer !== undefined) return checkApiKey(bearer.trim(), apiKeys, open, options.region);
    return open ? readScope(authorization, options.region) : checkSignature(request, credentials, options);
  };
}

function checkApiKey(
  key: string,
  apiKeys: ReadonlyMap<string, LocalApiKey>,
  open: boolean,
  region: string | undefined,
): Caller {
  const known = apiKeys.get(key);
  if (known === undefined && !open) {
    throw new Refusal('AccessDeniedException', 'Authentication failed: Please make sure your API Key is valid.', {
      origin: 'front',
      messageKey: 'Message',
    });
  }
  if (known?.expired) throw front('ExpiredTokenException', 'Bearer Token has expired');
  return { arn: userArn('BedrockAPIKey'), region, denied: known?.denied ?? [] };
}

const userArn = (name: string): string => `arn:aws:iam::${ACCOUNT_ID}:user/${name}`;

const SCOPE = /Credential=([^/,\s]+)\/\d{8}\/([a-z0-9-]+)\/bedrock\/aws4_request/;

function readScope(authorization: string, only: string | undefined): Caller {
  const [, accessKeyId, region] = SCOPE.exec(authorization) ?? [];
  if (accessKeyId === undefined || !authorization.startsWith('AWS4-HMAC-SHA256 ')) throw incomplete();
  if (only !== undefined && region !== only) throw wrongRegion();
  return { arn: userArn(accessKeyId), region, denied: [] };
}

const incomplete = (): Refusal =>
  front(
    'IncompleteSignatureException',
    'Authorization header requires Credential, SignedHeaders and Signature parameters.',
  );
const wrongRegion = (): Refusal => front('InvalidSignatureException', 'Credential should be scoped to a valid region.');

function checkSignature(
  request: AuthRequest,
  credentials: ReadonlyMap<string, LocalCredential>,
  options: AuthOptions,
): Caller {
  const now = new Date(options.now());
  const result = verify(request, {
    lookup: (accessKeyId) => credentials.get(accessKeyId),
    service: 'bedrock',
    region: options.region,
    now,
  });
  if (!result.ok) throw signatureRefusal(result.reason, request, now);
  const credential = credentials.get(result.accessKeyId);
  if (credential?.expired) {
    throw front('ExpiredTokenException', 'The security token included in the request is expired');
  }
  return { arn: userArn(result.accessKeyId), region: result.region, denied: credential?.denied ?? [] };
}

function signatureRefusal(reason: VerifyReason, request: AuthRequest, now: Date): Refusal {
  switch (reason) {
    case 'missing':
      return front('MissingAuthenticationTokenException', 'Missing Authentication Token');
    case 'malformed':
      return incomplete();
    case 'unknown-key':
    case 'session-token':
      return front('UnrecognizedClientException', 'The security token included in the request is invalid.');
    case 'expired':
      return front('InvalidSignatureException', clockText(String(request.headers['x-amz-date']), now));
    case 'scope':
      return wrongRegion();
    default:
      return front(
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      );
  }
}

const SKEW_MS = 5 * 60_000;

/** As recorded: `Signature expired: 20250808T105739Z is now earlier than 20250808T130125Z (20250808T130625Z - 5 min.)`. */
function clockText(signedAt: string, now: Date): string {
  const at = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
  const here = now.getTime();
  return signedAt < at(here)
    ? `Signature expired: ${signedAt} is now earlier than ${at(here - SKEW_MS)} (${at(here)} - 5 min.)`
    : `Signature not yet current: ${signedAt} is still later than ${at(here + SKEW_MS)} (${at(here)} + 5 min.)`;
}

/** Throws AWS's AccessDeniedException when the caller may not do that, or not with that model. */
export function checkAccess(
  caller: Caller,
  action: string,
  resource: { readonly arn: string; readonly names: readonly string[] },
): void {
  const isDenied = caller.denied.some((rule) => {
    const matches = globPattern(rule);
    return matches.test(action) || resource.names.some((name) => matches.test(name));
  });
  if (!isDenied) return;
  throw new Refusal(
    'AccessDeniedException',
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource.arn} with an explicit deny in an identity-based policy`,
  );
}

const globPattern = (rule: string): RegExp =>
  new RegExp(`^${rule.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
