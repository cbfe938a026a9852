// What no schema can say: names that must exist, stars that must match, and what is only safe together.
import { createHash } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import type { Place, Problem } from './tree.ts';
import { entriesOf, entryOf, locate, textOf, valueSpan } from './tree.ts';

/** All problems between parts of `server` and `keys`. Looks only at values of the right type: the rest is the schema's to report.
 * `dir` is the file's folder. */
export function referenceProblems(root: Place, dir: string): Problem[] {
  return [...hostProblems(root, dir), ...originProblems(root), ...keyProblems(root)];
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** True for 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

const UNIX = 'unix:';
/** `sun_path` has 108 bytes on Linux, one of them the end. */
const SOCKET_PATH_BYTES_MAX = 107;

/** True for a Unix socket, which only programs of this machine can reach. */
export const isSocketPath = (host: string): boolean => host.startsWith(UNIX);

/** `server.host` with the path of a Unix socket as seen from anywhere. */
export const hostIn = (dir: string, host: string): string =>
  isSocketPath(host) ? UNIX + resolve(dir, host.slice(UNIX.length)) : host;

function hostProblems(root: Place, dir: string): Problem[] {
  const path = ['server', 'host'];
  const located = locate(root, path);
  const host = located.depth === path.length ? textOf(located.place)?.value : undefined;
  if (typeof host !== 'string' || host === '') return [];
  const message = isSocketPath(host) ? socketFault(host, dir) : openFault(root, host);
  return message === undefined ? [] : [{ span: valueSpan(located), path, message }];
}

function socketFault(host: string, dir: string): string | undefined {
  if (host === UNIX) return 'expected the path of a socket after "unix:", such as unix:/run/turnout.sock';
  const bytes = Buffer.byteLength(hostIn(dir, host)) - UNIX.length;
  if (bytes <= SOCKET_PATH_BYTES_MAX) return undefined;
  return `the path of the socket has ${bytes} bytes, and the system takes at most ${SOCKET_PATH_BYTES_MAX}: choose a shorter one`;
}

const openFault = (root: Place, host: string): string | undefined =>
  entryOf(root, 'keys') !== undefined || isLoopback(host)
    ? undefined
    : 'without "keys" everyone who reaches this address could spend your account: add "keys", or use a loopback host such as 127.0.0.1';

/** Keys are what a page of any origin cannot have. */
function originProblems(root: Place): Problem[] {
  const path = ['server', 'cors'];
  const { place, depth } = locate(root, path);
  if (depth < path.length || place.kind !== 'list' || entryOf(root, 'keys') !== undefined) return [];
  return place.items.flatMap((item, index) => {
    if (textOf(item)?.value !== '*') return [];
    const message =
      'without "keys" every web page that is open on this machine could spend your account: add "keys", or list the origins that may call';
    return [{ span: valueSpan({ place: item }), path: [...path, index], message }];
  });
}

function keyProblems(root: Place): Problem[] {
  const keys = entryOf(root, 'keys')?.value;
  const problems: Problem[] = [];
  const seen = new Map<string, number>();
  for (const [index, item] of keys?.kind === 'list' ? keys.items.entries() : []) {
    for (const entry of entriesOf(item)) {
      const place = textOf(entry.value);
      const identity = place === undefined ? undefined : keyIdentity(entry.key, String(place.value));
      if (place === undefined || identity === undefined) continue;
      const first = seen.get(identity) ?? index;
      seen.set(identity, first);
      if (first === index) continue;
      const message = `the same ${entry.key === 'name' ? 'name' : 'key'} as keys.${first}`;
      problems.push({ span: valueSpan({ place, entry }), path: ['keys', index, entry.key], message });
    }
  }
  return problems;
}

/** Equal for what may stand in the list only once; a key equals its own hash. */
function keyIdentity(field: string, value: string): string | undefined {
  if (field === 'name' || field === 'accessKeyId') return `${field} ${value}`;
  if (field === 'key') return `sha256 ${createHash('sha256').update(value).digest('hex')}`;
  return field === 'sha256' ? `sha256 ${value.toLowerCase()}` : undefined;
}
