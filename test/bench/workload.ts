// What is measured: the shapes of the requests and how many of them.

/** Deltas of one streamed answer. */
export const EVENTS = 200;
/** Between two events of a paced answer. */
export const PACE_MS = 20;
/** Streams at once in the paced row. */
export const PACED_STREAMS = 100;
/** Each figure is taken this often, the contenders in turn. */
export const ROUNDS = 5;
/** Keys and alias routes in the router's file, as a user with some history would have. */
export const KEYS = 20;
export const ROUTES = 200;

export interface Load {
  readonly name: 'small' | 'burst' | 'paced';
  readonly stream: boolean;
  readonly requests: number;
  readonly atOnce: number;
}

export const LOADS: readonly Load[] = [
  { name: 'small', stream: false, requests: 4_000, atOnce: 32 },
  { name: 'burst', stream: true, requests: 3_000, atOnce: 16 },
  { name: 'paced', stream: true, requests: PACED_STREAMS, atOnce: PACED_STREAMS },
];

/** CPU budgets as ratios to the floor of the same run (DESIGN 10). */
export const BUDGETS: Readonly<Record<Load['name'], number>> = { small: 4, burst: 5, paced: 5 };
export const START_BUDGET_MS = 500;
export const FIRST_TOKEN_BUDGET_MS = 1;
export const RSS_BUDGET_MIB = 400;

export const chatBody = (model: string, stream: boolean): string =>
  JSON.stringify({
    model,
    stream,
    max_tokens: 500,
    messages: [
      { role: 'system', content: 'You are a helpful signalman.' },
      { role: 'user', content: 'Which train is next on track two, and where does it go?' },
    ],
  });
