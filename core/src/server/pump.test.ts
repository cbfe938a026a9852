import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { peek, Watch } from '../attempt/index.ts';
import type { ChatEvent } from '../contract/index.ts';
import type { StreamEncoder } from '../protocol/protocol.ts';
import type { OpenEvents } from './call.ts';
import { type PumpOptions, pump } from './pump.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] }));
afterEach(() => vi.useRealTimers());

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const encoder: StreamEncoder = {
  push: (event) => (event.type === 'block-delta' ? event.text : event.type === 'finish' ? '.' : ''),
  fail: (error) => `!${error.code}`,
  heartbeat: '~',
};

/** A stream whose steps a test releases one by one. */
function stepwise() {
  const steps: ((event: ChatEvent | undefined) => void)[] = [];
  async function* events(): AsyncGenerator<ChatEvent> {
    yield { type: 'start', id: 'a', model: 'm' };
    yield { type: 'block-start', index: 0, block: { type: 'text' } };
    yield { type: 'block-delta', index: 0, text: 'a' };
    for (;;) {
      const event = await new Promise<ChatEvent | undefined>((release) => steps.push(release));
      if (event === undefined) return;
      yield event;
    }
  }
  const step = async (event: ChatEvent | undefined) => {
    await vi.waitFor(() => expect(steps.length).toBeGreaterThan(0));
    steps.shift()?.(event);
  };
  return { events: events(), step };
}

async function begin(onBreak: PumpOptions<ChatEvent>['onBreak'] = (_, failure) => failure) {
  const { events, step } = stepwise();
  const outgoing = new PassThrough();
  let written = '';
  outgoing.on('data', (chunk) => {
    written += chunk;
  });
  const watch = new Watch(new AbortController().signal);
  const read = { opened: await peek(events), watch, idleMs: 600_000, end: () => watch.end() };
  // The casts: the pump reads neither plan nor target, and of a response it only writes to it.
  const answer = { ...read, plan: undefined as never, target: undefined as never };
  const response = outgoing as unknown as ServerResponse;
  const pumped = pump(answer, encoder, response, { requestId: 'r', onBreak });
  return { pumped, step, answer, written: () => written, end: answer.end };
}

test('a silent stream gets heartbeats between events, a busy one gets none', async () => {
  const { pumped, step, written, end } = await begin();
  await vi.advanceTimersByTimeAsync(14_000);
  await step({ type: 'block-delta', index: 0, text: 'b' });
  await vi.waitFor(() => expect(written()).toBe('ab'));
  await vi.advanceTimersByTimeAsync(15_000);
  expect(written()).toBe('ab');
  await vi.advanceTimersByTimeAsync(30_000);
  await vi.waitFor(() => expect(written()).toBe('ab~~'));
  await step({ type: 'finish', reason: 'stop', rawReason: 'end', usage });
  expect((await pumped).finish?.rawReason).toBe('end');
  await vi.waitFor(() => expect(written()).toBe('ab~~.'));
  end();
  expect(vi.getTimerCount()).toBe(0);
});

test('an end without finish is told inside the stream', async () => {
  const { pumped, step, written, end } = await begin();
  await step(undefined);
  expect((await pumped).error?.code).toBe('upstream-failed');
  await vi.waitFor(() => expect(written()).toBe('a!upstream-failed'));
  end();
});

test('while another answer is sought to go on with, there are heartbeats too', async () => {
  const next = stepwise();
  let goOn: ((answer: OpenEvents<ChatEvent>) => void) | undefined;
  const { pumped, step, answer, written, end } = await begin(
    () =>
      new Promise((found) => {
        goOn = found;
      }),
  );
  await step(undefined);
  await vi.waitFor(() => expect(goOn).toBeDefined());
  await vi.advanceTimersByTimeAsync(45_000);
  await vi.waitFor(() => expect(written()).toBe('a~~'));
  const watch = new Watch(new AbortController().signal);
  goOn?.({ ...answer, opened: await peek(next.events), watch, end: () => watch.end() });
  await next.step({ type: 'finish', reason: 'stop', rawReason: 'end', usage });
  expect((await pumped).finish?.rawReason).toBe('end');
  await vi.waitFor(() => expect(written()).toBe('a~~a.'));
  watch.end();
  end();
  expect(vi.getTimerCount()).toBe(0);
});
