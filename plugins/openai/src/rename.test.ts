// How events begin, up to and with the model's name.
import { expect, it } from 'vitest';
import { headOf } from './rename.ts';

it('a head is found among the first members, whatever they hold', () => {
  const was = 'data: {"id":"a\\"b","model":"m"';
  expect(headOf(`${was},"choices":[]}`, 'n"')).toEqual({ was, is: 'data: {"id":"a\\"b","model":"n\\""' });
});

it('there is none behind an image', () => {
  expect(headOf(`data: {"x":"${'a'.repeat(16 << 20)}","model":"m"}`, 'n')).toBeUndefined();
});
