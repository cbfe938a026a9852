// A router in front of one local OpenAI whose models are the targets, and what its clients see of the way their requests took.
import { type OpenaiLocal, startOpenaiLocal } from '@turnout/plugin-openai/local';
import { vi } from 'vitest';
import { type House, openHouse } from '../house.ts';

export interface Station {
  readonly house: House;
  readonly local: OpenaiLocal;
  /** Which target answered a chat of one message, `provider/model`. Throws when none did. */
  ask(model: string, content: string, more?: Ask): Promise<string>;
  /** The models that the upstream was asked for, in order. `local.reset()` forgets them. */
  asked(): string[];
  close(): Promise<void>;
}

export interface Ask {
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `routes`: the lines below `routes:`. The one provider is called `up`. */
export async function openStation(routes: string, provider = ''): Promise<Station> {
  const local = await startOpenaiLocal();
  const house = await openHouse(`providers:
  up:
    plugin: openai
    baseUrl: ${local.url}/v1
    apiKey: test
    retry: { attempts: 1 }
${provider}routes:
${routes}`);
  return {
    house,
    local,
    ask: async (model, content, { body = {}, headers = {} } = {}) => {
      const messages = [{ role: 'user', content }];
      const answer = await house.post('/v1/chat/completions', { model, messages, ...body }, headers);
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${answer.status} ${text}`);
      return answer.headers.get('x-turnout-target') ?? '';
    },
    asked: () => local.requests.map(({ model }) => model),
    close: async () => {
      await house.close();
      await local.close();
    },
  };
}

/** Has chance come from a seed, until mocks are restored: mulberry32. */
export function seedChance(seed: number): void {
  let state = seed;
  vi.spyOn(Math, 'random').mockImplementation(() => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  });
}

/** A clock that stands still but for what the test says, until mocks are restored. */
export function stopClock(): { forward(ms: number): void } {
  let nowMs = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  return {
    forward(ms) {
      nowMs += ms;
    },
  };
}

/** How often each was there. */
export function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** One after the other, so that the order is the test's. */
export async function inTurn<T>(times: number, one: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let n = 0; n < times; n++) results.push(await one(n));
  return results;
}

/** Sixteen at a time, for what does not depend on the order; the results are in the order of the numbers. */
export async function together<T>(times: number, one: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < times; n = next++) results[n] = await one(n);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return results;
}
