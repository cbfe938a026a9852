// The same requests over sockets: through the plugin's own client to bedrock-local, streamed and not, and back as answers.
import { type ChatRequest, type Provider, RouterError } from '@turnout/core/contract';
import { addUp } from '@turnout/core/plugin';
import { checkGrammar } from '@turnout/core/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BedrockLocal, startBedrockLocal } from '../../plugins/bedrock/local/index.ts';
import { configSchema } from '../../plugins/bedrock/src/config.ts';
import plugin from '../../plugins/bedrock/src/index.ts';
import { callOf, collectEvents, createHost } from '../../plugins/bedrock/test/fixture.ts';
import { anyRequest } from './conversations.ts';

const KEYS = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local-secret' };
const host = createHost();
let local: BedrockLocal;
let provider: Provider;

beforeAll(async () => {
  local = await startBedrockLocal({ region: 'us-east-1', credentials: [KEYS] });
  const settings = { region: 'us-east-1', auth: { mode: 'keys', ...KEYS }, endpoint: local.url, crossRegion: 'global' };
  provider = await plugin.create(configSchema.parse(settings), host);
});
afterAll(async () => {
  await provider.close?.();
  await host.close();
  await local.close();
});

/** The answer, or the refusal of a request that cannot be sent. Whatever bedrock-local refuses is thrown. */
async function ask(request: ChatRequest, stream: boolean): Promise<unknown> {
  let plan: ReturnType<Provider['plan']>;
  try {
    plan = provider.plan(request, { protocol: 'openai-chat', stream });
  } catch (error) {
    if (RouterError.is(error) && error.status === 400) return undefined;
    throw error;
  }
  if (!stream) return provider.generate?.(request, callOf(plan));
  return addUp(await collectEvents(checkGrammar(provider.stream(request, callOf(plan)))));
}

it('whatever is asked is answered or refused before it is sent', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(anyRequest, fc.boolean(), async (request, stream) => {
      // Signatures are of another seal than this server's: what they sign is proven in properties.test.ts.
      const messages = request.messages.map(({ role, parts }) => ({
        role,
        parts: parts.filter(({ type }) => type !== 'reasoning'),
      }));
      if ((await ask({ ...request, messages }, stream)) !== undefined) answered++;
    }),
    { numRuns: 150, seed: 31 },
  );
  expect(answered).toBeGreaterThan(80);
});
