// Requests that AWS clients have signed with a key pair of the gateway's own: checked, and refused in AWS's words.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { KeyPair } from '../config/config.ts';
import { RouterError } from '../contract/index.ts';
import { isSignature, type SigningKey, type VerifyFailure, verifyHead } from '../wire/index.ts';
import type { Caller, CallerHead, Claim } from './keys.ts';

/** As AWS has it, in both directions. */
const SKEW_MS_MAX = 5 * 60_000;

/** Whether a request shows a signature, sound or not, in place of a key. */
export function isSigned({ authorization }: CallerHead['headers']): boolean {
  return typeof authorization === 'string' && isSignature(authorization);
}

export interface SigningCaller {
  readonly pair: KeyPair;
  readonly caller: Caller;
}

/** Checks signed requests against these pairs. What is returned throws `unauthenticated`. */
export function createSignatureCheck(signers: readonly SigningCaller[]): (head: CallerHead, service: string) => Claim {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const ring = signers.map((signer) => ({ ...signer, idHash: digest(signer.pair.accessKeyId) }));

  return (head, service) => {
    if (head.headers['x-api-key'] !== undefined) {
      throw new RouterError('unauthenticated', 'a signature and an x-api-key: send one of them', { status: 403 });
    }
    const now = new Date();
    let found: SigningCaller | undefined;
    const lookup = (accessKeyId: string): SigningKey | undefined => {
      const idHash = digest(accessKeyId);
      for (const one of ring) if (timingSafeEqual(one.idHash, idHash)) found = one;
      return found && { accessKeyId, secretAccessKey: found.pair.secretAccessKey() };
    };
    const refuse = (failure: VerifyFailure): never => {
      throw refusal(failure, { head, now, keyName: found?.caller.name });
    };
    const signed = verifyHead(head, { lookup, service, now, skewMsMax: SKEW_MS_MAX });
    if (signed.ok === false) return refuse(signed);
    return (body) => {
      const result = signed.checkBody(body);
      if (!result.ok) return refuse(result);
      // What `lookup` did not find has no right signature.
      return found?.caller ?? refuse({ ok: false, reason: 'unknown-key', message: 'the access key id is not known' });
    };
  };
}

interface Circumstances {
  readonly head: CallerHead;
  readonly now: Date;
  /** Of the key that the request names, when there is one. */
  readonly keyName: string | undefined;
}

/** AWS's names and words (as recorded, 2025-08): clients retry some of them, and correct their clocks by one. The log has the
 * reason. */
function refusal({ reason, message }: VerifyFailure, { head, now, keyName }: Circumstances): RouterError {
  const refused = (errorName: string, publicMessage: string): RouterError =>
    new RouterError('unauthenticated', `${message}${keyName === undefined ? '' : ` (key ${keyName})`}`, {
      status: 403,
      errorName,
      publicMessage,
    });
  switch (reason) {
    case 'missing':
    case 'malformed':
      return refused('IncompleteSignatureException', message);
    case 'expired':
      return refused('InvalidSignatureException', clockText(String(head.headers['x-amz-date']), now));
    case 'unknown-key':
    case 'session-token':
    case 'signature':
      // One answer for all three: it does not tell which access key ids there are.
      return refused('UnrecognizedClientException', 'The security token included in the request is invalid.');
    default:
      return refused('InvalidSignatureException', message);
  }
}

/** `Signature expired: 20250808T105739Z is now earlier than 20250808T130125Z (20250808T130625Z - 5 min.)` */
function clockText(signedAt: string, now: Date): string {
  const at = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
  const hereMs = now.getTime();
  return signedAt < at(hereMs)
    ? `Signature expired: ${signedAt} is now earlier than ${at(hereMs - SKEW_MS_MAX)} (${at(hereMs)} - 5 min.)`
    : `Signature not yet current: ${signedAt} is still later than ${at(hereMs + SKEW_MS_MAX)} (${at(hereMs)} + 5 min.)`;
}
