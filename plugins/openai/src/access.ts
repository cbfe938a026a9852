// How requests are signed in: a key, a token of a program, AWS's signature, or nothing.
import type { Host, RouterError } from '@turnout/core/contract';
import type { OpenaiConfig } from './config.ts';
import { presetOf } from './presets.ts';
import { createTokenSource } from './token-command.ts';

/** What is signed. */
export interface Unsigned {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Signed = Readonly<Record<string, string>>;

export interface Access {
  /** For `explain` and messages: `API key`. */
  readonly name: string;
  /** A key that must not stand in any message. */
  readonly secret: string | undefined;
  /** The headers that sign a request in: at once where they are at hand. Throws RouterError `upstream-denied`. */
  sign(request: Unsigned): Signed | Promise<Signed>;
  /** Told that a request was refused. True when another try would be signed otherwise. */
  refused(error: RouterError, signed: Signed): boolean;
  /** Nothing is left running. */
  close?(): void;
}

/** What the settings say, but for AWS's presets. */
export function createAccess(config: OpenaiConfig, host: Host): Access {
  const { apiKey, tokenCommand } = config;
  if (tokenCommand !== undefined) return tokenAccess(tokenCommand, host);
  if (apiKey === undefined) return { name: 'none', secret: undefined, sign: () => ({}), refused: () => false };
  const header = presetOf(config.preset)?.keyHeader;
  const signed = header === undefined ? { authorization: `Bearer ${apiKey}` } : { [header]: apiKey };
  return { name: 'API key', secret: apiKey, sign: () => signed, refused: () => false };
}

const bearer = (token: string): Signed => ({ authorization: `Bearer ${token}` });

function tokenAccess(command: readonly string[], host: Host): Access {
  const source = createTokenSource(command, host);
  /** Also when it is soon to end, and not kept: a server may say it again. */
  let last: string | undefined;
  const signedWith = (token: string): Signed => {
    last = token;
    return bearer(token);
  };
  return {
    name: 'tokenCommand',
    get secret() {
      return last;
    },
    sign: () => {
      const token = source.current();
      return token === undefined ? source.load().then(signedWith) : signedWith(token);
    },
    refused: ({ upstream }, { authorization = '' }) => {
      if (upstream?.status !== 401) return false;
      const token = authorization.slice('Bearer '.length);
      const wasKept = source.current() === token;
      source.forget(token);
      return wasKept;
    },
    close: source.close,
  };
}
