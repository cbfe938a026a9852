// What no schema can say: names that must exist, stars that must match, and what is only safe together.
import { createHash } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { YamlPath } from './config.ts';
import { modelNameFault, withoutContextSuffix } from './model-name.ts';
import type { Span } from './source.ts';
import { didYouMean } from './suggestion.ts';
import type { Entry, Place, Problem, ScalarPlace } from './tree.ts';
import { entriesOf, entryOf, locate, valueSpan } from './tree.ts';

/** All problems between parts of the file. Looks only at values of the right type: the rest is the schema's to report. */
export function referenceProblems(root: Place): Problem[] {
  return [...hostProblems(root), ...keyProblems(root), ...routeProblems(root)];
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

function hostProblems(root: Place): Problem[] {
  const path = ['server', 'host'];
  const located = locate(root, path);
  const host = located.depth === path.length ? textOf(located.place) : undefined;
  const keys = entryOf(root, 'keys');
  if (host === undefined || host.value === '' || isLoopback(String(host.value)) || keys !== undefined) return [];
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

function routeProblems(root: Place): Problem[] {
  const providers = entryOf(root, 'providers')?.value;
  const names = providers?.kind === 'map' ? entriesOf(providers).map((entry) => entry.key) : undefined;
  return entriesOf(entryOf(root, 'routes')?.value).flatMap((entry) => [
    ...routeNameProblems(entry),
    ...targetProblems(entry, names),
  ]);
}

function routeNameProblems({ key, keySpan }: Entry): Problem[] {
  const problem = (message: string): Problem[] => [{ span: keySpan, path: ['routes', key], message }];
  const fault = modelNameFault(key);
  if (fault !== undefined) return problem(fault);
  if (key.split('*').length > 2) return problem('a pattern has one "*" at most');
  const bare = withoutContextSuffix(key);
  if (bare !== key)
    return problem(`never matches: this suffix is taken off the names that clients send; write "${bare}"`);
  return [];
}

interface Target {
  readonly path: YamlPath;
  readonly span: Span;
  readonly provider: string;
  readonly model: string;
}

function targetProblems(route: Entry, providers: readonly string[] | undefined): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const { path, span, provider, model } of targetsOf(route)) {
    const problem = (message: string): number => problems.push({ span, path, message });
    const whole = `${provider}/${model}`;
    const fault = modelNameFault(model);
    if (providers !== undefined && !providers.includes(provider))
      problem(`unknown provider${didYouMean(provider, providers)}`);
    if (fault !== undefined) problem(fault);
    else if (model.split('*').length > 2) problem('a target has one "*" at most');
    else if (model.includes('*') && !route.key.includes('*'))
      problem('a "*" here takes what a "*" in the route\'s name matched, and there is none');
    else if (seen.has(whole)) problem('the same target twice');
    seen.add(whole);
  }
  return problems;
}

/** The targets that have the form `provider/model`. */
function targetsOf({ key, value }: Entry): Target[] {
  const base: YamlPath = ['routes', key];
  const list = entryOf(value, 'targets')?.value;
  const written: [YamlPath, Place][] =
    list?.kind === 'list' ? list.items.map((item, index) => [[...base, 'targets', index], item]) : [[base, value]];
  return written.flatMap(([path, place]) => {
    const text = String(textOf(place)?.value ?? '');
    const slash = text.indexOf('/');
    if (slash < 1 || slash === text.length - 1) return [];
    return [{ path, span: valueSpan({ place }), provider: text.slice(0, slash), model: text.slice(slash + 1) }];
  });
}

const textOf = (place: Place | undefined): ScalarPlace | undefined =>
  place?.kind === 'scalar' && typeof place.value === 'string' ? place : undefined;
