// What every SDK has to be able to do through the router, once for all: its own file says only how that SDK does it.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CLAUDE, FAILING_MODELS, KEY, MODELS, openStage, type Stage, THINKER } from './stage.ts';

/** 1 × 1. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const SOON = { interval: 5, timeout: 5_000 };

/** All that an SDK is told. */
export interface Ask {
  /** The router's address, without a path. */
  readonly url: string;
  readonly key: string;
  readonly model: string;
  readonly text: string;
  readonly signal: AbortSignal;
}

export interface Said {
  readonly text: string;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

/** Asks and gives the answer, or throws what the SDK throws. */
export type Say = (ask: Ask) => Promise<Said>;

/** Asks with an image, a PNG in base64, and gives the text of the answer. */
export type Show = (ask: Ask, png: string) => Promise<string>;

/** Offers the tools, calls those that the model calls, and gives the text of the answer after that. */
export type UseTools = (ask: Ask, call: CallTool) => Promise<string>;

/** Calls one of the tools. */
export type CallTool = (name: string, city: string) => string;

export interface Program {
  readonly say: { readonly whole: Record<string, Say>; readonly streamed: Record<string, Say> };
  readonly show: Show;
  readonly useTools: Record<string, UseTools>;
  /** How a failure shows: the SDK's class for it and what it says. `cut`: in the middle of a stream. */
  readonly failures: Readonly<Record<'unknownModel' | 'wrongKey' | 'throttled' | 'cut', Failure>>;
  /** The Retry-After in the error of a throttle. */
  readonly retryAfter: (error: never) => unknown;
  /** Which ways to use a tool do not send back the reasoning that came with the call. */
  readonly forgets?: readonly string[];
  /** Which ways to ask do not tell how many tokens went in. */
  readonly countsNoInput?: readonly string[];
}

export interface Failure {
  // A class of any SDK, whatever it is made with.
  readonly is: abstract new (
    ...given: never[]
  ) => Error;
  readonly has: object;
}

/** The tools, which all take a city. `schema`: of their input, a JSON schema. */
export const TOOLS = [
  { name: 'get_weather', description: 'The weather of a city' },
  { name: 'get_time', description: 'The time in a city' },
].map((tool) => ({
  ...tool,
  schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' as const } },
    required: ['city'],
    additionalProperties: false,
  },
}));

/** A stage for the `describe` it is called in: for all its tests together, or new for each. */
export function useStage(of: 'all' | 'each' = 'all'): {
  readonly current: Stage;
  ask(model: string, text: string): Ask;
} {
  let stage: Stage;
  const open = async (): Promise<void> => {
    stage = await openStage();
  };
  const close = (): Promise<void> => stage.close();
  if (of === 'all') {
    beforeAll(open);
    beforeEach(() => stage.forget());
    afterAll(close);
  } else {
    beforeEach(open);
    afterEach(close);
  }
  return {
    get current() {
      return stage;
    },
    ask: (model, text) => ({ url: stage.url, key: KEY, model, text, signal: new AbortController().signal }),
  };
}

/** Declares the tests. */
export function proveClient(program: Program): void {
  describe('at work', () => proveWork(program));
  describe('in trouble', () => proveTrouble(program));
}

function proveWork({ say, show, useTools, failures, forgets = [], countsNoInput = [] }: Program): void {
  const stage = useStage();

  describe.each(Object.entries({ ...say.whole, ...say.streamed }))('%s', (name, run) => {
    test.each(MODELS)('%s answers', async (model) => {
      const { text, inputTokens, outputTokens } = await run(stage.ask(model, 'Hello, signalman.'));
      expect(text).toContain('Hello, signalman.');
      // The words of the question and of the answer, at the upstreams' four characters to a token.
      if (!countsNoInput.includes(name)) expect(inputTokens).toBeGreaterThanOrEqual(5);
      expect(outputTokens).toBeGreaterThanOrEqual(5);
    });

    test('a model that is not routed', async () => {
      const error = await failureOf(run(stage.ask('no-such-model', 'Hello.')));
      expectFailure(error, failures.unknownModel);
    });

    test('a key that is not known', async () => {
      const error = await failureOf(run({ ...stage.ask(CLAUDE, 'Hello.'), key: 'another-key' }));
      expectFailure(error, failures.wrongKey);
      expect(stage.current.bedrock.requests).toHaveLength(0);
    });
  });

  test.each(MODELS)('%s sees an image', async (model) => {
    expect(await show(stage.ask(model, 'What is this?'), PNG)).toMatch(/What is this\?.* an image/);
  });

  describe.each(Object.entries(useTools))('%s, with tools', (name, run) => {
    test.each(MODELS)('%s', async (model) => {
      const calls: string[] = [];
      const answer = await run(stage.ask(model, 'Use get_weather and get_time for Basel.'), (tool, city) => {
        calls.push(`${tool} ${city}`);
        return `${tool} of ${city} is fine`;
      });
      expect(calls).toEqual(['get_weather Basel', 'get_time Basel']);
      for (const call of calls) expect(answer).toContain(`${call.replace(' ', ' of ')} is fine`);
    });

    test.each([
      ['thinks', 'Think, then use get_weather for Basel.', /"signature":"[^"]{20,}"/],
      [
        'thinks in secret',
        'Think redacted thoughts, then use get_weather for Basel.',
        /"(redactedContent|data)":"[^"]{20,}"/,
      ],
    ])('a model that %s', async (_how, text, thought) => {
      expect(await run(stage.ask(THINKER, text), () => 'Sun.')).toContain('Sun.');
      const { requests } = stage.current.bedrock;
      expect(requests.map(({ status }) => status)).toEqual([200, 200]);
      // bedrock-local refuses reasoning that it has not signed itself, in these very bytes.
      const again = JSON.stringify(requests[1]?.body);
      if (forgets.includes(name)) expect(again).not.toMatch(thought);
      else expect(again).toMatch(thought);
    });
  });
}

function proveTrouble({ say, failures, retryAfter }: Program): void {
  // A throttled target is left alone for a while: the next test must not find it so.
  const stage = useStage('each');

  describe.each(Object.entries({ ...say.whole, ...say.streamed }))('%s', (name, run) => {
    test.each(FAILING_MODELS)('%s is throttled', async (model) => {
      const upstream = stage.current.upstreams[model];
      upstream.throttle(7);
      const error = await failureOf(run(stage.ask(model, 'Hello.')));
      expectFailure(error, failures.throttled);
      expect(retryAfter(error as never)).toBe('7'); // the program's own class, as has just been seen
      expect(upstream.requests).toHaveLength(1);
    });

    test.each(FAILING_MODELS)('who leaves %s closes the upstream', async (model) => {
      const upstream = stage.current.upstreams[model];
      upstream.stall(name in say.streamed ? 'midway' : 'after the head');
      const leaving = new AbortController();
      const asking = run({ ...stage.ask(model, 'Hello there.'), signal: leaving.signal }).catch(() => 'left');
      await expect.poll(() => upstream.open, SOON).toBe(1);
      leaving.abort();
      await asking;
      await expect.poll(() => upstream.requests[0]?.aborted, SOON).toBe(true);
    });
  });

  describe.each(Object.entries(say.streamed))('%s', (_name, run) => {
    test.each(FAILING_MODELS)('a stream of %s that is cut is an error', async (model) => {
      const upstream = stage.current.upstreams[model];
      upstream.cut();
      const error = await failureOf(run(stage.ask(model, 'Hello there, here is a long sentence about trains.')));
      expectFailure(error, failures.cut);
      expect(error).toMatchObject({ message: expect.stringContaining('the connection was cut') });
      expect(upstream.requests).toHaveLength(1);
    });
  });
}

async function failureOf(answer: Promise<Said>): Promise<unknown> {
  const told = await answer.then(
    ({ text }) => ({ text }),
    (error: unknown) => ({ error }),
  );
  if ('text' in told) throw new Error(`this answer should have been an error: ${told.text}`);
  return told.error;
}

function expectFailure(error: unknown, { is, has }: Failure): void {
  expect(error).toBeInstanceOf(is);
  expect(error).toMatchObject(has);
}
