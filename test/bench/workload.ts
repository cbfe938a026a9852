// What is measured: the shapes of the requests, how many of them, and what they may cost.

/** Deltas of one streamed answer. */
export const EVENTS = 200;
/** Between two events of a paced answer: 50 a second. */
export const PACE_MS = 20;
/** Streams at once in the paced row. */
export const PACED_STREAMS = 100;
/** Each figure is taken this often, the contenders in turn, every other time in reverse. */
export const ROUNDS = 5;
/** Keys and alias routes in the router's file, as a user with some history would have. */
export const KEYS = 20;
export const ROUTES = 200;

/** Who is compared. */
export type Contender = 'floor' | 'turnout' | 'portkey';

/** One request as a contender is asked it. */
export interface Ask {
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Load {
  readonly name: string;
  /** The same question to each; who lacks the path is left out. The floor gives the same answer in OpenAI's chunks. */
  readonly asks: Readonly<Partial<Record<Contender, Ask>>>;
  /** How many, of the built-in generator; and at a time. */
  readonly requests: number;
  readonly atOnce: number;
  /** Its events come with pauses: only the built-in generator can tell what happens to them. */
  readonly paced?: true;
  /** CPU as a ratio to the floor of the same run (DESIGN 10). */
  readonly budget?: number;
  /** What is aimed at beyond the budget. */
  readonly target?: number;
}

/** Model names of the router's file. */
export const ALIAS = { bedrock: 'alias-150', paced: 'alias-paced', openai: 'alias-openai' } as const;

export const START_BUDGET_MS = 500;
export const FIRST_TOKEN_BUDGET_MS = 1;
export const RSS_BUDGET_MIB = 400;

const CLAUDE = 'anthropic.claude-sonnet-5';
const INSTRUCTIONS = 'You are a helpful signalman.';
const QUESTION = 'Which train is next on track two, and where does it go?';

const messages = [
  { role: 'system', content: INSTRUCTIONS },
  { role: 'user', content: QUESTION },
];

export const chatBody = (model: string, stream: boolean): string =>
  JSON.stringify({ model, stream, max_tokens: 500, messages });

/** Of 64 KiB, as a conversation that has gone on for a while. */
const longBody = (model: string): string =>
  JSON.stringify({
    model,
    stream: false,
    max_tokens: 500,
    messages: [
      ...messages,
      ...Array.from({ length: 60 }, (_, n) => ({
        role: n % 2 === 0 ? 'assistant' : 'user',
        content: `${QUESTION} `.repeat(18),
      })),
    ],
  });

/** With an image of 5 MB, inline: the largest that Claude takes on Bedrock. */
const imageBody = (model: string): string =>
  JSON.stringify({
    model,
    stream: false,
    max_tokens: 500,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: QUESTION },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${pngOf(3_750_000)}` } },
        ],
      },
    ],
  });

/** Begins as a PNG of 1,000 × 1,000 pixels does: Bedrock's limits are checked. 3.75 MB become 5 MB of base64. */
function pngOf(bytes: number): string {
  const image = Buffer.alloc(bytes, 'turnout');
  Buffer.from('89504e470d0a1a0a0000000d49484452000003e8000003e80802000000', 'hex').copy(image);
  return image.toString('base64');
}

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

const responsesBody = (model: string): string =>
  JSON.stringify({
    model,
    stream: true,
    store: false,
    max_output_tokens: 500,
    instructions: INSTRUCTIONS,
    input: QUESTION,
  });

const CHAT = '/v1/chat/completions';
const floorChat = (body: string): Ask => ({ path: '/chat', body });
const floorStream = (body: string): Ask => ({ path: '/stream', body });

/** Portkey takes where to send it from headers; `{stub}` is put in by its contender. */
const PORTKEY_OPENAI = {
  authorization: 'Bearer bench-key-7',
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': '{stub}/v1',
};
const PORTKEY_BEDROCK = {
  'x-portkey-provider': 'bedrock',
  'x-portkey-aws-access-key-id': 'AKIDEXAMPLE',
  'x-portkey-aws-secret-access-key': 'bench-secret',
  'x-portkey-aws-region': 'us-east-1',
  'x-portkey-custom-host': '{stub}',
};

/** The same body to all, but for the model's name. */
function alike(
  floor: (body: string) => Ask,
  alias: string,
  bodyOf: (model: string) => string,
  path = CHAT,
): Load['asks'] {
  const relayed = alias === ALIAS.openai;
  const headers = relayed ? PORTKEY_OPENAI : PORTKEY_BEDROCK;
  return {
    floor: floor(bodyOf('m')),
    turnout: { path, body: bodyOf(alias) },
    portkey: { path, body: bodyOf(relayed ? 'any-model' : CLAUDE), headers },
  };
}

const small = { requests: 3_000, atOnce: 32 } as const;
const burst = { requests: 2_000, atOnce: 16 } as const;

/** What the router refuses by itself, after keys and routes: no upstream takes part. */
export const OWN_REFUSAL: Load = {
  name: 'refusal of an unknown model',
  asks: { turnout: { path: CHAT, body: chatBody('a-model-of-nobody', false) } },
  ...small,
};

const responses = alike(floorStream, ALIAS.bedrock, responsesBody, '/v1/responses');

export const RELAY_SMALL: Load = {
  ...{ name: 'relay small', asks: alike(floorChat, ALIAS.openai, (model) => chatBody(model, false)) },
  ...{ ...small, budget: 2, target: 1.5 },
};

export const LOADS: readonly Load[] = [
  RELAY_SMALL,
  { name: 'relay 64 KiB body', asks: alike(floorChat, ALIAS.openai, longBody), ...small },
  {
    ...{ name: 'relay stream, 200 events', asks: alike(floorStream, ALIAS.openai, (model) => chatBody(model, true)) },
    ...{ ...burst, budget: 2.5 },
  },
  {
    ...{ name: 'chat → Bedrock', asks: alike(floorChat, ALIAS.bedrock, (model) => chatBody(model, false)) },
    ...{ ...small, budget: 4, target: 2.5 },
  },
  {
    name: 'chat → Bedrock stream, 200 events',
    asks: alike(floorStream, ALIAS.bedrock, (model) => chatBody(model, true)),
    ...{ ...burst, budget: 5, target: 3.5 },
  },
  {
    name: 'chat → Bedrock stream, paced',
    asks: {
      floor: { path: '/paced/stream', body: chatBody('m', true) },
      turnout: { path: CHAT, body: chatBody(ALIAS.paced, true) },
      portkey: {
        path: CHAT,
        body: chatBody(CLAUDE, true),
        headers: { ...PORTKEY_BEDROCK, 'x-portkey-custom-host': '{stub}/paced' },
      },
    },
    ...{ requests: PACED_STREAMS, atOnce: PACED_STREAMS, paced: true, budget: 5 },
  },
  {
    name: 'messages → Claude on Bedrock, 20 KB, stream',
    asks: alike(floorStream, ALIAS.bedrock, agentBody, '/v1/messages'),
    ...{ ...burst, budget: 5 },
  },
  {
    name: 'responses → Bedrock stream',
    // Portkey refuses it: "createModelResponse is not supported by bedrock".
    asks: { floor: responses.floor as Ask, turnout: responses.turnout as Ask }, // alike makes all three
    ...burst,
  },
  { name: 'chat → Bedrock, image of 5 MB', asks: alike(floorChat, ALIAS.bedrock, imageBody), requests: 40, atOnce: 2 },
];
