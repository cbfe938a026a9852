// What is said of a namespace, for models that see none.
import { expect, test } from 'vitest';
import type { Tool } from '../contract/index.ts';
import { flatTools } from './flat-tools.ts';

const tool = (name: string, namespace?: string, about?: string, more: Partial<Tool> = {}): Tool => ({
  kind: 'function',
  name: namespace === undefined ? name : `${namespace}__${name}`,
  ...(namespace === undefined ? {} : { namespace }),
  ...(about === undefined ? {} : { extensions: { 'openai-responses': { namespace_description: about } } }),
  ...more,
});

test('it stands once, in front of the first of its tools, and is no setting any more', () => {
  const tools = [
    tool('plain'),
    tool('spawn', 'agents', 'Sub-agents.', { description: 'Starts one.' }),
    tool('wait', 'agents', 'Sub-agents.', { description: 'Waits.' }),
    tool('now', 'clock', 'Time.'),
  ];
  expect(flatTools(tools).map(({ name, description, extensions }) => [name, description, extensions])).toEqual([
    ['plain', undefined, undefined],
    ['agents__spawn', 'About all tools named agents__…: Sub-agents.\n\nStarts one.', { 'openai-responses': {} }],
    ['agents__wait', 'Waits.', { 'openai-responses': {} }],
    ['clock__now', 'About all tools named clock__…: Time.', { 'openai-responses': {} }],
  ]);
});

test('what else a client has set stays, and tools without it stay what they are', () => {
  const extensions = { 'openai-responses': { namespace_description: 'A.', other: 1 }, mine: { x: 2 } };
  expect(flatTools([tool('t', 'a', undefined, { extensions })])[0]?.extensions).toEqual({
    'openai-responses': { other: 1 },
    mine: { x: 2 },
  });
  const plain = [tool('t'), tool('u', 'a')];
  expect(flatTools(plain)).toBe(plain);
});
