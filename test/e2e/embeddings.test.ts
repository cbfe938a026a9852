// Embeddings: from the official OpenAI SDK through the router to bedrock-local, over real sockets.
import { fileURLToPath } from 'node:url';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { APIError, BadRequestError, NotFoundError, PermissionDeniedError } from 'openai';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../core/src/cli/index.ts';
import { type House, openHouse } from '../house.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };

let local: BedrockLocal;
let house: House;

const yaml = (more = '') => `providers:
  bedrock:
    region: us-east-1
    crossRegion: geo
    endpoint: ${local.url}
    auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} }
    retry: { attempts: 2, minDelay: 10ms, maxDelay: 50ms }
  echo: {}
routes:
  titan: bedrock/amazon.titan-embed-text-v2:0
  titan-1: bedrock/amazon.titan-embed-text-v1
  titan-image: bedrock/amazon.titan-embed-image-v1
  cohere-3: bedrock/cohere.embed-english-v3
  cohere-4: bedrock/cohere.embed-v4:0
  nova: bedrock/amazon.nova-2-multimodal-embeddings-v1:0
  claude: bedrock/anthropic.claude-sonnet-5
  failing-over: { targets: [echo/echo, bedrock/anthropic.claude-sonnet-5, bedrock/cohere.embed-english-v3] }
  echo: echo/echo
${more}`;

beforeEach(async () => {
  local = await startBedrockLocal({ credentials: [KEYS] });
  house = await openHouse(yaml());
});
afterEach(async () => {
  await house.close();
  expect(local.open).toBe(0);
  await local.close();
});

const failure = async (request: Promise<unknown>): Promise<APIError> => {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof APIError) return error;
  throw new Error('expected an error of the API');
};
const bodies = () => local.requests.map(({ body }) => body);

describe('each family', () => {
  test.each([
    ['titan', 1024, [256, 512]],
    ['titan-1', 1536, []],
    ['titan-image', 1024, [256, 384]],
    ['cohere-3', 1024, []],
    ['cohere-4', 1536, [256, 512, 1024]],
    ['nova', 3072, [256, 384, 1024]],
  ])('%s: %i numbers a text, or as many as asked', async (model, usual, others) => {
    const input = ['One track.', 'Two tracks.'];
    const answer = await house.openai.embeddings.create({ model, input });
    expect(answer).toMatchObject({ object: 'list', model });
    expect(answer.data.map(({ index, object }) => [index, object])).toEqual([
      [0, 'embedding'],
      [1, 'embedding'],
    ]);
    for (const { embedding } of answer.data) {
      expect(embedding).toHaveLength(usual);
      expect(Math.hypot(...embedding)).toBeCloseTo(1);
    }
    expect(answer.data[0]?.embedding).not.toEqual(answer.data[1]?.embedding);
    expect(answer.usage).toEqual({ prompt_tokens: 6, total_tokens: 6 });
    for (const dimensions of others) {
      const { data } = await house.openai.embeddings.create({ model, input: 'One track.', dimensions });
      expect(data[0]?.embedding).toHaveLength(dimensions);
    }
  });

  test('the bodies are what each vendor documents', async () => {
    const extra = { input_type: 'search_query', truncate: 'END' };
    await house.openai.embeddings.create({ model: 'titan', input: 'a', dimensions: 256, ...{ normalize: false } });
    await house.openai.embeddings.create({ model: 'titan-image', input: 'b', dimensions: 384 });
    await house.openai.embeddings.create({ model: 'cohere-3', input: ['c', 'd'] });
    await house.openai.embeddings.create({ model: 'cohere-4', input: 'e', dimensions: 512, ...extra });
    await house.openai.embeddings.create({ model: 'nova', input: 'f', dimensions: 256, ...extra });
    await house.openai.embeddings.create({ model: 'titan-1', input: 'g' });
    expect(bodies()).toEqual([
      { inputText: 'a', dimensions: 256, normalize: false },
      { inputText: 'b', embeddingConfig: { outputEmbeddingLength: 384 } },
      { texts: ['c', 'd'], input_type: 'search_document' },
      { texts: ['e'], output_dimension: 512, input_type: 'search_query', truncate: 'END' },
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'GENERIC_RETRIEVAL',
          embeddingDimension: 256,
          text: { truncationMode: 'END', value: 'f' },
        },
      },
      { inputText: 'g' },
    ]);
    expect(local.requests.map(({ model }) => model)[3]).toBe('us.cohere.embed-v4:0');
    expect(new Set(local.requests.map(({ headers }) => headers['content-type']))).toEqual(
      new Set(['application/json']),
    );
  });

  test('the YAML says what a request does not', async () => {
    await house.close();
    house = await openHouse(
      yaml().replace('  echo: {}', '    embeddings: { inputType: clustering, truncate: start }\n  echo: {}'),
    );
    await house.openai.embeddings.create({ model: 'cohere-3', input: 'x' });
    await house.openai.embeddings.create({ model: 'cohere-3', input: 'x', ...{ input_type: 'classification' } });
    expect(bodies()).toMatchObject([
      { input_type: 'clustering', truncate: 'START' },
      { input_type: 'classification', truncate: 'START' },
    ]);
  });
});

describe('many texts', () => {
  test('200 at Cohere: three calls, the order kept, the tokens added up', async () => {
    const input = Array.from({ length: 200 }, (_, i) => `text ${i}`);
    const all = await house.openai.embeddings.create({ model: 'cohere-3', input });
    expect(
      bodies()
        .map((body) => (body as { texts: string[] }).texts.length)
        .sort(),
    ).toEqual([8, 96, 96]);
    const alone = await house.openai.embeddings.create({ model: 'cohere-3', input: 'text 137' });
    expect(all.data[137]?.embedding).toEqual(alone.data[0]?.embedding);
    expect(all.usage.prompt_tokens).toBe(input.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0));
  });

  test('20 at Titan: one call each, never more than eight at a time', async () => {
    let most = 0;
    const watch = () => {
      most = Math.max(most, local.open);
      return { kind: 'answer', delayMs: 15 } as const;
    };
    local.script(...Array.from({ length: 20 }, () => watch));
    const input = Array.from({ length: 20 }, (_, i) => `text ${i}`);
    const { data } = await house.openai.embeddings.create({ model: 'titan', input });
    expect(data).toHaveLength(20);
    expect(local.requests).toHaveLength(20);
    expect(most).toBe(8);
  });

  test('one that fails ends the others', async () => {
    local.script(
      { kind: 'stall' },
      { kind: 'error', name: 'ValidationException', message: 'Malformed input request: no.', delayMs: 20 },
      { kind: 'stall' },
      { kind: 'stall' },
    );
    const error = await failure(house.openai.embeddings.create({ model: 'titan', input: ['a', 'b', 'c', 'd'] }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.message).toContain('Malformed input request: no.');
    await expect.poll(() => local.open).toBe(0);
    expect(local.requests.filter(({ aborted }) => aborted)).toHaveLength(3);
  });
});

describe('the answer', () => {
  test('numbers and base64 hold the same', async () => {
    const request = { model: 'titan', input: 'the same' };
    const plain = await house.openai.embeddings.create({ ...request, encoding_format: 'float' });
    const decoded = await house.openai.embeddings.create(request);
    expect(decoded.data[0]?.embedding).toEqual(plain.data[0]?.embedding);
    const answer = await house.post('/openai/v1/embeddings', { ...request, encoding_format: 'base64' });
    const { data } = (await answer.json()) as { data: { embedding: string }[] };
    const bytes = Buffer.from(data[0]?.embedding ?? '', 'base64');
    expect(bytes).toHaveLength(4 * 1024);
    expect(bytes.readFloatLE(4)).toBe(plain.data[0]?.embedding[1]);
  });

  test('says where it came from, and so does the log', async () => {
    const answer = await house.post('/v1/embeddings', { model: 'titan-1', input: 'x', dimensions: 300, user: 'me' });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-turnout-target': 'bedrock/amazon.titan-embed-text-v1',
      'x-turnout-attempts': '1',
      'x-turnout-losses': 'dimensions:dropped, user:dropped',
    });
    const line = await house.line(answer.headers.get('x-request-id') ?? '');
    expect(line.fields).toMatchObject({
      protocol: 'openai-embeddings',
      model: 'titan-1',
      route: 'titan-1',
      target: 'bedrock/amazon.titan-embed-text-v1',
      status: 200,
      usage: { inputTokens: 1, outputTokens: 0, totalTokens: 1 },
    });
  });

  test('a setting that nobody knows is a loss, and with strict an error', async () => {
    const request = { model: 'titan', input: 'x', input_type: 'search_query', colour: 'red' };
    const answer = await house.post('/v1/embeddings', request);
    expect(answer.headers.get('x-turnout-losses')).toBe('input_type:dropped, colour:dropped');
    await house.close();
    house = await openHouse(yaml('strict: true\n'));
    const refused = await house.post('/v1/embeddings', request);
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as { error: { message: string } }).error.message).toContain('would lose input_type');
  });
});

describe('failover and retries', () => {
  test('targets that make no embeddings are passed over', async () => {
    const answer = await house.post('/v1/embeddings', { model: 'failing-over', input: 'x' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-turnout-target')).toBe('bedrock/cohere.embed-english-v3');
    expect(answer.headers.get('x-turnout-attempts')).toBe('3');
  });

  test('a throttled call is made again', async () => {
    local.script({ kind: 'error', name: 'ThrottlingException' });
    const answer = await house.post('/v1/embeddings', { model: 'titan', input: 'x' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-turnout-attempts')).toBe('2');
  });

  test('the regions of a pool are asked in turn', async () => {
    await house.close();
    const pool = `regions: [us-east-1, eu-west-1]\n    endpoints: { us-east-1: "${local.url}", eu-west-1: "${local.url}" }`;
    house = await openHouse(yaml().replace('region: us-east-1', pool).replace(`    endpoint: ${local.url}\n`, ''));
    local.script({ kind: 'error', name: 'AccessDeniedException' });
    const answer = await house.post('/v1/embeddings', { model: 'cohere-4', input: 'x' });
    expect(answer.headers.get('x-turnout-target')).toBe('bedrock@eu-west-1/cohere.embed-v4:0');
    expect(local.requests.map(({ model }) => model)).toEqual(['us.cohere.embed-v4:0', 'eu.cohere.embed-v4:0']);
  });

  test('a client that leaves ends the calls', async () => {
    local.script({ kind: 'stall' });
    const leave = new AbortController();
    const answer = house.post('/v1/embeddings', { model: 'titan', input: 'x' }, {}, leave.signal);
    await expect.poll(() => local.open).toBe(1);
    leave.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => local.open).toBe(0);
    expect(local.requests[0]?.aborted).toBe(true);
  });

  test.each(['{"embedding":["a"]}', '{}', 'oops', '[]'])(
    'an answer without embeddings is a failure: %s',
    async (body) => {
      local.script({ kind: 'recorded', body, times: 2 });
      const error = await failure(house.openai.embeddings.create({ model: 'titan', input: 'x' }));
      expect(error.status).toBe(502);
      expect(error.message).toContain('does not hold 1 embeddings');
    },
  );
});

describe('what is refused', () => {
  test.each([
    [{ input: 'x' }, 'model', 'model: expected a string that is not empty'],
    [{ model: 'titan' }, 'input', 'input: missing'],
    [{ model: 'titan', input: '' }, 'input', 'must not be empty'],
    [{ model: 'titan', input: [] }, 'input', 'at least one text'],
    [{ model: 'titan', input: ['a', ''] }, 'input.1', 'must not be empty'],
    [{ model: 'titan', input: [1, 2, 3] }, 'input.0', 'lists of tokens are not read'],
    [{ model: 'titan', input: [[1, 2], [3]] }, 'input.0', 'lists of tokens are not read'],
    [{ model: 'titan', input: 7 }, 'input', 'expected a list'],
    [{ model: 'titan', input: Array(2049).fill('x') }, 'input', 'at most 2048'],
    [{ model: 'titan', input: 'x', dimensions: 0 }, 'dimensions', 'expected a whole number'],
    [{ model: 'titan', input: 'x', encoding_format: 'hex' }, 'encoding_format', 'float, base64'],
    [{ model: 'cohere-3', input: 'x', input_type: 'poem' }, 'input_type', 'expected one of search_document'],
    [{ model: 'titan', input: 'x', normalize: 'yes' }, 'normalize', 'expected true or false'],
  ])('%#: %j', async (body, field, message) => {
    const answer = await house.post('/v1/embeddings', body);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: { message: string; param: string; type: string } };
    expect(error).toMatchObject({ param: field, type: 'invalid_request_error' });
    expect(error.message).toContain(message);
    expect(local.requests).toHaveLength(0);
  });

  test('a length that the model does not offer', async () => {
    const error = await failure(house.openai.embeddings.create({ model: 'titan', input: 'x', dimensions: 300 }));
    expect(error.status).toBe(400);
    expect(error.message).toContain('gives embeddings of 256, 512, 1024 dimensions, not of 300');
  });

  test('a chat model here, an embedding model there', async () => {
    const noEmbeddings = await failure(house.openai.embeddings.create({ model: 'claude', input: 'x' }));
    expect(noEmbeddings).toMatchObject({ status: 400, param: 'model' });
    expect(noEmbeddings.message).toContain('makes no embeddings');
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    const noChat = await failure(house.openai.chat.completions.create({ model: 'titan', messages }));
    expect(noChat.status).toBe(400);
    expect(noChat.message).toContain('ask it at /v1/embeddings');
    expect(local.requests).toHaveLength(0);
    expect((await failure(house.openai.embeddings.create({ model: 'echo', input: 'x' }))).message).toContain(
      'the provider echo makes no embeddings',
    );
  });

  test("what the model itself refuses comes with the model's words", async () => {
    const tooLong = await failure(house.openai.embeddings.create({ model: 'titan', input: 'x'.repeat(40_000) }));
    expect(tooLong).toMatchObject({ status: 400, code: 'context_length_exceeded' });
    expect(tooLong.message).toContain('Too many input tokens. Max input tokens: 8192');
    const tooWide = await failure(house.openai.embeddings.create({ model: 'cohere-3', input: 'x'.repeat(3000) }));
    expect(tooWide.message).toContain('#/texts/0: expected maxLength: 2048, actual: 3000');
  });

  test('unknown models, and models that are not for this key', async () => {
    expect(await failure(house.openai.embeddings.create({ model: 'nothing', input: 'x' }))).toBeInstanceOf(
      NotFoundError,
    );
    await house.close();
    const key = 'a-key-for-tests';
    house = await openHouse(yaml(`keys: [{ name: a, key: ${key}, models: [titan] }]\n`), { key });
    expect((await house.openai.embeddings.create({ model: 'titan', input: 'x' })).data).toHaveLength(1);
    expect(await failure(house.openai.embeddings.create({ model: 'nova', input: 'x' }))).toBeInstanceOf(
      PermissionDeniedError,
    );
    const stranger = await house.post('/v1/embeddings', { model: 'titan', input: 'x' }, { authorization: 'Bearer no' });
    expect(stranger.status).toBe(401);
  });

  test.each(['/v1/images/generations', '/v1/rerank', '/openai/v1/images/edits'])(
    '%s says that it comes later',
    async (path) => {
      const answer = await house.post(path, { model: 'titan' });
      expect(answer.status).toBe(404);
      expect(((await answer.json()) as { error: { message: string } }).error.message).toContain('is not served yet');
    },
  );
});

test('/v1/models lists them', async () => {
  const ids: string[] = [];
  for await (const { id } of house.openai.models.list()) ids.push(id);
  expect(ids).toEqual(
    expect.arrayContaining(['titan', 'bedrock/cohere.embed-v4:0', 'bedrock/amazon.titan-embed-text-v1']),
  );
});

test('explain and check know where they go', async () => {
  const answer = await house.post('/admin/explain', { model: 'cohere-4' });
  expect(await answer.json()).toMatchObject({
    targets: [
      {
        target: 'bedrock/cohere.embed-v4:0',
        losses: [],
        resolution: {
          model: 'us.cohere.embed-v4:0',
          reasons: expect.arrayContaining([expect.stringMatching(/embeddings/)]),
        },
      },
    ],
  });
  expect(local.requests).toHaveLength(0);
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => lines.push(line));
  vi.spyOn(console, 'error').mockImplementation((line) => lines.push(line));
  const [home, file] = ['../../bin', '../../config/bedrock.yaml'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  expect(await run(['check', '--config', file ?? ''], { home: home ?? '', env: { AWS_REGION: 'us-east-1' } })).toBe(0);
  vi.restoreAllMocks();
  expect(lines.join('\n')).not.toContain('cannot be asked');
});
