// Every recorded request to Bedrock's runtime decodes, and what is lost of it is written down here.
import { describe, expect, test } from 'vitest';
import { bedrockConverse } from '../../core/src/protocol/bedrock-converse/index.ts';
import { bedrockCount, bedrockInvoke } from '../../core/src/protocol/bedrock-invoke/index.ts';
import { type Exchange, hasCorpus, readExchanges } from './corpus.ts';

const exchanges = readExchanges();
const of = (...operations: string[]) => exchanges.filter(({ operation }) => operations.includes(operation));
const isClaudeBody = ({ sent }: Exchange) => typeof Object(sent).anthropic_version === 'string';

/** `name: field` of everything that the canonical form cannot hold. */
const lossesOf = (name: string, losses: readonly { field: string }[]) => losses.map(({ field }) => `${name}: ${field}`);

/** How often each kind of part, tool, setting and extension is found in the decoded requests. */
function tally(requests: readonly object[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (word: string) => {
    counts[word] = (counts[word] ?? 0) + 1;
  };
  for (const request of requests) {
    for (const [key, value] of Object.entries(request)) {
      if (['model', 'system', 'messages', 'tools', 'extensions'].includes(key)) continue;
      add(key === 'reasoning' ? `reasoning ${Object.keys(value).join('+')}` : key);
    }
    const { system, messages, tools, extensions = {} } = Object(request);
    for (const tool of tools) add(`tool ${tool.kind}`);
    for (const part of system) add(`system ${part.type}${part.cache ? ' cached' : ''}`);
    for (const { role, parts } of messages) {
      for (const part of parts) {
        const marks = [part.server && 'server', part.cache && 'cached', part.citations && 'cited', part.origin];
        add([role, part.type, ...marks.filter(Boolean)].join(' '));
      }
    }
    for (const [owner, bag] of Object.entries(extensions)) {
      for (const key of Object.keys(Object(bag))) add(`${owner}.${key}`);
    }
  }
  return Object.fromEntries(Object.entries(counts).sort(([one], [other]) => one.localeCompare(other)));
}

describe.skipIf(!hasCorpus)('recorded requests', () => {
  test('Converse: all of them, nothing lost', () => {
    const decoded = of('converse', 'converse-stream').map((exchange) => ({
      ...exchange,
      ...bedrockConverse.decode(exchange.sent, exchange.head),
    }));
    expect(decoded.length).toBeGreaterThan(280);
    expect(decoded.filter(({ relayOnly }) => relayOnly !== undefined)).toEqual([]);
    expect(decoded.flatMap(({ name, losses }) => lossesOf(name, losses))).toEqual([]);
    expect(decoded.every(({ request, head }) => request.model === head.model)).toBe(true);
    expect(tally(decoded.map(({ request }) => request))).toMatchInlineSnapshot(`
      {
        "assistant reasoning claude": 6,
        "assistant text": 56,
        "assistant text cited": 4,
        "assistant tool-call": 66,
        "assistant tool-call server": 1,
        "assistant tool-result server": 1,
        "bedrock-converse.guardrailConfig": 5,
        "maxTokens": 93,
        "output": 15,
        "reasoning budget": 16,
        "reasoning display": 3,
        "reasoning effort": 5,
        "stop": 6,
        "system text": 55,
        "system text cached": 20,
        "temperature": 85,
        "tool function": 150,
        "tool server": 4,
        "toolChoice": 45,
        "topK": 10,
        "topP": 16,
        "user media": 32,
        "user media cached": 1,
        "user text": 335,
        "user text cached": 5,
        "user tool-result": 66,
      }
    `);
  });

  test("InvokeModel: Claude's bodies decode, every other model's are for Bedrock alone", () => {
    const decoded = of('invoke', 'invoke-with-response-stream').map((exchange) => ({
      ...exchange,
      ...bedrockInvoke.decode(exchange.sent, exchange.head),
    }));
    const claude = decoded.filter(isClaudeBody);
    expect(claude.length).toBeGreaterThan(110);
    expect(decoded.filter(({ relayOnly }) => relayOnly === undefined)).toEqual(claude);
    expect(claude.flatMap(({ name, losses }) => lossesOf(name, losses))).toEqual([]);
    for (const { request, relayOnly, head } of decoded.filter((one) => !isClaudeBody(one))) {
      expect(relayOnly).toMatch(/only Bedrock takes/);
      expect(request).toMatchObject({ model: head.model, system: [], messages: [], tools: [] });
    }
    expect(tally(claude.map(({ request }) => request))).toMatchInlineSnapshot(`
      {
        "anthropic-messages.anthropic_beta": 3,
        "assistant text": 40,
        "assistant tool-call": 32,
        "maxTokens": 118,
        "reasoning budget": 4,
        "reasoning display+effort": 1,
        "stop": 2,
        "system text": 34,
        "system text cached": 7,
        "temperature": 29,
        "tool function": 87,
        "toolChoice": 12,
        "topK": 3,
        "topP": 4,
        "user": 5,
        "user media": 11,
        "user text": 166,
        "user text cached": 5,
        "user tool-result": 31,
        "user tool-result cached": 1,
      }
    `);
  });

  test('CountTokens: both forms', () => {
    const counted = of('count-tokens').map(({ sent, head }) => bedrockCount.decode(sent, head));
    expect(counted.length).toBeGreaterThanOrEqual(8);
    expect(counted.flatMap(({ losses }) => losses)).toEqual([]);
    expect(counted.every(({ request }) => request.messages.length > 0)).toBe(true);
  });
});
