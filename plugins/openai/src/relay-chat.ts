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

/** What is not to be sent is undefined in it, which JSON has no word for: an object that members are deleted from is slow from then on. */
type Own = Record<string, unknown>;

/** `given` is left as it is; `request` is its canonical form, with the route's settings in it. Unknown fields are kept. */
export function relayChat(given: Bag, request: ChatRequest, { dialect, lessons }: Server): RelayBody {
  const { model } = request;
  const losses = new Losses();
  const traits = dialect.traits(model);
  const learnt = lessons.of(model);
  const own: Own = { ...given, model, stream: undefined };
  if (Array.isArray(given.messages)) own.messages = fitMessages(given.messages, dialect);
  dropIdleTools(own);
  const effort = fitReasoning(own, request, dialect, traits, losses);
  const sampling = traits.sampling === 'always' || (traits.sampling === 'unreasoned' && !effort.thinking);
  fitSampling(own, traits, sampling, losses);
  const usual = learnt.maxTokens ?? dialect.maxTokens;
  // OpenAI's models that do not reason take either name.
  const either = dialect.openaiWords && !traits.reasons && learnt.maxTokens === undefined;
  if (!either) fitLimit(own, traits.reasons ? 'max_completion_tokens' : usual);
  const unsaid = unsaidBy(given, request);
  Object.assign(own, writeLimits(unsaid, usual, traits), writeSampling(unsaid, traits, sampling, losses));
  Object.assign(own, writeStop(unsaid, dialect, traits, losses));
  if (unsaid.user !== undefined) own.user = unsaid.user;
  return {
    body: fitBody(own, dialect, learnt.refused, losses),
    losses: losses.list,
    reasoningLine: learnt.refused.has('reasoning_effort') ? 'none: the server has refused it' : effort.line,
  };
}

export const isSet = (value: unknown): boolean => value !== undefined && value !== null;

type Settings = Pick<ChatRequest, 'maxTokens' | 'temperature' | 'topP' | 'topK' | 'seed' | 'stop' | 'user'>;

/** What the client says of each canonical setting. */
const WORDS: readonly (readonly [setting: keyof Settings, words: readonly string[]])[] = [
  ['maxTokens', ['max_tokens', 'max_completion_tokens']],
  ['temperature', ['temperature']],
  ['topP', ['top_p']],
  ['topK', ['top_k']],
  ['seed', ['seed']],
  ['stop', ['stop']],
  ['user', ['user']],
];

/** The settings that the client's body has no words for: they are the route's. */
function unsaidBy(given: Bag, request: ChatRequest): Settings {
  const unsaid: Record<string, unknown> = {};
  for (const [setting, words] of WORDS) {
    const value = request[setting];
    if (value !== undefined && !words.some((word) => isSet(given[word]))) unsaid[setting] = value;
  }
  // Each member has come from the request's own of that name.
  return unsaid as Settings;
}

/** Chat templates expect one string, and know no developer. */
function fitMessages(messages: readonly unknown[], dialect: Dialect): readonly unknown[] {
  return messages.map((message) => {
    if (!isBag(message)) return message;
    const fit = withoutEchoes(message);
    const role = message.role === 'developer' && !dialect.openaiWords ? { role: 'system' } : undefined;
    const content = dialect.textParts ? undefined : joinedContent(message.content);
    if (role === undefined && content === undefined) return fit;
    return { ...fit, ...role, ...(content === undefined ? {} : { content }) };
  });
}

/** What SDKs put onto an answer, and send back with it: it asks for nothing, and OpenAI calls it unknown. */
const ECHOES: ReadonlySet<string> = new Set(['parsed', 'finish_reason', 'index', 'logprobs']);
const CALL_ECHOES: ReadonlySet<string> = new Set(['index', 'parsed_arguments']);

function withoutEchoes(message: Bag): Bag {
  if (message.role !== 'assistant') return message;
  const kept = without(message, ECHOES);
  if (!Array.isArray(message.tool_calls)) return kept;
  return { ...kept, tool_calls: message.tool_calls.map(callWithoutEchoes) };
}

function callWithoutEchoes(call: unknown): unknown {
  if (!isBag(call)) return call;
  const inner = isBag(call.function) ? { function: without(call.function, CALL_ECHOES) } : {};
  return { ...without(call, CALL_ECHOES), ...inner };
}

function without(bag: Bag, fields: ReadonlySet<string>): Bag {
  if (!Object.keys(bag).some((field) => fields.has(field))) return bag;
  // Not by assignment: a key named __proto__ must stay a plain field.
  return Object.fromEntries(Object.entries(bag).filter(([field]) => !fields.has(field)));
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
  for (const field of ['tools', 'tool_choice', 'parallel_tool_calls']) own[field] = undefined;
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
  for (const word of foreign) own[word] = undefined;
  const sent = effort.field?.reasoning_effort;
  if (own.reasoning_effort !== sent) own.reasoning_effort = sent;
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
    own[word] = undefined;
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
  if (own[other] !== undefined) own[other] = undefined;
}
