// Calls between processes, and what comes over the channel that is none.
import { expect, test } from 'vitest';
import { ConfigError } from '../config/index.ts';
import { RouterError } from '../contract/index.ts';
import { SILENT } from '../observe/index.ts';
import { OF_PRIMARY, OF_WORKER } from './messages.ts';
import { type Handlers, Peer } from './peer.ts';

const nothing = async () => ({});
const reloaded = { version: 2, file: 'f', providers: { kept: [], created: [], closed: [] }, warnings: [] };
const never = new Promise<never>(() => {});

/** A primary and a worker with a channel between them that copies what is said. */
function pair(handlers: Partial<Handlers<typeof OF_WORKER>> = {}) {
  const said: unknown[] = [];
  const primary: Peer<typeof OF_WORKER, typeof OF_PRIMARY> = new Peer({
    send: (message) => queueMicrotask(() => worker.take(structuredClone(message))),
    there: OF_WORKER,
    here: OF_PRIMARY,
    handlers: { reload: async () => reloaded, metrics: () => never, examine: () => never },
    log: { ...SILENT, warn: (_fields, message) => said.push(message) },
  });
  const worker: Peer<typeof OF_PRIMARY, typeof OF_WORKER> = new Peer({
    send: (message) => queueMicrotask(() => primary.take(structuredClone(message))),
    there: OF_PRIMARY,
    here: OF_WORKER,
    handlers: {
      start: () => never,
      prepare: nothing,
      commit: async () => reloaded,
      cancel: nothing,
      report: async () => ({ metrics: [] }),
      examine: async () => ({ targets: [] }),
      stop: nothing,
      ...handlers,
    },
    log: SILENT,
  });
  return { primary, worker, said };
}

test('both sides call each other; bytes arrive as they are', async () => {
  let files = new Map<string, Uint8Array>();
  const { primary, worker } = pair({
    prepare: async (body) => {
      ({ files } = body);
      return {};
    },
  });
  await primary.call('prepare', { files: new Map([['/f', Uint8Array.of(1, 255)]]) });
  expect([...(files.get('/f') ?? [])]).toEqual([1, 255]);
  expect(await worker.call('reload', {})).toEqual(reloaded);
});

test('what is thrown there is thrown here: issues with their places, a code with its status', async () => {
  const issue = { file: 'f', line: 1, column: 2, path: 'a.b', message: 'wrong', excerpt: 'x' };
  const { primary } = pair({
    prepare: () => Promise.reject(new ConfigError([issue])),
    commit: () => Promise.reject(new RouterError('overloaded', 'busy', { own: true, retryAfterMs: 5 })),
    cancel: () => Promise.reject(new Error('plain')),
  });
  const refused = await primary.call('prepare', { files: new Map() }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ConfigError);
  expect(refused).toMatchObject({ issues: [issue] });
  const busy = await primary.call('commit', {}).catch((error: unknown) => error);
  expect(RouterError.is(busy) && [busy.code, busy.message, busy.retryAfterMs]).toEqual(['overloaded', 'busy', 5]);
  await expect(primary.call('cancel', {})).rejects.toThrow('plain');
});

test('what was not understood, there or here, is an error or is ignored, and goes no further', async () => {
  const { primary, worker, said } = pair({
    // The cast: what a worker whose plugin meddles may say.
    commit: async () => ({ version: 'two' }) as never,
  });
  await expect(primary.call('commit', {})).rejects.toThrow('the answer to "commit" is none');
  // @ts-expect-error: not what the schema says
  await expect(primary.call('prepare', { files: 'x' })).rejects.toThrow('"prepare" was not understood');
  const large = new Map([['/f', new Uint8Array(3 * 1024 * 1024)]]);
  await expect(primary.call('prepare', { files: large })).rejects.toThrow('"prepare" was not understood');
  for (const junk of [undefined, 'x', {}, { kind: 'call' }, { kind: 'done', id: -1 }, { kind: 'x', id: 1 }])
    primary.take(junk);
  primary.take({ kind: 'done', id: 77, body: {} });
  primary.take({ kind: 'call', id: 999, name: 'toString', body: {} });
  expect(said).toHaveLength(6);
  expect(await worker.call('reload', {})).toEqual(reloaded);
});

test('nobody waits for one that is late or has gone, and only so many wait', async () => {
  const { primary } = pair({ stop: () => never });
  await expect(primary.call('stop', {}, 20)).rejects.toThrow('no answer to "stop" has come in time');
  const waiting = Array.from({ length: 100 }, () => primary.call('stop', {}));
  await expect(primary.call('stop', {})).rejects.toThrow('too many questions at once');
  primary.close(new Error('gone'));
  expect((await Promise.allSettled(waiting)).every(({ status }) => status === 'rejected')).toBe(true);
  await expect(primary.call('stop', {})).rejects.toThrow('gone');
});
