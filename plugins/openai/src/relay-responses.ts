// A response's body as the client wrote it, made ready for the server: with the route's defaults, without what the server is known to
// refuse, and so that nothing is stored.
import type { ChatRequest, Part } from '@turnout/core/contract';
import { Losses } from '@turnout/core/plugin';
import type { Dialect } from './dialect.ts';
import { planEffort } from './effort.ts';
import { fitBody } from './quirks.ts';
import { fitSampling, isSet, type RelayBody } from './relay-chat.ts';
import type { Server } from './request.ts';
import { OPENAI_ORIGIN } from './responses-items.ts';
import { ENCRYPTED, TOKENS_MIN } from './responses-request.ts';
import { writeSampling } from './settings.ts';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

type Own = Record<string, unknown>;

/** Why a body cannot go as it is; undefined: it can. `request`: its canonical form. */
export function misfitOfResponse(body: Bag, request: ChatRequest, dialect: Dialect): string | undefined {
  const owner = Object.keys(request.extensions ?? {}).find((name) => name !== 'openai-responses');
  if (owner !== undefined) return `settings of ${owner}`;
  const { tools, messages, system } = request;
  if (!dialect.knowsResponses && tools.some(({ namespace }) => namespace !== undefined)) return 'namespaces';
  const isWide = (tool: Bag): boolean => ['anyOf', 'oneOf', 'allOf'].some((word) => Array.isArray(tool[word]));
  if (dialect.plainSchemas && tools.some(({ schema }) => schema !== undefined && isWide(schema)))
    return 'a schema of many forms';
  const parts = [...system, ...messages.flatMap((message) => message.parts)];
  const marked = parts.some(({ cache }) => cache !== undefined) || tools.some(({ cache }) => cache !== undefined);
  if (marked && !dialect.cacheMarks) return 'cache marks';
  if (dialect.plainSchemas && bagsIn(body.input).some(({ call_id: id }) => (textIn(id) ?? '').length > 64))
    return 'the id of a call';
  if (!dialect.customTools && tools.some(({ kind }) => kind === 'custom')) return 'a tool of free text';
  // Bedrock's numbers its calls anew in every answer.
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
  if (new Set(calls).size < calls.length) return 'two calls of one id';
  return parts.map(reasoningMisfit).find((misfit) => misfit !== undefined);
}

/** What is not stored cannot be referred to: reasoning has to bring itself. */
function reasoningMisfit(part: Part): string | undefined {
  if (part.origin !== undefined && part.origin !== OPENAI_ORIGIN) return 'reasoning of another family in the history';
  return part.type === 'reasoning' && part.signature === undefined ? 'reasoning without its encrypted form' : undefined;
}

/** `given` is left as it is; `request` is its canonical form, with the route's settings in it. Unknown fields are kept. */
export function relayResponse(given: Bag, request: ChatRequest, { dialect, lessons }: Server): RelayBody {
  const { model } = request;
  const losses = new Losses();
  const traits = dialect.traits(model);
  const learnt = lessons.of(model);
  const own: Own = { ...given, model, stream: undefined };
  if (given.store === true) losses.drop('store', 'nothing is stored');
  own.store = false;
  fitStreamOptions(own);
  const known = traits.efforts !== undefined && !traits.reasons;
  const effort = planEffort(withoutDisplay(request.reasoning), traits, losses, true);
  fitReasoning(own, effort.field?.reasoning_effort, known);
  fitInclude(own, traits.reasons, known);
  const sampling = traits.sampling === 'always' || (traits.sampling === 'unreasoned' && !effort.thinking);
  fitSampling(own, traits, sampling, losses);
  for (const field of ['topK', 'seed', 'stop'] as const) {
    if (request[field] !== undefined) losses.drop(field, 'Responses have no such setting');
  }
  const { temperature, topP, topK: _k, seed: _seed, ...rest } = request;
  const unset = {
    ...rest,
    ...(temperature === undefined || isSet(given.temperature) ? {} : { temperature }),
    ...(topP === undefined || isSet(given.top_p) ? {} : { topP }),
  };
  const body = { ...own, ...writeSampling(unset, traits, sampling, losses) };
  const limit = isSet(given.max_output_tokens) ? undefined : request.maxTokens;
  const whole = limit === undefined ? body : { ...body, max_output_tokens: Math.max(limit, TOKENS_MIN) };
  return {
    body: fitBody(whole, dialect, learnt.refused, losses),
    losses: losses.list,
    reasoningLine: effort.line,
  };
}

/** How much is shown is said in the client's own words. */
function withoutDisplay(setting: ChatRequest['reasoning']): ChatRequest['reasoning'] {
  if (typeof setting !== 'object') return setting;
  const { display: _display, ...rest } = setting;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** `unable`: a model that is known not to reason refuses every such setting. */
function fitReasoning(own: Own, effort: string | undefined, unable: boolean): void {
  const { effort: _asked, ...beside } = isBag(own.reasoning) ? own.reasoning : {};
  const reasoning = unable ? {} : { ...beside, ...(effort === undefined ? {} : { effort }) };
  if (Object.keys(reasoning).length > 0) own.reasoning = reasoning;
  else own.reasoning = undefined;
}

/** "Encrypted content is not supported with this model." of those that do not reason (OpenAI, 2025). */
function fitInclude(own: Own, reasons: boolean, unable: boolean): void {
  const asked: readonly unknown[] = Array.isArray(own.include) ? own.include : [];
  const kept = unable ? asked.filter((word) => word !== ENCRYPTED) : asked;
  const include = reasons && !kept.includes(ENCRYPTED) ? [...kept, ENCRYPTED] : kept;
  if (include.length > 0) own.include = include;
  else own.include = undefined;
}

/** A word of chat completions that some clients keep. */
function fitStreamOptions(own: Own): void {
  if (!isBag(own.stream_options)) return;
  const { include_usage: _usage, ...options } = own.stream_options;
  if (Object.keys(options).length > 0) own.stream_options = options;
  else own.stream_options = undefined;
}
