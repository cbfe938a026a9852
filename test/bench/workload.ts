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
  readonly name: string;
  /** The request of a client to a model name of the router's file. */
  readonly path: string;
  readonly body: string;
  /** What the floor is asked for instead: the same answer in OpenAI's chunks. */
  readonly floorPath: 'chat' | 'stream' | 'paced/stream';
  readonly requests: number;
  readonly atOnce: number;
  /** CPU as a ratio to the floor of the same run (DESIGN 10). */
  readonly budget: number;
}

const CHAT = '/v1/chat/completions';
const small = { floorPath: 'chat', requests: 4_000, atOnce: 32 } as const;
const burst = { floorPath: 'stream', requests: 3_000, atOnce: 16 } as const;

/** Model names of the router's file. */
export const ALIAS = { bedrock: 'alias-150', paced: 'alias-paced', openai: 'alias-openai' } as const;

export const START_BUDGET_MS = 500;
export const FIRST_TOKEN_BUDGET_MS = 1;
export const RSS_BUDGET_MIB = 400;

const INSTRUCTIONS = 'You are a helpful signalman.';
const QUESTION = 'Which train is next on track two, and where does it go?';

export const chatBody = (model: string, stream: boolean): string =>
  JSON.stringify({
    model,
    stream,
    max_tokens: 500,
    messages: [
      { role: 'system', content: INSTRUCTIONS },
      { role: 'user', content: QUESTION },
    ],
  });

/** As a coding agent asks: 20 KB with twelve tools. */
const agentBody = (model: string): string =>
  JSON.stringify({
    model,
    stream: true,
    max_tokens: 32_000,
    thinking: { type: 'adaptive' },
    metadata: { user_id: 'user-1' },
    system: [{ type: 'text', text: INSTRUCTIONS.repeat(400), cache_control: { type: 'ephemeral' } }],
    tools: Array.from({ length: 12 }, (_, n) => ({
      name: `tool_${n}`,
      description: QUESTION.repeat(8),
      input_schema: {
        type: 'object',
        properties: { path: { type: 'string', description: QUESTION } },
        required: ['path'],
      },
    })),
    messages: [{ role: 'user', content: [{ type: 'text', text: QUESTION, cache_control: { type: 'ephemeral' } }] }],
  });

export const LOADS: readonly Load[] = [
  { name: 'chat→Bedrock small', path: CHAT, body: chatBody(ALIAS.bedrock, false), ...small, budget: 4 },
  { name: 'chat→Bedrock burst', path: CHAT, body: chatBody(ALIAS.bedrock, true), ...burst, budget: 5 },
  {
    ...{ name: 'chat→Bedrock paced', path: CHAT, body: chatBody(ALIAS.paced, true), floorPath: 'paced/stream' },
    ...{ requests: PACED_STREAMS, atOnce: PACED_STREAMS, budget: 5 },
  },
  { name: 'chat→openai relay small', path: CHAT, body: chatBody(ALIAS.openai, false), ...small, budget: 2 },
  { name: 'chat→openai relay burst', path: CHAT, body: chatBody(ALIAS.openai, true), ...burst, budget: 2.5 },
  { name: 'agent→Claude relay burst', path: '/v1/messages', body: agentBody(ALIAS.bedrock), ...burst, budget: 5 },
];
