// What real client programs have sent, planned for Claude and for Nova on Bedrock: nothing is refused here, what is sent passes
// AWS's API model and bedrock-local's validators, and what is lost is listed by program and model.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Plan, PlanCall, Provider } from '@turnout/core/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anthropicMessages } from '../../core/src/protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../../core/src/protocol/bedrock-converse/index.ts';
import { bedrockInvoke } from '../../core/src/protocol/bedrock-invoke/index.ts';
import { openaiChat } from '../../core/src/protocol/openai-chat/index.ts';
import { openaiResponses } from '../../core/src/protocol/openai-responses/index.ts';
import type { Decoded, Head } from '../../core/src/protocol/protocol.ts';
import { parseClaude, toConverse } from '../../plugins/bedrock/local/claude-body.ts';
import { createDirectory } from '../../plugins/bedrock/local/model.ts';
import { checkClaude } from '../../plugins/bedrock/local/validate-claude.ts';
import { checkConverse, parseConverse } from '../../plugins/bedrock/local/validate-converse.ts';
import plugin from '../../plugins/bedrock/src/index.ts';
import { createHost } from '../../plugins/bedrock/test/fixture.ts';
import { anySeal, holdToModel } from './proof.ts';

const corpus = new URL('../../../shared/corpus/', import.meta.url);
const present = existsSync(new URL('client-captures/', corpus));
if (!present) console.log('client traffic: skipped, ../shared/corpus is not there');

/** What is taken of the codecs: their echoes differ, and do not matter here. */
type Decoder = (body: unknown, head: Head) => Decoded;
const CODECS: readonly (readonly [RegExp, PlanCall['protocol'], Decoder])[] = [
  [/\/messages(\?|$)/, 'anthropic-messages', anthropicMessages.decode],
  [/\/responses(\?|$)/, 'openai-responses', openaiResponses.decode],
  [/\/chat\/completions(\?|$)/, 'openai-chat', openaiChat.decode],
  [/\/converse(-stream)?$/, 'bedrock-converse', bedrockConverse.decode],
  [/\/invoke(-with-response-stream)?$/, 'bedrock-invoke', bedrockInvoke.decode],
];

interface Capture {
  readonly name: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;
}

function readFolder(folder: string): Capture[] {
  const place = new URL(folder, corpus);
  return readdirSync(place).flatMap((file): Capture[] => {
    const { path, headers = {}, body, request } = JSON.parse(readFileSync(new URL(file, place), 'utf8'));
    const sent = request ?? { path, headers, body };
    if (typeof sent.body !== 'object' || sent.body === null) return [];
    return [{ name: file.replace('.json', ''), headers: {}, ...sent }];
  });
}

const captures = (present ? [...readFolder('client-captures/'), ...readFolder('client-requests/')] : []).filter(
  ({ path }) => CODECS.some(([pattern]) => pattern.test(path)),
);
/** Refused before any plan is made, as they must be: what they build on lies at the vendor, or the body is none. */
const refusalOf = ({ name, body }: Capture): RegExp | undefined => {
  if ('thread' in body) return /message threads/;
  if (body.previous_response_id) return /not stored here/;
  if (/uploaded_file-document-openai_chat/.test(name)) return /stored at OpenAI/;
  return /chat-bad-request/.test(name) ? /expected a string or a list of parts/ : undefined;
};

const MODELS = {
  opus: 'anthropic.claude-opus-5-5',
  sonnet: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  nova: 'amazon.nova-pro-v1:0',
} as const;
type Name = keyof typeof MODELS;

const directory = createDirectory([]);
const host = createHost();
let provider: Provider;
beforeAll(async () => {
  const settings = {
    region: 'us-east-1',
    crossRegion: 'geo',
    auth: { mode: 'keys', accessKeyId: 'A', secretAccessKey: 'S' },
  };
  const parsed = plugin.config['~standard'].validate(settings);
  if (parsed instanceof Promise || parsed.issues !== undefined) throw new Error('the settings are wrong');
  provider = await plugin.create(parsed.value, host);
});
afterAll(() => host.close());

function planOf({ path, headers, body }: Capture, model: string): { plan: Plan; losses: string[]; stream: boolean } {
  const [, protocol, decode] = CODECS.find(([pattern]) => pattern.test(path)) ?? [];
  if (protocol === undefined || decode === undefined) throw new Error(`nobody reads ${path}`);
  const { request, stream, relayOnly } = decode(body, {
    headers,
    model: 'a name',
    stream: /stream/.test(path),
  });
  const only = relayOnly === undefined ? {} : { relayOnly };
  const plan = provider.plan({ ...request, model }, { protocol, stream, body, ...only });
  return { plan, stream, losses: plan.losses.map(({ field, action }) => `${field}:${action}`) };
}

/** Throws what AWS's API model and bedrock-local find wrong. Signatures are the vendor's own. */
function holdToBedrock({ wire, resolution }: Plan, stream: boolean): void {
  const { body } = JSON.parse(JSON.stringify(wire)); // as it goes over the wire
  const model = directory.resolve(resolution.model, 'us-east-1');
  if (body.anthropic_version === undefined) {
    holdToModel(body);
    checkConverse(parseConverse(body, stream), model, anySeal);
    return;
  }
  const claude = parseClaude(body);
  checkClaude(claude, toConverse(claude), model, anySeal);
}

const lost = new Map<string, Map<Name, Set<string>>>();
/** `sdk-openai6-chat-1` and `pydantic-ai__…` → `sdk-openai6`, `pydantic-ai`. */
const programOf = (name: string): string => /^[^-_]+(-[^-_]+)?/.exec(name)?.[0] ?? name;

describe.runIf(present)('what clients really send', () => {
  it('is all there', () => expect(captures.length).toBeGreaterThan(330));

  describe.each(Object.entries(MODELS) as [Name, string][])('to %s', (short, model) => {
    it.each(captures)('$name', (capture) => {
      const refusal = refusalOf(capture);
      if (refusal !== undefined) {
        expect(() => planOf(capture, model)).toThrow(refusal);
        return;
      }
      const { plan, losses, stream } = planOf(capture, model);
      holdToBedrock(plan, stream);
      const program = lost.get(programOf(capture.name)) ?? new Map<Name, Set<string>>();
      lost.set(programOf(capture.name), program);
      program.set(short, new Set([...(program.get(short) ?? []), ...losses]));
    });
  });

  // What the protocol itself has lost before is not in it.
  it('and loses what the list says', async () => {
    const rows = [...lost].sort().map(([program, by]) => {
      const cells = Object.keys(MODELS).map((short) => [...(by.get(short as Name) ?? [])].sort().join(', ') || '–');
      return `| ${program} | ${cells.join(' | ')} |`;
    });
    const head = [`| program | ${Object.values(MODELS).join(' | ')} |`, `|${'---|'.repeat(4)}`];
    await expect(`${[...head, ...rows].join('\n')}\n`).toMatchFileSnapshot('client-losses.md');
  });
});
