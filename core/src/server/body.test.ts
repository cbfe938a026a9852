// Bodies as clients send them.
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { decode } from '../protocol/anthropic-messages/index.ts';
import { parseJson, readBody } from './body.ts';

const parsed = (text: string): unknown => parseJson(Buffer.from(text));

test('numbers that a double cannot hold leave as they came', () => {
  const schema = '{"type":"object","properties":{"id":{"type":"integer","maximum":9223372036854775807}}}';
  expect(JSON.stringify(parsed(schema))).toBe(schema);
  const input = '{"id":9007199254740993,"big":1e400}';
  const call = `{"type":"tool_use","id":"t","name":"f","input":${input}}`;
  const body = `{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[${call}]}]}`;
  const { request } = decode(parsed(body), { headers: {} });
  expect(request.messages[0]?.parts).toEqual([{ type: 'tool-call', id: 't', name: 'f', input }]);
});

test('a setting that is such a number is refused as any other that is too large', () => {
  const body = parsed('{"model":"m","max_tokens":12345678901234567890,"messages":[{"role":"user","content":"hi"}]}');
  expect(() => decode(body, { headers: {} })).toThrow(/max_tokens: expected a whole number/);
});

test('a byte order mark is no part of it, and what is wrong with it is told without its words', () => {
  expect(parsed('\ufeff{"a":1}')).toEqual({ a: 1 });
  expect(() => parsed('{"secret" "x"}')).toThrow(/^the body is not valid JSON(: wrong at position \d+.*)?$/);
});

/** A request whose body comes in these pieces, and goes on for as long as it is not ended. */
function sending(...pieces: number[]): { incoming: IncomingMessage; end(): void } {
  const body = new PassThrough();
  for (const bytes of pieces) body.write(Buffer.alloc(bytes));
  // Of a request, only its headers and its bytes are looked at.
  return { incoming: Object.assign(body, { headers: {} }) as unknown as IncomingMessage, end: () => body.end() };
}

test('bodies that are read at the same time share one limit, and give it back', async () => {
  const first = sending(600);
  const reading = readBody(first.incoming, 1_000, 1_000);
  await new Promise(setImmediate);
  const second = sending(300, 300);
  await expect(readBody(second.incoming, 1_000, 1_000)).rejects.toMatchObject({ code: 'overloaded', status: 503 });
  first.end();
  expect((await reading).length).toBe(600);
  const third = sending(900);
  third.end();
  expect((await readBody(third.incoming, 1_000, 1_000)).length).toBe(900);
});
