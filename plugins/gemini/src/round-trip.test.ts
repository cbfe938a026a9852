// Thought signatures through every protocol a client may speak: what Google gave comes back to it, byte for byte and part by part.
import type { ChatEvent, ChatRequest, ChatResult, Protocol } from '@turnout/core/contract';
import { addUp, ToolNames } from '@turnout/core/plugin';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anthropicMessages } from '../../../core/src/protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../../../core/src/protocol/bedrock-converse/index.ts';
import { bedrockInvoke } from '../../../core/src/protocol/bedrock-invoke/index.ts';
import { openaiChat } from '../../../core/src/protocol/openai-chat/index.ts';
import { openaiResponses } from '../../../core/src/protocol/openai-responses/index.ts';
import type { Decoded } from '../../../core/src/protocol/protocol.ts';
import { AnswerReader } from './answer.ts';
import { MADE_ID, ORIGIN } from './echo.ts';
import { shapeRequest } from './request.ts';
import { type Bag, bagsIn, isBag, type WirePart } from './wire.ts';

fc.configureGlobal({ seed: 20261123 });

const MODEL = 'gemini-3.8-flash';

// What Google may answer with: parts of every kind, signed or not.
const prose = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => text.trim() !== '');
const signature = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const maybeSigned = fc.option(signature, { nil: undefined });
const key = fc.constantFrom('city', 'unit', 'n');
const args = fc.dictionary(key, fc.oneof(prose, fc.integer(), fc.boolean(), fc.constant(null)));
const name = fc.constantFrom('get_weather', 'a-tool', 'mcp__server__do');
const callId = fc.option(fc.stringMatching(/^[a-z0-9]{8}$/), { nil: undefined });

const clean = (part: Bag): Bag => Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
const part: fc.Arbitrary<Bag> = fc.oneof(
  fc.record({ text: prose, thoughtSignature: maybeSigned }).map(clean),
  fc.record({ text: fc.constant(''), thoughtSignature: signature }),
  fc.record({ text: prose, thought: fc.constant(true), thoughtSignature: maybeSigned }).map(clean),
  fc
    .record({ id: callId, name, args, thoughtSignature: maybeSigned })
    .map(({ thoughtSignature, ...call }) => clean({ functionCall: clean(call), thoughtSignature })),
);
/** A real answer ends in something that a client sees. */
const answer = fc
  .tuple(fc.array(part, { maxLength: 5 }), fc.constant({ text: 'Done.' }))
  .chain(([parts, last]) => maybeSigned.map((thoughtSignature) => [...parts, clean({ ...last, thoughtSignature })]));

function eventsOf(parts: readonly Bag[]): ChatEvent[] {
  const reader = new AnswerReader({
    echo: { model: MODEL, names: new ToolNames([]), textTools: new Set() },
    callId: 'call-1',
    error: { provider: 'p', model: MODEL, baseUrl: 'http://h', apiKey: 'k', advice: '' },
  });
  for (const [index, one] of parts.entries()) {
    const finishReason = index === parts.length - 1 ? { finishReason: 'STOP' } : {};
    reader.chunk({ candidates: [{ content: { role: 'model', parts: [one] }, ...finishReason }] });
  }
  reader.end();
  return reader.out;
}

/** What has to come back of an answer: all but thoughts without a signature, and ids that are not Google's. */
const expected = ({ blocks }: ChatResult): WirePart[] =>
  blocks.flatMap(({ block, text, signature: thoughtSignature }): WirePart[] => {
    const signed = thoughtSignature === undefined ? {} : { thoughtSignature };
    if (block.type === 'text') return [{ text, ...signed }];
    if (block.type === 'reasoning') return thoughtSignature === undefined ? [] : [{ text, thought: true, ...signed }];
    if (block.type !== 'tool-call') return [];
    const id = MADE_ID.test(block.id) ? {} : { id: block.id };
    return [{ functionCall: { ...id, name: block.name, args: JSON.parse(text) }, ...signed }];
  });

const ask = [{ role: 'user', content: 'Hi' }];
const head = { headers: { 'anthropic-version': '2023-06-01' }, model: 'm', stream: false };
const context = <Echo>(echo: Echo) => ({ requestId: 'r', model: 'm', createdS: 1, echo });
const idsOf = ({ blocks }: ChatResult): string[] =>
  blocks.flatMap(({ block }) => (block.type === 'tool-call' ? [block.id] : []));

const results = (result: ChatResult) =>
  idsOf(result).map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' }));

function messagesTurn(codec: typeof anthropicMessages | typeof bedrockInvoke, result: ChatResult): Decoded {
  const first = {
    max_tokens: 99,
    messages: ask,
    ...(codec === bedrockInvoke ? { anthropic_version: 'bedrock-2023-05-31' } : { model: 'm' }),
  };
  // Both have the same body; their echoes differ in what the answer's head says.
  const { echo } = codec.decode(first, head) as Decoded<never>;
  const { content } = JSON.parse(codec.encodeResult(result, context(echo)));
  const messages = [
    ...ask,
    { role: 'assistant', content },
    { role: 'user', content: [...results(result), { type: 'text', text: 'Go on' }] },
  ];
  return codec.decode({ ...first, messages }, head);
}

const sseData = (text: string): Bag[] =>
  text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []));

/** One turn of each client: it asks, is answered, and sends the answer back with the results of all calls. */
const CLIENTS: Readonly<Record<string, (result: ChatResult, events: readonly ChatEvent[]) => Decoded>> = {
  'openai-chat': (result) => {
    const { echo } = openaiChat.decode({ model: 'm', messages: ask });
    const { message } = JSON.parse(openaiChat.encodeResult(result, context(echo))).choices[0];
    const tools = idsOf(result).map((id) => ({ role: 'tool', tool_call_id: id, content: 'ok' }));
    return openaiChat.decode({ model: 'm', messages: [...ask, message, ...tools, { role: 'user', content: 'Go on' }] });
  },
  'openai-chat, streamed': (result, events) => {
    const { echo } = openaiChat.decode({ model: 'm', messages: ask, stream: true });
    const encoder = openaiChat.createEncoder(context(echo));
    const deltas = sseData(events.map((event) => encoder.push(event)).join('')).flatMap(({ choices }) =>
      bagsIn(choices).map(({ delta }) => (isBag(delta) ? delta : {})),
    );
    // As SDKs add them up: texts are joined, calls by their index, lists of anything else are said once.
    const content = deltas.map((delta) => delta.content ?? '').join('');
    const details = deltas.flatMap((delta) => bagsIn(delta.reasoning_details));
    const pieces = deltas.flatMap((delta) => bagsIn(delta.tool_calls));
    const calls = [...new Set(pieces.map(({ index }) => index))].map((at) => {
      const own = pieces.filter(({ index }) => index === at);
      const functions = own.map((piece) => (isBag(piece.function) ? piece.function : {}));
      const joined = functions.map((one) => one.arguments ?? '').join('');
      return { id: own[0]?.id, type: 'function', function: { name: functions[0]?.name, arguments: joined } };
    });
    const message = {
      ...{ role: 'assistant', content },
      ...(details.length === 0 ? {} : { reasoning_details: details }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
    const tools = idsOf(result).map((id) => ({ role: 'tool', tool_call_id: id, content: 'ok' }));
    return openaiChat.decode({ model: 'm', messages: [...ask, message, ...tools, ...ask] });
  },
  'openai-responses': (result) => {
    const { echo } = openaiResponses.decode({ model: 'm', input: 'Hi' });
    const { output } = JSON.parse(openaiResponses.encodeResult(result, context(echo)));
    const tools = idsOf(result).map((id) => ({ type: 'function_call_output', call_id: id, output: 'ok' }));
    return openaiResponses.decode({ model: 'm', input: [...ask, ...output, ...tools, ...ask] });
  },
  'openai-responses, streamed': (result, events) => {
    const { echo } = openaiResponses.decode({ model: 'm', input: 'Hi', stream: true });
    const encoder = openaiResponses.createEncoder(context(echo));
    const text = events.map((event) => String(encoder.push(event))).join('');
    const output = sseData(text).flatMap(({ type, item }) => (type === 'response.output_item.done' ? [item] : []));
    const tools = idsOf(result).map((id) => ({ type: 'function_call_output', call_id: id, output: 'ok' }));
    return openaiResponses.decode({ model: 'm', input: [...ask, ...output, ...tools, ...ask] });
  },
  'anthropic-messages': (result) => messagesTurn(anthropicMessages, result),
  'bedrock-invoke': (result) => messagesTurn(bedrockInvoke, result),
  'bedrock-converse': (result) => {
    const user = { role: 'user', content: [{ text: 'Hi' }] };
    const { echo } = bedrockConverse.decode({ messages: [user] }, head);
    const { output } = JSON.parse(bedrockConverse.encodeResult(result, context(echo)));
    const tools = idsOf(result).map((toolUseId) => ({
      toolResult: { toolUseId, content: [{ text: 'ok' }], status: 'success' },
    }));
    return bedrockConverse.decode(
      { messages: [user, output.message, { role: 'user', content: [...tools, { text: 'Go on' }] }] },
      head,
    );
  },
};

/** What of an answer's history Google is sent. */
const replayed = (request: ChatRequest): readonly WirePart[] => {
  const { wire } = shapeRequest({ ...request, model: MODEL }, {}, {});
  const { parts = [] } = wire.body.contents.find(({ role }) => role === 'model') ?? {};
  // Where Google gave a first call no signature, as 2.5 may, Gemini 3 is sent the stand-in.
  return parts.map(({ thoughtSignature: signature, ...part }) =>
    signature === undefined || signature === 'skip_thought_signature_validator'
      ? part
      : { ...part, thoughtSignature: signature },
  );
};

it.each(Object.keys(CLIENTS))('%s', (client) => {
  const turn = CLIENTS[client];
  let signed = 0;
  fc.assert(
    fc.property(answer, (parts) => {
      // Of an answer that nobody signed chat tells no order: text stands in front of calls there.
      fc.pre(parts.some(({ thoughtSignature }) => thoughtSignature !== undefined));
      const events = eventsOf(parts);
      const result = addUp(events);
      const { request } = turn?.(result, events) ?? {};
      if (request === undefined) throw new Error('there is no such client');
      const sent = replayed(request);
      expect(sent).toEqual(expected(result));
      signed += sent.filter(({ thoughtSignature }) => thoughtSignature !== undefined).length;
    }),
    { numRuns: 300 },
  );
  expect(signed).toBeGreaterThan(300);
});

it('nothing of it goes to another family, and nothing of another family to Google', () => {
  const foreign: ChatRequest['messages'][number] = {
    role: 'assistant',
    parts: [
      { type: 'reasoning', text: 'Hm', signature: 'c2ln', origin: 'claude' },
      { type: 'text', text: 'Yes', signature: 'c2ln', origin: 'nova' },
    ],
  };
  const user = { role: 'user', parts: [{ type: 'text', text: 'Hi' }] } as const;
  const { wire, losses } = shapeRequest(
    { model: MODEL, system: [], tools: [], messages: [user, foreign, user] },
    {},
    {},
  );
  expect(JSON.stringify(wire.body)).not.toContain('c2ln');
  expect(losses.map(({ field }) => field)).toEqual(['reasoning-history', 'reasoning-history']);
  const blocks = addUp(eventsOf([{ text: 'Yes', thoughtSignature: 'c2ln' }])).blocks;
  expect(blocks.map(({ block }) => 'origin' in block && block.origin)).toEqual([ORIGIN]);
});

const _names: readonly Protocol[] = [
  openaiChat.name,
  openaiResponses.name,
  anthropicMessages.name,
  bedrockInvoke.name,
  bedrockConverse.name,
];
it('is tried with every protocol there is', () => {
  expect(_names.filter((one) => !(one in CLIENTS))).toEqual([]);
});
