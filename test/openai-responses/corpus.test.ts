// Recorded traffic of real clients: every request decodes, every answer comes out as it went in.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ChatRequest, Part } from '../../core/src/contract/index.ts';
import { createCollector } from '../../core/src/protocol/collect.ts';
import { openaiResponses } from '../../core/src/protocol/openai-responses/index.ts';
import { eventsOfRecorded, recordedAnswer } from './recorded.ts';
import { framesOf, responseOf, typesOf } from './sse.ts';

const CORPUS = new URL('../../../shared/corpus/', import.meta.url);
const present = existsSync(CORPUS);

/** What a target that has nothing of OpenAI's loses of a request, by the client that sent it. Everything else is carried. */
const LOST: Readonly<Record<string, string>> = {
  'ai-openai': '',
  'ai-sdk-harness': 'prompt_cache_key',
  'ai-sdk-harness, second turn': 'phase of a part, prompt_cache_key',
  chatlas: '',
  'cline-native': 'image_generation tool, include, truncation, web_search tool',
  codex: 'namespace_description of a tool, prompt_cache_key, web_search tool',
  'codex gpt-5.5': 'prompt_cache_key, text.verbosity, web_search tool',
  'codex gpt-6': 'namespace_description of a tool, prompt_cache_key, reasoning.context, text.verbosity',
  ellmer: '',
  flue: 'prompt_cache_key',
  'lc-openairesp': '',
  'openai-agents': '',
  opencode: 'prompt_cache_key, text.verbosity',
  promptfoo: '',
  'sdk-openai': '',
  'simonw-llm': '',
};

interface Body {
  readonly model: string;
  readonly input: string | readonly { readonly type?: string; readonly role?: string }[];
  readonly tools?: readonly { readonly type: string }[];
}
interface Recording {
  readonly name: string;
  readonly body: Body;
  readonly answer: string | undefined;
}

function readAll(folder: string): Recording[] {
  if (!present) return [];
  const directory = new URL(`${folder}/`, CORPUS);
  return readdirSync(directory).flatMap((name): Recording[] => {
    const entry = JSON.parse(readFileSync(new URL(name, directory), 'utf8'));
    const isResponses = entry.api === 'responses' || /\/responses$/.test(entry.path ?? '');
    if (!isResponses) return [];
    const answer = entry.response?.status === 200 ? entry.response.bodyText : undefined;
    return [{ name, body: entry.request?.body ?? entry.body, answer }];
  });
}

/** The row of the table. */
function clientOf({ name, body }: Recording): string {
  if (/codex/.test(name)) {
    if (body.model.startsWith('gpt-6')) return 'codex gpt-6';
    return body.tools?.some(({ type }) => type === 'tool_search') ? 'codex gpt-5.5' : 'codex';
  }
  if (/^ai-sdk-harness/.test(name)) return body.input.length > 3 ? 'ai-sdk-harness, second turn' : 'ai-sdk-harness';
  if (/^(?:n20|sdk)-openai|^sdk-openai|^openai__/.test(name)) return 'sdk-openai';
  const clients = Object.keys(LOST).filter((client) => name.replace(/^n20-/, '').startsWith(client));
  return clients[0] ?? name;
}

const own = (bag: { readonly extensions?: Part['extensions'] }): string[] =>
  Object.keys(bag.extensions?.['openai-responses'] ?? {});

function lostOf(body: Body): string {
  const { request, losses } = openaiResponses.decode(body);
  const server = request.tools.filter(({ kind }) => kind === 'server');
  const parts = [...request.system, ...request.messages.flatMap((message) => message.parts)];
  const lost = [
    ...losses.map(({ field }) => openaiResponses.fieldName(field)),
    ...own(request).map(openaiResponses.fieldName),
    ...server.map(({ name }) => `${name} tool`),
    ...request.tools
      .filter((tool) => !server.includes(tool))
      .flatMap((tool) => own(tool).map((field) => `${field} of a tool`)),
    ...parts.flatMap((part) => own(part).map((field) => `${field} of a part`)),
  ];
  return [...new Set(lost)].sort().join(', ');
}

const recordings = ['client-requests', 'client-captures'].flatMap(readAll);
if (!present) console.log('skipped: ../shared/corpus is absent, so no recorded Responses traffic was replayed');

describe.skipIf(!present)('requests', () => {
  test('there are enough of them, of every client in the table', () => {
    expect(recordings.length).toBeGreaterThan(60);
    expect([...new Set(recordings.map(clientOf))].sort()).toEqual(Object.keys(LOST).sort());
  });

  test.each(recordings)('$name', (recording) => {
    const { body } = recording;
    expect(lostOf(body)).toBe(LOST[clientOf(recording)]);
    const { request } = openaiResponses.decode(body);
    expect(partsOf(request)).toEqual(wantedOf(body));
  });
});

/** How many parts of the kinds that a conversation stands or falls with. */
function partsOf(request: ChatRequest): Record<string, number> {
  const parts = request.messages.flatMap((message) => message.parts);
  const count = (type: string) => parts.filter((part) => part.type === type).length;
  return { calls: count('tool-call'), results: count('tool-result'), reasoning: count('reasoning') };
}

function wantedOf({ input }: Body): Record<string, number> {
  const types = typeof input === 'string' ? [] : input.map(({ type = '' }) => type);
  const count = (pattern: RegExp) => types.filter((type) => pattern.test(type)).length;
  return { calls: count(/_call$/), results: count(/_call_output$/), reasoning: count(/^reasoning$/) };
}

/** Fields of a recorded answer that are not compared, each with its reason. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  id: 'the router names its own answers and items',
  model: 'the name that the client sent, not that of the model behind it',
  created_at: 'another clock',
  completed_at: 'another clock; it may be left out',
  billing: "OpenAI's own",
  moderation: "OpenAI's own",
  tool_usage: "OpenAI's own",
  frequency_penalty: 'no field of a request',
  presence_penalty: 'no field of a request',
  prompt_cache_retention: 'a default of the account',
  prompt_cache_key: 'the recorder masked it in the request',
  temperature: "a default of the model's, where none was sent",
  top_p: "a default of the model's, where none was sent",
  reasoning: 'defaults of the model beside what was sent',
  service_tier: 'the tier that OpenAI chose for `auto`',
  tools: 'OpenAI writes out the defaults of each',
  store: 'nothing is stored here',
  text: 'OpenAI writes out the defaults of a format',
  metadata: "of items: Codex's own session; of the answer it is compared with the request's",
  internal_chat_message_metadata_passthrough: "of items: Codex's own session",
};

/** The same without what is not compared. */
const compared = (response: unknown): object =>
  JSON.parse(JSON.stringify(response, (key, value) => (key in NOT_COMPARED ? undefined : value)));

describe.skipIf(!present)('recorded answers', () => {
  const answers = recordings.flatMap(({ name, body, answer }) =>
    answer === undefined ? [] : [{ name, body, answer }],
  );

  test('there are enough of them', () => {
    expect(answers.length).toBeGreaterThanOrEqual(10);
  });

  test.each(answers)('$name', ({ body, answer }) => {
    const recorded = recordedAnswer(answer);
    const events = eventsOfRecorded(recorded);
    const { echo } = openaiResponses.decode(body);
    const context = { requestId: 'r1', model: body.model, createdS: 1, echo };

    const collector = createCollector();
    for (const event of events) collector.push(event);
    const whole = JSON.parse(openaiResponses.encodeResult(collector.result(), context));
    expect(whole).toMatchObject(compared(recorded));
    expect(whole.output).toHaveLength(recorded.output.length);

    const encoder = openaiResponses.createEncoder(context);
    const frames = framesOf(events.map((event) => encoder.push(event)).join(''));
    expect(responseOf(frames)).toEqual(whole);
    if (answer.trimStart().startsWith('{')) return;
    // What OpenAI tells of the progress of a search of its own is not in the item, and so not in the answer.
    const told = typesOf(framesOf(answer)).filter((type) => !type.startsWith('response.web_search_call.'));
    expect(typesOf(frames)).toEqual(told);
  });
});
