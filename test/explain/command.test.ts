// The command line: explain, check, --version. In this process: a process of its own for each costs half a second.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../core/src/cli/index.ts';
import { openHouse } from '../house.ts';
import { home, plain, write } from './subject.ts';

afterEach(() => void vi.restoreAllMocks());

async function turnout(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => out.push(line));
  vi.spyOn(console, 'error').mockImplementation((line) => err.push(line));
  const code = await run(argv, { home, env: {} });
  return { code, out: plain(out.join('\n')), err: plain(err.join('\n')) };
}

const config = write(
  'main.yaml',
  `keys: [{ name: team-a, key: "key-of-team-a", models: [parrot] }]
providers: { echo: {} }
routes: { parrot: echo/any, hidden: { targets: [echo/x], sticky: { header: x-session }, strategy: sticky } }
`,
);
const chat = write('chat.json', JSON.stringify({ model: 'parrot', messages: [{ role: 'user', content: 'hello' }] }));

describe('explain', () => {
  test('a request that names its model', async () => {
    const { code, out } = await turnout('explain', '--request', chat, '--config', config, '--wire');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^parrot: The route "parrot" has this name \(main\.yaml:3\)\.\n {2}asked {4}this request, as openai-chat/,
    );
    expect(out).toMatch(/wire\n +"hello"/);
  });

  test('as JSON', async () => {
    const { code, out } = await turnout(
      'explain',
      'hidden',
      '--request',
      chat,
      '--header',
      'X-Session: 1',
      '--config',
      config,
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ model: 'hidden', protocol: 'openai-chat', smallest: false, stream: false });
  });

  test('an error is that of its client, with its code', async () => {
    const forbidden = await turnout('explain', 'hidden', '--key', 'team-a', '--config', config);
    expect(forbidden).toEqual({
      code: 1,
      out: '',
      err: 'turnout: [forbidden] this key may not use the model "hidden"',
    });
    const json = await turnout('explain', 'hidden', '--key', 'team-a', '--config', config, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toEqual({
      error: { code: 'forbidden', status: 403, message: 'this key may not use the model "hidden"', field: 'model' },
    });
  });

  test('a body that cannot be read: the text that its client would get', async () => {
    const house = await openHouse(readFileSync(config, 'utf8'), { key: 'key-of-team-a' });
    try {
      for (const body of [
        '{"model":',
        '{"model":"parrot","messages":[{"role":"nobody"}]}',
        '{"model":"parrot","messages":[],"seed":"x"}',
      ]) {
        const file = write('bad.json', body);
        const response = await house.post('/v1/chat/completions', body);
        const said = Object(await response.json()).error.message;
        expect(response.status).toBe(400);
        const { code, err } = await turnout(
          'explain',
          '--request',
          file,
          '--protocol',
          'openai-chat',
          '--config',
          config,
        );
        expect({ code, err }).toEqual({ code: 1, err: `turnout: [invalid-request] ${said}` });
      }
    } finally {
      await house.close();
    }
  });

  test.each([
    ['no model', ['explain', '--config', config], /one model name/],
    ['two models', ['explain', 'a', 'b', '--config', config], /one model name/],
    [
      'a protocol that is none',
      ['explain', 'parrot', '--protocol', 'soap', '--config', config],
      /expected one of openai-chat, /,
    ],
    ['a header that is none', ['explain', 'parrot', '--header', 'x', '--config', config], /expected "name: value"/],
    ['a file that is not there', ['explain', '--request', 'none.json', '--config', config], /none\.json/],
    [
      'an option of another command',
      ['explain', 'parrot', '--port', '3', '--config', config],
      /explain takes no --port/,
    ],
    ['a replay of one model', ['explain', 'parrot', '--replay', chat, '--config', config], /takes no parrot/],
    ['a log that is not there', ['explain', '--replay', 'none.log', '--config', config], /none\.log/],
  ])('%s', async (_name, argv, message) => {
    const { code, err } = await turnout(...argv);
    expect({ code, err: message.test(err) ? 'as expected' : err }).toEqual({ code: 1, err: 'as expected' });
  });

  test('a log, replayed: 1 when somebody would be refused', async () => {
    const served = {
      protocol: 'openai-chat',
      key: 'team-a',
      status: 200,
      attempts: [{ target: 'echo/any' }],
      msg: 'request',
    };
    const good = write('good.log', `${JSON.stringify({ ...served, model: 'parrot', route: 'parrot' })}\n`);
    const bad = write('bad.log', `${JSON.stringify({ ...served, model: 'gone', route: 'gone' })}\n`);
    expect(await turnout('explain', '--replay', good, '--config', config)).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^ +1 +100% {2}would go the same way\n[\s\S]*\n1 request of 1 kind: 100% the same way$/,
      ),
      err: '',
    });
    const { code, out } = await turnout('explain', '--replay', bad, '--config', config, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ requests: 1, byFate: { refused: 1 } });
  });
});

describe('check', () => {
  const old = write('old.yaml', 'providers: { echo: {} }\nroutes: { parrot: echo/other }\n');

  test('--diff', async () => {
    const { code, out } = await turnout('check', '--config', config, '--diff', old);
    expect(code).toBe(0);
    expect(out).toContain('~ parrot\n    order: echo/other → echo/any\n');
    const json = await turnout('check', '--config', config, '--diff', old, '--json');
    expect(JSON.parse(json.out).names).toContainEqual({
      name: 'parrot',
      kind: 'changed',
      differences: [{ what: 'order', was: 'echo/other', now: 'echo/any' }],
    });
  });

  test('a file that is not sound any more is said, whichever of the two it is', async () => {
    const broken = write('broken.yaml', 'providers: { echo: {} }\nroutes: { parrot: ecko/x }\n');
    for (const argv of [
      ['check', '--config', config, '--diff', broken],
      ['check', '--config', broken, '--diff', config],
    ]) {
      const { code, err } = await turnout(...argv);
      expect(code).toBe(1);
      expect(err).toMatch(/^(?:.*\n)*broken\.yaml:2:19 {2}routes\.parrot: unknown provider/);
    }
  });
});

test('POST /admin/explain: the same as JSON, and only for the operator', async () => {
  const yaml = `keys:
  - { name: team-a, key: "key-of-team-a", models: [parrot] }
  - { name: operator, key: "key-of-operator", admin: true }
providers: { echo: {} }
routes: { parrot: echo/any, hidden: echo/x }
`;
  const house = await openHouse(yaml, { key: 'key-of-operator' });
  try {
    const ask = async (body: unknown, headers = {}) => {
      const response = await house.post('/admin/explain', body, headers);
      return { status: response.status, body: await response.json() };
    };
    const request = { max_tokens: 9, system: 's', messages: [{ role: 'user', content: 'x' }] };
    expect(await ask({ model: 'parrot', request, key: 'team-a', wire: true })).toMatchObject({
      status: 200,
      body: {
        key: 'team-a',
        protocol: 'anthropic-messages',
        route: 'parrot',
        targets: [{ target: 'echo/any', wire: 'x' }],
      },
    });
    expect((await ask({ model: 'hidden', key: 'team-a' })).status).toBe(403);
    expect((await ask({ model: 'none' })).status).toBe(404);
    expect((await ask({})).status).toBe(400);
    expect(await ask({ modell: 'x' })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(/^modell: unknown field/) } },
    });
    expect((await ask({ model: 'parrot', protocol: 'soap' })).status).toBe(400);
    expect((await ask({ model: 'parrot' }, { authorization: 'Bearer key-of-team-a' })).status).toBe(403);
  } finally {
    await house.close();
  }
});

test('--version, as the program prints it', () => {
  const { version } = JSON.parse(readFileSync(join(home, '../package.json'), 'utf8'));
  const printed = execFileSync(process.execPath, [join(home, 'turnout.ts'), '--version'], { encoding: 'utf8' });
  expect(printed).toBe(`turnout ${version}\n`);
});
