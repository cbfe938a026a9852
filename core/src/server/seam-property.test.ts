import { expect, test } from 'vitest';
import type { ChatEvent } from '../contract/index.ts';
import { collect } from '../protocol/collect.ts';
import { checkGrammar } from '../testing/grammar.ts';
import { Seam } from './seam.ts';

/** The same numbers for the same seed (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const WORDS = ['signal', 'switch', ' ', '\n\n', 'ὁδός', '🚂', '|', '--', '7', 'the ', 'train ', 'waits. '];

/** An answer of any blocks, some of them at the same time, with white space and empty deltas. */
function anyAnswer(random: (below: number) => number): ChatEvent[] {
  const events: ChatEvent[] = [{ type: 'start', id: 'a', model: 'm' }];
  const open = new Set<number>();
  let next = random(3);
  for (let step = random(24); step > 0; step--) {
    const index = [...open][random(open.size)];
    const choice = random(8);
    if (index === undefined || choice === 0) {
      const type = (['text', 'text', 'reasoning', 'tool-call'] as const)[random(4)] ?? 'text';
      const block = type === 'tool-call' ? ({ type, id: `c${next}`, name: 'n' } as const) : { type };
      events.push({ type: 'block-start', index: next, block });
      open.add(next);
      next += 1 + random(2);
    } else if (choice === 1) {
      events.push({ type: 'block-end', index });
      open.delete(index);
    } else events.push({ type: 'block-delta', index, text: WORDS[random(WORDS.length)] ?? '' });
  }
  for (const index of open) events.push({ type: 'block-end', index });
  events.push({ type: 'finish', reason: 'stop', rawReason: 'end', usage });
  return events;
}

test('whatever breaks where, and whoever goes on, it is one answer that begins with all that was sent', async () => {
  let resumed = 0;
  for (let seed = 1; seed <= 20_000; seed++) {
    const random = createRandom(seed);
    const out: ChatEvent[] = [];
    const push = (event: ChatEvent) => {
      out.push(event);
      return '';
    };
    const ending = { whole: <T>(finish: T) => finish, remark: () => '' };
    const seam = new Seam({ push, fail: () => '', heartbeat: '' }, ending);
    for (;;) {
      const leg = anyAnswer(random);
      const cut = random(4) > 0 ? 1 + random(leg.length) : leg.length;
      for (const event of leg.slice(0, cut)) seam.push(event);
      if (cut === leg.length) break;
      if (!seam.isResumable) break;
      resumed++;
      const before = seam.text;
      seam.goOn(random(2) === 0 ? 'prefill' : 'instruction');
      expect(seam.text).toBe(before);
    }
    if (out.at(-1)?.type !== 'finish') continue;
    async function* again() {
      yield* out;
    }
    await collect(checkGrammar(again()));
    const texts = new Set(
      out.flatMap((one) => (one.type === 'block-start' && one.block.type === 'text' ? one.index : [])),
    );
    const told = out.map((one) => (one.type === 'block-delta' && texts.has(one.index) ? one.text : ''));
    expect(told.join('')).toBe(seam.text);
  }
  // Many of them were broken and gone on with.
  expect(resumed).toBeGreaterThan(3_000);
}, 30_000);
