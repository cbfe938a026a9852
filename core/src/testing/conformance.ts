// The kit: what every provider must hold, as tests of whatever runner calls it. Every plugin of this house passes the same.
import { type ErrorCode, RouterError, type Usage } from '../contract/index.ts';
import { differ, expect, inTime, until } from './expectation.ts';
import { callOf, failureOf, onStage, planCall, read, requestOf, type Stage } from './stage.ts';
import type { Fixture, Subject, TestFunction } from './subject.ts';
import type { Reply } from './upstream.ts';

/** A body of up to this many bytes is cut at every one of them, a longer one at so many places. */
const CUTS_MAX = 600;

/** What the vendor's failures must become, whatever stands in their bodies. */
const STATUSES: readonly {
  readonly reply: Reply;
  readonly codes: readonly ErrorCode[];
  readonly retryAfterMs?: number;
}[] = [
  { reply: { status: 401, body: '{}' }, codes: ['upstream-denied'] },
  { reply: { status: 403, body: '{}' }, codes: ['upstream-denied'] },
  { reply: { status: 429, body: '{}', headers: { 'retry-after': '7' } }, codes: ['rate-limited'], retryAfterMs: 7_000 },
  { reply: { status: 429, body: '' }, codes: ['rate-limited'] },
  { reply: { status: 500, body: '{}' }, codes: ['upstream-failed', 'overloaded'] },
  {
    reply: { status: 502, body: '<html>Bad gateway</html>', headers: { 'content-type': 'text/html' } },
    codes: ['upstream-failed', 'overloaded'],
  },
  { reply: { status: 503, body: '{}' }, codes: ['overloaded'] },
  { reply: { status: 302, body: '', headers: { location: 'http://127.0.0.1:9/' } }, codes: ['upstream-failed'] },
  {
    reply: { status: 200, body: '<html>Welcome</html>', headers: { 'content-type': 'text/html' } },
    codes: ['upstream-failed'],
  },
  { reply: { status: 200, body: '', headers: {} }, codes: ['upstream-failed'] },
];

/** Registers the kit's tests for one plugin. */
export function testProvider<Config>(subject: Subject<Config>, test: TestFunction): void {
  const register = (name: string, body: (stage: Stage) => Promise<void>): void => {
    const skipped = subject.skip?.find((one) => name.startsWith(one.test));
    const title = `${subject.plugin.name}: ${name}`;
    if (skipped) test.skip(`${title} (${skipped.reason})`, async () => {});
    else test(title, () => onStage(subject, body));
  };
  register('an unknown key of its settings is an error', refusesUnknownKeys);
  register('close can be called twice, and nothing stays open', closesTwice);
  register('a plan makes no call, and is the same each time', plansPurely);
  for (const fixture of subject.fixtures) {
    register(`the answer has the grammar: ${fixture.name}`, (stage) => readsWell(stage, fixture));
    if (fixture.whole) register(`whole and streamed are the same: ${fixture.name}`, (stage) => agrees(stage, fixture));
    const { streamed } = fixture;
    if (!streamed) continue;
    register(`cut into pieces anywhere it is the same: ${fixture.name}`, (stage) =>
      survivesCuts(stage, fixture, streamed),
    );
    register(`broken off anywhere it is a failure: ${fixture.name}`, (stage) =>
      noticesBreaks(stage, fixture, streamed),
    );
    register(`an abort ends the call and its connection: ${fixture.name}`, (stage) => aborts(stage, fixture, streamed));
  }
  const [first] = subject.fixtures.filter(({ streamed }) => streamed);
  if (!first) return;
  for (const { reply, codes, retryAfterMs } of STATUSES) {
    const what =
      reply.status === 200 ? `200 with ${reply.body === '' ? 'nothing' : 'a page'}` : `status ${reply.status}`;
    const also = reply.headers?.['retry-after'] === undefined ? '' : ' with Retry-After';
    register(`${what}${also} is ${codes.join(' or ')}`, (stage) => maps(stage, first, { reply, codes, retryAfterMs }));
  }
}

async function refusesUnknownKeys({ subject, upstream }: Stage): Promise<void> {
  const config = subject.config(upstream.url);
  const extended = { ...(config as object), 'no-such-key': true }; // settings are a map in the YAML
  const checked = await subject.plugin.config['~standard'].validate(extended);
  expect(checked.issues !== undefined, 'an unknown key was accepted');
}

async function closesTwice({ provider, host, upstream }: Stage): Promise<void> {
  await provider.close?.();
  await provider.close?.();
  await host.close();
  await until(() => upstream.connections === 0, 'a connection stayed open after close');
}

async function plansPurely({ subject, provider, upstream }: Stage): Promise<void> {
  const [fixture] = subject.fixtures;
  const request = requestOf(subject, fixture);
  const before = JSON.stringify(request);
  const first = JSON.stringify(provider.plan(request, planCall(true)));
  expect(first === JSON.stringify(provider.plan(request, planCall(true))), 'two plans of one request differ');
  expect(before === JSON.stringify(request), 'the plan changed the request');
  expect(upstream.asked.length === 0, 'the plan called the upstream');
}

async function readsWell(stage: Stage, fixture: Fixture): Promise<void> {
  const result = await read(stage, fixture);
  for (const { block, text: input } of result.blocks) {
    if (block.type === 'tool-call' && !block.custom && input !== '') {
      expect(isJson(input), `the input of ${block.name} is not JSON: ${input}`);
    }
  }
  checkUsage(result.finish.usage);
  expect(result.finish.rawReason !== '', 'the finish has no rawReason');
  expect(result.blocks.length > 0, 'the answer is empty');
}

async function agrees(stage: Stage, fixture: Fixture): Promise<void> {
  const { generate } = stage.provider;
  expect(generate !== undefined, 'the fixture has a whole answer, and the provider no `generate`');
  const streamed = await read(stage, fixture);
  stage.upstream.answer(fixture.whole ?? { body: '' });
  const request = requestOf(stage.subject, fixture);
  const plan = stage.provider.plan(request, planCall(false));
  const whole = await generate?.call(stage.provider, request, callOf(plan));
  expect(JSON.stringify(whole) === JSON.stringify(streamed), differ('generate', whole, streamed));
}

async function survivesCuts(stage: Stage, fixture: Fixture, { body }: Reply): Promise<void> {
  const expected = await read(stage, fixture);
  const text = JSON.stringify(expected);
  for (const at of places(Buffer.byteLength(body))) {
    stage.host.cutAfter(at);
    const result = await read(stage, fixture);
    expect(JSON.stringify(result) === text, differ(`cut after ${at} bytes`, result, expected));
  }
}

async function noticesBreaks(stage: Stage, fixture: Fixture, reply: Reply): Promise<void> {
  const bytes = Buffer.from(reply.body);
  // The last bytes may be an ornament after the end, such as an empty line.
  const lengths = places(bytes.length).filter((length) => length < bytes.length * 0.6);
  for (const length of lengths.filter((_, index) => index % 8 === 0)) {
    const failure = await failureOf(stage, fixture, { ...reply, body: bytes.subarray(0, length), ending: 'cut' });
    expect(failure?.code === 'upstream-failed', `broken off after ${length} bytes: ${failure?.code ?? 'no failure'}`);
  }
}

async function aborts(stage: Stage, fixture: Fixture, reply: Reply): Promise<void> {
  const bytes = Buffer.from(reply.body);
  stage.upstream.answer({ ...reply, body: bytes.subarray(0, Math.floor(bytes.length / 3)), ending: 'stall' });
  const controller = new AbortController();
  const request = requestOf(stage.subject, fixture);
  const plan = stage.provider.plan(request, planCall(true));
  const reading = drain(stage.provider.stream(request, callOf(plan, controller.signal)));
  await until(() => stage.upstream.answering === 1, 'the upstream was not called');
  controller.abort(new RouterError('cancelled', 'the kit has left'));
  const outcome = await inTime(reading);
  expect(outcome !== 'late', 'the call went on after the abort');
  expect(outcome !== 'ended', 'the aborted call ended as if the answer were complete');
  await until(() => stage.upstream.answering === 0, 'the connection stayed open after the abort');
}

interface Expected {
  readonly reply: Reply;
  readonly codes: readonly ErrorCode[];
  readonly retryAfterMs: number | undefined;
}

async function maps(stage: Stage, fixture: Fixture, { reply, codes, retryAfterMs }: Expected): Promise<void> {
  const failure = await failureOf(stage, fixture, reply);
  expect(failure !== undefined, 'there was no failure');
  expect(codes.includes(failure?.code ?? 'internal'), `the code is ${failure?.code}: ${failure?.message}`);
  if (retryAfterMs !== undefined)
    expect(failure?.retryAfterMs === retryAfterMs, `retryAfterMs is ${failure?.retryAfterMs}`);
}

/** Reads to the end, and says how it came. */
async function drain(events: AsyncIterable<unknown>): Promise<'ended' | 'failed'> {
  try {
    for await (const _event of events);
    return 'ended';
  } catch {
    return 'failed';
  }
}

function checkUsage(usage: Usage): void {
  const {
    inputTokens,
    outputTokens,
    totalTokens,
    cacheReadTokens = 0,
    cacheWriteTokens = 0,
    reasoningTokens = 0,
  } = usage;
  for (const [name, count] of Object.entries(usage)) {
    expect(Number.isSafeInteger(count) && count >= 0, `usage.${name} is ${count}`);
  }
  const sum = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
  expect(totalTokens === sum, `usage: the total is ${totalTokens}, its parts are ${sum}`);
  expect(reasoningTokens <= outputTokens, 'usage: more reasoning than output');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Every place inside of so many bytes, or as many as the kit has time for, spread evenly. */
function places(bytes: number): number[] {
  const step = Math.max(1, bytes / CUTS_MAX);
  return Array.from({ length: Math.min(Math.max(0, bytes - 1), CUTS_MAX) }, (_, index) => 1 + Math.floor(index * step));
}
