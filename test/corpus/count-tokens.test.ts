// Real traffic: recorded CountTokens exchanges, asked again through the plugin: the same request, the same count or error.
import type { ChatRequest, Part, Provider, Tool } from '@turnout/core/contract';
import bedrock from '@turnout/plugin-bedrock';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callOf, createHost } from '../../plugins/bedrock/test/fixture.ts';
import { hasCorpus, readRecordings } from './recordings.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };

let local: BedrockLocal;
let provider: Provider;
const host = createHost();
beforeAll(async () => {
  local = await startBedrockLocal({ credentials: [KEYS] });
  const settings = { region: 'us-east-1', crossRegion: 'geo', endpoint: local.url, auth: { mode: 'keys', ...KEYS } };
  const checked = await bedrock.config['~standard'].validate(settings);
  if (checked.issues) throw new Error(JSON.stringify(checked.issues));
  provider = await bedrock.create(checked.value, host);
});
afterAll(async () => {
  await provider.close?.();
  await host.close();
  await local.close();
});

interface Sent {
  readonly messages: { role: 'user'; content: { text?: string; cachePoint?: object }[] }[];
  readonly toolConfig?: { tools: { toolSpec: { name: string; description: string; inputSchema: { json: object } } }[] };
}

const recordings = readRecordings(['other'])
  .filter(({ path }) => path.endsWith('/count-tokens'))
  .flatMap((recording) => {
    // Of the two forms of CountTokens the plugin uses the one for Converse.
    const { converse } = (recording.sent as { input: { converse?: Sent } }).input;
    return converse === undefined ? [] : [{ ...recording, converse }];
  });

/** The canonical request whose translation was recorded. */
function toRequest(model: string, { messages, toolConfig }: Sent): ChatRequest {
  const tools = (toolConfig?.tools ?? []).map(({ toolSpec }): Tool => {
    const { name, description, inputSchema } = toolSpec;
    return { kind: 'function', name, description, schema: inputSchema.json as Record<string, unknown> };
  });
  return {
    model,
    system: [],
    messages: messages.map(({ role, content }) => ({
      role,
      parts: content.flatMap(({ text }, at): Part[] => {
        if (text === undefined) return [];
        return [{ type: 'text', text, ...(content[at + 1]?.cachePoint ? { cache: {} } : {}) }];
      }),
    })),
    tools,
    ...(tools.length > 0 ? { toolChoice: 'auto' as const } : {}),
  };
}

/** Without what says nothing: empty lists, the choice that is made anyway, and the beta header that is its recorder's own. */
function essence({ messages, toolConfig }: Sent): Sent {
  return { messages, ...(toolConfig && { toolConfig: { tools: toolConfig.tools } }) };
}

describe.skipIf(!hasCorpus)('recorded counts', () => {
  test('are all there', () => expect(recordings).toHaveLength(6));

  test.each(recordings)('$name', async ({ modelId, status, headers, body, converse }) => {
    local.reset();
    local.script({ kind: 'recorded', status, headers, body, when: { operation: 'count-tokens' } });
    const { plan: _, ...call } = callOf({} as never);
    const count = provider.countTokens?.(toRequest(modelId, converse), call);
    if (status === 200) {
      await expect(count).resolves.toEqual({ inputTokens: JSON.parse(body.toString('utf8')).inputTokens });
      expect(local.requests[0]?.model).toBe(modelId);
      const { body: request } = local.requests[0] ?? {};
      expect((request as { input: unknown }).input).toEqual({ converse: essence(converse) });
    } else {
      // The one refusal is of an id that Bedrock has never had, which the plugin has no count to ask for.
      await expect(count).rejects.toMatchObject({ code: 'unsupported' });
    }
  });
});
