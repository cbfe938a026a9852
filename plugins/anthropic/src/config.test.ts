// The plugin's own keys of the YAML.
import { describe, expect, it } from 'vitest';
import { configSchema } from './config.ts';

const problems = (settings: object): string[] =>
  configSchema.safeParse(settings).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('the settings', () => {
  it('need no more than a key', () => {
    expect(configSchema.parse({ apiKey: ' k ' })).toEqual({
      ...{ apiKey: 'k', baseUrl: 'https://api.anthropic.com', version: '2023-06-01', betas: [] },
    });
    expect(configSchema.parse({ baseUrl: 'http://127.0.0.1:1/anthropic/' }).baseUrl).toBe(
      'http://127.0.0.1:1/anthropic',
    );
  });

  it.each([
    [{}, /^apiKey: missing/],
    [{ apiKey: 'a', authToken: 'b' }, /^authToken: .*not both/],
    [{ apiKey: 'two words' }, /^apiKey: expected printable/],
    [{ apiKey: 'a', baseUrl: 'https://api.anthropic.com/v1' }, /^baseUrl: give the URL without \/v1/],
    [{ apiKey: 'a', baseUrl: 'https://u:p@x.test' }, /^baseUrl: credentials/],
    [{ apiKey: 'a', baseUrl: 'ftp://x.test' }, /^baseUrl: expected an http/],
    [{ apiKey: 'a', baseUrl: 'nowhere' }, /^baseUrl: expected a URL/],
    [{ apiKey: 'a', baseUrl: 'https://x.test?a=1' }, /^baseUrl: a query/],
    [{ apiKey: 'a', version: '2023' }, /^version: expected a date/],
    [{ apiKey: 'a', betas: ['a,b'] }, /^betas\.0: expected the name/],
    [{ apiKey: 'a', key: 'x' }, /^: Unrecognized key/],
  ])('%j', (settings, expected) => {
    expect(problems(settings)).toEqual([expect.stringMatching(expected)]);
    expect(problems(settings).join()).not.toContain('two words');
  });
});
