// Which protocol a body is in, by its shape: for a file that nobody has sent to a path.
import { type Protocol, RouterError } from '../contract/index.ts';
import { type Bag, isBag } from './field-reader.ts';

/** All that clients speak, chat or not. */
export type SpokenProtocol = Protocol | 'openai-embeddings';

export interface Guess {
  readonly protocol: SpokenProtocol;
  /** What gave it away. */
  readonly because: string;
}

/** Fields that one protocol has and the others do not, most telling first. */
const MARKS: readonly (readonly [SpokenProtocol, readonly string[]])[] = [
  ['bedrock-invoke', ['anthropic_version']],
  [
    'bedrock-converse',
    [
      'inferenceConfig',
      'toolConfig',
      'additionalModelRequestFields',
      'guardrailConfig',
      'modelId',
      'performanceConfig',
    ],
  ],
  ['openai-embeddings', ['dimensions', 'encoding_format']],
  ['openai-responses', ['instructions', 'max_output_tokens', 'previous_response_id', 'truncation']],
  ['anthropic-messages', ['system', 'stop_sequences', 'thinking', 'mcp_servers', 'context_management']],
  [
    'openai-chat',
    ['max_completion_tokens', 'response_format', 'stream_options', 'reasoning_effort', 'stop', 'logprobs', 'n', 'seed'],
  ],
];

/** Throws `invalid-request` for a body that looks like none. */
export function guessProtocol(body: Bag, model: string | undefined): Guess {
  const guess = guessByInput(body, model) ?? guessByMarks(body) ?? guessByMessages(body);
  if (guess) return guess;
  throw new RouterError('invalid-request', 'the body has neither "messages" nor "input": say which protocol it is in');
}

function guessByInput(body: Bag, model: string | undefined): Guess | undefined {
  const { input, messages } = body;
  if (input === undefined || messages !== undefined) return undefined;
  const marked = guessByMarks(body, ['openai-embeddings', 'openai-responses']);
  if (marked) return marked;
  if (Array.isArray(input) && input.every((text) => typeof text === 'string')) {
    return { protocol: 'openai-embeddings', because: '"input" is a list of texts' };
  }
  if (Array.isArray(input)) return { protocol: 'openai-responses', because: '"input" is a list of items' };
  const name = model ?? body.model;
  if (typeof name === 'string' && /embed/i.test(name)) {
    return { protocol: 'openai-embeddings', because: '"input" is a text, and the model\'s name says "embed"' };
  }
  return { protocol: 'openai-responses', because: '"input" is a text' };
}

function guessByMarks(body: Bag, among?: readonly SpokenProtocol[]): Guess | undefined {
  for (const [protocol, fields] of MARKS) {
    if (among && !among.includes(protocol)) continue;
    const field = fields.find((one) => isSaid(body[one]));
    // Converse has a `system` too: a list of blocks without a type.
    if (field === 'system' && isUntyped(body.system)) return { protocol: 'bedrock-converse', because: UNTYPED };
    if (field !== undefined) return { protocol, because: `it has "${field}"` };
  }
  return undefined;
}

/** An empty list is what several clients send in place of nothing. */
const isSaid = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0);

const UNTYPED = 'its blocks have no "type"';

/** Blocks as Converse has them: `{ text: "…" }`. */
const isUntyped = (blocks: unknown): boolean =>
  Array.isArray(blocks) && blocks.length > 0 && blocks.every((block) => isBag(block) && block.type === undefined);

/** Blocks and tools that only Messages has. */
const MESSAGES_BLOCKS: ReadonlySet<unknown> = new Set([
  'tool_use',
  'tool_result',
  'thinking',
  'redacted_thinking',
  'image',
]);

function guessByMessages({ messages, tools }: Bag): Guess | undefined {
  if (messages === undefined) return undefined;
  const contents = (Array.isArray(messages) ? messages : []).map((message: unknown) =>
    isBag(message) ? message.content : undefined,
  );
  if (contents.some(isUntyped)) return { protocol: 'bedrock-converse', because: UNTYPED };
  const block = contents
    .flatMap((content): unknown[] => (Array.isArray(content) ? content : []))
    .find((one) => isBag(one) && MESSAGES_BLOCKS.has(one.type));
  if (isBag(block)) return { protocol: 'anthropic-messages', because: `it has a block of type "${block.type}"` };
  if (Array.isArray(tools) && tools.some((tool) => isBag(tool) && tool.input_schema !== undefined)) {
    return { protocol: 'anthropic-messages', because: 'its tools have an "input_schema"' };
  }
  return { protocol: 'openai-chat', because: 'it has "messages", and nothing that other protocols have' };
}
