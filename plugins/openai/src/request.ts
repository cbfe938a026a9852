// A canonical request as the body of a chat completion, and what of it is lost on the way.

import { type ChatRequest, type Loss, type PlanCall, RouterError, unreadExtensions } from '@turnout/core/contract';
import { Losses, ToolNames } from '@turnout/core/plugin';
import type { Draft } from './content.ts';
import { writeMessages } from './conversation.ts';
import type { Dialect } from './dialect.ts';
import type { ChatWire } from './echo.ts';
import { planEffort } from './effort.ts';
import type { Lessons } from './lessons.ts';
import { fitBody } from './quirks.ts';
import { fitsStrict } from './schema.ts';
import { NO_SAMPLING, writeLimits, writeSampling, writeStop } from './settings.ts';
import { planTools, type Speech } from './tools.ts';

export interface Server {
  readonly dialect: Dialect;
  /** The origin of what it wants back unread: its host, since nobody else could read it. */
  readonly origin: string;
  readonly lessons: Lessons;
}

export interface Shaped {
  readonly wire: ChatWire;
  readonly losses: readonly Loss[];
  /** The reasoning setting as it is sent, in one line. */
  readonly reasoningLine: string | undefined;
}

/** Pure. Throws RouterError `invalid-request` or `unsupported` for what cannot be sent at all. */
export function shapeRequest(request: ChatRequest, { protocol }: Pick<PlanCall, 'protocol'>, server: Server): Shaped {
  const { dialect, origin } = server;
  const { model } = request;
  const losses = new Losses();
  const names = new ToolNames(request.tools.filter(({ kind }) => kind !== 'server').map(({ name }) => name));
  const lessons = server.lessons.of(model);
  const draft: Draft = {
    dialect,
    losses,
    names,
    reasoningField: dialect.reasoningField ?? lessons.reasoningField,
    origin,
  };
  const traits = dialect.traits(model);
  const speech = { chat: protocol === 'openai-chat', ownWords: protocol.startsWith('openai-') };
  const messages = writeMessages(request, draft);
  if (messages.length === 0)
    throw new RouterError('invalid-request', 'no message has any content', { field: 'messages' });
  const tools = planTools(request, draft, traits, speech);
  const effort = planEffort(request.reasoning, traits, losses, speech.ownWords);
  const sampling = traits.sampling === 'always' || (traits.sampling === 'unreasoned' && !effort.thinking);
  const body = {
    // What the client says beyond the canonical form stands first: it never replaces what follows.
    ...ownFields(request, dialect, sampling, losses),
    model,
    messages,
    ...tools.fields,
    ...writeLimits(request, lessons.maxTokens ?? dialect.maxTokens, traits),
    ...writeSampling(request, traits, sampling, losses),
    ...writeStop(request, dialect, traits, losses),
    ...writeOutput(request, speech, losses),
    ...effort.field,
    ...(request.user === undefined ? {} : { user: request.user }),
  };
  const echo = { model, names, textTools: tools.textTools, origin };
  return {
    wire: { api: 'chat', body: fitBody(body, dialect, lessons.refused, losses), echo },
    losses: losses.list,
    reasoningLine: lessons.refused.has('reasoning_effort') ? 'none: the server has refused it' : effort.line,
  };
}

/** Fields of the client's body that ask for what no answer of the router has a place for. */
export const UNANSWERABLE: ReadonlyMap<string, string> = new Map([
  ['n', 'an answer has one choice'],
  ['logprobs', 'answers carry no probabilities'],
  ['top_logprobs', 'answers carry no probabilities'],
  ['modalities', 'answers carry no sound'],
  ['audio', 'answers carry no sound'],
  ['moderation', 'answers carry no moderation results'],
]);
/** What is left of these once the canonical setting is read: other vendors' words for it. */
const REASONING = ['reasoning', 'thinking', 'output_config'];
const SAMPLING = ['frequency_penalty', 'presence_penalty', 'logit_bias'];
/** The call's own. */
const RESERVED = ['stream', 'stream_options'];

/** What a client of Responses says in the same words, and to the same vendor. */
const SHARED = [
  ...['metadata', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention', 'safety_identifier'],
  ...['service_tier', 'verbosity'],
];

/** Everything else that a chat client sent, known to OpenAI or not. */
function ownFields(
  request: ChatRequest,
  { knowsResponses }: Dialect,
  sampling: boolean,
  losses: Losses,
): Record<string, unknown> {
  const shared = knowsResponses ? SHARED : [];
  losses.addAll(unreadExtensions(request, { 'openai-chat': '*', 'openai-responses': shared }));
  const ofResponses = Object.entries(request.extensions?.['openai-responses'] ?? {});
  const sent = ofResponses.filter(([field]) => shared.includes(field));
  for (const [field, value] of Object.entries(request.extensions?.['openai-chat'] ?? {})) {
    const unanswerable = UNANSWERABLE.get(field);
    if (unanswerable !== undefined) losses.drop(field, unanswerable);
    else if (REASONING.includes(field)) losses.drop(field, 'only the effort is sent');
    else if (SAMPLING.includes(field) && !sampling) losses.drop(field, NO_SAMPLING);
    else if (!RESERVED.includes(field)) sent.push([field, value]);
  }
  // Not by assignment: a key named __proto__ must stay a plain field.
  return Object.fromEntries(sent);
}

function writeOutput({ output }: ChatRequest, { ownWords }: Speech, losses: Losses): Record<string, unknown> {
  if (output === undefined) return {};
  const { schema, name, strict } = output;
  if (schema === undefined) return { response_format: { type: 'json_object' } };
  const plainName = (name ?? '').replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'answer';
  const tooOpen = strict === true && !ownWords && !fitsStrict(schema);
  if (tooOpen) losses.approximate('output', 'the schema is not closed as OpenAI wants it: it is sent as a wish');
  const json_schema = { name: plainName, schema, ...(strict === undefined || tooOpen ? {} : { strict }) };
  return { response_format: { type: 'json_schema', json_schema } };
}
