// Models that refuse to stream: learnt from AWS's refusal, and asked for whole answers from then on.
import type { ServerResponse } from 'node:http';
import { type ChatEvent, type ChatRequest, type Provider, RouterError } from '@turnout/core/contract';
import { checkGrammar } from '@turnout/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import {
  callOf,
  chatRequest,
  collectEvents,
  createHost,
  eventFrame,
  type SeenRequest,
  startUpstream,
  type Upstream,
} from '../test/fixture.ts';
import { configSchema } from './config.ts';
import plugin from './index.ts';

const LLAMA = 'meta.llama4-maverick-17b-instruct-v1:0';
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const whole = {
  output: {
    message: {
      role: 'assistant',
      content: [{ text: 'I look' }, { toolUse: { toolUseId: 't1', name: 'look', input: { a: 1 } } }],
    },
  },
  stopReason: 'tool_use',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
};

const frames = [
  eventFrame('messageStart', { role: 'assistant' }),
  eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } }),
  eventFrame('contentBlockStop', { contentBlockIndex: 0 }),
  eventFrame('messageStop', { stopReason: 'end_turn' }),
  eventFrame('metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } }),
];

/** A Bedrock where streams with tools are refused in these words. */
function refuseStreams(message: string) {
  return (response: ServerResponse, { url, body }: SeenRequest): void => {
    if (!url.endsWith('converse-stream')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole));
    } else if (body.includes('toolConfig')) {
      response
        .writeHead(400, { 'content-type': 'application/json', 'x-amzn-errortype': 'ValidationException' })
        .end(JSON.stringify({ message }));
    } else {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' }).end(Buffer.concat(frames));
    }
  };
}

async function start(message: string): Promise<{ provider: Provider; upstream: Upstream }> {
  const upstream = await startUpstream(refuseStreams(message));
  const host = createHost();
  closers.push(
    () => upstream.close(),
    () => host.close(),
  );
  const auth = { mode: 'keys', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const settings = configSchema.parse({ region: 'us-east-1', auth, endpoint: upstream.url });
  return { provider: await plugin.create(settings, host), upstream };
}

const withTools = chatRequest({ model: LLAMA, tools: [{ kind: 'function', name: 'look' }] });
const read = (provider: Provider, request: ChatRequest): Promise<ChatEvent[]> =>
  collectEvents(
    checkGrammar(provider.stream(request, callOf(provider.plan(request, { protocol: 'openai-chat', stream: true })))),
  );
const operations = ({ seen }: Upstream): (string | undefined)[] => seen.map(({ url }) => url.split('/').at(-1));

describe('a model that streams no tools', () => {
  it('is asked once more, for a whole answer that is told as a stream, and from then on at once', async () => {
    const { provider, upstream } = await start("This model doesn't support tool use in streaming mode.");
    const error = await read(provider, withTools).catch((thrown: unknown) => thrown);
    expect(RouterError.is(error) && error.again).toBe(true);
    const told = [
      { type: 'start', model: LLAMA },
      { type: 'block-start', index: 0, block: { type: 'text' } },
      { type: 'block-delta', index: 0, text: 'I look' },
      { type: 'block-end', index: 0 },
      { type: 'block-start', index: 1, block: { type: 'tool-call', id: 't1', name: 'look' } },
      { type: 'block-delta', index: 1, text: '{"a":1}' },
      { type: 'block-end', index: 1 },
      { type: 'finish', reason: 'tool-calls', usage: { totalTokens: 3 } },
    ];
    expect(await read(provider, withTools)).toMatchObject(told);
    expect(await read(provider, withTools)).toMatchObject(told);
    expect(operations(upstream)).toEqual(['converse-stream', 'converse', 'converse']);
    const planned = (request: ChatRequest) => provider.plan(request, { protocol: 'openai-chat', stream: true }).streams;
    expect(planned(withTools)).toBe(false);
    expect(planned(chatRequest({ model: LLAMA }))).toBeUndefined();
  });

  it('still streams without tools', async () => {
    const { provider, upstream } = await start("This model doesn't support tool use in streaming mode.");
    await read(provider, withTools).catch(() => {});
    await read(provider, chatRequest({ model: LLAMA }));
    expect(operations(upstream)).toEqual(['converse-stream', 'converse-stream']);
  });

  it('may not stream at all', async () => {
    const { provider, upstream } = await start('The model is unsupported for streaming.');
    await read(provider, withTools).catch(() => {});
    await read(provider, chatRequest({ model: LLAMA }));
    expect(operations(upstream)).toEqual(['converse-stream', 'converse']);
  });

  it('is not meant by another refusal', async () => {
    const { provider, upstream } = await start('Something else is wrong.');
    const error = await read(provider, withTools).catch((thrown: unknown) => thrown);
    expect(RouterError.is(error) && error.again).toBe(false);
    await read(provider, withTools).catch(() => {});
    expect(operations(upstream)).toEqual(['converse-stream', 'converse-stream']);
  });
});
