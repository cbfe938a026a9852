// What a request and an event cost, in things that can be counted: a change that adds a promise, a timer, a listener or a write to the
// hot path is to be meant. Who takes one away writes the new number here: `npm test -- test/guard --reporter=verbose` prints each as it is
// now. Bytes are weighed beside this (allocations.test.ts); times are the bench's business (test/bench).
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import type { Counts } from './counted.ts';
import { openSubject, type Subject, type Way } from './subject.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject('./counted.ts');
});
afterAll(() => subject.close());

const each = (counts: Counts, make: (count: number, name: keyof Counts) => number): Counts => ({
  promises: make(counts.promises, 'promises'),
  timers: make(counts.timers, 'timers'),
  listeners: make(counts.listeners, 'listeners'),
  writes: make(counts.writes, 'writes'),
});

/** Of one event more that comes alone. */
async function ofEvent(way: Way): Promise<Counts> {
  const streaming = (deltas: number) =>
    subject.least<keyof Counts>(() => subject.ask(way, { deltas, atOnce: false }), 3);
  const [few, many] = [await streaming(10), await streaming(60)];
  return each(many, (count, name) => Math.round((count - few[name]) / 50));
}

async function expectAtMost(counts: Counts, bounds: Counts, { annotate }: TestContext): Promise<void> {
  await annotate(JSON.stringify(counts));
  const over = each(counts, (count, name) => Math.max(0, count - bounds[name]));
  expect(over, JSON.stringify(counts)).toEqual({ promises: 0, timers: 0, listeners: 0, writes: 0 });
}

test.for<[Way, Counts]>([
  ['relayed', { promises: 46, timers: 3, listeners: 2, writes: 2 }],
  ['told', { promises: 43, timers: 3, listeners: 2, writes: 2 }],
  ['claude', { promises: 49, timers: 3, listeners: 2, writes: 2 }],
  // Two writes: the call, and the answer with its head.
])('a whole answer, %s', async ([way, bounds], context) => {
  await expectAtMost(await subject.least(() => subject.ask(way)), bounds, context);
});

test.for<[Way, Counts]>([
  ['relayed', { promises: 66, timers: 7, listeners: 2, writes: 2 }],
  ['told', { promises: 67, timers: 7, listeners: 2, writes: 2 }],
  ['claude', { promises: 67, timers: 7, listeners: 2, writes: 2 }],
])('a stream whose events come in one piece, %s', async ([way, bounds], context) => {
  await expectAtMost(await subject.least(() => subject.ask(way, { deltas: 50, atOnce: true })), bounds, context);
});

test.for<[Way, Counts]>([
  ['relayed', { promises: 8, timers: 0, listeners: 0, writes: 1 }],
  ['told', { promises: 4, timers: 0, listeners: 0, writes: 1 }],
  ['claude', { promises: 6, timers: 0, listeners: 0, writes: 1 }],
])('an event that comes alone, %s', async ([way, bounds], context) => {
  await expectAtMost(await ofEvent(way), bounds, context);
});
