// Recorded redacted thinking of Claude goes out to clients of every protocol and comes back to Bedrock byte for byte; what they
// hold in between is Claude's own string, which Anthropic's API takes too.
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageOf } from '../../core/src/protocol/anthropic-messages/encode.ts';
import { anthropicMessages } from '../../core/src/protocol/anthropic-messages/index.ts';
import { AnswerReader } from '../../plugins/bedrock/src/answer.ts';
import { readResult } from '../../plugins/bedrock/src/result.ts';
import { shape } from '../bedrock-proof/proof.ts';
import { type House, openHouse } from '../house.ts';
import { hasCorpus, readExchanges } from './corpus.ts';

const MODEL = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const recorded = readExchanges().filter(({ name, status }) => status === 200 && /thinking_part_redacted/.test(name));

let local: BedrockLocal;
let house: House;
beforeAll(async () => {
  local = await startBedrockLocal({ apiKeys: ['local-key'] });
  house = await openHouse(`
providers:
  bedrock:
    region: us-east-1
    crossRegion: geo
    endpoint: ${local.url}
    auth: { mode: api-key, apiKey: local-key }
routes:
  claude: bedrock/${MODEL}
`);
});
afterAll(async () => {
  await house.close();
  await local.close();
});

/** Reasoning blocks of Converse, wherever they stand. */
function redactedIn(value: unknown): string[] {
  const found: string[] = [];
  JSON.stringify(value, (key, inner) => {
    if (key === 'redactedContent') found.push(inner);
    return inner;
  });
  return found;
}

/** How a client of each protocol asks, and how it brings an answer back. */
const CLIENTS: Readonly<Record<string, Client>> = {
  '/v1/chat/completions': {
    first: (text) => ({ model: 'claude', reasoning_effort: 'low', messages: [{ role: 'user', content: text }] }),
    next: (asked, { choices }) => ({
      ...asked,
      messages: [...asked.messages, choices[0].message, { role: 'user', content: 'Go on' }],
    }),
  },
  '/v1/responses': {
    first: (text) => ({
      ...{ model: 'claude', store: false, reasoning: { effort: 'low' }, include: ['reasoning.encrypted_content'] },
      input: [{ role: 'user', content: text }],
    }),
    next: (asked, { output }) => ({ ...asked, input: [...asked.input, ...output, { role: 'user', content: 'Go on' }] }),
  },
};

const CONTEXT = { requestId: 'r', model: 'claude', createdS: 1, echo: { names: new Map<string, string>() } };

/** What a client of Messages asks, as the plugin gets it. */
function asked(text: string, ...more: readonly object[]) {
  const messages = [{ role: 'user', content: text }, ...more];
  const thinking = { type: 'enabled', budget_tokens: 1024 };
  return anthropicMessages.decode({ model: MODEL, max_tokens: 3000, thinking, messages }, { headers: {} }).request;
}

// JSON of several forms, looked at where the test knows what it is.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Json = any;
interface Client {
  first(text: string): Json;
  next(asked: Json, answer: Json): Json;
}

describe.runIf(hasCorpus)('redacted thinking', () => {
  test('is recorded', () => {
    expect(recorded.length).toBeGreaterThan(0);
    for (const { answer } of recorded) expect(redactedIn(JSON.parse(answer.toString()))).not.toEqual([]);
  });

  test.each(recorded.flatMap((exchange) => Object.keys(CLIENTS).map((path) => ({ path, ...exchange }))))(
    '$name over $path',
    async ({ path, answer }) => {
      const client = CLIENTS[path];
      if (client === undefined) throw new Error(path);
      const step = {
        kind: 'recorded',
        headers: { 'content-type': 'application/json' },
        body: answer.toString(),
      } as const;
      local.script(step, step);
      const asked = client.first('Hi');
      const said = await (await house.post(path, asked)).json();
      await (await house.post(path, client.next(asked, said))).arrayBuffer();
      expect(redactedIn(local.requests.at(-1)?.body)).toEqual(redactedIn(JSON.parse(answer.toString())));
    },
  );

  test.each(recorded)('$name over Messages is the string that its API has', ({ answer }) => {
    const body = JSON.parse(answer.toString());
    const sent = redactedIn(body);
    const reader = new AnswerReader(shape(asked('Hi')).echo, 'id', 'test');
    const said = JSON.parse(messageOf(readResult(JSON.stringify(body), reader, 'test'), CONTEXT));
    const { type, data } = said.content[0];
    expect(type).toBe('redacted_thinking');
    // Claude's own begin so: base64 of a message of protocol buffers.
    expect(data).toMatch(/^E[A-Za-z0-9+/]+={0,2}$/);
    expect(Buffer.from(data).toString('base64')).toBe(sent[0]);
    const next = asked('Hi', { role: 'assistant', content: said.content }, { role: 'user', content: 'Go on' });
    expect(redactedIn(shape(next).body)).toEqual(sent);
  });
});
