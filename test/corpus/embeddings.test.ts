// Real traffic: every recorded embedding comes out through the router and the official OpenAI SDK number for number, and the
// request that made it is the one that was recorded.
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';
import { hasCorpus, type Recording, readRecordings } from './recordings.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };

let local: BedrockLocal;
let house: House;
beforeAll(async () => {
  local = await startBedrockLocal({ credentials: [KEYS] });
  house = await openHouse(`providers:
  bedrock:
    region: us-east-1
    endpoint: ${local.url}
    auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} }
    retry: { attempts: 1 }
`);
});
afterAll(async () => {
  await house.close();
  await local.close();
});

const recordings = readRecordings(['invoke']).filter(({ modelId }) => modelId.includes('embed'));

/** What the recorded request asked for, as an OpenAI client would. */
function toRequest(sent: Record<string, unknown>) {
  const { inputText, texts, output_dimension, ...settings } = sent;
  return {
    input: (texts ?? inputText) as string | string[],
    ...(output_dimension === undefined ? {} : { dimensions: output_dimension as number }),
    ...settings,
  };
}

/** The vectors of an answer, read without the router's code. */
function vectorsOf({ body }: Recording): number[][] {
  const { embedding, embeddings } = JSON.parse(body.toString('utf8'));
  return embedding === undefined ? (embeddings.float ?? embeddings) : [embedding];
}

describe.skipIf(!hasCorpus)('recorded embeddings', () => {
  test('are all there', () => expect(recordings).toHaveLength(5));

  test.each(recordings)('$name', async (recording) => {
    const { modelId, status, headers, body } = recording;
    const recorded = { kind: 'recorded', status, headers, body, times: 2 } as const;
    local.reset();
    local.script(recorded);
    const request = { model: `bedrock/${modelId}`, ...toRequest(recording.sent as Record<string, unknown>) };
    const plain = await house.openai.embeddings.create({ ...request, encoding_format: 'float' });
    const expected = vectorsOf(recording);
    expect(plain.data.map(({ embedding }) => embedding)).toEqual(expected);
    const count = Number(headers['x-amzn-bedrock-input-token-count']);
    expect(plain.usage).toEqual({ prompt_tokens: count, total_tokens: count });
    expect(local.requests[0]?.body).toEqual(recording.sent);
    // The SDK's own default is base64, which holds 32-bit floats.
    const packed = await house.openai.embeddings.create(request);
    expect(packed.data.map(({ embedding }) => embedding)).toEqual(expected.map((row) => row.map(Math.fround)));
  });
});
