// The iterator that all vendors' streams have in common, over a feed whose chunks are words.
import { expect, test } from 'vitest';
import { type ChatEvent, RouterError } from '../contract/index.ts';
import { type AnswerFeed, answerEvents } from './answer-events.ts';

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };

/** Each word is an event; `!` breaks the reading, `.` is the end. */
class Words implements AnswerFeed {
  readonly out: ChatEvent[] = [];
  readonly usage = undefined;
  finished = false;
  stopped = false;
  #words: string[] = [];

  push(chunk: Uint8Array): void {
    this.#words.push(...Buffer.from(chunk).toString().split(' '));
  }

  read(): boolean {
    const word = this.#words.shift();
    if (word === undefined) return false;
    if (word === '!') throw new RouterError('upstream-failed', 'a broken word');
    if (word === '.') {
      this.finished = true;
      this.out.push({ type: 'finish', reason: 'stop', rawReason: 'end', usage });
    } else this.out.push({ type: 'block-delta', index: 0, text: word });
    return true;
  }

  end(): void {
    if (!this.finished) throw new RouterError('upstream-failed', 'the stream ended early');
  }

  endEarly(): boolean {
    if (!this.stopped) return false;
    this.finished = true;
    this.out.push({ type: 'finish', reason: 'stop', rawReason: 'early', usage });
    return true;
  }
}

function open(chunks: readonly (string | Error)[]) {
  const feed = new Words();
  let destroyed = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      yield Buffer.from(chunk);
    }
  }
  const body = Object.assign(pieces(), { destroy: () => void destroyed++ });
  const events = answerEvents({
    open: async () => ({ body, feed }),
    signal: new AbortController().signal,
    toError: (thrown) => RouterError.from(thrown),
  })[Symbol.asyncIterator]();
  const next = async () => textOf((await events.next()).value);
  return { events, feed, next, take: () => textOf(events.atHand?.()), destroyed: () => destroyed };
}

const textOf = (event: ChatEvent | undefined): string | undefined =>
  event?.type === 'block-delta' ? event.text : event?.type;

test('what has come together is taken, the rest is waited for', async () => {
  const { next, take } = open(['a b c', 'd', 'e .']);
  expect(take()).toBeUndefined();
  expect(await next()).toBe('a');
  expect([take(), take(), take(), take()]).toEqual(['b', 'c', undefined, undefined]);
  expect(await next()).toBe('d');
  expect(take()).toBeUndefined();
  expect(await next()).toBe('e');
  expect([take(), take()]).toEqual(['finish', undefined]);
  expect(await next()).toBeUndefined();
  expect(take()).toBeUndefined();
});

test('a fault is told by next, behind all that came before it', async () => {
  const { events, next, take, destroyed } = open(['a b ! c']);
  expect(await next()).toBe('a');
  expect([take(), take(), take()]).toEqual(['b', undefined, undefined]);
  await expect(events.next()).rejects.toThrow('a broken word');
  expect(destroyed()).toBe(1);
  expect(take()).toBeUndefined();
  expect((await events.next()).done).toBe(true);
});

test('a connection that is lost behind what is complete has ended', async () => {
  const { next, take, feed } = open(['a b', new Error('reset')]);
  expect(await next()).toBe('a');
  expect([take(), take()]).toEqual(['b', undefined]);
  feed.stopped = true;
  expect(await next()).toBe('finish');
  expect(take()).toBeUndefined();
});

test('and one that is lost before that has failed', async () => {
  const { events, next, take } = open(['a', new Error('reset')]);
  expect(await next()).toBe('a');
  expect(take()).toBeUndefined();
  await expect(events.next()).rejects.toThrow('reset');
});

test('nothing is told once nobody reads', async () => {
  const { events, next, take, destroyed } = open(['a b c .']);
  expect(await next()).toBe('a');
  await events.return?.();
  expect(take()).toBeUndefined();
  expect((await events.next()).done).toBe(true);
  expect(destroyed()).toBe(1);
});
