// The AWS SDK is the oracle of what InvokeModel takes in headers, and it reads what is relayed.
import {
  BedrockRuntimeClient,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import type { Provider, RelayEvent } from '@turnout/core/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BedrockLocal, startBedrockLocal } from '../local/index.ts';
import { chatRequest, createHost, relayCallOf } from '../test/fixture.ts';
import plugin from './index.ts';
import type { RelayWire } from './relay-plan.ts';

const HAIKU = 'anthropic.claude-3-5-haiku-20241022-v1:0';
const ALIAS = 'my "alias"';
const BODY = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Grüße 👋' }],
};

let local: BedrockLocal;
let provider: Provider;
const host = createHost();
beforeAll(async () => {
  local = await startBedrockLocal();
  const auth = { mode: 'keys', accessKeyId: 'A', secretAccessKey: 'S' };
  const parsed = plugin.config['~standard'].validate({ region: 'us-east-1', endpoint: local.url, auth });
  if (parsed instanceof Promise || parsed.issues !== undefined) throw new Error('the settings are wrong');
  provider = await plugin.create(parsed.value, host);
});
afterAll(async () => {
  await host.close();
  await local.close();
});

/** A client of the SDK's over a handler of ours. */
const clientOver = (handle: (request: { headers: Record<string, string>; body: unknown }) => Promise<unknown>) =>
  new BedrockRuntimeClient({
    region: 'us-east-1',
    maxAttempts: 1,
    authSchemePreference: ['sigv4'],
    credentials: { accessKeyId: 'A', secretAccessKey: 'S' },
    // The SDK hands over more than is read, and takes a subset of its own answer type.
    requestHandler: { handle } as unknown as NonNullable<
      ConstructorParameters<typeof BedrockRuntimeClient>[0]
    >['requestHandler'] &
      object,
  });

it('a guardrail, a tier, latency and tags are the headers that the SDK sends', async () => {
  let sent: { headers: Record<string, string>; body: unknown } | undefined;
  const client = clientOver(async (request) => {
    sent = request;
    throw new Error('captured');
  });
  const settings = {
    guardrailIdentifier: 'gr1',
    guardrailVersion: '2',
    trace: 'ENABLED_FULL',
    serviceTier: 'priority',
    performanceConfigLatency: 'optimized',
    requestMetadata: '{"team":"a"}',
  } as const;
  await client
    .send(
      new InvokeModelCommand({
        modelId: HAIKU,
        body: JSON.stringify(BODY),
        contentType: 'application/json',
        ...settings,
      }),
    )
    .catch(() => {});
  client.destroy();
  const route = {
    guardrail: { id: 'gr1', version: '2', trace: 'enabled_full' },
    serviceTier: { use: 'priority', allow: [] },
    latency: 'optimized',
    requestMetadata: { team: 'a' },
  };
  const request = chatRequest({ model: HAIKU });
  const plan = provider.plan(request, { protocol: 'bedrock-invoke', stream: false, body: BODY, routeSettings: route });
  const wire = plan.wire as RelayWire; // a relayed plan's
  const own = Object.entries(sent?.headers ?? {}).filter(([name]) => /^x-amzn-bedrock-/i.test(name));
  expect(wire.headers).toEqual(Object.fromEntries(own.map(([name, value]) => [name.toLowerCase(), value])));
  expect(JSON.parse(String(sent?.body))).toEqual(wire.body);
});

it('what is relayed is what the SDK reads', async () => {
  const relay = async (stream: boolean) => {
    const request = chatRequest({ model: HAIKU });
    const plan = provider.plan(request, { protocol: 'bedrock-invoke', stream, body: BODY });
    const answer = await provider.relay?.(request, relayCallOf(plan, ALIAS));
    const events: RelayEvent[] = [];
    for await (const event of answer?.events ?? []) events.push(event);
    const bytes = events.flatMap((event) => (event.type === 'bytes' ? [event.bytes] : []));
    return { headers: { ...answer?.headers }, bytes };
  };
  const over = async (stream: boolean) => {
    const { headers, bytes } = await relay(stream);
    async function* body() {
      yield* bytes;
    }
    return clientOver(async () => ({
      response: { statusCode: 200, headers, body: stream ? body() : Buffer.concat(bytes) },
    }));
  };
  const whole = await (await over(false)).send(new InvokeModelCommand({ modelId: HAIKU, body: '{}' }));
  expect(JSON.parse(whole.body.transformToString())).toMatchObject({ model: ALIAS, role: 'assistant' });
  const streamed = await (await over(true)).send(
    new InvokeModelWithResponseStreamCommand({ modelId: HAIKU, body: '{}' }),
  );
  const events: { type: string; message?: { model: string } }[] = [];
  for await (const { chunk } of streamed.body ?? [])
    events.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()));
  expect(events[0]).toMatchObject({ type: 'message_start', message: { model: ALIAS } });
  expect(events.at(-1)?.type).toBe('message_stop');
});
