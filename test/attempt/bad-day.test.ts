// What clients meet while upstreams fail: the next target, a breaker, a Retry-After; in every protocol, over sockets.
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { type ErrorCode, RouterError, type RouterErrorOptions } from '../../core/src/contract/index.ts';
import { begin, hang, say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';
import { CHATS } from './doors.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const ending: (() => unknown)[] = [];
const saying = (text: string) =>
  async function* () {
    yield* say(text);
  };
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function open(yaml: string): Promise<House> {
  const opened = await openHouse(yaml);
  ending.push(() => opened.close());
  return opened;
}

const house = (settings = ', retry: { attempts: 1 }') =>
  open(
    `providers:\n  alpha: { plugin: "${plugin}"${settings} }\n  beta: { plugin: "${plugin}" }\nroutes: { only: alpha/m, again: alpha/m, both: { targets: [alpha/m, beta/m] } }\n`,
  );

const ask = (opened: House, model = 'only', more: object = {}) =>
  opened.post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }], ...more });

const failing = (code: ErrorCode, options: RouterErrorOptions = {}) =>
  script('alpha', () => {
    throw new RouterError(code, `${code} it is`, options);
  });

describe('an upstream that is not there', () => {
  async function portOf(server: net.Server): Promise<number> {
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    return (server.address() as AddressInfo).port; // it listens on a host and a port
  }
  const withUpstream = (baseUrl: string, retry = '') =>
    open(
      `providers:\n  away: { plugin: openai, baseUrl: "${baseUrl}", apiKey: k${retry} }\n  alpha: { plugin: "${plugin}" }\nroutes: { both: { targets: [away/m, alpha/m] }, only: away/m }\n`,
    );

  test.each([
    [
      'nobody listens',
      async () => {
        const server = net.createServer();
        const port = await portOf(server);
        await new Promise((closed) => server.close(closed));
        return `http://127.0.0.1:${port}/v1`;
      },
    ],
    ['its name leads nowhere', async () => 'http://nobody.invalid/v1'],
    [
      'it does not speak TLS',
      async () => {
        const server = net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
        ending.push(() => server.close());
        return `https://127.0.0.1:${await portOf(server)}/v1`;
      },
    ],
  ])('%s: the next target is asked at once, and it is tried again where there is none', async (_what, urlOf) => {
    script('alpha', saying('here'));
    const opened = await withUpstream(await urlOf(), ', retry: { attempts: 3, minDelay: 1ms }');
    const response = await ask(opened, 'both');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-turnout-attempts')).toBe('2');
    const alone = await ask(opened);
    expect(alone.status).toBe(502);
    expect(alone.headers.get('x-turnout-attempts')).toBe('3');
  });
});

test('no connection within timeout.connect: the next target is asked, and the same one is not tried again', async () => {
  // It takes connections and never says a word of TLS.
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  ending.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo; // it listens on a host and a port
  script('alpha', saying('here'));
  const opened = await open(
    `providers:\n  away: { plugin: openai, baseUrl: "https://127.0.0.1:${port}/v1", apiKey: k, timeout: { connect: 300ms } }\n  alpha: { plugin: "${plugin}" }\nroutes: { both: { targets: [away/m, alpha/m] }, only: away/m }\n`,
  );
  const response = await ask(opened, 'both');
  expect([response.status, response.headers.get('x-turnout-attempts')]).toEqual([200, '2']);
  const { fields } = await opened.line(response.headers.get('x-request-id') ?? '');
  expect(fields.attempts).toMatchObject([{ target: 'away/m', code: 'upstream-timeout' }, { target: 'alpha/m' }]);
  const alone = await ask(opened);
  expect([alone.status, alone.headers.get('x-turnout-attempts')]).toEqual([504, '1']);
});

describe('a firewall in front of an upstream', () => {
  test.each(['openai', 'anthropic', 'gemini', 'bedrock'])(
    'that refuses what one client sends takes nothing away from the others: %s',
    async (family) => {
      const server = http.createServer((_request, response) => {
        response.writeHead(403, { 'content-type': 'text/html' }).end('<html>Request blocked</html>');
      });
      ending.push(() => server.close());
      await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a host and a port
      const settings =
        family === 'bedrock'
          ? `region: us-east-1, endpoint: "${url}", auth: { mode: api-key, apiKey: k }`
          : `baseUrl: "${url}", apiKey: k`;
      const opened = await open(
        `providers: { walled: { plugin: ${family}, ${settings}, breaker: { failures: 1 } } }\nroutes: { only: walled/amazon.nova-lite-v1:0 }\n`,
      );
      for (let n = 0; n < 3; n++) {
        const response = await ask(opened);
        expect([response.status, response.headers.get('x-turnout-attempts')]).toEqual([502, '1']);
      }
    },
  );

  test('but an expired key of ours takes the target out', async () => {
    failing('upstream-denied');
    const opened = await house();
    for (let n = 0; n < 5; n++) expect((await ask(opened)).status).toBe(502);
    expect((await ask(opened)).status).toBe(503);
  });
});

describe('a breaker', () => {
  test('is shared by all routes, says in the log why and until when, and lets one call try', async () => {
    failing('upstream-failed');
    script('beta', saying('instead'));
    const opened = await house(', retry: { attempts: 1 }, breaker: { cooldown: 300ms }');
    for (let n = 0; n < 5; n++) expect((await ask(opened, n % 2 ? 'only' : 'again')).status).toBe(502);
    const refused = await ask(opened, 'again');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('x-turnout-attempts')).toBe('0');
    expect((await ask(opened, 'both')).headers.get('x-turnout-target')).toBe('beta/m');
    const [line] = opened.log.filter(({ message }) => message === 'breaker opened');
    expect(line).toMatchObject({
      level: 'warn',
      fields: { target: 'alpha/m', from: 'closed', reason: '5 failures in a row', until: expect.stringMatching(/Z$/) },
    });
    script('alpha', saying('back'));
    await expect.poll(async () => (await ask(opened)).status).toBe(200);
    const turns = opened.log.flatMap(({ message }) => (message.startsWith('breaker') ? message : []));
    expect(turns).toEqual(['breaker opened', 'breaker half-open', 'breaker closed']);
  });

  test('opens after five streams in a row that broke in the middle', async () => {
    script('alpha', () =>
      (async function* () {
        yield* begin();
        yield { type: 'block-delta', index: 0, text: 'half' } as const;
        throw new RouterError('upstream-failed', 'cut');
      })(),
    );
    const opened = await house();
    for (let n = 0; n < 5; n++) {
      const response = await ask(opened, 'only', { stream: true });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('"error"');
      await opened.line(response.headers.get('x-request-id') ?? '');
    }
    expect((await ask(opened)).status).toBe(503);
  });

  test('a client that leaves its probe says nothing: the next one may try', async () => {
    failing('upstream-failed');
    const opened = await house(', retry: { attempts: 1 }, breaker: { failures: 1, cooldown: 50ms }');
    await ask(opened);
    let asked = 0;
    script('alpha', (_request, call) =>
      (async function* () {
        asked++;
        yield* begin();
        await hang(call);
      })(),
    );
    await new Promise((later) => setTimeout(later, 60));
    const leaving = new AbortController();
    const probe = opened.post(
      '/v1/chat/completions',
      { model: 'only', messages: [{ role: 'user', content: 'hi' }] },
      {},
      leaving.signal,
    );
    await expect.poll(() => asked).toBe(1);
    leaving.abort();
    await expect(probe).rejects.toThrow();
    script('alpha', saying('back'));
    await expect.poll(async () => (await ask(opened)).status).toBe(200);
  });
});

describe.each(CHATS)('in $name', (door) => {
  const knock = (opened: House, model: string) => opened.post(door.path(model), door.body(model));

  test('all targets resting after failures: 503 with the Retry-After of the nearest', async () => {
    failing('upstream-failed');
    script('beta', () => {
      throw new RouterError('overloaded', 'full');
    });
    const opened = await open(
      `providers:\n  alpha: { plugin: "${plugin}", retry: { attempts: 1 }, breaker: { failures: 1, cooldown: 50s } }\n  beta: { plugin: "${plugin}", retry: { attempts: 1 }, breaker: { failures: 1, cooldown: 20s } }\nroutes: { both: { targets: [alpha/m, beta/m] } }\n`,
    );
    expect((await knock(opened, 'both')).status).toBe(503);
    const response = await knock(opened, 'both');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('20');
  });

  test('a 429 has a Retry-After: the upstream’s, what is left of it, or a second', async () => {
    failing('rate-limited', { retryAfterMs: 40_000 });
    const opened = await house();
    const first = await knock(opened, 'only');
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '40']);
    const second = await knock(opened, 'only');
    expect([second.status, second.headers.get('x-turnout-attempts')]).toEqual([429, '0']);
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(30);
    failing('rate-limited');
    const untold = await knock(await house(), 'only');
    expect([untold.status, untold.headers.get('retry-after')]).toEqual([429, '1']);
  });
});
