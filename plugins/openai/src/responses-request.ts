// A canonical request as the body of a response, and what of it is lost on the way.
import { type ChatRequest, type PlanCall, RouterError, unreadExtensions } from '@turnout/core/contract';
import { Losses, ToolNames } from '@turnout/core/plugin';
import { type Draft, joinedText } from './content.ts';
import { planEffort } from './effort.ts';
import { notePart } from './part-losses.ts';
import { fitBody } from './quirks.ts';
import { type Server, type Shaped, UNANSWERABLE } from './request.ts';
import { writeItems } from './responses-items.ts';
import { localNames, planResponsesTools } from './responses-tools.ts';
import { fitsStrict } from './schema.ts';
import { writeSampling } from './settings.ts';
import type { Bag } from './wire.ts';

export const ENCRYPTED = 'reasoning.encrypted_content';

/** Pure. Throws RouterError `invalid-request` or `unsupported` for what cannot be sent at all. */
export function shapeResponse(request: ChatRequest, { protocol }: Pick<PlanCall, 'protocol'>, server: Server): Shaped {
  const { dialect, origin } = server;
  const { model } = request;
  const losses = new Losses();
  const names = new ToolNames(request.tools.filter(({ kind }) => kind !== 'server').map(({ name }) => name));
  const lessons = server.lessons.of(model);
  const draft: Draft = { dialect, losses, names, reasoningField: undefined, origin };
  const traits = dialect.traits(model);
  const ownWords = protocol.startsWith('openai-');
  const local = localNames(request.tools, draft);
  const textTools = new Set<string>();
  const input = writeItems(request, draft, local);
  if (input.length === 0) throw new RouterError('invalid-request', 'no message has any content', { field: 'messages' });
  const { reasoning, shown } = withoutDisplay(request.reasoning);
  const effort = planEffort(reasoning, traits, losses, ownWords);
  const sampling = traits.sampling === 'always' || (traits.sampling === 'unreasoned' && !effort.thinking);
  for (const field of ['topK', 'seed', 'stop'] as const) {
    if (request[field] !== undefined) losses.drop(field, 'Responses have no such setting');
  }
  const { top_k: _k, seed: _seed, ...sampled } = writeSampling(request, { ...traits, topK: true }, sampling, losses);
  const body = {
    ...ownFields(request, sampling, losses),
    model,
    input,
    ...writeInstructions(request, draft),
    ...planResponsesTools(request, { ...draft, local, traits, ownWords, textTools }),
    ...writeLimit(request, losses),
    ...sampled,
    ...writeText(request, ownWords, losses),
    ...writeReasoning(request, effort.field?.reasoning_effort, shown && traits.reasons),
    ...writeInclude(request, traits.reasons || effort.thinking),
    ...(request.user === undefined ? {} : { user: request.user }),
    // Nothing is kept at the vendor that nobody could ask for again.
    store: false,
  };
  return {
    wire: {
      api: 'responses',
      body: fitBody(body, dialect, lessons.refused, losses),
      echo: { model, names, local, textTools, origin },
    },
    losses: losses.list,
    reasoningLine: effort.line,
  };
}

/** "Expected a value >= 16" (OpenAI, 2025). */
export const TOKENS_MIN = 16;

function writeLimit({ maxTokens }: ChatRequest, losses: Losses): Bag {
  if (maxTokens === undefined) return {};
  if (maxTokens < TOKENS_MIN) losses.approximate('maxTokens', `Responses take no limit below ${TOKENS_MIN}`);
  return { max_output_tokens: Math.max(maxTokens, TOKENS_MIN) };
}

/** How much is shown has a setting of its own here. */
function withoutDisplay(setting: ChatRequest['reasoning']): { reasoning: ChatRequest['reasoning']; shown: boolean } {
  if (typeof setting !== 'object') return { reasoning: setting, shown: false };
  const { display, ...reasoning } = setting;
  return { reasoning, shown: display === 'full' || display === 'summary' };
}

/** A client's own way to say it is kept beside. */
function inside(request: ChatRequest, outer: string): Bag {
  const prefix = `${outer}.`;
  const own = Object.entries(request.extensions?.['openai-responses'] ?? {}).filter(([field]) =>
    field.startsWith(prefix),
  );
  return Object.fromEntries(own.map(([field, value]) => [field.slice(prefix.length), value]));
}

function writeReasoning(request: ChatRequest, effort: string | undefined, shown: boolean): Bag {
  const reasoning = {
    ...inside(request, 'reasoning'),
    ...(effort === undefined ? {} : { effort }),
    ...(shown ? { summary: 'auto' } : {}),
  };
  return Object.keys(reasoning).length === 0 ? {} : { reasoning };
}

/** "Encrypted content is not supported with this model." of those that do not reason (OpenAI, 2025). */
function writeInclude(request: ChatRequest, reasons: boolean): Bag {
  const asked = request.extensions?.['openai-responses']?.include;
  const include = [...(Array.isArray(asked) ? asked : []), ...(reasons ? [ENCRYPTED] : [])];
  return include.length === 0 ? {} : { include };
}

function writeInstructions({ system }: ChatRequest, draft: Draft): Bag {
  const texts: string[] = [];
  for (const part of system) {
    notePart(part, draft, [], []);
    if (part.type === 'text') texts.push(part.text);
    else draft.losses.drop('system', 'a system prompt holds text only');
  }
  return texts.length === 0 ? {} : { instructions: joinedText(texts, '\n\n') };
}

function writeText(request: ChatRequest, ownWords: boolean, losses: Losses): Bag {
  const own = request.extensions ?? {};
  const verbosity = own['openai-responses']?.verbosity ?? own['openai-chat']?.verbosity;
  const text = {
    ...inside(request, 'text'),
    ...(verbosity === undefined ? {} : { verbosity }),
    ...writeFormat(request, ownWords, losses),
  };
  return Object.keys(text).length === 0 ? {} : { text };
}

function writeFormat({ output }: ChatRequest, ownWords: boolean, losses: Losses): Bag {
  if (output === undefined) return {};
  const { schema, name, strict } = output;
  if (schema === undefined) return { format: { type: 'json_object' } };
  const plainName = (name ?? '').replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'answer';
  const tooOpen = strict === true && !ownWords && !fitsStrict(schema);
  if (tooOpen) losses.approximate('output', 'the schema is not closed as OpenAI wants it: it is sent as a wish');
  return { format: { type: 'json_schema', name: plainName, schema, strict: tooOpen ? false : (strict ?? false) } };
}

/** What a client of chat completions says in the same words. */
const SHARED = [
  ...['metadata', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention', 'safety_identifier'],
  ...['service_tier', 'verbosity'],
];
/** Written elsewhere. */
const PLACED = ['include', 'tool_choice', 'verbosity'];

/** Everything else that a client of Responses sent, known to OpenAI or not. */
function ownFields(request: ChatRequest, sampling: boolean, losses: Losses): Bag {
  const chat = request.extensions?.['openai-chat'] ?? {};
  losses.addAll(
    unreadExtensions(request, { 'openai-responses': '*', 'openai-chat': [...SHARED, ...UNANSWERABLE.keys()] }),
  );
  for (const field of Object.keys(chat)) {
    const reason = UNANSWERABLE.get(field);
    if (reason !== undefined) losses.drop(field, reason);
  }
  const sent = Object.entries(chat).filter(([field]) => SHARED.includes(field) && !PLACED.includes(field));
  for (const [field, value] of Object.entries(request.extensions?.['openai-responses'] ?? {})) {
    if (PLACED.includes(field) || /^(text|reasoning)\./.test(field)) continue;
    if (field === 'top_logprobs')
      losses.drop(field, sampling ? 'answers carry no probabilities' : 'a reasoning model has none');
    else sent.push([field, value]);
  }
  // Not by assignment: a key named __proto__ must stay a plain field.
  return Object.fromEntries(sent);
}
