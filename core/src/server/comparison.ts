// Two configurations side by side: which names would go another way, and who may use them.
import type { Config, KeyConfig, ProviderConfig } from '../config/config.ts';
import { callerOfKey, type Router, unrestricted } from '../host/index.ts';
import { type Difference, differencesOf, type Outlook, outlookDifferences, outlookOf } from './outlook.ts';

export interface Comparison {
  /** Names that clients may send, patterns, and `provider/*` for what is reached directly. */
  readonly names: readonly Change[];
  readonly keys: readonly Change[];
  /** Everything else that requests meet: providers' settings, `strict` … */
  readonly settings: readonly Difference[];
  /** Names that go the same way in both. */
  readonly unchanged: number;
}

export interface Change {
  readonly name: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly differences: readonly Difference[];
}

/** Compares by what the smallest request of each name would meet. */
export function compare(before: Router, after: Router): Comparison {
  const names = [...new Set([...namesOf(after.config), ...namesOf(before.config)])];
  const changes = names.flatMap((name) => changeOf(name, lookAt(before, name), lookAt(after, name)) ?? []);
  return {
    names: changes,
    keys: keyChanges(before.config, after.config, names),
    settings: settingDifferences(before.config, after.config),
    unchanged: names.length - changes.length,
  };
}

/** A pattern is a name that it matches itself: its star takes the star. */
const namesOf = ({ routes, providers, direct }: Config): string[] => [
  ...routes.map(({ name }) => name),
  ...(direct ? providers.map(({ name }) => `${name}/*`) : []),
];

const lookAt = (router: Router, model: string): Outlook => outlookOf(router, { model }, unrestricted('check'));

const isUnknown = ({ error }: Outlook): boolean => error?.code === 'model-not-found';

function changeOf(name: string, was: Outlook, now: Outlook): Change | undefined {
  if (isUnknown(was) && isUnknown(now)) return undefined;
  if (isUnknown(was)) return { name, kind: 'added', differences: differencesOf(new Map(), now.facts) };
  if (isUnknown(now)) return { name, kind: 'removed', differences: differencesOf(was.facts, new Map()) };
  const differences = outlookDifferences(was, now);
  return differences.length === 0 ? undefined : { name, kind: 'changed', differences };
}

function keyChanges(before: Config, after: Config, names: readonly string[]): Change[] {
  const keyNames = [...new Set([...after.keys, ...before.keys].map(({ name }) => name))];
  return keyNames.flatMap((name): Change[] => {
    const was = before.keys.find((key) => key.name === name);
    const now = after.keys.find((key) => key.name === name);
    if (!was || !now) return [{ name, kind: was ? 'removed' : 'added', differences: [] }];
    const differences = [...differencesOf(keyFacts(was), keyFacts(now)), ...permissions(before, after, name, names)];
    return differences.length === 0 ? [] : [{ name, kind: 'changed', differences }];
  });
}

/** Nothing of the key itself. */
function keyFacts({ models, admin, limits }: KeyConfig): Map<string, string> {
  const facts = new Map([
    ['models', models?.join(', ') ?? 'all'],
    ['admin', String(admin)],
  ]);
  for (const [limit, value] of Object.entries(limits ?? {})) facts.set(limit, String(value));
  return facts;
}

function permissions(before: Config, after: Config, key: string, names: readonly string[]): Difference[] {
  const was = callerOfKey(before.keys, key);
  const now = callerOfKey(after.keys, key);
  const plain = names.filter((name) => !name.includes('*') && was?.mayUse(name) !== now?.mayUse(name));
  const may = plain.filter((name) => now?.mayUse(name));
  const mayNot = plain.filter((name) => !now?.mayUse(name));
  return [
    ...(may.length > 0 ? [{ what: 'may use', now: may.join(', ') }] : []),
    ...(mayNot.length > 0 ? [{ what: 'may use', was: mayNot.join(', ') }] : []),
  ];
}

function settingDifferences(before: Config, after: Config): Difference[] {
  const open = (config: Config) => (config.keys.length === 0 ? 'anybody on this machine' : 'those with a key');
  const facts = (config: Config) =>
    new Map([
      ['callers', open(config)],
      ['strict', String(config.strict)],
      ['direct', String(config.direct)],
      ['media.urls', String(config.media.urls)],
    ]);
  const names = [...new Set([...after.providers, ...before.providers].map(({ name }) => name))];
  const ofProviders = names.flatMap((name): Difference[] => {
    const was = before.providers.find((provider) => provider.name === name);
    const now = after.providers.find((provider) => provider.name === name);
    const what = `providers.${name}`;
    if (!was || !now) return [{ what, ...(was && { was: was.plugin.name }), ...(now && { now: now.plugin.name }) }];
    return changedKeys(was, now).map((key) => ({ what: `${what}.${key}` }));
  });
  return [...differencesOf(facts(before), facts(after)), ...ofProviders];
}

/** The names of what is set otherwise: the values may be secrets. */
function changedKeys(before: ProviderConfig, after: ProviderConfig): string[] {
  const was = writtenIn(before);
  const now = writtenIn(after);
  const keys = [...new Set([...Object.keys(now), ...Object.keys(was)])];
  return keys.filter((key) => JSON.stringify(was[key]) !== JSON.stringify(now[key]));
}

function writtenIn({
  written,
  plugin,
  retry,
  timeout,
  breaker,
  concurrency,
  headers,
  caFile,
}: ProviderConfig): Record<string, unknown> {
  return { ...Object(written), plugin: plugin.name, retry, timeout, breaker, concurrency, headers, caFile };
}
