// Names and ids as vendors take them.
import { expect, test } from 'vitest';
import { CallIds } from './names.ts';

test('an id that comes again gets another one, the same every time', () => {
  const ids = (): string[] => {
    const made = new CallIds(/^[a-z_]+$/, 20);
    return ['call', 'a b', 'call', 'a b', 'call'].map((id) => made.next(id));
  };
  expect(ids()[0]).toBe('call');
  expect(new Set(ids()).size).toBe(5);
  expect(ids()).toEqual(ids());
});

test('a conversation whose calls all have one id costs one new id a call', () => {
  let made = 0;
  const ids = new CallIds(/^never$/, (source) => `${source}/${++made}`);
  for (let call = 0; call < 1000; call++) ids.next('call_0');
  expect(made).toBe(1000);
});

test('an id made for a repeated one does not take that of a later call', () => {
  const ids = new CallIds(/^x(#1)?$/, (source) => source);
  expect(['x', 'x', 'x#1', 'x'].map((id) => ids.next(id))).toEqual(['x', 'x#1', 'x#1#1', 'x#2']);
});
