// The decoders of the doors: whatever a client sends is decoded or refused by name, in the protocol's own shape of an error.
import assert from 'node:assert/strict';
import { type ChatRequest, RouterError } from '../../core/src/contract/index.ts';
import { anthropicCount, anthropicMessages } from '../../core/src/protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../../core/src/protocol/bedrock-converse/index.ts';
import { bedrockCount, bedrockInvoke } from '../../core/src/protocol/bedrock-invoke/index.ts';
import { openaiChat } from '../../core/src/protocol/openai-chat/index.ts';
import { openaiEmbeddings } from '../../core/src/protocol/openai-embeddings/index.ts';
import { openaiResponses } from '../../core/src/protocol/openai-responses/index.ts';
import type { EncodedError, Head } from '../../core/src/protocol/protocol.ts';
import { parseJson } from '../../core/src/server/body.ts';
import { mutateBytes, mutateJson, mutateText } from './mutate.ts';
import type { Random } from './random.ts';
import { type DoorName, readSeeds, type Seed } from './seeds.ts';
import type { Outcome, Subject } from './subject.ts';

interface Door {
  decode(body: unknown, head: Head): { readonly request: unknown };
  encodeError(error: RouterError, requestId: string): EncodedError;
}

export const DOORS: Readonly<Record<DoorName, Door>> = {
  chat: openaiChat,
  responses: openaiResponses,
  messages: anthropicMessages,
  converse: bedrockConverse,
  invoke: bedrockInvoke,
  'count-messages': anthropicCount,
  'count-bedrock': bedrockCount,
  embeddings: openaiEmbeddings,
};

/** A decoded request may repeat a little of what was sent (a raw block beside its reading), and never more. */
const GROWTH_MAX = 8;
const GROWTH_CHARS = 32_768;
/** No message is a copy of what a client sent. */
const MESSAGE_CHARS_MAX = 2_000;

export interface Sent {
  readonly bytes: Buffer;
  readonly head: Head;
}

/** A request of one of the seeds with something wrong: in what it says, how it is written, or its headers. */
export function mutateRequest(random: Random, seeds: readonly Seed[]): Sent {
  const { body, headers } = random.pick(seeds);
  const others = [body, random.pick(seeds).body];
  const changed = random.chance(0.9) ? mutateJson(random, body, others) : body;
  const bytes = Buffer.from(JSON.stringify(changed) ?? 'null');
  const head: Head = { headers: mutateHeaders(random, headers), model: modelIn(random), stream: random.chance(0.5) };
  return { bytes: random.chance(0.1) ? mutateBytes(random, bytes) : bytes, head };
}

function mutateHeaders(random: Random, headers: Head['headers']): Head['headers'] {
  if (random.chance(0.7)) return headers;
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      random.chance(0.5) ? value : mutateText(random, String(value)),
    ]),
  );
}

const MODELS = [
  'anthropic.claude-sonnet-5',
  'm',
  '',
  '..',
  'a/b',
  'x'.repeat(600),
  'ü',
  'arn:aws:bedrock:us-east-1:123456789012:x/y',
];
const modelIn = (random: Random): string => (random.chance(0.8) ? 'anthropic.claude-sonnet-5' : random.pick(MODELS));

/** Decodes as the server does. Throws for anything but a decoded request of a bounded size and a refusal by name. */
export function decodeOrRefuse(door: Door, { bytes, head }: Sent): { readonly request?: unknown } {
  try {
    const { request } = door.decode(parseJson(bytes), head);
    const decoded = JSON.stringify(request);
    assert(
      decoded.length <= GROWTH_MAX * bytes.length + GROWTH_CHARS,
      `grew from ${bytes.length} to ${decoded.length}`,
    );
    return { request };
  } catch (error) {
    if (!RouterError.is(error)) throw error;
    checkRefusal(door, error);
    return {};
  }
}

/** A refusal is the client's fault, says so in its protocol, and does not repeat what was sent. */
export function checkRefusal(door: Pick<Door, 'encodeError'>, error: RouterError): void {
  assert(['invalid-request', 'unsupported'].includes(error.code), `refused as ${error.code}: ${error.message}`);
  assert(error.publicMessage.length <= MESSAGE_CHARS_MAX, `a message of ${error.publicMessage.length} characters`);
  assert((error.field?.length ?? 0) < 300, 'the name of a field is bounded');
  const { status, body, headers } = door.encodeError(error, 'id');
  assert(status >= 400 && status < 500, `told with status ${status}`);
  for (const value of Object.values(headers)) assert.match(value, /^[\x20-\x7e]*$/, 'a header that node would refuse');
  const told: unknown = JSON.parse(body);
  assert(typeof told === 'object' && told !== null);
}

/** Asked with every decoded request: what a provider makes of it. */
export type Planner = (request: ChatRequest, sent: Sent, door: DoorName) => void;

/** One subject a door. */
export function decoderSubjects(plan?: Planner): Subject[] {
  const seeds = readSeeds();
  return Object.entries(DOORS).map(([name, door]): Subject => {
    const doorName = name as DoorName; // the keys of DOORS are the names of doors
    return {
      name,
      cases: 2_000,
      prepare(random) {
        const sent = mutateRequest(random, seeds[doorName]);
        const check = (): Outcome => {
          const { request } = decodeOrRefuse(door, sent);
          if (request === undefined) return 'refused';
          // Embeddings are no chat, and have a plan of their own.
          if (doorName !== 'embeddings') plan?.(request as ChatRequest, sent, doorName);
          return 'taken';
        };
        return { input: sent.bytes, check };
      },
    };
  });
}
