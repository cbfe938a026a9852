// What every plugin plans for a request that was decoded: a plan, or a refusal with a reason; nothing that ends in a 500.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRouter } from '../../core/src/cli/index.ts';
import { type ChatRequest, type Protocol, RouterError } from '../../core/src/contract/index.ts';
import { SILENT } from '../../core/src/observe/index.ts';
import { DOORS, type Planner } from './decoders.ts';
import type { DoorName } from './seeds.ts';

const YAML = `providers:
  bedrock: { region: us-east-1, auth: { mode: keys, accessKeyId: FUZZ, secretAccessKey: fuzz-secret-not-a-real-one }, crossRegion: geo }
  openai: { apiKey: fuzz-key-not-a-real-one }
  compatible: { plugin: openai, apiKey: fuzz-key-not-a-real-one, baseUrl: "http://127.0.0.1:1/v1" }
  anthropic: { apiKey: fuzz-key-not-a-real-one }
  gemini: { apiKey: fuzz-key-not-a-real-one }
  echo: {}
`;

/** Different ways through the plugins. */
const TARGETS: readonly (readonly [provider: string, model: string])[] = [
  ['bedrock', 'anthropic.claude-sonnet-5'],
  ['bedrock', 'amazon.nova-pro-v1:0'],
  ['bedrock', 'meta.llama3-3-70b-instruct-v1:0'],
  ['openai', 'gpt-5.5'],
  ['compatible', 'llama3'],
  ['anthropic', 'claude-sonnet-5'],
  ['gemini', 'gemini-3-pro'],
  ['echo', 'any'],
];

const PROTOCOLS: Readonly<Record<DoorName, Protocol>> = {
  chat: 'openai-chat',
  responses: 'openai-responses',
  messages: 'anthropic-messages',
  converse: 'bedrock-converse',
  invoke: 'bedrock-invoke',
  'count-messages': 'anthropic-messages',
  'count-bedrock': 'bedrock-converse',
  embeddings: 'openai-chat',
};

/** A plan says no more than a few words about each thing that it was asked, and repeats no body many times. */
const WIRE_GROWTH_MAX = 12;
const WIRE_CHARS = 65_536;
const LOSSES_MAX = 1_000;

export interface Plans {
  readonly plan: Planner;
  /** How many plans were made, and how many refused. */
  readonly seen: { planned: number; refused: number };
  close(): Promise<void>;
}

export async function openPlans(): Promise<Plans> {
  const dir = mkdtempSync(join(tmpdir(), 'turnout-fuzz-'));
  const file = join(dir, 'turnout.yaml');
  writeFileSync(file, YAML);
  const home = fileURLToPath(new URL('../../bin', import.meta.url));
  const router = await loadRouter(file, { home, env: {} }, SILENT);
  const seen = { planned: 0, refused: 0 };
  const planFor = (request: ChatRequest, door: DoorName, bytes: number, body: unknown) => {
    for (const [name, model] of TARGETS) {
      const provider = router.upstreams.get(name)?.provider;
      assert(provider);
      for (const stream of [true, false]) {
        try {
          const plan = provider.plan({ ...request, model }, { protocol: PROTOCOLS[door], stream, body });
          const written = JSON.stringify(plan.wire) ?? '';
          assert(written.length <= WIRE_GROWTH_MAX * bytes + WIRE_CHARS, `${name}: ${written.length} from ${bytes}`);
          assert(plan.losses.length <= LOSSES_MAX, `${name}: ${plan.losses.length} losses`);
          seen.planned++;
        } catch (error) {
          // What a client can cause is the client's fault, or not to be had of this target.
          if (!RouterError.is(error)) throw error;
          assert(['invalid-request', 'unsupported'].includes(error.code), `${name}: ${error.code} ${error.message}`);
          assert(error.publicMessage.length <= 2_000);
          JSON.parse(DOORS[door].encodeError(error, 'id').body);
          seen.refused++;
        }
      }
    }
  };
  return {
    plan: (request, sent, door) =>
      planFor(request, door, sent.bytes.length, JSON.parse(sent.bytes.toString().replace(/^\ufeff/, ''))),
    seen,
    close: async () => {
      await router.close();
      rmSync(dir, { recursive: true });
    },
  };
}
