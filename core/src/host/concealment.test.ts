// What an upstream echoes of the operator's headers is hidden, and nothing else is.
import { expect, test } from 'vitest';
import { RouterError } from '../contract/index.ts';
import { createConcealment } from './concealment.ts';

test('in every part of an error that anybody reads, which is otherwise the same', () => {
  const conceal = createConcealment({
    'x-gateway-token': 'tok-1',
    'x-tenant': 'tenant-of-the-house',
    'helicone-auth': 'Bearer hel-9',
  });
  const error = new RouterError('rate-limited', 'x: no "tok-1" for tenant-of-the-house', {
    publicMessage: 'no "tok-1", no hel-9',
    quote: 'tok-1',
    retryAfterMs: 5000,
    status: 418,
    field: 'model',
    errorName: 'Tok',
    usage: { inputTokens: 4 },
    again: true,
    cause: new Error('tok-1'),
    upstream: { status: 429, name: 'tok-1', requestId: 'r' },
  });
  const hidden = conceal?.error(error);
  expect(hidden).toBeInstanceOf(RouterError);
  expect(hidden).toMatchObject({
    code: 'rate-limited',
    message: 'x: no "***" for ***',
    publicMessage: 'no "***", no ***',
    quote: '***',
    retryAfterMs: 5000,
    status: 418,
    field: 'model',
    errorName: 'Tok',
    usage: { inputTokens: 4 },
    again: true,
    own: false,
    upstream: { status: 429, name: '***', requestId: 'r' },
  });
  expect(`${hidden?.stack} ${JSON.stringify(hidden)} ${hidden?.cause}`).not.toContain('tok-1');
});

test('an error without any of it stays the same one', () => {
  const conceal = createConcealment({ 'x-gateway-token': 'tok-1' });
  const error = new RouterError('internal', 'nothing', { cause: 'x' });
  expect(conceal?.error(error)).toBe(error);
});

test('as JSON writes it, and the longer one first', () => {
  const conceal = createConcealment({ 'x-api-key': 'a"key"', 'x-other-key': 'a"key"-and-more' });
  expect(conceal?.text('{"key":"a\\"key\\"-and-more"} a"key"')).toBe('{"key":"***"} ***');
});

test('in what the plugin logs', () => {
  const lines: unknown[] = [];
  const write = (fields: object, message: string) => void lines.push([fields, message]);
  const log = { debug: write, info: write, warn: write, error: write };
  const conceal = createConcealment({ 'x-gateway-token': 'tok-1' });
  const fields = { list: ['tok-1', 2, null], err: new Error('tok-1'), deep: { said: 'a tok-1' } };
  conceal?.log(log).warn(fields, 'it said tok-1');
  expect(lines).toEqual([
    [{ list: ['***', 2, null], err: { name: 'Error', message: '***' }, deep: { said: 'a ***' } }, 'it said ***'],
  ]);
});

test('what an upstream names because it does not take it is no secret', () => {
  expect(
    createConcealment({
      'anthropic-beta': 'context-1m-2026-01-01',
      'anthropic-version': '2023-06-01-preview',
      'user-agent': 'our-own-agent/1.0',
      'x-region': 'us-east-1',
    }),
  ).toBeUndefined();
});
