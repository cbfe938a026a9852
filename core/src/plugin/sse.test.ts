// The reader of server-sent events, fed by servers that keep no rule.
import { describe, expect, it } from 'vitest';
import { SseReader } from './sse.ts';

function read(bytes: Uint8Array, size: number): string[] {
  const reader = new SseReader();
  const seen: string[] = [];
  const take = (): void => {
    for (let event = reader.next(); event !== undefined; event = reader.next())
      seen.push(event.name === undefined ? event.data : `${event.name}|${event.data}`);
  };
  for (let at = 0; at < bytes.length; at += size) {
    reader.push(bytes.subarray(at, at + size));
    take();
  }
  reader.end();
  take();
  return seen;
}

describe('events', () => {
  it.each([
    ['plain', 'data: {"a":1}\n\ndata: [DONE]\n\n', ['{"a":1}', '[DONE]']],
    ['without the space', 'data:{"a":1}\n\n', ['{"a":1}']],
    ['with two spaces', 'data:  x\n\n', [' x']],
    ['with CRLF', 'data: {"a":1}\r\n\r\ndata: {"b":2}\r\n\r\n', ['{"a":1}', '{"b":2}']],
    ['with CR', 'data: {"a":1}\r\rdata: {"b":2}\r\r', ['{"a":1}', '{"b":2}']],
    ['without blank lines', 'data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n', ['{"a":1}', '{"b":2}', '[DONE]']],
    ['without an end', 'data: {"a":1}\n\ndata: {"b":2}', ['{"a":1}', '{"b":2}']],
    ['of several lines', 'data: {"a":\ndata: 1}\n\n', ['{"a":\n1}']],
    ['with comments, ids and a byte order mark', '\ufeff: ping\n\nid: 5\nretry: 10\ndata: x\n\n', ['x']],
    ['with names', 'event: error\ndata: {"a":1}\n\ndata: y\n\n', ['error|{"a":1}', 'y']],
    [
      'with names but without blank lines',
      'event: a\ndata: {"a":1}\nevent: b\ndata: {"b":2}\n',
      ['a|{"a":1}', 'b|{"b":2}'],
    ],
    ['that are bare JSON', '{"error":{"message":"no"}}\n', ['{"error":{"message":"no"}}']],
    ['of many bytes a character', 'data: "\u{1f600}é\u65e5"\n\n', ['"\u{1f600}é\u65e5"']],
    ['none in a page', '<html>\n<p>data: x</p>\n</html>', []],
  ])('%s, cut anywhere', (_name, text, expected) => {
    const bytes = new TextEncoder().encode(text);
    for (const size of [bytes.length, 1, 2, 3, 7]) expect(read(bytes, size), `pieces of ${size}`).toEqual(expected);
  });

  it('of a line that comes in very many pieces are read at once', () => {
    const image = 'x'.repeat(4_000_000);
    const [event] = read(new TextEncoder().encode(`data: ${image}\n\n`), 100);
    expect(event === image).toBe(true);
  });

  it('of very many lines are parsed once, not once a line', () => {
    const lines = '1,\n'.repeat(20_000);
    const text = `data: [\n${lines.replaceAll('1,', 'data: 1,')}data: 1]\n\n`;
    expect(read(new TextEncoder().encode(text), 1 << 20)).toEqual([`[\n${lines}1]`]);
  });

  it('beyond the limit are refused, in one line or in many', () => {
    const endless = new SseReader(1000);
    const bytes = new TextEncoder().encode('x'.repeat(400));
    endless.push(bytes);
    endless.push(bytes);
    expect(() => endless.push(bytes)).toThrow(/longer than 1000/);
    const growing = new SseReader(1000);
    for (let n = 0; n < 20; n++) growing.push(new TextEncoder().encode(`data: {${'x'.repeat(80)}\n`));
    expect(() => growing.next()).toThrow(/longer than 1000/);
    const many = new SseReader(1000);
    many.push(new TextEncoder().encode('data: 1\n\n'.repeat(500)));
    expect(many.next()).toEqual({ name: undefined, data: '1' });
  });
});
