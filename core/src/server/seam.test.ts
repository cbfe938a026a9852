import { describe, expect, test } from 'vitest';
import type { ChatEvent, FinishEvent } from '../contract/index.ts';
import { collect } from '../protocol/collect.ts';
import { checkGrammar } from '../testing/grammar.ts';
import { Seam } from './seam.ts';

const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const START: ChatEvent = { type: 'start', id: 'a', model: 'm', usage: { inputTokens: 9 } };
const FINISH: FinishEvent = { type: 'finish', reason: 'stop', rawReason: 'end', usage };
const open = (index: number, type: 'text' | 'reasoning' = 'text'): ChatEvent => ({
  type: 'block-start',
  index,
  block: { type },
});
const delta = (index: number, text: string): ChatEvent => ({ type: 'block-delta', index, text });
const close = (index: number): ChatEvent => ({ type: 'block-end', index });
const call = (index: number): ChatEvent => ({
  type: 'block-start',
  index,
  block: { type: 'tool-call', id: `c${index}`, name: 'n' },
});

const REFUSAL: ChatEvent = {
  ...{ type: 'block-start', index: 0, block: { type: 'text' } },
  extensions: { 'openai-chat': { refusal: true } },
};

/** What comes out of a seam, as events again. */
function sewn() {
  const events: ChatEvent[] = [];
  const encoder = {
    push: (event: ChatEvent) => {
      events.push(event);
      return 'e';
    },
    fail: () => 'f',
    heartbeat: '',
  };
  const whole = (finish: FinishEvent): FinishEvent => ({ ...finish, rawReason: 'whole' });
  return { seam: new Seam(encoder, { whole, remark: () => '!' }), events };
}

/** The whole answer that a client has, if it is one. */
async function answerOf(legs: readonly (readonly ChatEvent[])[]) {
  const { seam, events } = sewn();
  for (const [leg, told] of legs.entries()) {
    if (leg > 0) seam.goOn('instruction');
    for (const event of told) seam.push(event);
  }
  async function* again() {
    yield* events;
  }
  const { blocks, finish } = await collect(checkGrammar(again()));
  return { said: blocks.map(({ block, text }) => `${block.type}: ${text}`), end: finish.rawReason };
}

const BROKEN = [START, open(0), delta(0, 'One, ')];

describe('one answer', () => {
  test.each<[string, readonly ChatEvent[], readonly string[]]>([
    ['one text', [START, open(0), delta(0, 'two.'), close(0), FINISH], ['text: One, two.']],
    ['a text with another number', [START, open(5), delta(5, 'two.'), close(5), FINISH], ['text: One, two.']],
    ['nothing', [START, FINISH], ['text: One, ']],
    ['an empty text', [START, open(0), close(0), FINISH], ['text: One, ']],
    ['what was said and no more', [START, open(0), delta(0, 'One,'), close(0), FINISH], ['text: One, ']],
    [
      'two texts',
      [START, open(0), delta(0, 'two.'), close(0), open(1), delta(1, 'Three.'), close(1), FINISH],
      ['text: One, two.', 'text: Three.'],
    ],
    [
      'two texts at the same time',
      [START, open(0), open(1), delta(1, 'Three.'), delta(0, 'two.'), close(0), close(1), FINISH],
      ['text: One, two.', 'text: Three.'],
    ],
    [
      'a call, without a text before it',
      [START, call(0), delta(0, '{}'), close(0), FINISH],
      ['text: One, ', 'tool-call: {}'],
    ],
    [
      'a call, and a text behind it',
      [START, call(0), delta(0, '{}'), close(0), open(1), delta(1, 'One, two.'), close(1), FINISH],
      ['text: One, ', 'tool-call: {}', 'text: One, two.'],
    ],
    [
      'a text while a call is open',
      [START, open(0), delta(0, 'tw'), call(1), delta(1, '{}'), delta(0, 'o.'), close(1), close(0), FINISH],
      ['text: One, two.', 'tool-call: {}'],
    ],
    [
      'a refusal, which is told apart from the text',
      [START, REFUSAL, delta(0, 'No.'), close(0), FINISH],
      ['text: One, ', 'text: No.'],
    ],
    [
      'reasoning',
      [START, open(0, 'reasoning'), delta(0, 'Hm.'), close(0), open(1), delta(1, 'two.'), close(1), FINISH],
      ['text: One, two.'],
    ],
  ])('goes on with %s', async (_what, told, said) => {
    expect(await answerOf([BROKEN, told])).toEqual({ said, end: 'whole' });
  });

  test('a text that was over is followed by another, without what it repeats', async () => {
    const over = [...BROKEN, close(0)];
    const next = [START, open(0), delta(0, 'One, two'), delta(0, '.'), close(0), FINISH];
    expect((await answerOf([over, next])).said).toEqual(['text: One, ', 'text: two.']);
    const nothing = [START, open(0), delta(0, 'One, '), close(0), FINISH];
    expect((await answerOf([over, nothing])).said).toEqual(['text: One, ']);
    const exact = [START, open(0), delta(0, 'One, '), delta(0, 'two.'), close(0), FINISH];
    expect((await answerOf([over, exact])).said).toEqual(['text: One, ', 'text: two.']);
  });

  test('of three legs', async () => {
    const second = [START, open(0), delta(0, 'One, two, ')];
    const third = [START, open(0), delta(0, 'two, three.'), close(0), FINISH];
    expect((await answerOf([BROKEN, second, third])).said).toEqual(['text: One, two, three.']);
  });

  test('citations of the continuation stay', () => {
    const { seam, events } = sewn();
    for (const event of BROKEN) seam.push(event);
    seam.goOn('instruction');
    const citation = { title: 'Rules' };
    for (const event of [START, open(0), { ...delta(0, 'On'), citation } as ChatEvent, delta(0, 'e.'), close(0)]) {
      seam.push(event);
    }
    expect(events.slice(3)).toEqual([
      delta(0, 'On'),
      { type: 'block-delta', index: 0, text: '', citation },
      delta(0, 'e.'),
      close(0),
    ]);
  });

  test('half a character that was cut off comes once', async () => {
    const [first, second] = ['\ud83d', '\ude82'];
    const broken = [START, open(0), delta(0, `One ${first}`)];
    const next = [START, open(0), delta(0, `${first}${second} two`), close(0), FINISH];
    expect((await answerOf([broken, next])).said).toEqual(['text: One 🚂 two']);
    const whole = [START, open(0), delta(0, `One ${first}`), delta(0, `${second}!`), close(0), FINISH];
    expect((await answerOf([whole])).said).toEqual(['text: One 🚂!']);
  });
});

test('the remark stands behind the end, and only of what was gone on with', () => {
  const { seam } = sewn();
  for (const event of BROKEN) seam.push(event);
  seam.goOn('prefill');
  expect(seam.push(FINISH)).toBe('ee!');
});

test('what was spent is known', () => {
  const { seam } = sewn();
  for (const event of [START, open(0, 'reasoning'), delta(0, 'Hm.'), close(0), open(1), delta(1, 'One')])
    seam.push(event);
  expect(seam.leg).toEqual({ usage: { inputTokens: 9 }, text: 'Hm.One' });
  seam.goOn('prefill');
  expect(seam.leg).toEqual({ usage: undefined, text: '' });
  for (const event of [open(0), delta(0, ' two')]) seam.push(event);
  expect(seam.leg.text).toBe(' two');
});

test.each<[string, boolean, readonly ChatEvent[]]>([
  ['a text that is open', true, BROKEN],
  ['a text that is over', true, [...BROKEN, close(0)]],
  ['nothing', false, [START]],
  ['an empty text', false, [START, open(0)]],
  ['white space', false, [START, open(0), delta(0, ' \n')]],
  ['reasoning', false, [START, open(0, 'reasoning'), delta(0, 'Hm.')]],
  ['reasoning behind a text', false, [...BROKEN, close(0), open(1, 'reasoning'), delta(1, 'Hm.')]],
  ['two texts at a time', false, [...BROKEN, open(1), delta(1, 'Two')]],
  ['a call', false, [...BROKEN, close(0), call(1)]],
  ['a refusal', false, [START, REFUSAL, delta(0, 'I will not')]],
  ['a text behind a call', false, [START, call(0), close(0), open(1), delta(1, 'One')]],
  ['a signed text', false, [...BROKEN, { type: 'block-end', index: 0, signature: 's' }]],
  ['a text of more than a mebibyte', false, [START, open(0), delta(0, 'x'.repeat(1024 * 1024 + 1))]],
])('%s: resumable is %s', (_what, resumable, told) => {
  const { seam } = sewn();
  for (const event of told) seam.push(event);
  expect(seam.isResumable).toBe(resumable);
});
