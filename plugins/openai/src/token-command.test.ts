// A token that a program prints: kept, renewed, and never told.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RouterError } from '@turnout/core/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOf, chatRequest, createHost, createProvider, startUpstream } from '../test/fixture.ts';
import { createTokenSource } from './token-command.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'turnout-token-'));
});
afterAll(() => rm(dir, { recursive: true }));

/** A program that counts its runs in a file. */
const counting = (said: string): readonly string[] => [
  process.execPath,
  '-e',
  `const fs=require('fs');const n=(fs.existsSync('runs')?+fs.readFileSync('runs','utf8'):0)+1;fs.writeFileSync('runs',String(n));console.log(${said})`,
];
const jwt = (exp: string): string => `'h.'+Buffer.from(JSON.stringify({exp:${exp}, n})).toString('base64url')+'.s'`;
const source = (command: readonly string[]) => createTokenSource(command, { name: 'p', dir });
const runs = async (): Promise<string> => readFile(join(dir, 'runs'), 'utf8');

describe('a token', () => {
  it('is asked for once, by all who wait, and kept until it ends', async () => {
    await writeFile(join(dir, 'runs'), '0');
    const tokens = source(counting(jwt('Date.now()/1000+3600')));
    expect(tokens.current()).toBeUndefined();
    const [one, other] = await Promise.all([tokens.load(), tokens.load()]);
    expect([one, tokens.current(), await runs()]).toEqual([other, one, '1']);
    tokens.forget('another');
    expect(tokens.current()).toBe(one);
    tokens.forget(one);
    expect(tokens.current()).toBeUndefined();
    expect(await tokens.load()).not.toBe(one);
  });

  it('that ends soon is not kept', async () => {
    const tokens = source(counting(jwt('Date.now()/1000+30')));
    await tokens.load();
    expect(tokens.current()).toBeUndefined();
  });

  it('without an end is kept for a while', async () => {
    const tokens = source([process.execPath, '-e', 'console.log("opaque")']);
    expect([await tokens.load(), tokens.current()]).toEqual(['opaque', 'opaque']);
  });

  it.each([
    ['is not found', ['no-such-program-of-any-kind'], /is not found/],
    [
      'fails',
      [process.execPath, '-e', 'console.log("a-secret"); console.error("a-secret"); process.exit(3)'],
      /fails with 3/,
    ],
    ['prints none', [process.execPath, '-e', 'console.log("a-secret of two words")'], /no token/],
    ['prints too much', [process.execPath, '-e', 'console.log("a-secret".repeat(1e5))'], /too much/],
    ['is told no shell', ['echo a-secret; echo'], /is not found/],
  ])('is a failure where the program %s', async (_name, command, message) => {
    const error = await source(command)
      .load()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RouterError);
    expect(error).toMatchObject({ code: 'upstream-denied', message: expect.stringMatching(message) });
    expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toContain('secret');
  });
});

it('a token that the server refuses is asked for again, once', async () => {
  const upstream = await startUpstream((response) => {
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"expired"}}');
  });
  const host = { ...createHost(), dir };
  const provider = await createProvider(
    { baseUrl: `${upstream.url}/v1`, tokenCommand: counting('"opaque-token-"+n') },
    host,
  );
  const request = chatRequest();
  const plan = provider.plan(request, { protocol: 'openai-chat', stream: false });
  await writeFile(join(dir, 'runs'), '0');
  const error = await provider.generate?.(request, callOf(plan)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'upstream-denied', again: true });
  expect((error as Error).message).not.toContain('opaque');
  await provider.generate?.(request, callOf(plan)).catch(() => {});
  expect(upstream.seen.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer opaque-token-1',
    'Bearer opaque-token-2',
  ]);
  await host.close();
  await upstream.close();
});

it('a program that takes its time keeps no caller who leaves, and does not outlive the provider', async () => {
  const host = { ...createHost(), dir };
  const slow = `const fs=require('fs');process.on('SIGTERM',()=>{fs.writeFileSync('ended','');process.exit()});fs.writeFileSync('begun','');setInterval(()=>{},1e3)`;
  const provider = await createProvider(
    { baseUrl: 'http://127.0.0.1:9/v1', tokenCommand: [process.execPath, '-e', slow] },
    host,
  );
  const request = chatRequest();
  const plan = provider.plan(request, { protocol: 'openai-chat', stream: false });
  const abort = new AbortController();
  const answer = provider.generate?.(request, { ...callOf(plan), signal: abort.signal });
  await expect.poll(() => existsSync(join(dir, 'begun'))).toBe(true);
  abort.abort();
  await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
  expect(existsSync(join(dir, 'ended'))).toBe(false);
  await provider.close?.();
  await expect.poll(() => existsSync(join(dir, 'ended'))).toBe(true);
  await host.close();
});

it('a token is not told even where it is too short-lived to be kept', async () => {
  const upstream = await startUpstream((response, { headers }) => {
    const token = headers.authorization?.slice('Bearer '.length);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: `no good: ${token}`, code: token } }));
  });
  const host = { ...createHost(), dir };
  const provider = await createProvider(
    { baseUrl: `${upstream.url}/v1`, tokenCommand: counting(jwt('Date.now()/1000+30')) },
    host,
  );
  const request = chatRequest();
  const plan = provider.plan(request, { protocol: 'openai-chat', stream: false });
  const error: unknown = await provider.generate?.(request, callOf(plan)).catch((thrown: unknown) => thrown);
  const token = String(upstream.seen[0]?.headers.authorization).slice('Bearer '.length);
  expect((error as RouterError).message).toContain('no good: (key)');
  expect(JSON.stringify([error, (error as RouterError).message])).not.toContain(token);
  await host.close();
  await upstream.close();
});
