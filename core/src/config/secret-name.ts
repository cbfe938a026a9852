// Which keys of the file hold secrets, judged by their names: also misspelt ones, since those are what errors are about.
import { editDistance } from './suggestion.ts';

const CONTAINED = [
  'apikey',
  'accesskey',
  'privatekey',
  'secret',
  'passw',
  'passphrase',
  'credential',
  'bearer',
  'authorization',
  'externalid',
  'sha256',
];
const LAST_WORDS = new Set(['key', 'token', 'secret', 'cookie', 'pwd', 'signature', 'jwt']);
const LIST_WORDS = new Set(['keys', 'tokens']);
/** Misspellings of these count too. Short words allow fewer edits. */
const SPELT = [
  'apikey',
  'secretaccesskey',
  'accesskeyid',
  'sessiontoken',
  'password',
  'secret',
  'sha256',
  'token',
  'key',
];
const HARMLESS = new Set(['firsttoken', 'maxtokens', 'server']);

const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');

const editsAllowed = (length: number): number => (length >= 6 ? 2 : 1);

/** The name of a value that is secret. */
export function looksSecret(name: string): boolean {
  // Nobody's key is longer; the bound keeps the edit distance cheap.
  const words = wordsOf(name.slice(0, 64));
  const joined = words.join('');
  if (joined === '' || HARMLESS.has(joined) || looksSecretList(name)) return false;
  if (CONTAINED.some((part) => joined.includes(part)) || LAST_WORDS.has(words.at(-1) ?? '')) return true;
  if (joined.endsWith('key')) return true;
  return SPELT.some((spelt) => {
    const edits = editsAllowed(spelt.length);
    return Math.abs(spelt.length - joined.length) <= edits && editDistance(spelt, joined) <= edits;
  });
}

/** The name of a list whose plain items are secret: `keys`. */
export function looksSecretList(name: string): boolean {
  const words = wordsOf(name.slice(0, 64));
  return LIST_WORDS.has(words.at(-1) ?? '') && !HARMLESS.has(words.join(''));
}
