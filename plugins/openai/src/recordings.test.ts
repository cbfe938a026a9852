// Real answers of OpenAI, OpenRouter, Ollama and Mistral (the corpus), read at every cut; and real requests, accepted or
// refused by openai-local as they were by OpenAI.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ChatEvent } from '@turnout/core/contract';
import { checkGrammar } from '@turnout/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { openaiChat } from '../../../core/src/protocol/openai-chat/index.ts';
import { startOpenaiLocal } from '../local/index.ts';
import { callOf, chatRequest, createHost, createProvider, generated, planOf, summaryOf } from '../test/fixture.ts';

const folder = new URL('../../../../shared/corpus/client-requests/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log(`skipped: there is no corpus at ${folder.pathname}`);

interface Recording {
  readonly name: string;
  readonly body: Record<string, unknown>;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

const recordings: Recording[] = (present ? readdirSync(folder) : [])
  .filter((name) => name.includes('__chat.completions__'))
  .map((name) => {
    const { request, response } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    const { status, contentType, bodyText } = response;
    // Some recorders drop the line ends of a stream.
    const text = bodyText.includes('\n') ? bodyText : bodyText.replaceAll('}data: ', '}\n\ndata: ');
    return { name, body: request.body, status, contentType, text };
  });
const answers = recordings.filter(({ status }) => status === 200);
const streams = answers.filter(({ contentType }) => contentType.startsWith('text/event-stream'));

const local = await startOpenaiLocal();
const host = createHost();
const provider = await createProvider({ baseUrl: local.baseUrl }, host);
afterAll(async () => {
  await host.close();
  await local.close();
});

type Chunks = 'every-byte' | { seed: number } | readonly number[];

async function read(
  { contentType, text }: Pick<Recording, 'contentType' | 'text'>,
  chunks?: Chunks,
): Promise<ChatEvent[]> {
  local.script({ kind: 'recorded', headers: { 'content-type': contentType }, body: text, chunks });
  const request = chatRequest();
  const events: ChatEvent[] = [];
  for await (const event of checkGrammar(provider.stream(request, callOf(planOf(provider, request)))))
    events.push(event);
  return events;
}

interface Said {
  readonly content?: string | null;
  readonly audio?: { readonly transcript: string };
  readonly reasoning?: string | null;
  readonly reasoning_details?: readonly { readonly summary?: string; readonly text?: string }[];
  readonly tool_calls?: readonly { readonly function: { readonly arguments?: string } }[] | null;
}
interface Chunk {
  readonly choices?: readonly { readonly delta?: Said; readonly message?: Said }[];
  readonly usage?: { readonly prompt_tokens: number } | null;
}

/** What a recorded answer says, found by the plainest means. */
function saidIn({ text, contentType }: Recording) {
  const chunks: Chunk[] = contentType.startsWith('text/event-stream')
    ? [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''))
    : [JSON.parse(text)];
  const said = chunks.flatMap(({ choices = [] }) => choices).map(({ delta, message }) => delta ?? message ?? {});
  const inDetails = (one: Said): string =>
    (one.reasoning_details ?? []).flatMap(({ summary, text: words }) => summary ?? words ?? []).join('\n\n');
  return {
    content: said.map(({ content, audio }) => content ?? audio?.transcript ?? '').join(''),
    reasoning: said.map((one) => one.reasoning ?? inDetails(one)).join(''),
    input: said
      .flatMap(({ tool_calls }) => tool_calls ?? [])
      .map((call) => call.function.arguments ?? '')
      .join(''),
    prompt: chunks.at(-1)?.usage?.prompt_tokens ?? 0,
  };
}

describe.skipIf(!present)('recorded answers', () => {
  it('are there', () => {
    expect(answers.length).toBeGreaterThan(15);
    expect(streams.length).toBeGreaterThan(6);
  });

  it.each(answers)('$name says the same, whole and in random pieces', async (recording) => {
    const events = await read(recording);
    const { blocks, usage, reason } = summaryOf(events);
    const said = saidIn(recording);
    const textOf = (type: string) =>
      blocks.filter((block) => block.type === type && !block.redacted).map(({ text }) => text);
    expect(textOf('text').join('')).toBe(said.content);
    expect(textOf('reasoning').join('')).toBe(said.reasoning);
    expect(textOf('tool-call').join('')).toBe(said.input);
    expect(reason).toBe(said.input === '' ? (reason === 'length' ? 'length' : 'stop') : 'tool-calls');
    expect((usage?.inputTokens ?? 0) + (usage?.cacheReadTokens ?? 0)).toBe(said.prompt);
    for (const seed of [1, 2, 3]) expect(await read(recording, { seed })).toEqual(events);
  });

  it.each(answers.filter(({ text }) => text.length < 4000))('$name is the same at every byte', async (recording) => {
    expect(await read(recording, 'every-byte')).toEqual(await read(recording));
  });

  it.each(answers.filter((recording) => !streams.includes(recording)))(
    '$name is the same not streamed',
    async (recording) => {
      const { contentType, text } = recording;
      const summary = summaryOf(await read(recording));
      local.script({ kind: 'recorded', headers: { 'content-type': contentType }, body: text });
      const { blocks, finish } = await generated(provider, chatRequest());
      expect(blocks.map(({ block, text }) => [block.type, text])).toEqual(
        summary.blocks.map(({ type, text }) => [type, text]),
      );
      expect([finish.reason, finish.usage]).toEqual([summary.reason, summary.usage]);
    },
  );

  it.each(streams)(
    '$name is the same with other line ends, without blank lines, and without its end',
    async (recording) => {
      const { text, contentType } = recording;
      const events = await read(recording);
      expect(await read({ contentType, text: text.replaceAll('\n', '\r\n') }, { seed: 5 })).toEqual(events);
      expect(await read({ contentType, text: text.replaceAll('\n', '\r') }, { seed: 6 })).toEqual(events);
      expect(await read({ contentType, text: text.replaceAll('\n\n', '\n') }, { seed: 7 })).toEqual(events);
      expect(await read({ contentType, text: text.replaceAll('data: ', ': hello\n\nid: 5\ndata:').trimEnd() })).toEqual(
        events,
      );
      expect(await read({ contentType, text: text.replace(/data: \[DONE\]\s*$/, '').trimEnd() })).toEqual(events);
    },
  );

  it.each(streams)('$name is no answer when it is cut before its end', async ({ text, contentType }) => {
    const end = text.search(/"finish_reason":\s*"/);
    const cut = text.slice(0, text.lastIndexOf('data:', end));
    await expect(read({ contentType, text: cut })).rejects.toMatchObject({ code: 'upstream-failed' });
  });
});

/** Those that were sent to OpenAI itself. */
const toOpenai = recordings.filter(
  ({ body }) => /^(gpt-[345]|o\d)/.test(String(body.model)) && body.model !== 'gpt-oss:120b',
);

describe.skipIf(!present)('recorded requests to OpenAI', () => {
  const post = (body: unknown) =>
    fetch(`${local.baseUrl}/chat/completions`, { method: 'POST', body: JSON.stringify(body) });

  it.each(toOpenai)('$name gets the same verdict of openai-local', async ({ body, status, text }) => {
    const response = await post(body);
    const answer = await response.text();
    expect(response.status, answer).toBe(status);
    if (status === 200) return;
    const { error } = JSON.parse(text);
    expect(JSON.parse(answer)).toMatchObject({
      error: { code: error.code, param: error.param, message: error.message },
    });
  });

  it.each(toOpenai.filter(({ status }) => status === 200))(
    '$name is accepted on its way through the router',
    async ({ body }) => {
      if (JSON.stringify(body).includes('file_id')) return; // refused by the protocol: the file is stored at OpenAI
      const strict = await createProvider(
        { apiKey: 'sk-any' },
        createHost({}, { from: 'https://api.openai.com', to: local.url }),
      );
      const decoded = openaiChat.decode(body);
      // The model's name goes on as it is.
      const plan = planOf(strict, { ...decoded.request, model: String(body.model) });
      const unanswerable = ['modalities', 'audio', 'moderation', 'temperature', 'n'];
      expect(plan.losses.filter(({ field }) => !unanswerable.includes(field))).toEqual([]);
      const result = await strict.generate?.(decoded.request, callOf(plan));
      expect(result?.finish.reason).toMatch(/stop|tool-calls/);
    },
  );
});
