// The table of `models`, letter by letter.
import { expect, test } from 'vitest';
import { formatOffer } from './models.ts';

test('columns as wide as their widest cell, numbers to the right', () => {
  const table = formatOffer({
    provider: 'acme',
    models: [
      {
        id: 'large',
        inputTokensMax: 1_000_000,
        outputTokensMax: 65_535,
        price: { input: 2.2, output: 11 },
        abilities: ['tools', 'images'],
        note: 'profiles: eu us',
      },
      { id: 'a-model-with-a-long-name', inputTokensMax: 200_000, price: { input: 0.035, output: 0 } },
      { id: 'plain', outputTokensMax: 4096, abilities: [] },
    ],
  });
  expect(table).toBe(
    [
      'MODEL                          CONTEXT  OUTPUT  $/M IN  $/M OUT  ABILITIES     NOTE',
      'acme/large                          1M   65535    2.20    11.00  tools images  profiles: eu us',
      'acme/a-model-with-a-long-name     200k           0.035     0.00',
      'acme/plain                                4096',
    ].join('\n'),
  );
});

test('a list that could not be had, and one that there is not', () => {
  expect(formatOffer({ provider: 'acme', models: [], problem: 'no answer' })).toBe('acme: no list: no answer');
  expect(formatOffer({ provider: 'acme', models: [] })).toBe('acme: the plugin has no list of models');
});
