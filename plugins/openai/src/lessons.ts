// What a server teaches by its answers and refusals, kept for as long as the provider lives.
import { RouterError } from '@turnout/core/contract';
import { type Bag, isBag } from './wire.ts';

/** Under which name a server speaks of its reasoning. */
export type ReasoningField = 'reasoning' | 'reasoning_content';

/** Settings that a request can do without, and what the canonical form calls them. */
export const SPARE: ReadonlyMap<string, string> = new Map([
  ['reasoning_effort', 'reasoning'],
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['top_k', 'topK'],
  ['seed', 'seed'],
  ['stop', 'stop'],
  ['user', 'user'],
  ['parallel_tool_calls', 'parallelToolCalls'],
]);

interface ModelLessons {
  reasoningField?: ReasoningField;
  maxTokens?: 'max_completion_tokens';
  /** Names of SPARE. */
  readonly refused: Set<string>;
}

const NOTHING: Readonly<ModelLessons> = { refused: new Set() };
/** Names can come from clients. */
const MODELS_MAX = 1000;

export class Lessons {
  /** The server takes `stream_options`. */
  reportsUsage: boolean;
  /** It streams when it is asked to: an answer that comes whole has to be rebuilt. */
  streams = true;
  readonly #models = new Map<string, ModelLessons>();

  /** `withholds`: what is known of the server from the start (see Dialect). */
  constructor(withholds: readonly string[] = []) {
    this.reportsUsage = !withholds.includes('stream_options');
  }

  of(model: string): Readonly<ModelLessons> {
    return this.#models.get(model) ?? NOTHING;
  }

  /** There is no standard: some servers need it back within a turn of tool calls (DeepSeek, Kimi), others refuse a field
   * that is not theirs (Groq, Mistral). What a server has sent it knows. */
  learnReasoning(model: string, field: ReasoningField): void {
    if (this.of(model).reasoningField !== field) this.#change(model).reasoningField = field;
  }

  /** Reads a refusal of this body. True when the next try will be another. */
  learnRefusal(model: string, body: Bag, error: unknown): boolean {
    if (!RouterError.is(error) || (error.code !== 'invalid-request' && error.code !== 'unsupported')) return false;
    const { message } = error;
    const asks = this.reportsUsage && asksUsageOnly(body.stream_options);
    const plain = message.replace('.include_usage', '');
    if (asks && ['stream_options', 'include_usage'].some((field) => isNamed(field, plain, body))) {
      this.reportsUsage = false;
      return true;
    }
    if (body.max_tokens !== undefined && isNamed('max_completion_tokens', message, body)) {
      this.#change(model).maxTokens = 'max_completion_tokens';
      return true;
    }
    const field = refusedField(body, message);
    if (field === undefined || this.of(model).refused.has(field)) return false;
    this.#change(model).refused.add(field);
    return true;
  }

  #change(model: string): ModelLessons {
    const known = this.#models.get(model);
    if (known !== undefined) return known;
    if (this.#models.size >= MODELS_MAX) this.#models.clear();
    const fresh: ModelLessons = { refused: new Set() };
    this.#models.set(model, fresh);
    return fresh;
  }
}

/** "Unsupported parameter: 'stop' is not supported with this model", "Extra inputs are not permitted: seed", and the like. */
const REFUSES =
  /unsupported|not supported|(does|do) not support|doesn't support|unrecognized|unknown|unexpected|not permitted|not allowed|extra (field|input)/i;
/** Then the setting is known, only not its value: that is for the client to mend. */
const VALUES = /supported values|must be one of|allowed values/i;
/** Ollama's way to say it of a model that does not reason. */
const NO_THINKING = /(does not|doesn't) support (thinking|reasoning)/i;

function refusedField(body: Bag, message: string): string | undefined {
  if (body.reasoning_effort !== undefined && NO_THINKING.test(message)) return 'reasoning_effort';
  if (!REFUSES.test(message) || VALUES.test(message)) return undefined;
  return [...SPARE.keys()].find((field) => body[field] !== undefined && isNamed(field, message, body));
}

/** The message is about this member of the body. One of a message or of an option, or one that a client has called alike, teaches
 * nothing: what is learnt holds for all clients. */
function isNamed(field: string, message: string, body: Bag): boolean {
  const isAlike = (key: string): boolean => key !== field && key.includes(field) && message.includes(key);
  const alike = Object.keys(body).some((key) => body[key] !== undefined && isAlike(key));
  return !alike && new RegExp(`(?<![\\w\\]-]|(?<!\\bbody)\\.)${field}(?![\\w[-]|\\.\\w)`).test(message);
}

/** Nothing of it is the client's own. */
const asksUsageOnly = (options: unknown): boolean => isBag(options) && Object.keys(options).join() === 'include_usage';
