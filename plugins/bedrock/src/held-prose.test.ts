// Words beside the tool that stands for the answer: dropped once it is called, told and searched for JSON when it is not.
import type { ChatEvent } from '@turnout/core/contract';
import { addUp, ToolNames } from '@turnout/core/plugin';
import { describe, expect, it } from 'vitest';
import { AnswerReader } from './answer.ts';
import type { Echo } from './request.ts';

const echo: Echo = {
  model: 'amazon.nova-micro-v1:0',
  origin: undefined,
  names: new ToolNames(['look']),
  customNames: new Set(),
  outputTool: 'json',
  ignoresCalls: false,
  jsonOpener: undefined,
};

type Step = (reader: AnswerReader) => void;
const say =
  (at: number, ...texts: string[]): Step =>
  (reader) => {
    for (const text of texts) reader.textDelta(at, text);
    reader.blockStop({ contentBlockIndex: at });
  };
const call =
  (at: number, name: string, ...inputs: string[]): Step =>
  (reader) => {
    reader.blockStart({ contentBlockIndex: at, start: { toolUse: { toolUseId: `t${at}`, name } } });
    for (const input of inputs) reader.blockDelta({ contentBlockIndex: at, delta: { toolUse: { input } } });
    reader.blockStop({ contentBlockIndex: at });
  };

function read(steps: readonly Step[], stopReason = 'tool_use', given: Partial<Echo> = {}): ChatEvent[] {
  const reader = new AnswerReader({ ...echo, ...given }, 'a', 'bedrock');
  reader.start();
  for (const step of steps) step(reader);
  reader.messageStop({ stopReason });
  reader.end();
  return reader.out;
}
const texts = (events: ChatEvent[]): string[] => addUp(events).blocks.map(({ text }) => text);

const THINKING = '<thinking>I need the {json} tool.</thinking>';

describe('words beside the tool of structured output', () => {
  it('are dropped when it is called, before it and after it', () => {
    const events = read([
      say(0, '<thinking>I need', ' the tool.</thinking>'),
      call(1, 'json', '{"a":', '1}'),
      say(2, 'Done.'),
    ]);
    expect(texts(events)).toEqual(['{"a":1}']);
    expect(events.filter(({ type }) => type === 'block-start')).toEqual([
      { type: 'block-start', index: 0, block: { type: 'text' } },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
  });

  it('do not hold up its input', () => {
    const reader = new AnswerReader(echo, 'a', 'bedrock');
    say(0, THINKING)(reader);
    expect(reader.out).toMatchObject([{ type: 'start' }]);
    reader.blockStart({ contentBlockIndex: 1, start: { toolUse: { toolUseId: 't', name: 'json' } } });
    reader.blockDelta({ contentBlockIndex: 1, delta: { toolUse: { input: '{"a"' } } });
    expect(reader.out.at(-1)).toEqual({ type: 'block-delta', index: 0, text: '{"a"' });
  });

  it('alone give the JSON in them, and are told as they are when there is none', () => {
    expect(texts(read([say(0, THINKING, '\n```json\n', '{"a":1}\n```')], 'end_turn'))).toEqual(['{"a":1}']);
    expect(texts(read([say(0, 'I cannot', ' do that.')], 'end_turn'))).toEqual(['I cannot do that.']);
    expect(texts(read([say(0, 'One.'), say(1, ' Two.')], 'end_turn'))).toEqual(['One. Two.']);
    expect(texts(read([], 'end_turn'))).toEqual([]);
  });

  it("stand before a call of the client's own tools", () => {
    const events = read([say(0, 'I look it up.'), call(1, 'look', '{"q":1}')]);
    expect(addUp(events)).toMatchObject({
      blocks: [
        { block: { type: 'text' }, text: 'I look it up.' },
        { block: { type: 'tool-call', name: 'look' }, text: '{"q":1}' },
      ],
      finish: { reason: 'tool-calls' },
    });
  });

  it('keep their citations when they are told', () => {
    const cite: Step = (reader) => reader.blockDelta({ contentBlockIndex: 0, delta: { citation: { title: 'x' } } });
    const { blocks } = addUp(read([(reader) => reader.textDelta(0, 'As it says.'), cite, say(0)], 'end_turn'));
    expect(blocks).toMatchObject([{ text: 'As it says.', citations: [{ title: 'x' }] }]);
    expect(addUp(read([(reader) => reader.textDelta(0, 'So.'), cite, call(1, 'json', '{}')])).blocks).toEqual([
      { block: { type: 'text' }, text: '{}' },
    ]);
  });

  it('have a limit', () => {
    const piece = 'a'.repeat(1024 * 1024);
    expect(() => read([say(0, ...new Array<string>(33).fill(piece))])).toThrow(/longer than/);
  });

  it('the tool is called once: a second answer would make the first no JSON, and none is an empty object', () => {
    expect(texts(read([call(0, 'json', '{"a":1}'), call(1, 'json', '{"a":2}')]))).toEqual(['{"a":1}']);
    expect(texts(read([call(0, 'json')]))).toEqual(['{}']);
  });
});
