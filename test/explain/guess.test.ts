// Which protocol a body is in: of bodies as the documents of each show them, and of what real clients have sent.
import { expect, test } from 'vitest';
import { guessProtocol } from '../../core/src/protocol/guess.ts';
import { hasClientTraffic, readClientTraffic } from '../corpus/client-traffic.ts';

const user = { role: 'user', content: 'hello' };

test.each([
  [{ messages: [user] }, 'openai-chat'],
  [{ messages: [user], stop: ['a'], max_tokens: 5 }, 'openai-chat'],
  [{ messages: [user], system: 'brief', max_tokens: 5 }, 'anthropic-messages'],
  [{ messages: [user], max_tokens: 5, tools: [{ name: 'a', input_schema: {} }] }, 'anthropic-messages'],
  [{ messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a' }] }] }, 'anthropic-messages'],
  [{ messages: [user], anthropic_version: 'bedrock-2023-05-31', max_tokens: 5 }, 'bedrock-invoke'],
  [{ messages: [{ role: 'user', content: [{ text: 'hello' }] }] }, 'bedrock-converse'],
  [{ messages: [{ role: 'user', content: [{ text: 'hello' }] }], system: [{ text: 'brief' }] }, 'bedrock-converse'],
  [{ modelId: 'a', messages: [], inferenceConfig: {} }, 'bedrock-converse'],
  [{ input: 'hello', model: 'gpt-5.5' }, 'openai-responses'],
  [{ input: [{ role: 'user', content: 'hello' }] }, 'openai-responses'],
  [{ input: 'hello', model: 'text-embedding-3-small' }, 'openai-embeddings'],
  [{ input: ['a', 'b'] }, 'openai-embeddings'],
  [{ input: 'a', dimensions: 3 }, 'openai-embeddings'],
])('%j is %s', (body, protocol) => {
  expect(guessProtocol(body, undefined).protocol).toBe(protocol);
});

test('it has neither messages nor input', () => {
  expect(() => guessProtocol({ prompt: 'a' }, undefined)).toThrow(/say which protocol/);
});

const PATHS: readonly (readonly [RegExp, string])[] = [
  [/\/chat\/completions/, 'openai-chat'],
  [/\/responses/, 'openai-responses'],
  [/\/messages(?!\/count)/, 'anthropic-messages'],
  [/\/converse/, 'bedrock-converse'],
  [/\/embeddings/, 'openai-embeddings'],
];

test.skipIf(!hasClientTraffic)('what real clients have sent is told by its shape', () => {
  const wrong: string[] = [];
  let told = 0;
  for (const { name, path, body } of readClientTraffic()) {
    const protocol = PATHS.find(([pattern]) => pattern.test(path))?.[1];
    if (protocol === undefined || (body.messages === undefined && body.input === undefined)) continue;
    told++;
    const guess = guessProtocol(body, undefined);
    // Nothing of Messages is in them but the path: what both read alike goes the same way.
    const isPlain = protocol === 'anthropic-messages' && guess.because.includes('nothing that other');
    if (guess.protocol !== protocol && !isPlain)
      wrong.push(`${name}: ${protocol}, guessed ${guess.protocol}: ${guess.because}`);
  }
  expect(told).toBeGreaterThan(50);
  expect(wrong).toEqual([]);
});
