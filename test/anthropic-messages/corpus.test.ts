// Recorded traffic of real clients: every request decodes, and what of it is lost is listed; every answer comes out as it went in.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../core/src/contract/index.ts';
import { anthropicCount, anthropicMessages } from '../../core/src/protocol/anthropic-messages/index.ts';
import { type RecordedBlock, type RecordedEvent, readStream, readWhole, sseEvents } from './answer-reader.ts';
import { contextFor, encodeAll, encodeWhole } from './answers.ts';

const CORPUS = new URL('../../../shared/corpus/', import.meta.url);
const present = existsSync(CORPUS);
if (!present) console.log('skipped: ../shared/corpus is absent, so no recorded Messages traffic was replayed');

interface RecordedBody {
  readonly model: string;
  readonly system?: string | readonly RecordedBlock[];
  readonly messages: readonly { readonly content: string | readonly RecordedBlock[] }[];
  readonly tools?: readonly unknown[];
}

interface Recorded {
  readonly name: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: RecordedBody;
  readonly answer: string | undefined;
}

function readAll(folder: string): Recorded[] {
  if (!present) return [];
  const directory = new URL(`${folder}/`, CORPUS);
  return readdirSync(directory).flatMap((name): Recorded[] => {
    if (!name.endsWith('.json')) return [];
    const entry = JSON.parse(readFileSync(new URL(name, directory), 'utf8'));
    const { path = '', headers = {}, body } = entry.request ?? entry;
    if (!/\/v1\/messages/.test(path)) return [];
    return [{ name: name.replace(/\.json$/, ''), path, headers, body, answer: entry.response?.bodyText }];
  });
}

const captures = readAll('client-captures');
const requests = readAll('client-requests');

/** Requests that must fail, each with its field. */
const THREADS = /^sdk-anthropic-runner-(?:[12]|thread400-1|threadnotfound-[123]|threadunsupported-1)$/;

/** What is lost at once, because the canonical form has no place for it. What goes to an extension is the target's to lose. */
const LOSSES: ReadonlyMap<string, readonly string[]> = new Map([
  // The display `updates` becomes `summary`.
  ['claude-image-1', ['thinking.display']],
  ['claude-streamjson-1', ['thinking.display']],
  ['claude-streamjson-2', ['thinking.display']],
  // A deferred tool is shown from here on: only Anthropic can.
  ['pydantic-ai__messages__test_anthropic_fable_5_lazy_advertisement_live-2', ['tool_addition']],
]);

/** Extensions of the request besides the betas, by client. */
const EXTENSIONS: readonly (readonly [RegExp, readonly string[]])[] = [
  // Token counts, the mode without betas, and the search's own request say nothing of the context.
  [/^claude-(?:context-.*|nobetas-1|websearch-2)$/, []],
  [/^claude-(?!agent-sdk)/, ['context_management']],
  [/^claude-agent-sdk__messages__claude-agent-sdk-v0-latest-4$/, ['context_management']],
  [/_mcp_servers-2$/, ['mcp_servers']],
];

const decodeAny = ({ path, headers, body }: Recorded) =>
  path.includes('count_tokens')
    ? anthropicCount.decode(body, { headers })
    : anthropicMessages.decode(body, { headers });

const blocksOf = (content: RecordedBody['system']): readonly RecordedBlock[] =>
  typeof content === 'string' ? [] : (content ?? []);

describe.skipIf(!present)('requests', () => {
  test.each([
    { folder: 'client-captures', recorded: captures },
    { folder: 'client-requests', recorded: requests },
  ])('$folder', ({ recorded }) => {
    expect(recorded.length).toBeGreaterThan(15);
    for (const one of recorded) {
      const { name, body } = one;
      if (THREADS.test(name)) {
        expect(() => decodeAny(one), name).toThrow(
          expect.objectContaining({ field: 'thread', code: 'invalid-request' }),
        );
        continue;
      }
      const { request, losses } = decodeAny(one);
      expect(
        losses.map((loss) => loss.field),
        name,
      ).toEqual(LOSSES.get(name) ?? []);
      const { anthropic_beta: betas, ...own } = request.extensions?.['anthropic-messages'] ?? {};
      expect(Object.keys(own), name).toEqual(EXTENSIONS.find(([client]) => client.test(name))?.[1] ?? []);
      // The capture cuts long headers, at a sign that no beta has.
      const sent = one.headers['anthropic-beta']?.split(',').filter((beta) => !beta.includes('…'));
      expect(betas, name).toEqual(sent);
      expectWhole(name, body, request);
    }
  });
});

/** Nothing of the conversation is lost: every call, every result, every image and every word is there. */
function expectWhole(name: string, body: RecordedBody, request: ChatRequest): void {
  const parts = request.messages.flatMap((message) => message.parts);
  const blocks = body.messages.flatMap((message) => blocksOf(message.content));
  const partCount = (...types: string[]) => parts.filter((part) => types.includes(part.type)).length;
  const blockCount = (type: RegExp) => blocks.filter((block) => type.test(block.type)).length;
  expect(partCount('tool-call'), name).toBe(blockCount(/tool_use$/));
  expect(partCount('tool-result'), name).toBe(blockCount(/tool_result$/));
  expect(partCount('reasoning'), name).toBe(blockCount(/thinking$/));
  expect(partCount('media'), name).toBe(blockCount(/^(?:image|document)$/));
  expect(request.tools.length, name).toBe((body.tools ?? []).length);
  const words = JSON.stringify([request.system, request.messages]);
  for (const block of [...blocksOf(body.system), ...blocks]) {
    if (block.type === 'text' && block.text !== '')
      expect(words, name).toContain(JSON.stringify(block.text).slice(1, -1));
  }
}

/** The router's own, or not in every recorded answer: ids and the model's name; `stop_details`, which came in 2026; what of a
 * usage a provider has nowhere to say when the answer begins. A ping may stand anywhere. */
function comparable(message: object): object {
  expect(message).toHaveProperty('id', expect.stringMatching(/^msg_/));
  return { stop_details: null, ...message, id: 'msg_', model: 'claude' };
}

const NOT_AT_START: ReadonlySet<string> = new Set(['service_tier', 'inference_geo']);

function comparableEvents(events: readonly RecordedEvent[]): object[] {
  expect(events.filter(({ type }) => type === 'ping')).toHaveLength(1);
  return events.flatMap((event): object[] => {
    if (event.type === 'ping') return [];
    if (event.type === 'message_start') {
      const said = Object.entries(event.message.usage).filter(([key]) => !NOT_AT_START.has(key));
      const usage = Object.fromEntries(said);
      return [{ ...event, message: comparable({ ...event.message, usage }) }];
    }
    if (event.type === 'message_delta') return [{ ...event, delta: { stop_details: null, ...event.delta } }];
    return [event];
  });
}

describe.skipIf(!present)('recorded answers come out as they went in', () => {
  test.each(requests)('$name', ({ body, answer = '' }) => {
    const context = contextFor({ model: body.model });
    if (answer.trimStart().startsWith('{')) {
      const recorded = JSON.parse(answer);
      expect(comparable(encodeWhole(readWhole(recorded), context))).toEqual(comparable(recorded));
    } else {
      const recorded = sseEvents(answer);
      const written = sseEvents(encodeAll(readStream(recorded), context));
      expect(comparableEvents(written)).toEqual(comparableEvents(recorded));
    }
  });
});
