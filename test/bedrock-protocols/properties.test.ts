// Laws of the Converse codec, over generated answers and damaged requests.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChatEvent, type Part, RouterError } from '../../core/src/contract/index.ts';
import { bedrockConverse } from '../../core/src/protocol/bedrock-converse/index.ts';
import { bedrockCount, bedrockInvoke } from '../../core/src/protocol/bedrock-invoke/index.ts';
import { createCollector } from '../../core/src/protocol/collect.ts';
import { FrameReader } from '../../core/src/wire/index.ts';
import {
  type AnswerBlock,
  anyBlocks,
  eventsOf,
  finishEvent,
  plainFinish,
  replayableBlocks,
} from '../openai-chat/answers.ts';
import { addUp, context, encodeAll } from './answers.ts';

const head = { headers: {}, model: 'claude', stream: false };
const picks = fc.array(fc.nat(20), { maxLength: 40 });
/** A client of Converse can send no tools of free text, so no answer calls one. */
const withoutCustom = (blocks: readonly AnswerBlock[]) =>
  blocks.filter(({ block }) => block.type !== 'tool-call' || !block.custom);
const answers = anyBlocks.map(withoutCustom);
const replayable = replayableBlocks.map(withoutCustom);

// biome-ignore lint/suspicious/noExplicitAny: JSON that the codec has written
function encodeWhole(events: readonly ChatEvent[]): any {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return JSON.parse(bedrockConverse.encodeResult(collector.result(), context));
}

test('a streamed answer adds up to the whole one, however its blocks interleave', () => {
  fc.assert(
    fc.property(answers, finishEvent, picks, (blocks, finish, order) => {
      const events = eventsOf(blocks, finish, order);
      const { content, stopReason, usage } = addUp(encodeAll(events));
      const whole = encodeWhole(events);
      expect({ content, stopReason, usage }).toEqual({
        content: whole.output.message.content,
        stopReason: whole.stopReason,
        usage: whole.usage,
      });
    }),
    { numRuns: 400 },
  );
});

/** What must come back of an answer: everything shown that is not empty, signatures with their origin. */
function expectedParts(blocks: readonly AnswerBlock[]): Part[] {
  return blocks.flatMap(({ block, fragments, end }): Part[] => {
    const text = fragments.join('');
    const { signature, data } = end;
    const origin = 'origin' in block && block.origin !== undefined ? { origin: block.origin } : {};
    const signed = signature === undefined ? {} : { signature, ...origin };
    switch (block.type) {
      case 'text':
        return text === '' && signature === undefined ? [] : [{ type: 'text', text, ...signed }];
      case 'reasoning': {
        const spoken: Part[] = text === '' && signature === undefined ? [] : [{ type: 'reasoning', text, ...signed }];
        return data === undefined ? spoken : [...spoken, { type: 'reasoning', data, ...origin }];
      }
      case 'tool-call': {
        const { id, name, server } = block;
        const input = JSON.stringify(JSON.parse(text || '{}'));
        return [{ type: 'tool-call', id, name, input, ...(server ? { server } : {}), ...signed }];
      }
      case 'tool-result':
        return [{ type: 'tool-result', id: block.id, parts: [{ type: 'text', text }], server: true }];
      default:
        return [];
    }
  });
}

/** The parts of the message that a client brings back, without the raw blocks beside them. */
function replayed(content: readonly object[]): Part[] {
  const messages = [{ role: 'assistant', content }];
  const { request } = bedrockConverse.decode({ messages }, head);
  return (request.messages[0]?.parts ?? []).map(({ extensions: _, ...part }) => part);
}

test('an answer comes back as the same parts, signatures byte for byte, whole or streamed', () => {
  fc.assert(
    fc.property(replayable, (blocks) => {
      const expected = expectedParts(blocks);
      fc.pre(expected.length > 0);
      const events = eventsOf(blocks, plainFinish);
      expect(replayed(encodeWhole(events).output.message.content)).toEqual(expected);
      expect(replayed(addUp(encodeAll(events)).content)).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

test('frames cut at any bytes are the same frames', () => {
  fc.assert(
    fc.property(answers, finishEvent, fc.array(fc.nat(60), { maxLength: 50 }), (blocks, finish, lengths) => {
      const bytes = encodeAll(eventsOf(blocks, finish));
      const read = (cuts: readonly number[]): string[] => {
        const reader = new FrameReader();
        const texts: string[] = [];
        const take = (chunk: Uint8Array) => {
          reader.push(chunk);
          for (let frame = reader.next(); frame; frame = reader.next()) {
            texts.push(`${frame.headers.eventType} ${frame.text()}`);
          }
        };
        let at = 0;
        for (const length of cuts) {
          take(bytes.subarray(at, at + length));
          at += length;
        }
        take(bytes.subarray(at));
        reader.end();
        return texts;
      };
      expect(read(lengths)).toEqual(read([]));
    }),
  );
});

const everything = {
  system: [{ text: 'be brief' }, { cachePoint: { type: 'default', ttl: '1h' } }],
  messages: [
    {
      role: 'user',
      content: [
        { text: 'look' },
        { image: { format: 'png', source: { bytes: 'iVBORw==' } } },
        { document: { format: 'txt', name: 'a', source: { text: 'b' }, context: 'c', citations: { enabled: true } } },
        { document: { format: 'txt', name: 'a', source: { content: [{ text: 'b' }] } } },
        { video: { format: 'mp4', source: { s3Location: { uri: 's3://bucket/key', bucketOwner: '123456789012' } } } },
        { audio: { format: 'wav', source: { bytes: 'UklG' } } },
        { guardContent: { text: { text: 'guarded', qualifiers: ['query'] } } },
        { searchResult: { source: 's', title: 't', content: [{ text: 'found' }], citations: { enabled: true } } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 'hm', signature: 'sig' } } },
        { reasoningContent: { redactedContent: 'AAAA' } },
        {
          citationsContent: { content: [{ text: 'x' }], citations: [{ title: 't', location: { web: { url: 'u' } } }] },
        },
        { toolUse: { toolUseId: 't1', name: 'f', input: { a: 1 }, type: 'server_tool_use' } },
        { toolResult: { toolUseId: 't1', content: [{ json: {} }, { text: 'y' }], status: 'error', type: 'f_result' } },
      ],
    },
    { role: 'system', content: [{ toolAddition: { tool: { name: 'f' } } }, { toolRemoval: { tool: { name: 'g' } } }] },
  ],
  inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 0.25, stopSequences: ['END'], topK: 3 },
  toolConfig: {
    tools: [
      { toolSpec: { name: 'f', description: 'd', inputSchema: { json: { type: 'object' } }, strict: true } },
      { systemTool: { name: 'nova_grounding' } },
      { cachePoint: { type: 'default' } },
    ],
    toolChoice: { tool: { name: 'f' } },
  },
  additionalModelRequestFields: {
    thinking: { type: 'adaptive', display: 'summarized' },
    output_config: { effort: 'low', format: { type: 'json_schema', schema: {} } },
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    reasoning_effort: 'high',
    anthropic_beta: ['a'],
    inferenceConfig: { topK: 5 },
  },
  outputConfig: {
    textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{}', name: 'n' } } },
    effort: 'max',
  },
  additionalModelResponseFieldPaths: ['/stop_sequence'],
  guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
  performanceConfig: { latency: 'optimized' },
  promptVariables: { v: { text: 'w' } },
  requestMetadata: { team: 'red' },
  serviceTier: { type: 'flex' },
};
const claudeBody = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 10,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
};

const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    '',
    [],
    {},
    -1,
    Number.POSITIVE_INFINITY,
    's3://x',
    [null],
    { text: null },
    { __proto__: null },
  ),
);

/** The value with one place of it replaced, chosen by the numbers. */
function damaged(value: unknown, route: readonly number[], replacement: unknown): unknown {
  const [step = 0, ...rest] = route;
  const isTree = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isTree || route.length === 0) return replacement;
  const keys = Object.keys(value);
  const key = keys[step % keys.length] ?? '';
  const inner: unknown = Object(value)[key];
  if (Array.isArray(value)) return value.with(Number(key), damaged(inner, rest, replacement));
  return { ...value, [key]: damaged(inner, rest, replacement) };
}

/** Anything but an answer or a refusal of the client's own fault is a fault of ours. */
function holds(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!RouterError.is(error) || !['invalid-request', 'unsupported'].includes(error.code)) throw error;
  }
}

test('the whole request decodes, each member of it', () => {
  const { request, losses, relayOnly } = bedrockConverse.decode(everything, head);
  expect([losses, relayOnly]).toEqual([[], undefined]);
  expect(request.messages.map(({ parts }) => parts.length)).toEqual([8, 5, 2]);
});

test('whatever is nested too deep is refused wherever it stands, so that nobody has to write it out again', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 20_000; level++) deep = { deep };
  const route = fc.array(fc.nat(30), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(route, (path) => {
      const refused = (decode: () => unknown) => expect(decode).toThrow(RouterError);
      refused(() => bedrockConverse.decode(damaged(everything, path, deep), head));
      refused(() => bedrockConverse.decode({ ...everything, newer: deep }, head));
      refused(() => bedrockCount.decode({ input: { converse: damaged(everything, path, deep) } }, head));
      refused(() => bedrockInvoke.decode(damaged(claudeBody, path, deep), head));
      refused(() => bedrockInvoke.decode({ inputText: 'hi', newer: deep }, head));
    }),
    { numRuns: 100 },
  );
});

test('a damaged request decodes or is refused, and nothing else', () => {
  const route = fc.array(fc.nat(30), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.array(fc.tuple(route, junk), { minLength: 1, maxLength: 3 }), (damages) => {
      const damage = (body: unknown): unknown =>
        damages.reduce((value, [path, replacement]) => damaged(value, path, replacement), body);
      holds(() => bedrockConverse.decode(damage(everything), head));
      holds(() => bedrockInvoke.decode(damage(claudeBody), head));
      holds(() => bedrockCount.decode(damage({ input: { converse: everything } }), head));
      const text = JSON.stringify(damage(claudeBody)) ?? '';
      holds(() =>
        bedrockCount.decode({ input: { invokeModel: { body: Buffer.from(text).toString('base64') } } }, head),
      );
    }),
    { numRuns: 3000 },
  );
});
