// Keeps the values of a provider's `headers` out of what is said of its failures: an upstream may echo what it was sent.
import { looksSecret } from '../config/secret-name.ts';
import { type Logger, RouterError, type RouterErrorOptions } from '../contract/index.ts';

/** Shorter values would be found everywhere … */
const LENGTH_MIN = 4;
/** … and those of headers whose name says nothing are hidden only when they are long enough to be a secret. */
const NAMELESS_LENGTH_MIN = 12;
/** Of what a plugin logs. */
const DEPTH_MAX = 5;
/** Headers that hold no secret, and whose value an upstream names when it does not take it. */
const OPEN = /^(?:accept|accept-.*|content-.*|user-agent|referer|http-referer|x-title|.*-beta|.*-version)$/;

export interface Concealment {
  text(text: string): string;
  /** The same error when there is nothing to hide in it. */
  error(error: RouterError): RouterError;
  /** The same log without them. */
  log(log: Logger): Logger;
}

/** Undefined when no header has a value worth hiding. Names are in lower case. */
export function createConcealment(headers: Readonly<Record<string, string>>): Concealment | undefined {
  const secrets = Object.entries(headers).flatMap(([name, value]) => secretsIn(name, value));
  if (secrets.length === 0) return undefined;
  // The longest first: one may be a part of another.
  secrets.sort((a, b) => b.length - a.length);
  const text = (said: string): string => secrets.reduce((left, secret) => left.replaceAll(secret, '***'), said);
  const error = (error: RouterError): RouterError => {
    const { message, publicMessage, quote, upstream, code } = error;
    const said = `${message}\n${publicMessage}\n${quote ?? ''}\n${upstream?.name ?? ''}`;
    if (text(said) === said) return error;
    const hidden = {
      ...error,
      publicMessage: text(publicMessage),
      ...(quote !== undefined && { quote: text(quote) }),
      ...(upstream?.name !== undefined && { upstream: { ...upstream, name: text(upstream.name) } }),
    };
    // The cast: an error has the members of its own options, with `false` and undefined for those that were absent. Its cause, of
    // which the text is not known, is left behind.
    return new RouterError(code, text(message), hidden as RouterErrorOptions);
  };
  const shown = (value: unknown, depth = 0): unknown => {
    if (typeof value === 'string') return text(value);
    if (RouterError.is(value)) return error(value);
    if (value instanceof Error) return { name: value.name, message: text(value.message) };
    if (typeof value !== 'object' || value === null) return value;
    if (depth === DEPTH_MAX) return undefined;
    if (Array.isArray(value)) return value.map((item) => shown(item, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item, depth + 1)]));
  };
  const level =
    (write: Logger['info']): Logger['info'] =>
    (fields, message) =>
      // The cast: what is shown of an object is an object.
      write(shown(fields) as object, text(message));
  const log = (log: Logger): Logger => ({
    debug: level((fields, message) => log.debug(fields, message)),
    info: level((fields, message) => log.info(fields, message)),
    warn: level((fields, message) => log.warn(fields, message)),
    error: level((fields, message) => log.error(fields, message)),
  });
  return { text, error, log };
}

/** A value as it is and as JSON writes it, and what stands behind a scheme such as `Bearer`. */
function secretsIn(name: string, value: string): string[] {
  if (OPEN.test(name)) return [];
  const isNamed = looksSecret(name) || /auth|cookie/.test(name);
  const parts = [value, ...(value.match(/^[A-Za-z]+ +(\S+)$/)?.slice(1) ?? [])];
  const secrets = parts.filter(({ length }) => length >= (isNamed ? LENGTH_MIN : NAMELESS_LENGTH_MIN));
  return [...new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
}
