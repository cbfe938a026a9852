// bedrock-local's embeddings, asked with the official AWS SDK: what each family answers, and what it refuses in which words.
import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failure, sdkClient } from './client.ts';

const TITAN_1 = 'amazon.titan-embed-text-v1';
const TITAN_2 = 'amazon.titan-embed-text-v2:0';
const TITAN_IMAGE = 'amazon.titan-embed-image-v1';
const COHERE_3 = 'cohere.embed-english-v3';
const COHERE_4 = 'us.cohere.embed-v4:0';
const NOVA = 'amazon.nova-2-multimodal-embeddings-v1:0';

let local: BedrockLocal;
let client: ReturnType<typeof sdkClient>;
beforeAll(async () => {
  local = await startBedrockLocal();
  client = sdkClient(local);
});
afterAll(async () => {
  client.destroy();
  await local.close();
});

const send = (modelId: string, body: unknown) =>
  client.send(
    new InvokeModelCommand({
      modelId,
      contentType: 'application/json',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
const invoke = async (modelId: string, body: unknown) =>
  JSON.parse(Buffer.from((await send(modelId, body)).body).toString('utf8'));

const nova = (params: object, text: object = { truncationMode: 'END', value: 'a' }) => ({
  taskType: 'SINGLE_EMBEDDING',
  singleEmbeddingParams: { embeddingPurpose: 'GENERIC_INDEX', text, ...params },
});

describe('answers', () => {
  test('the same vector for the same text, another for another', async () => {
    const first = await invoke(TITAN_1, { inputText: 'a train' });
    expect(await invoke(TITAN_1, { inputText: 'a train' })).toEqual(first);
    expect((await invoke(TITAN_1, { inputText: 'a trein' })).embedding).not.toEqual(first.embedding);
    expect(first).toMatchObject({ inputTextTokenCount: 2 });
    expect(first.embedding).toHaveLength(1536);
    expect(new Set(first.embedding).size).toBeGreaterThan(100);
  });

  test('in the form and length of each family', async () => {
    expect((await invoke(TITAN_2, { inputText: 'a', dimensions: 256, normalize: true })).embedding).toHaveLength(256);
    const image = await invoke(TITAN_IMAGE, { inputText: 'a', embeddingConfig: { outputEmbeddingLength: 384 } });
    expect(image.embedding).toHaveLength(384);
    const three = await invoke(COHERE_3, { texts: ['A', 'B'], input_type: 'search_query' });
    expect(three).toMatchObject({ response_type: 'embeddings_floats', texts: ['a', 'b'] });
    expect(three.embeddings.map((vector: number[]) => vector.length)).toEqual([1024, 1024]);
    const typed = await invoke(COHERE_3, { texts: ['A'], input_type: 'search_query', embedding_types: ['float'] });
    expect(typed.embeddings.float).toHaveLength(1);
    const four = await invoke(COHERE_4, { texts: ['A'], input_type: 'clustering', output_dimension: 512 });
    expect(four).toMatchObject({ response_type: 'embeddings_by_type', texts: ['A'] });
    expect(four.embeddings.float[0]).toHaveLength(512);
    const { embeddings } = await invoke(NOVA, nova({ embeddingDimension: 1024 }));
    expect(embeddings).toMatchObject([{ embeddingType: 'TEXT' }]);
    expect(embeddings[0].embedding).toHaveLength(1024);
  });

  test('with the token count in its header', async () => {
    let count: string | undefined;
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        count = (result.response as { headers: Record<string, string> }).headers['x-amzn-bedrock-input-token-count'];
        return result;
      },
      { step: 'deserialize', name: 'look', priority: 'low' },
    );
    await send(COHERE_3, { texts: ['12345678', '1234'], input_type: 'search_document' });
    client.middlewareStack.remove('look');
    expect(count).toBe('3');
  });
});

describe('refuses', () => {
  const cohere = (more: object) => ({ texts: ['a'], input_type: 'search_document', ...more });
  const malformed = (what: string) => `Malformed input request: ${what}, please reformat your input and try again.`;

  test.each<[string, unknown, string]>([
    [TITAN_1, {}, malformed('#: required key [inputText] not found')],
    [TITAN_1, { inputText: 7 }, malformed('#/inputText: expected type: String')],
    [TITAN_1, { inputText: '' }, malformed('#/inputText: expected minLength: 1, actual: 0')],
    [TITAN_1, { inputText: 'a', dimensions: 256 }, malformed('#: extraneous key [dimensions] is not permitted')],
    [TITAN_1, [], malformed('#: expected type: JSONObject')],
    [TITAN_1, 'oops', 'Malformed input request, please reformat your input and try again.'],
    [
      TITAN_1,
      { inputText: 'a'.repeat(40_000) },
      '400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 10000 ',
    ],
    [TITAN_2, { inputText: 'a', dimensions: 300 }, malformed('#/dimensions: 300 is not a valid enum value')],
    [TITAN_2, { inputText: 'a', normalize: 1 }, malformed('#/normalize: expected type: Boolean')],
    [
      TITAN_IMAGE,
      { inputText: 'a', embeddingConfig: { outputEmbeddingLength: 512 } },
      malformed('#/embeddingConfig/outputEmbeddingLength: 512 is not a valid enum value'),
    ],
    [COHERE_3, { texts: ['a'] }, malformed('#: required key [input_type] not found')],
    [COHERE_3, { input_type: 'search_query' }, malformed('#: required key [texts] not found')],
    [COHERE_3, cohere({ input_type: 'poem' }), malformed('#/input_type: poem is not a valid enum value')],
    [COHERE_3, cohere({ truncate: 'MIDDLE' }), malformed('#/truncate: MIDDLE is not a valid enum value')],
    [COHERE_3, cohere({ texts: [] }), malformed('#/texts: expected minimum item count: 1, found: 0')],
    [
      COHERE_3,
      cohere({ texts: Array(97).fill('a') }),
      malformed('#/texts: expected maximum item count: 96, found: 97'),
    ],
    [
      COHERE_3,
      cohere({ texts: ['a', 'b'.repeat(2049)] }),
      malformed('#/texts/1: expected maxLength: 2048, actual: 2049'),
    ],
    [COHERE_3, cohere({ output_dimension: 256 }), malformed('#: extraneous key [output_dimension] is not permitted')],
    [COHERE_4, cohere({ output_dimension: 300 }), malformed('#/output_dimension: 300 is not a valid enum value')],
    [NOVA, { taskType: 'SINGLE_EMBEDDING' }, malformed('#: required key [singleEmbeddingParams] not found')],
    [
      NOVA,
      nova({ embeddingPurpose: 'search_query' }),
      malformed('#/singleEmbeddingParams/embeddingPurpose: search_query is not a valid enum value'),
    ],
    [
      NOVA,
      nova({}, { value: 'a' }),
      malformed('#/singleEmbeddingParams/text/truncationMode: undefined is not a valid enum value'),
    ],
  ])('%s %.60j', async (modelId, body, message) => {
    expect(await failure(send(modelId, body))).toEqual({ name: 'ValidationException', message, status: 400 });
  });

  test('a chat with a model that makes embeddings', async () => {
    const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }];
    expect(await failure(client.send(new ConverseCommand({ modelId: TITAN_2, messages })))).toEqual({
      name: 'ValidationException',
      message:
        "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
      status: 400,
    });
  });
});
