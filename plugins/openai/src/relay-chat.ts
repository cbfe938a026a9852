// A chat completion's body as the client wrote it, made ready for the server: with the route's defaults, and without what the server is
// known to refuse.
import type { ChatRequest, Loss } from '@turnout/core/contract';
import { Losses } from '@turnout/core/plugin';
import type { Dialect, Traits } from './dialect.ts';
import { type EffortPlan, planEffort } from './effort.ts';
import { fitBody } from './quirks.ts';
import type { Server } from './request.ts';
import { NO_SAMPLING, writeLimits, writeSampling, writeStop } from './settings.ts';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

export interface RelayBody {
  /** Without `stream`, which is the call's to say. */
  readonly body: Bag;
  readonly losses: readonly Loss[];
  /** The reasoning setting as it is sent, in one line. */
  readonly reasoningLine: string | undefined;
}

type Own = Record<string, unknown>;

/** `given` is left as it is; `request` is its canonical form, with the route's settings in it. Unknown fields are kept. */
export function relayChat(given: Bag, request: ChatRequest, { dialect, lessons }: Server): RelayBody {
  const { model } = request;
  const losses = new Losses();
  const traits = dialect.traits(model);
  const learnt = lessons.of(model);
  const own: Own = { ...given, model };
  delete own.stream;
  if (Array.isArray(given.messages)) own.messages = fitMessages(given.messages, dialect);
  dropIdleTools(own);
  const effort = fitReasoning(own, request, dialect, traits, losses);
  const sampling = traits.sampling === 'always' || (traits.sampling === 'unreasoned' && !effort.thinking);
  fitSampling(own, traits, sampling, losses);
  const usual = learnt.maxTokens ?? dialect.maxTokens;
  // OpenAI's models that do not reason take either name.
  const either = dialect.openaiWords && !traits.reasons && learnt.maxTokens === undefined;
  if (!either) fitLimit(own, traits.reasons ? 'max_completion_tokens' : usual);
  const unset = withoutOwn(request, given);
  const added = {
    ...writeLimits(unset, usual, traits),
    ...writeSampling(unset, traits, sampling, losses),
    ...writeStop(unset, dialect, traits, losses),
    ...(unset.user === undefined ? {} : { user: unset.user }),
  };
  const body = { ...own, ...added };
  return {
    body: fitBody(body, dialect, learnt.refused, losses),
    losses: losses.list,
    reasoningLine: learnt.refused.has('reasoning_effort') ? 'none: the server has refused it' : effort.line,
  };
}

export const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/** What the client says of each canonical setting. */
const WORDS: readonly (readonly [setting: keyof ChatRequest, words: readonly string[]])[] = [
  ['maxTokens', ['max_tokens', 'max_completion_tokens']],
  ['temperature', ['temperature']],
  ['topP', ['top_p']],
  ['topK', ['top_k']],
  ['seed', ['seed']],
  ['stop', ['stop']],
  ['user', ['user']],
];

/** The request without the settings that the client's body has in its own words. */
function withoutOwn(request: ChatRequest, given: Bag): ChatRequest {
  const said = WORDS.filter(([, words]) => words.some((word) => isSet(given[word]))).map(([setting]) => setting);
  // Only optional members are gone.
  return Object.fromEntries(
    Object.entries(request).filter(([field]) => !said.some((one) => one === field)),
  ) as unknown as ChatRequest;
}

/** Chat templates expect one string, and know no developer. */
function fitMessages(messages: readonly unknown[], dialect: Dialect): readonly unknown[] {
  return messages.map((message) => {
    if (!isBag(message)) return message;
    const role = message.role === 'developer' && !dialect.openaiWords ? { role: 'system' } : {};
    const content = dialect.textParts ? undefined : joinedContent(message.content);
    return { ...withoutEchoes(message), ...role, ...(content === undefined ? {} : { content }) };
  });
}

/** What SDKs put onto an answer, and send back with it: it asks for nothing, and OpenAI calls it unknown. */
const ECHOES: ReadonlySet<string> = new Set(['parsed', 'finish_reason', 'index', 'logprobs']);
const CALL_ECHOES: ReadonlySet<string> = new Set(['index', 'parsed_arguments']);

function withoutEchoes(message: Bag): Bag {
  if (message.role !== 'assistant') return message;
  const calls = Array.isArray(message.tool_calls) ? { tool_calls: message.tool_calls.map(callWithoutEchoes) } : {};
  return { ...without(message, ECHOES), ...calls };
}

function callWithoutEchoes(call: unknown): unknown {
  if (!isBag(call)) return call;
  const inner = isBag(call.function) ? { function: without(call.function, CALL_ECHOES) } : {};
  return { ...without(call, CALL_ECHOES), ...inner };
}

function without(bag: Bag, fields: ReadonlySet<string>): Bag {
  const kept = Object.entries(bag).filter(([field]) => !fields.has(field));
  // Not by assignment: a key named __proto__ must stay a plain field.
  return kept.length === Object.keys(bag).length ? bag : Object.fromEntries(kept);
}

/** undefined for content that is more than plain text. */
function joinedContent(content: unknown): string | undefined {
  if (!Array.isArray(content) || content.length === 0) return undefined;
  const texts = bagsIn(content).filter((part) => part.type === 'text' && Object.keys(part).length === 2);
  if (texts.length < content.length) return undefined;
  return texts.map(({ text }) => textIn(text) ?? '').join('\n\n');
}

/** "[] is too short - 'tools'", and settings without tools to set (OpenAI, 2025). */
function dropIdleTools(own: Own): void {
  if (!Array.isArray(own.tools) || own.tools.length > 0) return;
  for (const field of ['tools', 'tool_choice', 'parallel_tool_calls']) delete own[field];
}

const REASONING_WORDS = ['reasoning_effort', 'reasoning', 'thinking', 'output_config'];

/** The client's own words stay where the server reads them; in any other case the one word that everybody has is sent. */
function fitReasoning(own: Own, request: ChatRequest, dialect: Dialect, traits: Traits, losses: Losses): EffortPlan {
  const said = REASONING_WORDS.filter((word) => isSet(own[word]));
  const foreign = said.filter((word) => dialect.reasoningWords !== undefined && !dialect.reasoningWords.includes(word));
  const noted = new Losses();
  const effort = planEffort(request.reasoning, traits, noted, true);
  if (foreign.length === 0 && said.some((word) => word !== 'reasoning_effort')) return effort;
  losses.addAll(noted.list);
  for (const word of foreign) delete own[word];
  delete own.reasoning_effort;
  if (effort.field !== undefined) own.reasoning_effort = effort.field.reasoning_effort;
  return effort;
}

const SAMPLING: readonly (readonly [word: string, setting: string])[] = [
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['frequency_penalty', 'frequency_penalty'],
  ['presence_penalty', 'presence_penalty'],
  ['logit_bias', 'logit_bias'],
];

/** What the model is known to refuse. 1 is the default of temperature and top_p, and no loss. */
export function fitSampling(own: Own, traits: Traits, sampling: boolean, losses: Losses): void {
  const drop = (word: string, setting: string, reason: string): void => {
    if (!isSet(own[word])) return;
    const isIdle = own[word] === 1 || own[word] === 0 || own[word] === true;
    if (!isIdle) losses.drop(setting, reason);
    delete own[word];
  };
  if (!sampling)
    for (const [word, setting] of SAMPLING)
      if (word !== 'temperature' || own[word] !== 1) drop(word, setting, NO_SAMPLING);
  if (!traits.topK) drop('top_k', 'topK', 'OpenAI has no such setting');
  if (!traits.stop) drop('stop', 'stop', NO_SAMPLING);
  if (!traits.parallelSwitch) drop('parallel_tool_calls', 'parallelToolCalls', 'the model has no such setting');
}

/** The token limit under the one name that the model takes. */
function fitLimit(own: Own, name: 'max_tokens' | 'max_completion_tokens'): void {
  const other = name === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  if (isSet(own[other]) && !isSet(own[name])) own[name] = own[other];
  delete own[other];
}
