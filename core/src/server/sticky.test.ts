// What a sticky route keeps together: the turns of real conversations, and nothing else.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { ChatRequest, Message, Part } from '../contract/index.ts';
import { anthropicMessages } from '../protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../protocol/bedrock-converse/index.ts';
import { openaiChat } from '../protocol/openai-chat/index.ts';
import { openaiResponses } from '../protocol/openai-responses/index.ts';
import { stickyValue } from './sticky.ts';

const text = (of: string, cache?: object): Part => ({ type: 'text', text: of, ...(cache && { cache }) });
const user = (...texts: string[]): Message => ({ role: 'user', parts: texts.map((one) => text(one)) });
const assistant = (of: string): Message => ({ role: 'assistant', parts: [text(of)] });

const request = (messages: readonly Message[], rest: Partial<ChatRequest> = {}): ChatRequest => ({
  model: 'm',
  system: [text('You are a signalman.')],
  messages,
  tools: [],
  ...rest,
});

const prefix = (of: Partial<ChatRequest>): string | undefined => stickyValue({ by: 'prefix' }, of);

describe('the prefix', () => {
  test('is the same over the turns of a conversation', () => {
    const messages: Message[] = [user('Which track?')];
    const first = prefix(request(messages));
    for (let turn = 0; turn < 10; turn++) {
      messages.push(assistant(`Track ${turn}.`), user(`And then ${turn}?`));
      expect(prefix(request(messages))).toBe(first);
    }
  });

  test('differs between conversations, also with the same instructions or the same question', () => {
    const values = [
      request([user('Which track?')]),
      request([user('Which train?')]),
      request([user('Which track?')], { system: [text('You are a guard.')] }),
      request([user('Which track?', 'And when?')]),
      request([user('Which track?'), user('And when?')], { system: [] }),
      request([{ role: 'user', parts: [{ type: 'media', mediaType: 'image/png', data: 'AAAA' }] }]),
      request([{ role: 'user', parts: [{ type: 'media', mediaType: 'image/png', data: 'BBBB' }] }]),
    ].map(prefix);
    expect(new Set(values).size).toBe(values.length);
    expect(values).not.toContain(undefined);
  });

  test('has all that was said before the first answer: an agent may begin with what never changes', () => {
    const preface = user('<environment>/home/signalman</environment>');
    expect(prefix(request([preface, user('Fix it.')]))).not.toBe(prefix(request([preface, user('Test it.')])));
  });

  test('does not depend on settings, tools, reasoning or the user', () => {
    const messages = [user('Which track?')];
    const tool = { kind: 'function', name: 'look', schema: { type: 'object' } } as const;
    expect(prefix(request(messages, { tools: [tool], maxTokens: 5, user: 'me', reasoning: 'off' }))).toBe(
      prefix(request(messages)),
    );
  });

  test('has of the instructions only what is marked for the cache, where anything is', () => {
    const marked = (first: string) =>
      request([user('Which track?')], { system: [text(first), text('You are an agent.', {}), text('Be kind.', {})] });
    expect(prefix(marked('build 1'))).toBe(prefix(marked('build 2')));
    expect(prefix(marked('build 1'))).not.toBe(prefix(request([user('Which track?')])));
  });

  test('tells long texts apart by either end and by their length', () => {
    const long = (middle: string, end: string) => prefix(request([user(`start ${middle.repeat(5_000)} ${end}`)]));
    expect(long('ab', 'x')).not.toBe(long('ab', 'y'));
    expect(long('ab', 'x')).not.toBe(long('abc', 'x'));
    expect(long('ab', 'x')).toBe(long('ab', 'x'));
  });

  test('is a digest: nothing of the prompt is in it', () => {
    expect(prefix(request([user('secret')]))).toMatch(/^[\w-]{43}$/);
  });

  test('is missing where nothing is said', () => {
    expect(prefix(request([], { system: [] }))).toBeUndefined();
    expect(prefix(request([assistant('I begin.')], { system: [] }))).toBeUndefined();
    expect(prefix({ user: 'me' })).toBeUndefined();
  });

  test('reads a prompt of any size in part only', () => {
    const many = Array.from({ length: 200 }, (_, n) => user(`${n}`));
    expect(prefix(request(many))).toBe(prefix(request([...many, user('one more')])));
  });
});

describe('a user', () => {
  test('is who the client says', () => {
    expect(stickyValue({ by: 'user' }, request([], { user: 'ada' }))).toBe('ada');
  });

  test.each([undefined, ''])('%j is none', (name) => {
    expect(stickyValue({ by: 'user' }, name === undefined ? {} : { user: name })).toBeUndefined();
  });
});

describe('a header', () => {
  const by = { by: 'header', header: 'x-session' } as const;

  test.each([
    ['one', { 'x-session': 'a' }, 'a'],
    ['several', { 'x-session': ['a', 'b'] }, 'a,b'],
    ['another', { 'x-other': 'a' }, undefined],
    ['an empty one', { 'x-session': '' }, undefined],
    ['none at all', undefined, undefined],
  ])('%s', (_, headers, value) => {
    expect(stickyValue(by, request([user('hello')]), headers)).toBe(value);
  });
});

const CAPTURES = fileURLToPath(new URL('../../../../shared/corpus/client-captures', import.meta.url));

interface Capture {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

function decode({ path, body }: Capture): ChatRequest | undefined {
  const head = { headers: {}, model: 'm' };
  if (/\/chat\/completions$/.test(path)) return openaiChat.decode(body).request;
  if (/\/v1\/messages(\?|$)/.test(path)) return anthropicMessages.decode(body, head).request;
  if (/\/responses$/.test(path)) return openaiResponses.decode(body).request;
  return /\/converse(-stream)?$/.test(path) ? bedrockConverse.decode(body, head).request : undefined;
}

/** The requests of one run of a program, in order, where they are turns of one conversation: each begins as the one before. */
function conversations(): Map<string, ChatRequest[]> {
  const runs = new Map<string, ChatRequest[]>();
  for (const file of readdirSync(CAPTURES).sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))) {
    // The corpus is ours to read; a body that no codec takes is not what is tested here.
    const capture = JSON.parse(readFileSync(`${CAPTURES}/${file}`, 'utf8')) as Capture;
    let decoded: ChatRequest | undefined;
    try {
      decoded = decode(capture);
    } catch {
      continue;
    }
    if (!decoded) continue;
    const run = file.replace(/-\d+\.json$/, '');
    runs.set(run, [...(runs.get(run) ?? []), decoded]);
  }
  return runs;
}

const opening = ({ messages }: ChatRequest): string =>
  JSON.stringify(
    messages.find(({ role }) => role === 'user')?.parts.map((part) => (part.type === 'text' ? part.text : '')),
  );

test.skipIf(!existsSync(CAPTURES))('all turns of the captured conversations stay together (needs the corpus)', () => {
  let turns = 0;
  for (const [run, requests] of conversations()) {
    for (const [n, later] of requests.entries()) {
      const before = requests[n - 1];
      const isTurn =
        before &&
        later.messages.length > before.messages.length &&
        opening(before) === opening(later) &&
        before.tools.length === later.tools.length;
      if (!isTurn) continue;
      turns++;
      expect(prefix(later), `${run} ${n}`).toBe(prefix(before));
    }
  }
  expect(turns).toBeGreaterThan(30);
});
