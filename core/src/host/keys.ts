// Who may call: the gateway's own keys, found by their digests and compared in constant time.
import { hash, timingSafeEqual } from 'node:crypto';
import type { KeyConfig } from '../config/config.ts';
import { RouterError } from '../contract/index.ts';
import type { VerifyRequest } from '../wire/index.ts';
import { createLimits, type KeyLimits, Meter } from './limits.ts';
import { createSignatureCheck, isSigned } from './signature.ts';

/** A caller whose key was found. */
export interface Caller {
  readonly name: string;
  readonly admin: boolean;
  /** Whether the key may use a model name, as the client writes it. */
  mayUse(model: string): boolean;
  /** Absent: it may use as much as it likes. */
  readonly limits?: KeyLimits;
}

/** What a request's head says of who sends it; the target as on the request line. */
export type CallerHead = Omit<VerifyRequest, 'body'>;

/** Who a request is from, once its body is there. Throws `unauthenticated` when it is not the body that was signed. */
export type Claim = (body: Uint8Array) => Caller;

export interface KeyRing {
  /** False: the router is open (and then only on a loopback host). */
  readonly required: boolean;
  /** The caller behind a bearer key or an x-api-key. Throws `unauthenticated`. Without keys everybody is the same caller. */
  identify(headers: CallerHead['headers']): Caller;
  /** As `identify`, but signatures of AWS clients for `service` are taken too, of which the body is the last part. Whatever can
   * be told by the head is checked at once: nothing is read for who has no key. */
  challenge(head: CallerHead, service: string): Claim;
  /** What the keys with limits have used, by their names. */
  readonly meters: ReadonlyMap<string, Meter>;
}

/** A caller who may do everything: the operator's own programs, and anybody where there are no keys. */
export const unrestricted = (name: string): Caller => ({ name, admin: true, mayUse: () => true });

const ANYBODY = unrestricted('anybody');

/** With the ring of the configuration before, whose requests may still run: what a key has used stays used, whatever its limits are
 * now. */
export function createKeyRing(keys: readonly KeyConfig[], previous?: Pick<KeyRing, 'meters'>): KeyRing {
  const meters = new Map<string, Meter>();
  for (const { name, limits } of keys) if (limits) meters.set(name, previous?.meters.get(name) ?? new Meter());
  if (keys.length === 0) return { required: false, identify: () => ANYBODY, challenge: () => () => ANYBODY, meters };
  const callerOf = (key: KeyConfig) => createCaller(key, meters.get(key.name));
  // Found by its digest, whatever the number of keys: how near a wrong one came would only be told of a digest, which nobody can aim.
  const bearers = new Map(
    keys.flatMap((key) =>
      'sha256' in key ? [[key.sha256.toString('latin1'), { sha256: key.sha256, caller: callerOf(key) }]] : [],
    ),
  );
  const signers = keys.flatMap((key) => ('pair' in key ? [{ pair: key.pair, caller: callerOf(key) }] : []));
  const identify: KeyRing['identify'] = (headers) => {
    const presented = hash('sha256', presentedKey(headers), 'buffer');
    const found = bearers.get(presented.toString('latin1'));
    if (!found || !timingSafeEqual(found.sha256, presented)) {
      throw new RouterError('unauthenticated', 'this API key is not known here');
    }
    return found.caller;
  };
  const checkSignature = createSignatureCheck(signers);
  return {
    required: true,
    meters,
    identify,
    challenge(head, service) {
      if (isSigned(head.headers)) return checkSignature(head, service);
      const caller = identify(head.headers);
      return () => caller;
    },
  };
}

/** The one key that a request shows. Throws `unauthenticated` for none, and for two that differ: one that is wrong is not made
 * good by the other. Anthropic's SDK before 1.0 sends both headers when it has been given both. */
function presentedKey(headers: CallerHead['headers']): string {
  const { authorization, 'x-api-key': apiKey } = headers;
  const bearer = typeof authorization === 'string' ? /^bearer +(\S+) *$/i.exec(authorization)?.[1] : undefined;
  const isBearer = authorization === undefined || bearer !== undefined;
  const key = typeof apiKey === 'string' && apiKey !== '' ? apiKey : undefined;
  if (isSigned(headers)) {
    throw new RouterError('unauthenticated', 'signed requests (SigV4) are not taken on this path: send a key');
  }
  if (!isBearer || (bearer === undefined && key === undefined)) {
    throw new RouterError('unauthenticated', 'no API key: send it as "Authorization: Bearer KEY" or "x-api-key: KEY"');
  }
  if (bearer !== undefined && key !== undefined && bearer !== key) {
    throw new RouterError('unauthenticated', 'two different keys, in "Authorization" and in "x-api-key": send one');
  }
  return bearer ?? key ?? '';
}

function createCaller({ name, admin, models, limits }: KeyConfig, meter: Meter | undefined): Caller {
  const globs = models?.map((glob) => glob.split('*'));
  return {
    name,
    admin,
    mayUse: (model) => globs === undefined || globs.some((pieces) => matches(pieces, model)),
    ...(limits && meter && { limits: createLimits(limits, meter) }),
  };
}

/** Who a key of the file is, without the key itself: for questions about what its requests would meet. Nothing it does is counted. */
export function callerOfKey(keys: readonly KeyConfig[], name: string): Caller | undefined {
  const key = keys.find((one) => one.name === name);
  return key && createCaller(key, undefined);
}

/** Whether a name is the pieces of a glob in order, with anything between them. Linear, whatever the name. */
function matches(pieces: readonly string[], name: string): boolean {
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
