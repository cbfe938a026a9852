// The plugin's keys of the YAML.
import { describe, expect, it } from 'vitest';
import { methodPath } from './client.ts';
import { configSchema, extensionSchema } from './config.ts';

describe('settings', () => {
  it('are a key, and where Google is', () => {
    expect(configSchema.parse({ apiKey: ' AIza ' })).toEqual({
      apiKey: 'AIza',
      baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    });
    expect(configSchema.parse({ apiKey: 'k', baseUrl: 'http://h/v1beta/' }).baseUrl).toBe('http://h/v1beta');
  });

  it.each([
    [{}, 'apiKey'],
    [{ apiKey: '' }, 'apiKey'],
    [{ apiKey: 'two words' }, 'apiKey'],
    [{ apiKey: 'k', baseUrl: 'h' }, 'baseUrl'],
    [{ apiKey: 'k', baseUrl: 'ftp://h' }, 'baseUrl'],
    [{ apiKey: 'k', baseUrl: 'https://u:p@h' }, 'baseUrl'],
    [{ apiKey: 'k', baseUrl: 'https://h/?key=1' }, 'baseUrl'],
    [{ apiKey: 'k', baseUrl: 'https://h/v1beta/models' }, 'baseUrl'],
    [{ apiKey: 'k', safetySettings: [{ category: 'X', threshold: 'OFF' }] }, 'safetySettings'],
  ])('%j is wrong at %s', (settings, key) => {
    expect(configSchema.safeParse(settings).error?.issues[0]?.path[0]).toBe(key);
  });

  it('of a route are few', () => {
    expect(extensionSchema.safeParse({ serverTools: ['googleSearch'] }).success).toBe(true);
    expect(extensionSchema.safeParse({ tools: [] }).success).toBe(false);
  });
});

it.each([
  ['gemini-3.8-flash', '/models/gemini-3.8-flash:x'],
  ['models/gemini-3.8-flash', '/models/gemini-3.8-flash:x'],
  ['tunedModels/a', '/tunedModels/a:x'],
  ['../../v1/x?y#z', '/models/..%2F..%2Fv1%2Fx%3Fy%23z:x'],
  ['..', '/models/..:x'],
])('the path of %s stays within the API', (model, path) => {
  expect(methodPath(model, 'x')).toBe(path);
  expect(new URL(`https://h/v1beta${path}`).pathname).toBe(`/v1beta${path}`);
});
