// The plugin's own keys of the YAML.
import { describe, expect, it } from 'vitest';
import { configSchema } from './config.ts';
import { dialectOf } from './dialect.ts';

describe('settings', () => {
  it('are OpenAI itself by default, with a key', () => {
    expect(configSchema.parse({ apiKey: 'sk-x' })).toEqual({ apiKey: 'sk-x', baseUrl: 'https://api.openai.com/v1' });
  });

  it('need no key elsewhere, and lose slashes at the end', () => {
    expect(configSchema.parse({ baseUrl: 'http://127.0.0.1:11434/v1//' })).toEqual({
      baseUrl: 'http://127.0.0.1:11434/v1',
    });
  });

  it.each([
    [{}, 'apiKey'],
    [{ baseUrl: 'https://eu.api.openai.com/v1' }, 'apiKey'],
    [{ apiKey: '' }, 'apiKey'],
    [{ apiKey: 'two words' }, 'apiKey'],
    [{ apiKey: 'a\nb' }, 'apiKey'],
    [{ apiKey: 'x', baseUrl: 'localhost:11434' }, 'baseUrl'],
    [{ apiKey: 'x', baseUrl: 'ftp://host/v1' }, 'baseUrl'],
    [{ apiKey: 'x', baseUrl: 'http://u:p@host/v1' }, 'baseUrl'],
    [{ apiKey: 'x', baseUrl: 'http://host/v1?a=b' }, 'baseUrl'],
    [{ apiKey: 'x', baseUrl: 'http://host/v1/chat/completions' }, 'baseUrl'],
    [{ apiKey: 'x', organization: 'a b' }, 'organization'],
  ])('%j is wrong at %s', (settings, key) => {
    const { error } = configSchema.safeParse(settings);
    expect(error?.issues.map(({ path }) => path)).toEqual([[key]]);
  });

  it('know no other key', () => {
    expect(configSchema.safeParse({ apiKey: 'x', preset: 'azure' }).success).toBe(false);
  });
});

it.each([
  ['https://api.openai.com/v1', 'max_completion_tokens'],
  ['https://us.api.openai.com/v1', 'max_completion_tokens'],
  ['https://api.openai.com.example.net/v1', 'max_tokens'],
  ['https://openrouter.ai/api/v1', 'max_tokens'],
])('%s is spoken to with %s', (baseUrl, field) => {
  expect(dialectOf(baseUrl).maxTokens).toBe(field);
});
