// What real client programs have sent in five protocols (the corpus) is planned, and accepted by Gemini's rules.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type Protocol, RouterError } from '@turnout/core/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { anthropicMessages } from '../../../core/src/protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../../../core/src/protocol/bedrock-converse/index.ts';
import { bedrockInvoke } from '../../../core/src/protocol/bedrock-invoke/index.ts';
import { openaiChat } from '../../../core/src/protocol/openai-chat/index.ts';
import { openaiResponses } from '../../../core/src/protocol/openai-responses/index.ts';
import type { Decoded, ProtocolCodec } from '../../../core/src/protocol/protocol.ts';
import { startGeminiLocal } from '../local/index.ts';
import { callOf, createBench, planOf } from '../test/fixture.ts';

const corpus = new URL('../../../../shared/corpus/', import.meta.url);
const present = existsSync(corpus);
if (!present) console.log(`skipped: there is no corpus at ${corpus.pathname}`);

const CODECS: readonly (readonly [RegExp, Pick<ProtocolCodec, 'name' | 'decode'>])[] = [
  [/\/chat\/completions$/, openaiChat],
  [/\/messages(?:\?|$)/, anthropicMessages],
  [/\/responses$/, openaiResponses],
  [/\/converse(?:-stream)?$/, bedrockConverse],
  [/\/invoke(?:-with-response-stream)?$/, bedrockInvoke],
];

interface Capture {
  readonly name: string;
  readonly protocol: Protocol;
  readonly decoded: Decoded;
}

/** Requests that their protocol itself reads; what it refuses, only its own vendor can do. */
const captures = ['client-captures/', 'client-requests/'].flatMap((folder) => {
  const place = new URL(folder, corpus);
  return (present ? readdirSync(place) : []).flatMap((name): Capture[] => {
    if (!name.endsWith('.json')) return [];
    const record = JSON.parse(readFileSync(new URL(name, place), 'utf8'));
    const { path, body } = record.request ?? record;
    const codec = CODECS.find(([pattern]) => pattern.test(path))?.[1];
    if (codec === undefined || typeof body !== 'object' || body === null) return [];
    try {
      const decoded = codec.decode(body, { headers: {}, model: 'm', stream: false });
      return decoded.relayOnly === undefined ? [{ name, protocol: codec.name, decoded }] : [];
    } catch (error) {
      if (RouterError.is(error) && error.status < 500) return [];
      throw error;
    }
  });
});

/** What Gemini cannot be asked, and why. */
const REFUSED: readonly (readonly [RegExp, RegExp])[] = [
  // Core fetches links before a plan; nobody does here.
  [/chat-multimodal-1|url-document-mistral/, /^unsupported: .* have not been fetched/],
];

const local = await startGeminiLocal();
const { provider, host } = await createBench({ baseUrl: local.baseUrl });
afterAll(async () => {
  await host.close();
  await local.close();
});

describe.skipIf(!present)('requests of real clients', () => {
  it('are there', () => expect(captures.length).toBeGreaterThan(150));

  it.each(['gemini-3.8-flash', 'gemini-3-pro-preview', 'gemini-2.5-flash', 'gemini-2.0-flash'])(
    'reach %s',
    async (model) => {
      const wrong: string[] = [];
      for (const { name, protocol, decoded } of captures) {
        const expected = REFUSED.find(([pattern]) => pattern.test(name))?.[1];
        let outcome = 'answered';
        try {
          const request = { ...decoded.request, model };
          const result = await provider.generate?.(request, callOf(planOf(provider, request, protocol)));
          if (result?.finish.type !== 'finish') outcome = 'no answer';
        } catch (error) {
          outcome = RouterError.is(error) ? `${error.code}: ${error.message}` : String(error);
        }
        if (expected === undefined ? outcome !== 'answered' : !expected.test(outcome))
          wrong.push(`${name}: ${outcome}`);
      }
      expect(wrong).toEqual([]);
    },
  );
});
