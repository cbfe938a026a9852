// Real answers of Anthropic (the corpus), read and relayed at every cut; and real requests, planned and accepted by anthropic-local
// as they were by Anthropic.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ChatEvent } from '@turnout/core/contract';
import { createTestHost } from '@turnout/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { anthropicMessages } from '../../../core/src/protocol/anthropic-messages/index.ts';
import { startAnthropicLocal } from '../local/index.ts';
import {
  bodyOf,
  callOf,
  chatRequest,
  createProvider,
  eventsOf,
  planCall,
  planOf,
  type Relayed,
  relayed,
} from '../test/fixture.ts';

const folder = new URL('../../../../shared/corpus/client-requests/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log(`skipped: there is no corpus at ${folder.pathname}`);

interface Recording {
  readonly name: string;
  readonly body: Record<string, unknown>;
  readonly contentType: string;
  readonly text: string;
}

const recordings: Recording[] = (present ? readdirSync(folder) : [])
  .filter((name) => name.includes('__messages__'))
  .map((name) => {
    const { request, response } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    // Some recorders drop the blank lines of a stream.
    const text = `${response.bodyText.replaceAll('}event: ', '}\n\nevent: ').trimEnd()}`;
    const isStream = response.contentType.startsWith('text/event-stream');
    return { name, body: request.body, contentType: response.contentType, text: isStream ? `${text}\n\n` : text };
  });
const streams = recordings.filter(({ contentType }) => contentType.startsWith('text/event-stream'));
const wholes = recordings.filter((one) => !streams.includes(one));

const local = await startAnthropicLocal();
const host = createTestHost('anthropic');
const provider = await createProvider({ baseUrl: local.url, apiKey: 'local-key' }, host);
afterAll(async () => {
  await host.close();
  await local.close();
});

type Chunks = 'every-byte' | { seed: number };
const CUTS: readonly Chunks[] = ['every-byte', { seed: 1 }, { seed: 2 }];

const answerWith = ({ contentType, text }: Recording, chunks?: Chunks): void =>
  local.script({ kind: 'recorded', headers: { 'content-type': contentType }, body: text, chunks });

async function read(recording: Recording, chunks?: Chunks): Promise<ChatEvent[]> {
  answerWith(recording, chunks);
  const request = chatRequest();
  return eventsOf(provider.stream(request, callOf(planOf(provider, request))));
}

async function relay(recording: Recording, stream: boolean, chunks?: Chunks): Promise<Relayed> {
  answerWith(recording, chunks);
  const given = { model: 'my-claude', max_tokens: 10, stream, messages: [{ role: 'user', content: 'Hi' }] };
  const request = { ...anthropicMessages.decode(given, { headers: {} }).request, model: 'claude-sonnet-4-5' };
  const plan = provider.plan(request, planCall({ protocol: 'anthropic-messages', stream, body: given }));
  expect(plan.relay).toBe(true);
  return relayed(provider, request, plan, 'my-claude');
}

/** The recorded bytes with the client's name of the model in them. */
const renamed = (text: string): string => text.replace(/"model":\s?"claude-[^"]+"/, '"model":"my-claude"');

interface Said {
  readonly type?: string;
  readonly delta?: { readonly text?: string; readonly thinking?: string; readonly partial_json?: string };
  readonly usage?: { readonly output_tokens: number };
}

/** What a recorded stream says, found by the plainest means. */
function saidIn({ text }: Recording) {
  const events: Said[] = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''));
  const all = (member: 'text' | 'thinking' | 'partial_json') =>
    events.map(({ delta }) => delta?.[member] ?? '').join('');
  const last = events.find(({ type }) => type === 'message_delta');
  return { text: all('text'), thinking: all('thinking'), input: all('partial_json'), out: last?.usage?.output_tokens };
}

function toldIn(events: readonly ChatEvent[]) {
  const kinds = new Map<number, string>();
  const told = { text: '', thinking: '', input: '', out: undefined as number | undefined };
  for (const event of events) {
    if (event.type === 'block-start') kinds.set(event.index, event.block.type);
    else if (event.type === 'finish') told.out = event.usage.outputTokens;
    else if (event.type === 'block-delta') {
      const kind = kinds.get(event.index);
      told[kind === 'text' ? 'text' : kind === 'reasoning' ? 'thinking' : 'input'] += event.text;
    }
  }
  return told;
}

describe.skipIf(!present)('recorded streams', () => {
  it.each(streams)('$name says what it said, at any cut', async (recording) => {
    const events = await read(recording);
    expect(toldIn(events)).toEqual(saidIn(recording));
    for (const chunks of CUTS) expect(await read(recording, chunks)).toEqual(events);
  });

  it.each(streams)('$name is relayed byte for byte, at any cut', async (recording) => {
    const events = await read(recording);
    for (const chunks of [undefined, ...CUTS]) {
      const { text, finish, error } = await relay(recording, true, chunks);
      expect(error).toBeUndefined();
      expect(text).toBe(renamed(recording.text));
      expect(finish).toEqual(events.at(-1));
    }
  });

  it.each(streams)('$name: nothing counts as content before the first block says something', async (recording) => {
    const { beforeContent } = await relay(recording, true, 'every-byte');
    expect(beforeContent).toContain('message_start');
    expect(beforeContent).not.toMatch(/_delta","(text|thinking|partial_json)":"[^"]/);
  });
});

describe.skipIf(!present)('recorded messages', () => {
  it.each(wholes)('$name is read', async (recording) => {
    answerWith(recording);
    const request = chatRequest();
    const { blocks, finish } = await provider.generate(request, callOf(planOf(provider, request)));
    const { content, stop_reason, usage } = JSON.parse(recording.text);
    expect(blocks).toHaveLength(content.length);
    expect(blocks.map(({ text, signature, data }) => [text !== '', signature, data])).toEqual(
      content.map((block: Record<string, unknown>) => [
        block.thinking !== '' && block.type !== 'redacted_thinking',
        block.signature,
        block.data,
      ]),
    );
    expect(finish.rawReason).toBe(stop_reason);
    expect(finish.usage.inputTokens).toBe(usage.input_tokens);
    expect(finish.usage.outputTokens).toBe(usage.output_tokens);
  });

  it.each(wholes)('$name is relayed byte for byte', async (recording) => {
    answerWith(recording);
    const request = chatRequest();
    const { finish } = await provider.generate(request, callOf(planOf(provider, request)));
    const told = await relay(recording, false, 'every-byte');
    expect(told.text).toBe(renamed(recording.text));
    expect(told.finish).toEqual(finish);
  });
});

describe.skipIf(!present)('recorded requests', () => {
  it.each(recordings)('$name is accepted by anthropic-local, as it was by Anthropic', async ({ body }) => {
    const answer = await fetch(`${local.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify(body),
    });
    expect(answer.status, await answer.text()).toBe(200);
  });

  it.each(recordings)('$name is relayed as it is, and rebuilt it is accepted too', async ({ body }) => {
    const { request, stream } = anthropicMessages.decode(body, { headers: {} });
    const relayPlan = provider.plan(request, planCall({ protocol: 'anthropic-messages', stream, body }));
    expect(relayPlan.resolution.reasons.at(-1)).toMatch(/relayed/);
    expect(bodyOf(relayPlan)).toEqual(body);
    const plan = planOf(provider, request, 'bedrock-invoke');
    const { finish } = await provider.generate(request, callOf(plan));
    expect(finish.rawReason).not.toBe('');
  });
});
