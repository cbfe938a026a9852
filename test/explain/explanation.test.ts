// The text of `explain`, word by word, and what stands in its JSON.
import { expect, test } from 'vitest';
import { formatExplanation } from '../../core/src/cli/explanation.ts';
import { unrestricted } from '../../core/src/host/index.ts';
import { explain, type Inquiry } from '../../core/src/server/index.ts';
import { load, plain } from './subject.ts';

const router = await load(`keys:
  - { name: team-a, key: "key-of-team-a", models: ["claude*", any], limits: { rpm: 60, concurrent: 4 } }
  - { name: operator, key: "key-of-operator", admin: true }
providers:
  aws:
    plugin: bedrock
    regions: [us-east-1, us-west-2]
    auth: { mode: keys, accessKeyId: AKIAEXAMPLE, secretAccessKey: the-secret }
    crossRegion: geo
  openai: { apiKey: the-secret, timeout: { total: 20m }, retry: { attempts: 2 } }
routes:
  claude:
    targets: [aws/anthropic.claude-sonnet-5]
    reasoning: { budget: 8192 }
    defaults: { maxTokens: 16384, temperature: 0.3 }
  any:
    strategy: weighted
    targets: [{ target: route/claude, weight: 3 }, { target: openai/gpt-4o }]
    onContextOverflow: [openai/gpt-4.1]
    onContentBlocked: []
    resume: true
  by-user: { strategy: sticky, sticky: user, targets: [openai/gpt-4o, openai/gpt-4.1] }
  quick: { strategy: least-latency, targets: [openai/gpt-4o, openai/gpt-4.1] }
`);
const ask = (inquiry: Inquiry) => explain(router, inquiry, unrestricted('cli'));
const text = (inquiry: Inquiry) => plain(formatExplanation(ask(inquiry)));

test('nested routes, weights, a pool, typed fallbacks, resume', () => {
  expect(text({ model: 'any' })).toMatchInlineSnapshot(`
    "any: The route "any" has this name (turnout.yaml:16).
      asked    the smallest request, as openai-chat, streamed
      key      team-a and operator may use this model
      time     20m for the whole request
      order    weighted: one by its share, then the others by theirs
      resume   a stream that breaks goes on at the next target

      1. 75%  route/claude, ordered: from the top, the next when one fails
        1.1. aws@us-east-1/anthropic.claude-sonnet-5
             model      us.anthropic.claude-sonnet-5
             region     us-east-1
             profile    us
             endpoint   https://bedrock-runtime.us-east-1.amazonaws.com
             auth       keys
             reasoning  adaptive, effort medium (from budget 8192)
             because    crossRegion geo: the model has the profile us
             because    region us-east-1 is a member of the pool
             adds       maxTokens 16384, temperature 0.3, reasoning budget 8192
             answer     rebuilt, body and answer: with resume nothing streamed is relayed
             loss       reasoning_effort approximated, the route sets it: the budget of 8192 tokens is
                        sent as the effort medium
             loss       temperature dropped, the route sets it: the model has no such setting
             time       5s to connect, 2m to the first token and 1m between two pieces; 4 tries
             breaker    closed: nothing has been called
        1.2. aws@us-west-2/anthropic.claude-sonnet-5
             model      us.anthropic.claude-sonnet-5
             region     us-west-2
             profile    us
             endpoint   https://bedrock-runtime.us-west-2.amazonaws.com
             auth       keys
             reasoning  adaptive, effort medium (from budget 8192)
             because    crossRegion geo: the model has the profile us
             because    region us-west-2 is a member of the pool
             adds       maxTokens 16384, temperature 0.3, reasoning budget 8192
             answer     rebuilt, body and answer: with resume nothing streamed is relayed
             loss       reasoning_effort approximated, the route sets it: the budget of 8192 tokens is
                        sent as the effort medium
             loss       temperature dropped, the route sets it: the model has no such setting
             time       5s to connect, 2m to the first token and 1m between two pieces; 4 tries
             breaker    closed: nothing has been called
      2. 25%  openai/gpt-4o
           model      gpt-4o
           endpoint   https://api.openai.com/v1
           auth       API key
           because    gpt-4o is sent as it is written
           because    baseUrl is OpenAI's own: what OpenAI has is sent as it has it
           because    chat completions, as the client speaks them
           answer     rebuilt, body and answer: with resume nothing streamed is relayed
           time       5s to connect, 2m to the first token and 1m between two pieces; 2 tries
           breaker    closed: nothing has been called
      when the prompt is too long, in place of what is left:
      L1. openai/gpt-4.1
           model      gpt-4.1
           endpoint   https://api.openai.com/v1
           auth       API key
           because    gpt-4.1 is sent as it is written
           because    baseUrl is OpenAI's own: what OpenAI has is sent as it has it
           because    chat completions, as the client speaks them
           answer     rebuilt, body and answer: with resume nothing streamed is relayed
           time       5s to connect, 2m to the first token and 1m between two pieces; 2 tries
           breaker    closed: nothing has been called
      when a filter blocks it: nobody else is asked"
  `);
});

test('a request in another protocol: what it keeps, loses, and what strict would say', () => {
  const request = {
    system: 'be brief',
    max_tokens: 2000,
    temperature: 0.9,
    top_k: 4,
    messages: [{ role: 'user', content: 'hello' }],
  };
  expect(text({ model: 'claude', request, key: 'team-a' })).toMatchInlineSnapshot(`
    "claude: The route "claude" has this name (turnout.yaml:12).
      asked    this request, as anthropic-messages (guessed: it has "system"), not streamed
      key      team-a may use this model, 60 requests a minute and 4 at a time
      time     15m for the whole request
      order    ordered: from the top, the next when one fails

      1. aws@us-east-1/anthropic.claude-sonnet-5
           model      us.anthropic.claude-sonnet-5
           region     us-east-1
           profile    us
           endpoint   https://bedrock-runtime.us-east-1.amazonaws.com
           auth       keys
           reasoning  adaptive, effort medium (from budget 8192)
           because    crossRegion geo: the model has the profile us
           because    region us-east-1 is a member of the pool
           because    the answer is relayed: its bytes go to the client as they come
           adds       reasoning budget 8192
           kept       max_tokens and temperature: the client's own
           answer     relayed: the client's own body, and the answer's bytes as they come
           loss       temperature dropped: the model has no such setting
           loss       top_k dropped: the model has no such setting
           loss       thinking approximated, the route sets it: the budget of 8192 tokens is sent as the
                      effort medium
           strict     would refuse this for temperature and top_k
           time       5s to connect; 4 tries
           breaker    closed: nothing has been called
      2. aws@us-west-2/anthropic.claude-sonnet-5
           model      us.anthropic.claude-sonnet-5
           region     us-west-2
           profile    us
           endpoint   https://bedrock-runtime.us-west-2.amazonaws.com
           auth       keys
           reasoning  adaptive, effort medium (from budget 8192)
           because    crossRegion geo: the model has the profile us
           because    region us-west-2 is a member of the pool
           because    the answer is relayed: its bytes go to the client as they come
           adds       reasoning budget 8192
           kept       max_tokens and temperature: the client's own
           answer     relayed: the client's own body, and the answer's bytes as they come
           loss       temperature dropped: the model has no such setting
           loss       top_k dropped: the model has no such setting
           loss       thinking approximated, the route sets it: the budget of 8192 tokens is sent as the
                      effort medium
           strict     would refuse this for temperature and top_k
           time       5s to connect; 4 tries
           breaker    closed: nothing has been called"
  `);
});

test('what sticks leads to one of them, the smallest request to nobody knows', () => {
  const lead = (user?: string) => {
    const request = { messages: [{ role: 'user', content: 'x' }], ...(user && { user }) };
    return ask({ model: 'by-user', request }).group.order;
  };
  expect(ask({ model: 'by-user' }).group.order).toBeUndefined();
  expect(lead()).toBeUndefined();
  const leads = Array.from({ length: 20 }, (_, n) => lead(`user ${n}`)?.[0]);
  expect(new Set(leads)).toEqual(new Set([0, 1]));
  expect(lead('user 3')).toEqual(lead('user 3'));
  expect(text({ model: 'by-user' })).toContain('sticky by the user: without it one by its share');
});

test('the quickest: by the file until something is measured, then by its score', () => {
  expect(text({ model: 'quick' })).toContain(
    'least-latency: the quickest to its first token, then the next: 1 where none has',
  );
  const { latencies } = router.upstreams.get('openai') ?? {};
  const nowMs = performance.now();
  for (const [model, ms] of [
    ['gpt-4o', 900],
    ['gpt-4.1', 100],
  ] as const) {
    const latency = latencies?.remember(model);
    latency?.begin();
    latency?.answered(ms, nowMs);
  }
  const { group } = ask({ model: 'quick' });
  expect(group.order).toEqual([1, 0]);
  expect(group.choices.map(({ scoreMs }) => Math.round((scoreMs ?? 0) / 100))).toEqual([9, 1]);
});

test('the time that a client allows is the request’s, and one that is no time is refused', () => {
  const withDeadline = (value: string) => ask({ model: 'any', headers: { 'x-turnout-deadline-ms': value } });
  expect([withDeadline('1500').totalMs, withDeadline('99999999').totalMs]).toEqual([1_500, 1_200_000]);
  expect(() => withDeadline('soon')).toThrow(expect.objectContaining({ code: 'invalid-request' }));
});

test('no line is longer than a terminal, as long as words allow it', () => {
  const long = `${text({ model: 'any' })}\n${text({ model: 'claude', protocol: 'bedrock-converse' })}`;
  expect(long.split('\n').filter((line) => line.length > 100)).toEqual([]);
});

test('where chance decides, nobody is told of a refusal that may not be', async () => {
  // Bedrock alone reads this, and finds it wrong: no other target is asked then.
  const request = { messages: [{ role: 'user', content: 'x' }], bedrock: { latency: 'none-such' } };
  const refusal = async (strategy: string) => {
    const own = await load(`providers:
  aws: { plugin: bedrock, region: us-east-1, auth: { mode: keys, accessKeyId: a, secretAccessKey: b } }
  echo: {}
routes: { r: { strategy: ${strategy}, targets: [aws/amazon.nova-pro-v1:0, echo/x] } }
`);
    const { error, targets } = explain(own, { model: 'r', request }, unrestricted('cli'));
    expect(targets.map((target) => target.error?.code)).toEqual(['invalid-request', undefined]);
    return error?.code;
  };
  expect(await refusal('ordered')).toBe('invalid-request');
  expect(await refusal('weighted')).toBeUndefined();
});

test('a breaker that is open says for how long', async () => {
  const own = await load('providers: { echo: { breaker: { failures: 2, cooldown: 30s } } }\nroutes: { r: echo/x }\n');
  const echo = own.upstreams.get('echo');
  const nowMs = performance.now();
  const breaker = echo?.breakers.of({ model: 'x' });
  for (const _ of [1, 2]) breaker?.failure(nowMs);
  const explanation = explain(own, { model: 'r' }, unrestricted('cli'));
  expect(explanation.targets[0]?.breaker).toMatchObject({ state: 'open', failures: 2 });
  expect(formatExplanation(explanation)).toMatch(/breaker {4}open, asked again in [\d.]+s, 2 failures in a row/);
});

test('addresses of media are left alone: something small stands in, and a relayed body keeps them', () => {
  const url = 'https://images.example/a.png';
  const request = { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] };
  const rebuilt = ask({ model: 'claude', request, wire: true });
  expect(rebuilt.unfetched).toBe(1);
  expect(rebuilt.targets[0]?.error).toBeUndefined();
  expect(JSON.stringify(rebuilt.targets[0]?.wire)).toContain('"format":"png"');
  const relayed = ask({ model: 'openai/gpt-4o', request, wire: true });
  expect(relayed.targets[0]?.answer).toBe('relayed');
  expect(JSON.stringify(relayed.targets[0]?.wire)).toContain(url);
});

test('long base64 is shortened in the wire body, and nothing else is', () => {
  const data = Buffer.alloc(3000, 1).toString('base64');
  const long = 'many words '.repeat(100);
  const content = [
    { type: 'text', text: long },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
  ];
  const { targets } = ask({ model: 'openai/gpt-4o', request: { messages: [{ role: 'user', content }] }, wire: true });
  expect(targets[0]?.wire).toMatchObject({
    messages: [{ content: [{ text: long }, { image_url: { url: 'data:image/png;base64,… 3000 bytes …' } }] }],
  });
});

test('embeddings: asked as such, and found out for the smallest request', () => {
  const model = 'aws/amazon.titan-embed-text-v2:0';
  const { targets } = ask({ model, request: { input: ['a'], dimensions: 256 } });
  expect(targets.map(({ answer, error }) => ({ answer, error }))).toEqual([
    { answer: 'embeddings', error: undefined },
    { answer: 'embeddings', error: undefined },
  ]);
  expect(ask({ model }).targets[0]).toMatchObject({ answer: 'embeddings' });
  // A chat that somebody really sends there is refused.
  const refused = ask({ model, request: { messages: [{ role: 'user', content: 'x' }] } });
  expect(refused.error).toMatchObject({ code: 'unsupported', status: 400 });
});

test.each([
  ['a model that is not there', { model: 'clade' }, 'model-not-found', /close names: claude/],
  ['a key that may not', { model: 'quick', key: 'team-a' }, 'forbidden', /may not use the model "quick"/],
  ['a key that is not there', { model: 'any', key: 'team-b' }, 'invalid-request', /there are: team-a, operator/],
  ['a body that is wrong', { model: 'any', request: { messages: 1 } }, 'invalid-request', /messages: expected a list/],
  ['a body that is none', { model: 'any', request: [] }, 'invalid-request', /body: expected an object/],
  ['a body of no protocol', { model: 'any', request: { prompt: 'x' } }, 'invalid-request', /say which protocol/],
])('%s: the error of its client', (_name, inquiry, code, message) => {
  expect(() => ask(inquiry)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});

test('strict: the refusal is said, and what would be lost all the same', async () => {
  const strict = await load(`providers:
  aws: { plugin: bedrock, region: us-east-1, auth: { mode: keys, accessKeyId: a, secretAccessKey: b } }
routes: { r: aws/anthropic.claude-sonnet-5 }
strict: true
`);
  const request = { messages: [{ role: 'user', content: 'x' }], seed: 1, temperature: 0.5 };
  const { targets, error } = explain(strict, { model: 'r', request }, unrestricted('cli'));
  expect(error).toMatchObject({ code: 'unsupported', status: 400 });
  expect(targets[0]?.strictRefuses).toEqual(expect.arrayContaining(['seed', 'temperature']));
});
