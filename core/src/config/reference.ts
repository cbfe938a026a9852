// What no schema can say: names that must exist, stars that must match, and what is only safe together.
import { createHash } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { Place, Problem } from './tree.ts';
import { entriesOf, entryOf, locate, textOf, valueSpan } from './tree.ts';

/** All problems between parts of `server` and `keys`. Looks only at values of the right type: the rest is the schema's to report. */
export function referenceProblems(root: Place): Problem[] {
  return [...hostProblems(root), ...keyProblems(root)];
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

/** True for a Unix socket, which only programs of this machine can reach. */
export const isSocketPath = (host: string): boolean => host.startsWith('unix:');

function hostProblems(root: Place): Problem[] {
  const path = ['server', 'host'];
  const located = locate(root, path);
  const host = located.depth === path.length ? textOf(located.place) : undefined;
  const keys = entryOf(root, 'keys');
  const isLocal = (value: string) => value === '' || isLoopback(value) || isSocketPath(value);
  if (host === undefined || keys !== undefined || isLocal(String(host.value))) return [];
  const message =
    'without "keys" everyone who reaches this address could spend your account: add "keys", or use a loopback host such as 127.0.0.1';
  return [{ span: valueSpan(located), path, message }];
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
