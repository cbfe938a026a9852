// Requests and answers as AWS's SDK showed them to another router: chat.completions requests become Converse requests that are
// taken, Converse requests can be had through Turnout, and answers read as they were.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ChatResult } from '@turnout/core/contract';
import { addUp } from '@turnout/core/plugin';
import type { ConverseRequestBody, ConverseResponseBody } from '@turnout/core/wire';
import { describe, expect, test } from 'vitest';
import { openaiChat } from '../../core/src/protocol/openai-chat/index.ts';
import { AnswerReader } from '../../plugins/bedrock/src/answer.ts';
import { shapeRequest } from '../../plugins/bedrock/src/request.ts';
import { resolveTarget } from '../../plugins/bedrock/src/resolve.ts';
import { readResult } from '../../plugins/bedrock/src/result.ts';
import { streamAnswer } from '../../plugins/bedrock/src/stream.ts';
import { clientOf, collectEvents, eventFrame } from '../../plugins/bedrock/test/fixture.ts';
import { toCanonical } from './canonical.ts';
import { normalise } from './normal-form.ts';
import { anySeal, asked, prove, shape } from './proof.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/corpus/sdk-level/', import.meta.url));
const names = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const files = names.map((name) => ({
  name: name.replace(/^lingua__|\.json$/g, ''),
  content: withBase64(JSON.parse(readFileSync(FOLDER + name, 'utf8'))),
}));

if (files.length === 0) console.log('SDK-level files: skipped, the corpus is not on this machine');

/** The SDK's bytes, printed as an object of numbers or as a Buffer, as they are on the wire. */
// biome-ignore lint/suspicious/noExplicitAny: the README of the corpus says what the files hold
function withBase64(value: any): any {
  if (Array.isArray(value)) return value.map(withBase64);
  if (typeof value !== 'object' || value === null) return value;
  if (value.type === 'Buffer' && Array.isArray(value.data)) return Buffer.from(value.data).toString('base64');
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((key, index) => key === String(index))) {
    return Buffer.from(Object.values<number>(value)).toString('base64');
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withBase64(item)]));
}

/** One follow-up says `type: tool_use` of a call, which the API does not have. */
const hasForeignType = (request: unknown): boolean => JSON.stringify(request).includes('"type":"tool_use"');

const chats = files.filter(({ content }) => content.chatCompletionsRequest !== undefined);
const converse = files.flatMap(({ name, content }) =>
  name.startsWith('bedrock__')
    ? [
        { name, request: content.request },
        { name: `${name} (follow-up)`, request: content['followup-request'] },
      ].filter(({ request }) => request !== undefined && !hasForeignType(request))
    : [],
);

const MODELS = [
  'anthropic.claude-haiku-4-5-20251001-v1:0',
  'anthropic.claude-sonnet-5',
  'anthropic.claude-opus-5-5',
  'amazon.nova-pro-v1:0',
  'openai.gpt-oss-120b-1:0',
  'meta.llama3-3-70b-instruct-v1:0',
];

describe.skipIf(files.length === 0)('chat.completions requests', () => {
  test.each(chats)('$name is taken by every family', ({ content }) => {
    const { request } = openaiChat.decode(content.chatCompletionsRequest);
    for (const model of MODELS) {
      const { body } = prove({ ...request, model }, anySeal);
      expect(body.messages.length).toBeGreaterThan(0);
    }
  });
});

describe.skipIf(files.length === 0)('Converse requests', () => {
  test.each(converse)('$name can be had', ({ request: { modelId, ...body } }) => {
    const recorded: ConverseRequestBody = body;
    const shaped = shape(toCanonical(modelId, structuredClone(recorded)), { crossRegion: 'off' });
    const sent = JSON.parse(JSON.stringify(shaped.body));
    expect(normalise(sent, recorded)).toEqual(normalise(recorded, recorded));
  });
});

const target = resolveTarget('anthropic.claude-sonnet-5', {
  region: 'us-east-1',
  regionSource: 'the test',
  crossRegion: 'off',
  endpoint: undefined,
  models: {},
});
const { body, echo } = shapeRequest(asked('anthropic.claude-sonnet-5'), target);

interface SdkEvent {
  readonly [type: string]: unknown;
}
const answers = files.flatMap(({ name, content }) =>
  [
    {
      name,
      whole: content.bedrockResponse ?? content.response,
      events: content.bedrockStreamEvents ?? content['response-streaming'],
    },
    {
      name: `${name} (follow-up)`,
      whole: content['followup-response'],
      events: content['followup-response-streaming'],
    },
  ].filter(({ whole, events }) => whole?.output !== undefined && Array.isArray(events)),
);

const FINISH: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
};

const textOf = ({ blocks }: ChatResult): string =>
  blocks.flatMap(({ block, text }) => (block.type === 'text' ? [text] : [])).join('');

describe.skipIf(files.length === 0)('answers', () => {
  test.each(answers)('$name', async ({ whole, events }) => {
    const answer: ConverseResponseBody = whole;
    const result = readResult(JSON.stringify(answer), new AnswerReader(echo, 'id', 'bedrock'), 'bedrock');
    const { content } = answer.output.message;
    const cited = content.map(
      (block) => block.text ?? block.citationsContent?.content?.map(({ text }) => text ?? '').join('') ?? '',
    );
    expect(textOf(result)).toBe(cited.join(''));
    const calls = result.blocks.flatMap(({ block, text }) => (block.type === 'tool-call' ? [JSON.parse(text)] : []));
    expect(calls).toEqual(content.flatMap(({ toolUse }) => (toolUse === undefined ? [] : [toolUse.input])));
    expect(result.finish.reason).toBe(FINISH[answer.stopReason]);

    const given: readonly SdkEvent[] = events;
    const frames = given.flatMap((event) => Object.entries(event).map(([type, payload]) => eventFrame(type, payload)));
    const signal = new AbortController().signal;
    const streamed = addUp(
      await collectEvents(streamAnswer(clientOf(frames), { target, body, echo }, { id: 'call-1', signal })),
    );
    const deltas = given.map(({ contentBlockDelta }) => contentBlockDelta as { delta?: { text?: string } } | undefined); // of the SDK
    expect(textOf(streamed)).toBe(deltas.map((event) => event?.delta?.text ?? '').join(''));
    expect(streamed.blocks.length).toBeGreaterThan(0);
  });
});
