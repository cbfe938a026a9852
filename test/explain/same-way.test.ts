// What `explain` says is what a request does: its plan is what the upstream receives, its errors are those of the client.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RouterError } from '../../core/src/contract/index.ts';
import { unrestricted } from '../../core/src/host/index.ts';
import { type ExplainedTarget, explain, readInquiry } from '../../core/src/server/index.ts';
import { type FakeUpstream, startFakeUpstream } from '../../core/src/testing/index.ts';
import { type House, openHouse } from '../house.ts';
import { anyRequest, posted, type RandomRequest } from './requests.ts';

let upstream: FakeUpstream;
let house: House;
beforeAll(async () => {
  upstream = await startFakeUpstream();
  // It takes everything, and refuses it: what it was sent is all that counts.
  upstream.answer({ status: 400, headers: { 'content-type': 'application/json' }, body: '{"message":"no"}' });
  const aws = `plugin: bedrock
    region: us-east-1
    endpoint: ${upstream.url}
    auth: { mode: keys, accessKeyId: a, secretAccessKey: b }
    crossRegion: geo`;
  house = await openHouse(`providers:
  aws:
    ${aws}
  openai: { apiKey: secret-key-of-openai, baseUrl: "${upstream.url}/v1" }
  anthropic: { apiKey: secret-key-of-anthropic, baseUrl: "${upstream.url}" }
  gemini: { apiKey: secret-key-of-gemini, baseUrl: "${upstream.url}/v1beta" }
routes:
  sonnet: { targets: [aws/anthropic.claude-sonnet-5], reasoning: { budget: 8192 }, defaults: { maxTokens: 16384 } }
  haiku: { targets: [aws/anthropic.claude-haiku-4-5-20251001-v1:0], reasoning: { effort: low } }
  nova: { targets: [aws/amazon.nova-pro-v1:0], defaults: { temperature: 0.2 }, bedrock: { latency: optimized, keyTag: caller } }
  gpt: { targets: [openai/gpt-5.5], defaults: { maxTokens: 900 } }
  claude: { targets: [anthropic/claude-sonnet-5], reasoning: { effort: high } }
  flash: { targets: [gemini/gemini-3.8-flash], reasoning: { budget: 2048 } }
  outer: { targets: [route/gpt, route/claude], defaults: { temperature: 0.9 } }
`);
});
afterAll(async () => {
  await house.close();
  await upstream.close();
});

const names = fc.constantFrom(
  'sonnet',
  'haiku',
  'nova',
  'gpt',
  'claude',
  'flash',
  'outer',
  'openai/gpt-4o',
  'no-such-model',
);

/** `stream` is added by the call, not by the plan. */
function withoutStream(body: unknown): unknown {
  const { stream: _, stream_options: __, ...rest } = Object(body);
  return rest;
}

/** The names of models stand in bodies, or in paths. */
function modelAsked({ path, body }: { path: string; body: string }): string {
  const inPath = /\/(?:model|models)\/([^/]+?)(?:\/|:(?:stream)?[gG]enerateContent|$)/.exec(path)?.[1];
  return inPath === undefined ? JSON.parse(body).model : decodeURIComponent(inPath);
}

async function sent(model: string, request: RandomRequest) {
  const before = upstream.asked.length;
  const { path, body } = posted(model, request);
  const response = await house.post(path, body);
  await response.text();
  return { status: response.status, asked: upstream.asked.slice(before) };
}

function explained(
  model: string,
  { protocol, body, stream }: RandomRequest,
): { readonly status?: unknown; readonly target?: ExplainedTarget } {
  try {
    const inquiry = { model, protocol, request: body, stream, wire: true };
    const { error, targets } = explain(house.live.router, inquiry, unrestricted('anybody'));
    const target = targets.find((one) => !one.error);
    return { ...(error && { status: error.status }), ...(target && { target }) };
  } catch (thrown) {
    return { status: Object(thrown).status };
  }
}

test('the wire body and the model of a plan are what the upstream receives, and a refusal is the same refusal', async () => {
  let plans = 0;
  let refusals = 0;
  await fc.assert(
    fc.asyncProperty(names, anyRequest, async (model, request) => {
      const { status, target } = explained(model, request);
      const real = await sent(model, request);
      if (target === undefined) {
        refusals++;
        expect(real.asked).toEqual([]);
        expect(status).toBe(real.status);
        return;
      }
      plans++;
      expect(real.asked).toHaveLength(1);
      const [asked] = real.asked;
      if (!asked) return;
      expect(withoutStream(JSON.parse(asked.body))).toEqual(withoutStream(JSON.parse(JSON.stringify(target.wire))));
      expect(modelAsked(asked)).toBe(target.resolution?.model);
      expect(target.resolution?.endpoint.startsWith(upstream.url)).toBe(true);
      expect(JSON.stringify(target)).not.toContain('secret-key');
    }),
    { numRuns: 300, seed: 6 },
  );
  // Both kinds were seen, and neither alone proves anything.
  expect({ plans: plans > 100, refusals: refusals > 20 }).toEqual({ plans: true, refusals: true });
});

test('whatever is asked is explained or refused, and nothing else happens', () => {
  const words = fc.constantFrom(
    'messages',
    'input',
    'role',
    'content',
    'system',
    'tools',
    'anthropic_version',
    'type',
    'text',
  );
  const wild = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), tie('list'), tie('bag')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    bag: fc.dictionary(fc.oneof(words, fc.string()), tie('value'), { maxKeys: 5 }),
  }));
  fc.assert(
    fc.property(wild.bag, fc.constantFrom('sonnet', 'gpt', 'flash', '', 'a\u0000b'), (request, model) => {
      for (const inquiry of [{ model, request }, { request }, { model, ...request }]) {
        try {
          explain(house.live.router, readInquiry(inquiry), unrestricted('anybody'));
        } catch (thrown) {
          if (!RouterError.is(thrown) || thrown.code === 'internal') throw thrown;
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('an explanation leaves no mark: the same request gets the same target as if nobody had asked', async () => {
  const round = await openHouse(
    'providers: { a: { plugin: echo }, b: { plugin: echo } }\nroutes: { r: { strategy: round-robin, targets: [a/x, b/x] } }\n',
  );
  try {
    const ask = async () =>
      (
        await round.post('/v1/chat/completions', { model: 'r', messages: [{ role: 'user', content: 'x' }] })
      ).headers.get('x-turnout-target');
    const told = () => {
      const { group, targets } = explain(round.live.router, { model: 'r' }, unrestricted('cli'));
      return targets[group.order?.[0] ?? -1]?.target;
    };
    for (const expected of ['a/x', 'b/x', 'a/x']) {
      expect([told(), told(), told()]).toEqual([expected, expected, expected]);
      expect(await ask()).toBe(expected);
    }
    // Of a target that nobody has asked yet nothing is remembered.
    explain(round.live.router, { model: 'a/unasked' }, unrestricted('cli'));
    const { breakers, latencies } = round.live.router.upstreams.get('a') ?? {};
    expect([breakers?.get('unasked'), latencies?.get('unasked')]).toEqual([undefined, undefined]);
  } finally {
    await round.close();
  }
});
