// Which targets a model name leads to.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteConfig } from '../config/config.ts';
import { RouterError } from '../contract/index.ts';
import { targetsOf } from './group.ts';
import { closeNames, createTable, names, resolve, type Table } from './table.ts';

const route = (name: string, line: number, ...targets: string[]): RouteConfig => ({
  name,
  line,
  targets: targets.map((target) => {
    const slash = target.indexOf('/');
    return { provider: target.slice(0, slash), model: target.slice(slash + 1), weight: 1 };
  }),
  strategy: 'ordered',
  resume: false,
  defaults: {},
  settings: {},
});

const config = (routes: readonly RouteConfig[], direct = true): Parameters<typeof createTable>[0] => ({
  file: 'turnout.yaml',
  // Only the names are looked at.
  providers: ['one', 'two'].map((name) => ({ name })) as unknown as Parameters<typeof createTable>[0]['providers'],
  routes,
  direct,
});

const table = createTable(
  config([
    route('fast', 1, 'one/small', 'two/small'),
    route('one/special', 2, 'two/other'),
    route('gpt-*', 3, 'two/*'),
    route('gpt-5*', 4, 'one/never'),
    route('*-mini', 5, 'one/mini-*-x'),
    route('all-*', 6, 'one/fixed'),
  ]),
);
const pathsOf = (of: Table, model: string) => {
  const resolved = resolve(of, model);
  return resolved && targetsOf(resolved.group);
};
const targets = (model: string, of: Table = table): string[] | undefined =>
  pathsOf(of, model)?.map((target) => `${target.provider}/${target.model}`);

describe('resolve', () => {
  it.each([
    ['fast', ['one/small', 'two/small']],
    ['one/special', ['two/other']],
    ['one/any/thing:1', ['one/any/thing:1']],
    ['gpt-5.5', ['two/5.5']],
    ['gpt-5', ['two/5']],
    ['x-mini', ['one/mini-x-x']],
    ['-mini', ['one/mini--x']],
    ['all-', ['one/fixed']],
    ['two/gpt-5', ['two/gpt-5']],
  ])('%s → %j', (model, expected) => expect(targets(model)).toEqual(expected));

  it.each(['slow', 'Fast', 'gpt', 'gpt-', 'three/x', 'one/', '/x', 'one'])('%s: nowhere', (model) => {
    expect(resolve(table, model)).toBeUndefined();
  });

  it('takes a context suffix off', () => {
    expect(targets('fast[1m]')).toEqual(['one/small', 'two/small']);
    expect(targets('gpt-5[200k]')).toEqual(['two/5']);
    expect(targets('one/x[1m]')).toEqual(['one/x']);
    expect(targets('one/x[1g]')).toEqual(['one/x[1g]']);
  });

  it('says why', () => {
    expect(resolve(table, 'fast')).toMatchObject({ route: { line: 1 } });
    expect(resolve(table, 'fast')?.why).toBe('The route "fast" has this name (turnout.yaml:1).');
    expect(resolve(table, 'gpt-5')?.why).toBe('The pattern "gpt-*" matches, the star takes "5" (turnout.yaml:3).');
    expect(resolve(table, 'one/x')).toMatchObject({ route: undefined });
    expect(resolve(table, 'one/x')?.why).toBe(
      '"one" is a provider, so the rest of the name is its model (direct: true).',
    );
  });

  it('leads nowhere directly without `direct`', () => {
    const closed = createTable(config([route('one/special', 1, 'two/other')], false));
    expect(targets('one/x', closed)).toBeUndefined();
    expect(targets('one/special', closed)).toEqual(['two/other']);
    expect(closeNames(closed, 'onne/x')).toEqual([]);
  });

  it('puts in what the star matched as it is', () => {
    const starred = createTable(config([route('a*z', 1, 'one/<*>')]));
    expect(targets('a$&z', starred)).toEqual(['one/<$&>']);
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9$&/:-]{0,20}$/), (star) => {
        expect(targets(`a${star}z`, starred)).toEqual([`one/<${star}>`]);
      }),
    );
  });

  it('does not let the two sides of a pattern overlap', () => {
    expect(targets('aba', createTable(config([route('ab*ba', 1, 'one/x')])))).toBeUndefined();
  });

  it.each([
    ['', 'cannot be empty'],
    ['x'.repeat(513), 'at most 512'],
    ['modèle', 'printable ASCII'],
    ['a\nb', 'printable ASCII'],
    ['../x', 'cannot contain'],
    ['a\\b', 'cannot contain'],
    ['a?b', 'cannot contain'],
    ['a#b', 'cannot contain'],
  ])('refuses %j', (model, reason) => {
    const attempt = (): unknown => resolve(table, model);
    expect(attempt).toThrow(RouterError);
    expect(attempt).toThrow(reason);
    expect(attempt).toThrow(expect.objectContaining({ code: 'invalid-request', status: 400, field: 'model' }));
  });

  it('finds an exact name with one look-up, and nothing new for each request', () => {
    const many = createTable(config(Array.from({ length: 200 }, (_, index) => route(`r${index}`, index + 1, 'one/x'))));
    expect(resolve(many, 'r150')).toBe(resolve(many, 'r150'));
    expect(Object.isFrozen(many)).toBe(true);
  });
});

describe('names', () => {
  it('are those of exact routes', () => expect(names(table)).toEqual(['fast', 'one/special']));

  it('have near ones', () => {
    expect(closeNames(table, 'fsat')).toEqual(['fast']);
    expect(closeNames(table, 'onne/x')).toEqual(['one/x']);
    expect(closeNames(table, 'one/specail')).toEqual(['one/special']);
    expect(closeNames(table, 'Fast[1m]')).toEqual(['fast']);
    expect(closeNames(table, 'nothing-like-it')).toEqual([]);
    const many = createTable(
      config(['claude-1', 'claude-2', 'claude-3', 'claude-4'].map((name) => route(name, 1, 'one/x'))),
    );
    expect(closeNames(many, 'claude')).toHaveLength(3);
    expect(closeNames(many, 'claude', 1)).toEqual(['claude-1']);
  });
});

describe('a name that the client chose', () => {
  const direct = (model: string) => pathsOf(table, model)?.map((target) => target.direct ?? false);

  it('is said to be one: without a route, or carried over by a star', () => {
    expect(direct('one/anything')).toEqual([true]);
    expect(direct('gpt-anything')).toEqual([true]);
    expect(direct('my-mini')).toEqual([true]);
  });

  it('is not one that a route names', () => {
    expect(direct('fast')).toEqual([false, false]);
    expect(direct('one/special')).toEqual([false]);
    expect(direct('all-of-them')).toEqual([false]);
  });
});

describe('routes that lead to routes', () => {
  const routes: RouteConfig[] = [
    {
      ...route('claude', 1, 'one/claude', 'two/claude'),
      strategy: 'round-robin',
      reasoning: { effort: 'low' },
      defaults: { maxTokens: 100, temperature: 1 },
      settings: { one: { guardrail: 'inner', tier: 'flex' }, two: { tier: 'flex' } },
    },
    {
      ...route('smart', 2),
      targets: [
        { route: 'claude', weight: 3 },
        { provider: 'two', model: 'gpt', weight: 1 },
      ],
      strategy: 'sticky',
      sticky: { by: 'user' },
      reasoning: 'off',
      defaults: { maxTokens: 50 },
      settings: { one: { tier: 'priority' } },
      onContextOverflow: [{ provider: 'one', model: 'huge' }, { route: 'claude' }],
      onContentBlocked: [],
    },
    { ...route('x-*', 3), targets: [{ route: 'smart', weight: 1 }] },
  ];
  const nested = createTable(config(routes));

  it('have all targets in the order of the file', () => {
    expect(targets('smart', nested)).toEqual(['one/claude', 'two/claude', 'two/gpt']);
    expect(targets('x-any', nested)).toEqual(['one/claude', 'two/claude', 'two/gpt']);
  });

  it('keep their shape', () => {
    expect(resolve(nested, 'smart')?.group).toMatchObject({
      route: 'smart',
      strategy: 'sticky',
      sticky: { by: 'user' },
      choices: [
        { weight: 3, name: 'route/claude', group: { route: 'claude', strategy: 'round-robin' } },
        { weight: 1, name: 'two/gpt', target: { model: 'gpt' } },
      ],
      onContextOverflow: { strategy: 'ordered', choices: [{ name: 'one/huge' }, { name: 'route/claude' }] },
      onContentBlocked: { choices: [] },
    });
    expect(resolve(nested, 'claude')?.group).not.toHaveProperty('onContentBlocked');
  });

  it('merge what they set, the outer over the inner, key by key', () => {
    const settings = pathsOf(nested, 'smart')?.map((target) => target.settings);
    expect(settings?.[0]).toEqual({
      reasoning: 'off',
      defaults: { maxTokens: 50, temperature: 1 },
      settings: { one: { guardrail: 'inner', tier: 'priority' }, two: { tier: 'flex' } },
    });
    expect(settings?.[2]).toMatchObject({ reasoning: 'off', defaults: { maxTokens: 50 } });
    // By its own name a route is as it is written.
    expect(pathsOf(nested, 'claude')?.[0]?.settings).toMatchObject({ reasoning: { effort: 'low' } });
  });

  it('take turns together, by whatever name they are reached', () => {
    const own = resolve(nested, 'claude')?.group.turns;
    expect(resolve(nested, 'smart')?.group.choices[0]?.group?.turns).toBe(own);
    expect(resolve(nested, 'smart')?.group.onContextOverflow?.choices[1]?.group?.turns).toBe(own);
    expect(resolve(nested, 'x-any')?.group.choices[0]?.group?.choices[0]?.group?.turns).toBe(own);
  });

  it('need something for the star of a typed fallback too', () => {
    const starred = { ...route('gpt-*', 1, 'one/fixed'), onContextOverflow: [{ provider: 'two', model: '*' }] };
    const of = createTable(config([starred]));
    expect(targets('gpt-', of)).toBeUndefined();
    expect(resolve(of, 'gpt-5')?.group.onContextOverflow?.choices[0]?.target?.model).toBe('5');
  });
});
