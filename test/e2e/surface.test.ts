// The paths: who answers where, in which protocol errors are told there, and that nothing is made of a model's name in a path.
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterEach, describe, expect, test } from 'vitest';
import { RouterError, type TokenCount } from '../../core/src/contract/index.ts';
import { say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const houses: House[] = [];
afterEach(async () => {
  for (const opened of houses.splice(0)) await opened.close();
});

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5';
const ROUTES = `routes:
  only: alpha/m1
  both: { targets: [alpha/m1, beta/m2] }
  "${ARN}": alpha/arn
  "odd%2Fname": alpha/percent
  "odd/name": alpha/slash
  "x/converse": alpha/operation
`;

let models: string[] = [];

async function house(extra = '', key?: string): Promise<House> {
  models = [];
  for (const provider of ['alpha', 'beta']) {
    script(provider, async function* (request) {
      models.push(request.model);
      yield* say('ok');
    });
  }
  return open(extra, key);
}

async function open(extra = '', key?: string): Promise<House> {
  const opened = await openHouse(
    `${extra}providers:\n  alpha: { plugin: "${plugin}", retry: { attempts: 1 } }\n  beta: { plugin: "${plugin}", retry: { attempts: 1 } }\n${ROUTES}`,
    key === undefined ? {} : { key },
  );
  houses.push(opened);
  return opened;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** The path goes out as it is written. */
function ask(
  { url }: House,
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((done, refuse) => {
    const { hostname, port } = new URL(url);
    const sent = { ...(body && { 'content-type': 'application/json' }), ...headers };
    const request = http.request({ hostname, port, method, path, headers: sent }, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', refuse);
    request.end(body && JSON.stringify(body));
  });
}

const HI = [{ role: 'user', content: 'hi' }];
const CHAT = { model: 'only', messages: HI };
const MESSAGES = { model: 'only', max_tokens: 5, messages: HI };
const RESPONSES = { model: 'only', input: 'hi' };
const CONVERSE = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] };
const INVOKE = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 5, messages: HI };

describe('a path and its protocol', () => {
  test.each<[string, object, RegExp]>([
    ['/v1/chat/completions', CHAT, /"object":"chat\.completion"/],
    ['/openai/v1/chat/completions', CHAT, /"object":"chat\.completion"/],
    ['/v1/chat/completions?beta=true', { ...CHAT, stream: true }, /^data: .*\[DONE\]\n\n$/s],
    ['/v1/responses', RESPONSES, /"object":"response"/],
    ['/openai/v1/responses?api-version=preview', RESPONSES, /"object":"response"/],
    ['/v1/responses', { ...RESPONSES, stream: true }, /event: response\.completed\n/],
    ['/v1/messages', MESSAGES, /"type":"message"/],
    ['/v1/messages?beta=true', MESSAGES, /"type":"message"/],
    ['/anthropic/v1/messages?beta=true&x=/v1/models', { ...MESSAGES, stream: true }, /event: message_stop\n/],
    ['/v1/messages/count_tokens', MESSAGES, /^\{"input_tokens":\d+\}$/],
    ['/anthropic/v1/messages/count_tokens?beta=true', MESSAGES, /^\{"input_tokens":\d+\}$/],
    ['/model/only/converse', CONVERSE, /"stopReason":"end_turn"/],
    ['/bedrock/model/only/converse?x=1', CONVERSE, /"stopReason":"end_turn"/],
    ['/model/only/converse-stream', CONVERSE, /:event-type.*messageStart.*messageStop/s],
    ['/bedrock/model/only/converse-stream', CONVERSE, /messageStart/],
    ['/model/only/invoke', INVOKE, /"type":"message"/],
    ['/model/only/invoke-with-response-stream', INVOKE, /:event-type.*chunk/s],
    ['/model/only/count-tokens', { input: { converse: CONVERSE } }, /^\{"inputTokens":\d+\}$/],
  ])('POST %s', async (path, body, expected) => {
    const answer = await ask(await house(), 'POST', path, body);
    expect(answer.text).toMatch(expected);
    expect(answer.status).toBe(200);
    const id = answer.headers['x-request-id'];
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const ownHeader = /model/.test(path.split('?')[0] ?? '') ? 'x-amzn-requestid' : 'request-id';
    const isOpenai = /chat|responses/.test(path);
    expect(answer.headers[ownHeader]).toBe(isOpenai ? undefined : id);
  });

  test.each(['GET', 'HEAD'])('%s / says that somebody is there', async (method) => {
    const { status, headers, text } = await ask(await house(), method, '/');
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(text === '').toBe(method === 'HEAD');
  });
});

describe('a model in the path', () => {
  test.each([
    [encodeURIComponent(ARN), 'arn'],
    [ARN.replace('/', '%2F'), 'arn'],
    [ARN, 'arn'],
    ['odd%252Fname', 'percent'],
    ['odd%2Fname', 'slash'],
    ['odd%2fname', 'slash'],
    ['odd/name', 'slash'],
    ['x%2Fconverse', 'operation'],
    ['x/converse', 'operation'],
    ['%6Fnly', 'm1'],
  ])('%s is decoded once and never split', async (encoded, model) => {
    const opened = await house();
    for (const prefix of ['', '/bedrock']) {
      const answer = await ask(opened, 'POST', `${prefix}/model/${encoded}/converse`, CONVERSE);
      expect(answer.status).toBe(200);
    }
    expect(models).toEqual([model, model]);
  });

  test.each([
    ['%zz', 400, 'ValidationException'],
    ['..%2F..%2Fonly', 400, 'ValidationException'],
    ['a%3Fb', 400, 'ValidationException'],
    ['%00', 400, 'ValidationException'],
    ['odd%2525Fname', 404, 'ResourceNotFoundException'],
    ['unknown', 404, 'ResourceNotFoundException'],
  ])('%s: %i %s', async (encoded, status, name) => {
    const answer = await ask(await house(), 'POST', `/model/${encoded}/converse`, CONVERSE);
    expect(answer.status).toBe(status);
    expect(answer.headers['x-amzn-errortype']).toBe(name);
    expect(JSON.parse(answer.text)).toEqual({ message: expect.any(String) });
    expect(models).toEqual([]);
  });
});

const OPENAI = { error: { message: expect.any(String), type: expect.any(String), param: null, code: null } };
const anthropicError = (type: string) => ({
  type: 'error',
  error: { type, message: expect.any(String) },
  request_id: expect.any(String),
});
const BEDROCK = { message: expect.any(String) };
const VERSION = { 'anthropic-version': '2023-06-01' };

describe('what is not there is told in the protocol of its path', () => {
  test.each<[string, string, object, Readonly<Record<string, string>>?]>([
    ['GET', '/nothing', OPENAI],
    ['POST', '/v1/completions', OPENAI],
    ['GET', '/api/hello', OPENAI],
    ['POST', '/v1/images/generations', OPENAI],
    ['GET', '/v1/files', OPENAI, VERSION],
    ['GET', '/v1/messages/batches', anthropicError('not_found_error')],
    ['POST', '/anthropic/v1/complete', anthropicError('not_found_error')],
    ['GET', '/anthropic', anthropicError('not_found_error')],
    ['GET', '/v1/models/unknown', anthropicError('not_found_error'), VERSION],
    ['GET', '/bedrock/inference-profiles?type=SYSTEM_DEFINED', BEDROCK],
    ['GET', '/bedrock/foundation-models', BEDROCK],
    ['POST', '/model/only/apply', BEDROCK],
    ['POST', '/model//converse', BEDROCK],
    ['POST', '/model/-', BEDROCK],
    // The same to a signature as /model/only/converse.
    ['POST', '/model/./only/converse', BEDROCK],
    ['POST', '/model//only/converse', BEDROCK],
    ['POST', '/model/x/../only/converse', BEDROCK],
    ['POST', '/modelling', OPENAI],
  ])('%s %s', async (method, path, body, headers = {}) => {
    const answer = await ask(await house(), method, path, undefined, headers);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toEqual(body);
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    if (body === BEDROCK) {
      expect(answer.headers['x-amzn-errortype']).toBe('UnknownOperationException');
      expect(answer.headers['x-amzn-requestid']).toBe(answer.headers['x-request-id']);
    }
  });

  test.each<[string, string, string, object]>([
    ['GET', '/v1/chat/completions', 'POST', OPENAI],
    ['OPTIONS', '/v1/responses', 'POST', OPENAI],
    ['POST', '/v1/models', 'GET, HEAD', OPENAI],
    ['DELETE', '/v1/models/only', 'GET, HEAD', OPENAI],
    ['GET', '/v1/messages?beta=true', 'POST', anthropicError('invalid_request_error')],
    ['PUT', '/anthropic/v1/messages/count_tokens', 'POST', anthropicError('invalid_request_error')],
    ['GET', `/model/${encodeURIComponent(ARN)}/converse`, 'POST', BEDROCK],
    ['PUT', '/bedrock/model/only/invoke', 'POST', BEDROCK],
    ['POST', '/', 'GET, HEAD', OPENAI],
    ['POST', '/healthz', 'GET, HEAD', OPENAI],
  ])('%s %s: 405, Allow %s', async (method, path, allow, body) => {
    const answer = await ask(await house(), method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(JSON.parse(answer.text)).toEqual(body);
  });

  test.each<[string, object]>([
    ['/v1/chat/completions', OPENAI],
    ['/v1/responses', OPENAI],
    ['/v1/messages', anthropicError('request_too_large')],
    ['/v1/messages/count_tokens', anthropicError('request_too_large')],
    ['/model/only/invoke', BEDROCK],
    ['/model/only/count-tokens', BEDROCK],
  ])('a body too large for %s: 413', async (path, body) => {
    const opened = await house('server: { bodyLimit: 1KiB }\n');
    const answer = await ask(opened, 'POST', path, { large: 'x'.repeat(2_000) });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text)).toEqual(body);
  });

  test.each([
    ['/v1/messages', 'anthropic'],
    ['/model/only/converse', 'bedrock'],
    ['/v1/responses', 'openai'],
  ])('a Host header that is none, at %s', async (path, shape) => {
    const answer = await ask(await house(), 'POST', path, CHAT, { host: 'a b' });
    expect(answer.status).toBe(400);
    const body = JSON.parse(answer.text);
    expect(shape === 'bedrock' ? body : (body.error ?? {})).toHaveProperty('message');
    expect(body.type).toBe(shape === 'anthropic' ? 'error' : undefined);
  });
});

describe('the list of models', () => {
  const NAMES = ['only', 'both', ARN, 'odd%2Fname', 'odd/name', 'x/converse'];
  const ALL = [...NAMES, 'alpha/one', 'alpha/two', 'beta/one', 'beta/two'];

  test('is OpenAI’s, and Anthropic’s for who sends its version or asks below /anthropic', async () => {
    const opened = await house();
    for (const path of ['/v1/models', '/openai/v1/models?limit=1']) {
      const { object, data } = JSON.parse((await ask(opened, 'GET', path)).text);
      expect(object).toBe('list');
      expect(data.map(({ id }: { id: string }) => id)).toEqual(ALL);
    }
    for (const path of ['/v1/models?limit=1000', '/anthropic/v1/models']) {
      const answer = await ask(opened, 'GET', path, undefined, path.startsWith('/v1') ? VERSION : {});
      const { data, ...page } = JSON.parse(answer.text);
      expect(page).toEqual({ has_more: false, first_id: 'only', last_id: 'beta/two' });
      expect(data).toHaveLength(ALL.length);
      expect(data[0]).toMatchObject({
        type: 'model',
        id: 'only',
        display_name: 'only',
        created_at: expect.any(String),
      });
    }
  });

  test('in pages, forwards and backwards', async () => {
    const opened = await house();
    const page = async (query: string) => {
      const { data, ...rest } = JSON.parse((await ask(opened, 'GET', `/v1/models?${query}`, undefined, VERSION)).text);
      return [data?.map(({ id }: { id: string }) => id), rest.has_more, rest.error?.type];
    };
    expect(await page('limit=2')).toEqual([['only', 'both'], true, undefined]);
    expect(await page('limit=7&after_id=both')).toEqual([ALL.slice(2, 9), true, undefined]);
    expect(await page('limit=8&after_id=both')).toEqual([ALL.slice(2), false, undefined]);
    expect(await page('limit=1&before_id=both')).toEqual([['only'], false, undefined]);
    expect(await page('limit=2&before_id=x/converse')).toEqual([ALL.slice(3, 5), true, undefined]);
    expect(await page('after_id=beta/two')).toEqual([[], false, undefined]);
    for (const wrong of ['limit=0', 'limit=1001', 'limit=x', 'after_id=unknown', 'after_id=only&before_id=both']) {
      expect(await page(wrong)).toEqual([undefined, undefined, 'invalid_request_error']);
    }
  });

  test('through Anthropic’s SDK, page after page', async () => {
    const { url } = await house();
    const client = new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 });
    const names: string[] = [];
    for await (const { id } of client.models.list({ limit: 3 })) names.push(id);
    expect(names).toEqual(ALL);
    expect(await client.models.retrieve('odd/name')).toMatchObject({ type: 'model', id: 'odd/name' });
    await expect(client.models.retrieve('unknown')).rejects.toMatchObject({ status: 404 });
  });

  test('one of them, whatever its name', async () => {
    const opened = await house();
    for (const [path, id] of [
      ['odd/name', 'odd/name'],
      ['odd%2Fname', 'odd/name'],
      ['odd%252Fname', 'odd%2Fname'],
      [ARN, ARN],
    ]) {
      expect(JSON.parse((await ask(opened, 'GET', `/v1/models/${path}`)).text)).toMatchObject({ id, object: 'model' });
    }
  });
});

describe('a count of tokens', () => {
  const PATHS: [string, object, (text: string) => unknown][] = [
    ['/v1/messages/count_tokens', { model: 'both', messages: HI }, (text) => JSON.parse(text).input_tokens],
    ['/model/both/count-tokens', { input: { converse: CONVERSE } }, (text) => JSON.parse(text).inputTokens],
  ];
  const counting = (provider: string, countTokens: () => Promise<TokenCount>) =>
    script(provider, {
      stream: async function* () {
        yield* say('never asked');
      },
      countTokens,
    });
  const silent = (provider: string) => script(provider, async function* () {});
  const failing = (code: 'unsupported' | 'upstream-denied' | 'rate-limited') => async () => {
    throw new RouterError(code, `${code} it is`);
  };

  test.each(PATHS)('%s: is the first that a target has', async (path, body, read) => {
    counting('alpha', async () => ({ inputTokens: 17 }));
    counting('beta', async () => ({ inputTokens: 99 }));
    const opened = await open();
    const answer = await ask(opened, 'POST', path, body);
    expect(read(answer.text)).toBe(17);
    expect(answer.headers).toMatchObject({ 'x-turnout-target': 'alpha/m1', 'x-turnout-attempts': '1' });
    expect(answer.headers['x-turnout-estimated']).toBeUndefined();
    const line = await opened.line(String(answer.headers['x-request-id']));
    expect(line.fields).toMatchObject({ model: 'both', route: 'both', status: 200, usage: { inputTokens: 17 } });
  });

  test.each(PATHS)('%s: of the next target when the first has none, or fails', async (path, body, read) => {
    counting('beta', async () => ({ inputTokens: 99 }));
    const firsts = [
      () => silent('alpha'),
      () => counting('alpha', failing('unsupported')),
      () => counting('alpha', failing('upstream-denied')),
    ];
    for (const first of firsts) {
      first();
      const answer = await ask(await open(), 'POST', path, body);
      expect(read(answer.text)).toBe(99);
      expect(answer.headers['x-turnout-target']).toBe('beta/m2');
    }
  });

  test.each(PATHS)('%s: is estimated where nobody counts, and says so', async (path, body, read) => {
    for (const countTokens of [undefined, failing('unsupported')]) {
      for (const provider of ['alpha', 'beta']) countTokens ? counting(provider, countTokens) : silent(provider);
      const answer = await ask(await open(), 'POST', path, body);
      // Four for the message, one for its text.
      expect(read(answer.text)).toBe(5);
      expect(answer.headers['x-turnout-estimated']).toBe('true');
    }
    counting('alpha', async () => ({ inputTokens: 3, estimated: true }));
    expect((await ask(await open(), 'POST', path, body)).headers['x-turnout-estimated']).toBe('true');
  });

  test.each(PATHS)('%s: that fails again and again says nothing of the answers', async (path, body) => {
    for (const provider of ['alpha', 'beta']) {
      script(provider, {
        stream: async function* () {
          yield* say('ok');
        },
        countTokens: failing('upstream-denied'),
      });
    }
    const opened = await open();
    for (let times = 0; times < 6; times++) expect((await ask(opened, 'POST', path, body)).status).toBeGreaterThan(500);
    const answer = await ask(opened, 'POST', '/v1/messages', { ...MESSAGES, model: 'both' });
    expect(answer.headers['x-turnout-target']).toBe('alpha/m1');
  });

  test('by Bedrock for the models that it counts for, and estimated for the others', async () => {
    const local: BedrockLocal = await startBedrockLocal({
      credentials: [{ accessKeyId: 'AK', secretAccessKey: 'SK' }],
    });
    const auth = '{ mode: keys, accessKeyId: AK, secretAccessKey: SK }';
    const opened = await openHouse(
      `providers: { bedrock: { region: us-east-1, endpoint: "${local.url}", auth: ${auth} } }\n`,
    );
    houses.push(opened);
    const count = async (model: string) => {
      const answer = await ask(opened, 'POST', '/v1/messages/count_tokens', { model, messages: HI });
      return [answer.status, JSON.parse(answer.text).input_tokens > 0, answer.headers['x-turnout-estimated']];
    };
    expect(await count('bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0')).toEqual([200, true, undefined]);
    expect(await count('bedrock/amazon.nova-pro-v1:0')).toEqual([200, true, 'true']);
    expect(local.requests.map(({ operation }) => operation)).toEqual(['count-tokens']);
    await local.close();
  });

  test.each(PATHS)('%s: fails as a chat does', async (path, body) => {
    counting('alpha', failing('rate-limited'));
    counting('beta', failing('rate-limited'));
    const opened = await open('keys: [{ name: a, key: key-of-a, models: [both] }]\n', 'key-of-a');
    const key = { authorization: 'Bearer key-of-a' };
    const refused = await ask(opened, 'POST', path.replace('both', 'only'), { ...body, model: 'only' }, key);
    expect(refused.status).toBe(403);
    const limited = await ask(opened, 'POST', path, body, key);
    expect(limited.status).toBe(429);
    expect(limited.headers['retry-after']).toBeDefined();
  });
});
