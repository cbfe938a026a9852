// Who may call: the gateway's own keys, compared in constant time.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { KeyConfig } from '../config/config.ts';
import { RouterError } from '../contract/index.ts';

/** A caller whose key was found. */
export interface Caller {
  readonly name: string;
  readonly admin: boolean;
  /** Whether the key may use a model name, as the client writes it. */
  mayUse(model: string): boolean;
}

export interface KeyRing {
  /** False: the router is open (and then only on a loopback host). */
  readonly required: boolean;
  /** The caller behind a request's headers. Throws `unauthenticated`. Without keys everybody is the same caller. */
  identify(headers: IncomingHttpHeaders): Caller;
}

/** A caller who may do everything: the operator's own programs, and anybody where there are no keys. */
export const unrestricted = (name: string): Caller => ({ name, admin: true, mayUse: () => true });

const ANYBODY = unrestricted('anybody');

export function createKeyRing(keys: readonly KeyConfig[]): KeyRing {
  if (keys.length === 0) return { required: false, identify: () => ANYBODY };
  const ring = keys.map((key) => ({ sha256: key.sha256, caller: createCaller(key) }));
  return {
    required: true,
    identify(headers) {
      const presented = presentedKey(headers);
      if (presented === undefined) {
        throw new RouterError(
          'unauthenticated',
          'no API key: send it as "Authorization: Bearer KEY" or "x-api-key: KEY"',
        );
      }
      const hash = createHash('sha256').update(presented).digest();
      // Every key is compared, so that the time does not tell which one was near.
      let found: Caller | undefined;
      for (const { sha256, caller } of ring) if (timingSafeEqual(sha256, hash)) found = caller;
      if (!found) throw new RouterError('unauthenticated', 'this API key is not known here');
      return found;
    },
  };
}

function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) return /^bearer +(\S+) *$/i.exec(authorization)?.[1];
  const key = headers['x-api-key'];
  return typeof key === 'string' && key !== '' ? key : undefined;
}

function createCaller(key: KeyConfig): Caller {
  const globs = key.models?.map((glob) => glob.split('*'));
  return {
    name: key.name,
    admin: key.admin,
    mayUse: (model) => globs === undefined || globs.some((pieces) => matches(pieces, model)),
  };
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
