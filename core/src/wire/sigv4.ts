// AWS Signature Version 4 in the Authorization header, for requests whose body is in memory: sign and verify.
import { hash, timingSafeEqual } from 'node:crypto';
import {
  ALGORITHM,
  computeSignature,
  decodePercent,
  formatDate,
  headerText,
  type SignatureHeaders,
  scopeOf,
  TERMINATOR,
} from './signature.ts';

/** AWS credentials, or those of a caller who signs as AWS's clients do. */
export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SignRequest {
  readonly method: string;
  /** As in the Host header: with the port unless it is the scheme's own. */
  readonly host: string;
  /** The path of the request target as it is sent, percent-encoded once. */
  readonly path: string;
  /** The query as it is sent, without `?`. */
  readonly query?: string | undefined;
  /** Every header to sign besides `host` and those that `sign` adds. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Signs requests for one service in one region. */
export class Signer {
  readonly #region: string;
  readonly #service: string;

  constructor(options: { readonly region: string; readonly service: string }) {
    this.#region = options.region;
    this.#service = options.service;
  }

  /** The headers to add to the request: authorization, x-amz-date, x-amz-content-sha256 and, when the key has a session
   * token, x-amz-security-token. */
  sign(request: SignRequest, key: SigningKey, date: Date = new Date()): Record<string, string> {
    const amzDate = formatDate(date);
    const bodyHash = hash('sha256', request.body);
    const added: Record<string, string> = { 'x-amz-date': amzDate, 'x-amz-content-sha256': bodyHash };
    if (key.sessionToken) added['x-amz-security-token'] = key.sessionToken;

    const headers: Record<string, string> = { ...request.headers, ...added, host: request.host };
    const names = Object.keys(headers).sort();
    const signable = {
      method: request.method,
      path: request.path,
      query: request.query ?? '',
      headers,
      names,
      bodyHash,
      amzDate,
      region: this.#region,
      service: this.#service,
    };
    const signature = computeSignature(signable, key.secretAccessKey);
    const credential = `${key.accessKeyId}/${scopeOf(signable)}`;
    added.authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    return added;
  }
}

/** Whether the value of an `authorization` header shows a signature, sound or not: version 4 or any other. */
export const isSignature = (authorization: string): boolean => authorization.startsWith('AWS4-');

export interface VerifyRequest {
  readonly method: string;
  /** The request target as on the request line, never decoded or normalised. */
  readonly target: string;
  /** Names in lower case, as node:http gives them. */
  readonly headers: SignatureHeaders;
  readonly body: Uint8Array | string;
}

export interface VerifyOptions {
  /** The key behind an access key id. */
  lookup(accessKeyId: string): SigningKey | undefined;
  readonly service: string;
  /** Accept signatures for this region only. */
  readonly region?: string | undefined;
  readonly now?: Date | undefined;
  /** How far the request's clock may be from ours, in milliseconds. Default: 5 minutes. */
  readonly skewMsMax?: number | undefined;
}

export type VerifyReason =
  | 'missing'
  | 'malformed'
  | 'unknown-key'
  | 'expired'
  | 'scope'
  | 'unsigned-header'
  | 'body-hash'
  | 'signature'
  | 'query-signature'
  | 'session-token';

export interface VerifyFailure {
  readonly ok: false;
  readonly reason: VerifyReason;
  /** For the caller. Holds no secret, and not the signature that would have been right. */
  readonly message: string;
}
export type VerifyResult = { readonly ok: true; readonly accessKeyId: string; readonly region: string } | VerifyFailure;

const refuse = (reason: VerifyReason, message: string): VerifyFailure => ({ ok: false, reason, message });

/** A signature of which everything is right that can be told before the body has come. */
export interface SignedHead {
  readonly ok: 'so far';
  /** Whether the body is the one that was signed. */
  checkBody(body: Uint8Array | string): VerifyResult;
}

/** Whether the request was signed with the key that it names, for this service, about now, and arrived as it was signed.
 * Never throws. */
export function verify(request: VerifyRequest, options: VerifyOptions): VerifyResult {
  const head = verifyHead(request, options);
  return head.ok === false ? head : head.checkBody(request.body);
}

/** As much of `verify` as can be told without the body: with an x-amz-content-sha256 that includes the signature, so that only
 * who has the secret can make us read a body. Never throws. */
export function verifyHead(request: Omit<VerifyRequest, 'body'>, options: VerifyOptions): SignedHead | VerifyFailure {
  const { headers } = request;
  const split = request.target.indexOf('?');
  const path = split < 0 ? request.target : request.target.slice(0, split);
  const query = split < 0 ? '' : request.target.slice(split + 1);
  if (isQuerySigned(query)) return refuse('query-signature', 'a signature in the query is not accepted');

  const authorization = headerText(headers, 'authorization');
  if (!authorization?.startsWith('AWS4-')) return refuse('missing', 'there is no AWS signature in Authorization');
  const claim = parseAuthorization(authorization);
  if (claim === undefined) return refuse('malformed', `Authorization is not a well-formed ${ALGORITHM}`);
  const amzDate = headerText(headers, 'x-amz-date') ?? '';
  const failure = checkScope(claim, amzDate, options) ?? checkNames(claim.names, headers);
  if (failure !== undefined) return failure;
  const claimedHash = headerText(headers, 'x-amz-content-sha256');
  if (claimedHash !== undefined && !SHA256_HEX.test(claimedHash)) {
    return refuse('body-hash', 'x-amz-content-sha256 must be the SHA-256 of the body, in lower-case hex');
  }

  const key = options.lookup(claim.accessKeyId);
  if (key === undefined) return refuse('unknown-key', 'the access key id is not known');
  const { accessKeyId, names, region } = claim;
  const accepted: VerifyResult = { ok: true, accessKeyId, region };
  const signable = { method: request.method, path, query, headers, names, amzDate, region, service: options.service };
  const failureOf = (bodyHash: string): VerifyFailure | undefined => {
    const expected = computeSignature({ ...signable, bodyHash }, key.secretAccessKey);
    return timingSafeEqual(Buffer.from(expected), Buffer.from(claim.signature))
      ? checkToken(key, headers)
      : refuse('signature', 'the signature does not match the request');
  };
  if (claimedHash === undefined) {
    return { ok: 'so far', checkBody: (body) => failureOf(hash('sha256', body)) ?? accepted };
  }
  return (
    failureOf(claimedHash) ?? {
      ok: 'so far',
      checkBody: (body) =>
        hash('sha256', body) === claimedHash
          ? accepted
          : refuse('body-hash', 'x-amz-content-sha256 is not the hash of the body'),
    }
  );
}

function checkToken(key: SigningKey, headers: SignatureHeaders): VerifyFailure | undefined {
  const token = headerText(headers, 'x-amz-security-token') ?? '';
  return key.sessionToken && !isSameText(token, key.sessionToken)
    ? refuse('session-token', 'the session token is not the one of the access key')
    : undefined;
}

const SHA256_HEX = /^[0-9a-f]{64}$/;

/** Also when the names are written with escapes. */
function isQuerySigned(query: string): boolean {
  if (query === '') return false;
  return query.split('&').some((part) => /^x-amz-(?:signature|credential|algorithm)(?:=|$)/i.test(decodePercent(part)));
}

interface Claim {
  readonly accessKeyId: string;
  /** The scope's first part, `20261123`. */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly terminator: string;
  readonly names: readonly string[];
  readonly signature: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/(\w+) *, *SignedHeaders=([^,\s]+) *, *Signature=([0-9a-f]{64})$/;

function parseAuthorization(authorization: string): Claim | undefined {
  const match = AUTHORIZATION.exec(authorization);
  if (match === null) return undefined;
  const [, accessKeyId = '', day = '', region = '', service = '', terminator = '', names = '', signature = ''] = match;
  return { accessKeyId, day, region, service, terminator, names: names.split(';'), signature };
}

function checkScope(claim: Claim, amzDate: string, options: VerifyOptions): VerifyFailure | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate);
  if (parts === null) return refuse('malformed', 'x-amz-date is missing or malformed');
  if (claim.day !== amzDate.slice(0, 8)) return refuse('scope', 'the scope is of another day than x-amz-date');
  if (claim.service !== options.service) return refuse('scope', `the scope's service must be ${options.service}`);
  if (claim.terminator !== TERMINATOR) return refuse('scope', `the scope must end in ${TERMINATOR}`);
  if (options.region !== undefined && claim.region !== options.region) {
    return refuse('scope', `the scope's region must be ${options.region}`);
  }
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  const timeMs = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  const skewMs = Math.abs((options.now ?? new Date()).getTime() - timeMs);
  return skewMs <= (options.skewMsMax ?? SKEW_MS_MAX)
    ? undefined
    : refuse('expired', 'x-amz-date is too far from the time of this server');
}

const SKEW_MS_MAX = 5 * 60_000;

function checkNames(names: readonly string[], headers: SignatureHeaders): VerifyFailure | undefined {
  let previous = '';
  for (const name of names) {
    if (name <= previous || name !== name.toLowerCase()) {
      return refuse('malformed', 'SignedHeaders must be in lower case, sorted, each name once');
    }
    if (headerText(headers, name) === undefined) return refuse('signature', 'a signed header did not arrive');
    previous = name;
  }
  // Over HTTP/2 AWS's SDK for JavaScript signs the pseudo-header, and sends no host (3.1164, 2026-11). HTTP/1.1 has no such name.
  if (!names.includes('host') && !names.includes(':authority')) return refuse('unsigned-header', 'host must be signed');
  for (const name of Object.keys(headers)) {
    if (name.startsWith('x-amz-') && headers[name] !== undefined && !names.includes(name)) {
      return refuse('unsigned-header', 'every x-amz-* header must be signed');
    }
  }
  return undefined;
}

/** In a time that does not depend on where the texts differ. */
function isSameText(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}
