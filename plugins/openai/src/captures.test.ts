// What 14 real client programs send in four protocols (the corpus) is accepted by OpenAI's rules once it is through.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { RouterError } from '@turnout/core/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { anthropicMessages } from '../../../core/src/protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../../../core/src/protocol/bedrock-converse/index.ts';
import { openaiChat } from '../../../core/src/protocol/openai-chat/index.ts';
import { openaiResponses } from '../../../core/src/protocol/openai-responses/index.ts';
import type { ProtocolCodec } from '../../../core/src/protocol/protocol.ts';
import { startOpenaiLocal } from '../local/index.ts';
import { callOf, createHost, createProvider, planOf } from '../test/fixture.ts';

const folder = new URL('../../../../shared/corpus/client-captures/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log(`skipped: there is no corpus at ${folder.pathname}`);

const CODECS: readonly (readonly [RegExp, Pick<ProtocolCodec, 'name' | 'decode'>])[] = [
  [/\/chat\/completions$/, openaiChat],
  [/\/messages(?:\?|$)/, anthropicMessages],
  [/\/responses$/, openaiResponses],
  [/\/converse(?:-stream)?$/, bedrockConverse],
];

const captures = (present ? readdirSync(folder) : []).flatMap((name) => {
  const { path, body } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  const codec = CODECS.find(([pattern]) => pattern.test(path))?.[1];
  return codec === undefined || body === undefined ? [] : [{ name, codec, body: body as unknown }];
});

const local = await startOpenaiLocal({ apiKeys: ['sk-any-key-0123456789'] });
const host = createHost({}, { from: 'https://api.openai.com', to: local.url });
const provider = await createProvider({ apiKey: 'sk-any-key-0123456789' }, host);
const gateway = await createProvider({ apiKey: 'sk-any-key-0123456789', baseUrl: local.baseUrl }, host);
afterAll(async () => {
  await host.close();
  await local.close();
});

describe.skipIf(!present)('captured requests', () => {
  it('are there', () => expect(captures.length).toBeGreaterThan(100));

  it.each([
    ['gpt-4o-mini at OpenAI', provider],
    ['gpt-5.1 at OpenAI', provider],
    ['o3 behind a gateway', gateway],
  ])('reach %s', async (place, target) => {
    const model = place.split(' ', 1)[0] ?? '';
    let answered = 0;
    for (const { name, codec, body } of captures) {
      const decoded = decodeOrRefuse(codec, body);
      if (decoded === undefined) continue;
      const plan = planOf(target, { ...decoded, model }, codec.name);
      const result = await target.generate?.(decoded, callOf(plan)).catch((error: Error) => error.message);
      expect(result, name).toMatchObject({ finish: { type: 'finish' } });
      answered += 1;
    }
    expect(answered).toBeGreaterThan(100);
  });
});

/** undefined for what the protocol itself refuses, as it should be for what only its vendor can do. */
function decodeOrRefuse(codec: Pick<ProtocolCodec, 'decode'>, body: unknown) {
  try {
    const { request, relayOnly } = codec.decode(body, { headers: {}, model: 'm', stream: false });
    return relayOnly === undefined ? request : undefined;
  } catch (error) {
    if (RouterError.is(error) && error.status < 500) return undefined;
    throw error;
  }
}
