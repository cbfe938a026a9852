// The doors over HTTP: a whole router in front of local vendors, bodies and headers that are wrong, and, on the other side, vendors
// whose answers are.
import assert from 'node:assert/strict';
import http from 'node:http';
import { startAnthropicLocal } from '@turnout/plugin-anthropic/local';
import { startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { startGeminiLocal } from '@turnout/plugin-gemini/local';
import { startOpenaiLocal } from '@turnout/plugin-openai/local';
import { createStreamReader, type Framing, failureOf } from '../chaos/framing.ts';
import { type House, openHouse } from '../house.ts';
import { mutateRequest } from './decoders.ts';
import { mutateText } from './mutate.ts';
import { type DoorName, readSeeds } from './seeds.ts';
import type { Outcome, Subject } from './subject.ts';
import { startVandal, type Vandal } from './vandal.ts';

const FRAMING: Readonly<Record<DoorName, Framing>> = {
  chat: 'chat',
  responses: 'responses',
  messages: 'messages',
  converse: 'converse',
  invoke: 'invoke',
  'count-messages': 'messages',
  'count-bedrock': 'converse',
  embeddings: 'chat',
};
const PATHS: Readonly<Record<DoorName, string>> = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  converse: '/model/MODEL/converse',
  invoke: '/model/MODEL/invoke',
  'count-messages': '/v1/messages/count_tokens',
  'count-bedrock': '/model/MODEL/count-tokens',
  embeddings: '/v1/embeddings',
};
const STREAMING: Readonly<Record<string, string>> = {
  converse: 'converse-stream',
  invoke: 'invoke-with-response-stream',
};

const MODELS = ['claude', 'nova', 'gpt', 'compatible', 'sonnet', 'gemini', 'echo'];

export interface Doors {
  readonly house: House;
  readonly vandals: readonly Vandal[];
  /** Requests that are wrong, to upstreams that are not. */
  readonly requests: readonly Subject[];
  /** Sound requests, to upstreams that answer what they like. */
  readonly answers: readonly Subject[];
  close(): Promise<void>;
}

export async function openDoors(): Promise<Doors> {
  const locals = [
    await startBedrockLocal(),
    await startOpenaiLocal(),
    await startAnthropicLocal(),
    await startGeminiLocal(),
  ];
  const vandals = await Promise.all(locals.map(({ url }) => startVandal(url)));
  const [bedrock, openai, anthropic, gemini] = vandals.map(({ url }) => url);
  const often =
    'retry: { attempts: 1 }, breaker: { failures: 1000000, rate: 100% }, timeout: { firstToken: 5s, idle: 5s, total: 10s }';
  const house = await openHouse(`providers:
  bedrock: { region: us-east-1, endpoint: "${bedrock}", auth: { mode: keys, accessKeyId: FUZZ, secretAccessKey: fuzz-secret-not-a-real-one }, ${often} }
  openai: { baseUrl: "${openai}/v1", apiKey: fuzz-key, ${often} }
  anthropic: { baseUrl: "${anthropic}", apiKey: fuzz-key, ${often} }
  gemini: { baseUrl: "${gemini}/v1beta", apiKey: fuzz-key, ${often} }
  echo: {}
routes:
  claude: bedrock/anthropic.claude-sonnet-5
  nova: bedrock/amazon.nova-pro-v1:0
  gpt: openai/gpt-5.5
  compatible: openai/llama3
  sonnet: anthropic/claude-sonnet-4-5
  gemini: gemini/gemini-3.8-flash
  titan: bedrock/amazon.titan-embed-text-v2:0
  echo: echo/any
media: { urls: false }
`);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  const at: At = { house, agent };
  return {
    house,
    vandals,
    requests: wrongRequests(at),
    answers: wrongAnswers(at, vandals),
    close: async () => {
      agent.destroy();
      await house.close();
      for (const one of [...vandals, ...locals]) await one.close();
    },
  };
}

interface At {
  readonly house: House;
  readonly agent: http.Agent;
}

const HEADER_VALUES = [
  '',
  '0',
  '-1',
  '1',
  '100',
  '1e9',
  'NaN',
  'x',
  '99999999999999999999',
  '1,2',
  '%00',
  'true',
  ' '.repeat(300),
];
const OWN_HEADERS = [
  'x-turnout-deadline-ms',
  'x-turnout-target',
  'x-turnout-attempts',
  'x-turnout-unknown',
  'x-request-id',
];

function wrongRequests(at: At): Subject[] {
  const seeds = readSeeds();
  return (Object.keys(PATHS) as DoorName[]).map((door) => ({
    name: `http ${door}`,
    cases: 150,
    prepare(random) {
      const { bytes, head } = mutateRequest(random, seeds[door]);
      const model = door === 'embeddings' ? 'titan' : random.pick(MODELS);
      const body = random.chance(0.9) ? named(bytes, model) : bytes;
      const operation = head.stream ? (STREAMING[door] ?? door) : door;
      const segment = random.chance(0.95) ? model : mutateText(random, 'anthropic.claude-sonnet-5');
      const path = PATHS[door]
        .replace('MODEL', encodeURIComponent(wellFormed(segment)))
        .replace(/(converse|invoke)$/, operation);
      const own = random.chance(0.2) ? { [random.pick(OWN_HEADERS)]: random.pick(HEADER_VALUES) } : {};
      const headers = { ...printable(head.headers), ...own };
      return {
        input: `${path} ${JSON.stringify(headers)} ${body}`,
        check: () => ask(at, door, { path, headers, body }),
      };
    },
  }));
}

/** Half a surrogate pair cannot be percent-encoded. */
const wellFormed = (text: string): string => text.replaceAll(/[\ud800-\udfff]/g, '?');

/** With the name of a route in it, so that most requests go all the way. */
function named(bytes: Buffer, model: string): Buffer {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value !== 'object' || value === null || !('model' in value)) return bytes;
    return Buffer.from(JSON.stringify({ ...value, model }));
  } catch {
    return bytes;
  }
}

/** What node's own client would not send. */
const printable = (headers: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value).replaceAll(/[^\x20-\x7e]/g, '?')]),
  );

function wrongAnswers(at: At, vandals: readonly Vandal[]): Subject[] {
  const seeds = readSeeds();
  const doors: readonly DoorName[] = ['chat', 'responses', 'messages', 'converse', 'invoke', 'embeddings'];
  return doors.map((door) => ({
    name: `answers to ${door}`,
    cases: 150,
    prepare(random) {
      // The first seeds are our own; the last of them is the smallest there is.
      const { body } = seeds[door][1] ?? seeds[door][0] ?? { body: {} };
      const model = door === 'embeddings' ? 'titan' : random.pick(MODELS);
      const stream = random.chance(0.6);
      const operation = stream ? (STREAMING[door] ?? door) : door;
      const path = PATHS[door].replace('MODEL', model).replace(/(converse|invoke)$/, operation);
      const streams = ['chat', 'responses', 'messages'].includes(door) ? { model, stream } : {};
      const sent = Buffer.from(
        JSON.stringify(door === 'embeddings' ? { model, input: 'a' } : { ...small(door, body), ...streams }),
      );
      const seed = random.integer(2 ** 31);
      return {
        input: `vandal seed ${seed}: ${path} ${sent}`,
        check: async () => {
          for (const vandal of vandals) vandal.vandalise(seed);
          try {
            return await ask(at, door, { path, headers: {}, body: sent, stream: stream && door !== 'embeddings' });
          } finally {
            for (const vandal of vandals) vandal.vandalise(undefined);
          }
        },
      };
    },
  }));
}

/** A body of Claude's own for InvokeModel: what is of another model's form only that model can answer. */
const small = (door: DoorName, body: unknown): object =>
  door === 'invoke'
    ? {
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 99,
        messages: [{ role: 'user', content: 'hello there, how are you' }],
      }
    : Object(body);

interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Known by who asks where a vendor's content type is not to be believed. */
  readonly stream?: boolean;
}

/** Sends it and judges the answer. Throws for a 500, for an answer in no shape of the protocol, and for one that never ends. */
async function ask({ house, agent }: At, door: DoorName, { path, headers, body, stream }: Asked): Promise<Outcome> {
  const {
    status,
    headers: told,
    text,
    clean,
  } = await post(house.url + path, { 'content-type': 'application/json', ...headers }, body, agent);
  const about = `status ${status} ${JSON.stringify(told)} ${text.toString('latin1').slice(0, 500)}`;
  assert.notEqual(status, 500, about);
  assert(status < 500 || [502, 503, 504].includes(status), about);
  const id = String(told['x-request-id']);
  assert(id.length > 10, `no request id: ${about}`);
  const line = house.log.findLast(({ fields }) => fields.id === id);
  assert.notEqual(line?.fields.code, 'internal', `${about} ${JSON.stringify(line)}`);
  // What an upstream calls its count goes into sums and limits.
  for (const count of Object.values(Object(line?.fields.usage))) {
    assert(typeof count === 'number' && Number.isFinite(count), `${about} ${JSON.stringify(line)}`);
  }
  // Kept short: the log of a fuzz run is as long as the run.
  if (house.log.length > 50) (house.log as unknown[]).length = 0;
  const framing = FRAMING[door];
  if (status >= 400) {
    assert.notEqual(failureOf(framing, told, JSON.parse(text.toString())), '', `in no shape of ${framing}: ${about}`);
    return 'refused';
  }
  assert.equal(status, 200, about);
  if (!(stream ?? /event-?stream/.test(String(told['content-type'])))) {
    assert(clean, `cut off: ${about}`);
    JSON.parse(text.toString());
    return 'taken';
  }
  const reader = createStreamReader(framing);
  reader.push(text);
  if (clean) reader.close();
  assert(reader.told.ended || reader.told.failure !== undefined || !clean, `a clean end of half an answer: ${about}`);
  return reader.told.ended ? 'taken' : 'refused';
}

interface Answered {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: Buffer;
  /** It ended as whole. */
  readonly clean: boolean;
}

const ANSWER_MS_MAX = 30_000;

function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  agent: http.Agent,
): Promise<Answered> {
  return new Promise((done, failed) => {
    const request = http.request(url, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': body.length },
    });
    request.setTimeout(ANSWER_MS_MAX, () => request.destroy(new Error(`no answer in ${ANSWER_MS_MAX} ms`)));
    request.once('error', failed);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      const end = (clean: boolean) =>
        done({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks), clean });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => end(response.complete)).once('error', () => end(false));
    });
    request.end(body);
  });
}
