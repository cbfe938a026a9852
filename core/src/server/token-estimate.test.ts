// The rule of the estimate, by its parts.
import { expect, test } from 'vitest';
import type { ChatRequest } from '../contract/index.ts';
import { estimateTokens } from './token-estimate.ts';

const SIGNAL = { name: 'set_signal', description: 'Sets a signal', schema: { type: 'object', properties: {} } };
const text = (text: string) => ({ type: 'text' as const, text });
const tokens = (given: Partial<ChatRequest>) =>
  estimateTokens({ model: 'any', system: [], messages: [], tools: [], ...given });
const user = (...parts: ChatRequest['messages'][number]['parts']) => [{ role: 'user' as const, parts }];
const media = (mediaType: string, bytes: number) =>
  ({ type: 'media', mediaType, data: Buffer.alloc(bytes).toString('base64') }) as const;

test.each<[string, Partial<ChatRequest>, number]>([
  ['nothing', {}, 0],
  ['a quarter of the bytes of a text', { system: [text('x'.repeat(400))] }, 100],
  ['more for what needs more bytes', { system: [text('橋'.repeat(100))] }, 75],
  ['four for a message', { messages: user(text('abcd')) }, 5],
  ['a flat rate for an image', { messages: user(media('image/png', 10)) }, 1604],
  ['pages of a document', { messages: user(media('application/pdf', 120_000)) }, 6004],
  ['the text of a text file', { messages: user(media('text/csv', 4000)) }, 1004],
  ['reasoning', { messages: user({ type: 'reasoning', text: 'x'.repeat(40) }) }, 14],
  ['a call', { messages: user({ type: 'tool-call', id: '1', name: 'abcd', input: '{"a":1}' }) }, 7],
  ['a result', { messages: user({ type: 'tool-result', id: '1', parts: [text('abcdefgh')] }) }, 6],
  [
    'the grammar of a free tool',
    { tools: [{ kind: 'custom', name: 'abcd', format: 'x'.repeat(400) }] },
    300 + 12 + Math.ceil(JSON.stringify({ name: 'abcd', format: 'x'.repeat(400) }).length / 4),
  ],
  ['the schema of an answer', { output: { schema: { description: 'x'.repeat(382) } } }, 100],
  [
    'tools and their use',
    { tools: [{ kind: 'function', ...SIGNAL }] },
    300 + 12 + Math.ceil(JSON.stringify(SIGNAL).length / 4),
  ],
])('%s', (_what, given, expected) => expect(tokens(given)).toBe(expected));
