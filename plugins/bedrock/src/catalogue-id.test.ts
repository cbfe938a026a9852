// Knowledge 13 row 21: names that people write become ids, and unknown ids get near ones suggested.
import { describe, expect, it } from 'vitest';
import { MODELS } from './catalogue.ts';
import { fullId, nearestIds } from './catalogue-id.ts';
import { type ResolveSettings, resolveTarget } from './resolve.ts';

describe('short ids', () => {
  it.each([
    ['anthropic.claude-haiku-4-5', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['anthropic.claude-haiku-4-5-20251001', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['anthropic.claude-opus-4', 'anthropic.claude-opus-4-20250514-v1:0'],
    ['anthropic.claude-opus-4-6', 'anthropic.claude-opus-4-6-v1'],
    ['amazon.nova-pro', 'amazon.nova-pro-v1:0'],
    ['amazon.nova-pro-v1', 'amazon.nova-pro-v1:0'],
    // Two models, or none, or a piece of a name.
    ['anthropic.claude-3-5-sonnet', undefined],
    ['anthropic.claude', undefined],
    ['amazon.nova', undefined],
    ['acme.model', undefined],
  ])('%s → %s', (name, id) => expect(fullId(name)).toBe(id));

  it('are resolved before the profile is chosen, and never instead of an id of the catalogue', () => {
    const settings: ResolveSettings = {
      region: 'us-east-1',
      regionSource: 'the config',
      crossRegion: 'geo',
      endpoint: undefined,
      models: {},
    };
    const target = resolveTarget('anthropic.claude-haiku-4-5', settings);
    expect(target.id).toBe('us.anthropic.claude-haiku-4-5-20251001-v1:0');
    expect(target.reasons[0]).toMatch(
      /^anthropic\.claude-haiku-4-5 is short for anthropic\.claude-haiku-4-5-20251001-v1:0; crossRegion geo/,
    );
    for (const { id } of MODELS) expect(resolveTarget(id, { ...settings, crossRegion: 'off' }).id).toBe(id);
    const prefixed = resolveTarget('eu.anthropic.claude-haiku-4-5', settings);
    expect(prefixed.id).toBe('eu.anthropic.claude-haiku-4-5-20251001-v1:0');
    expect(prefixed.reasons[0]).toBe(
      'eu.anthropic.claude-haiku-4-5 is short for eu.anthropic.claude-haiku-4-5-20251001-v1:0, which names its inference profile',
    );
  });
});

describe('suggestions', () => {
  it.each([
    ['anthropic.claude-sonet-5', 'anthropic.claude-sonnet-5'],
    ['claude-haiku-4-5-20251001', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['us.anthropic.claude-haiku-4-5', 'us.anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['amazon.nova-pro-v2:0', 'amazon.nova-pro-v1:0'],
  ])('%s: %s', (id, near) => expect(nearestIds(id)).toContain(near));

  it('are few, and none for what is like nothing', () => {
    expect(nearestIds('anthropic.claude').length).toBeLessThanOrEqual(3);
    expect(nearestIds('zzzzzz')).toEqual([]);
    expect(nearestIds('')).toEqual([]);
  });
});
