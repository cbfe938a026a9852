// From Turnout's request to the body that parrot takes, and what of it parrot has no place for.
import {
  type ChatRequest,
  type Loss,
  type Part,
  RouterError,
  type Tool,
  unreadExtensions,
} from '@turnout/core/contract';

/** What is sent. */
export function encode(request: ChatRequest): Readonly<Record<string, unknown>> {
  return {
    model: request.model,
    system: textOf(request.system),
    turns: request.messages.map(({ role, parts }) => ({ role, parts: parts.flatMap(encodePart) })),
    tools: request.tools.filter(isFunction).map(({ name, description, schema }) => ({ name, description, schema })),
    max_tokens: request.maxTokens,
    temperature: request.temperature,
  };
}

function encodePart(part: Part): object[] {
  if (part.type === 'tool-call') return [{ call: { id: part.id, name: part.name, arguments: part.input } }];
  if (part.type === 'tool-result') return [{ result: { id: part.id, text: textOf(part.parts) } }];
  // Reasoning belongs to the model that made it; lossesOf tells that it is left out.
  return part.type === 'reasoning' ? [] : [{ text: textOf([part]) }];
}

function textOf(parts: readonly Part[]): string {
  const media = parts.find((part) => part.type === 'media');
  // Another target may be able to: `unsupported` lets core ask the next one.
  if (media) throw new RouterError('unsupported', `parrot takes no ${media.mediaType}`);
  return parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n');
}

const isFunction = ({ kind }: Tool): boolean => kind === 'function';

/** Settings of a request that parrot has not. What is not sent must be here: nothing is dropped silently. */
const UNKNOWN = [
  'toolChoice',
  'parallelToolCalls',
  'topP',
  'topK',
  'seed',
  'stop',
  'output',
  'reasoning',
  'user',
] as const;

/** What is lost. */
export function lossesOf(request: ChatRequest): Loss[] {
  const { system, messages, tools } = request;
  const parts = [...system, ...messages.flatMap((message) => message.parts)];
  const lost: string[] = UNKNOWN.filter((field) => request[field] !== undefined);
  if (!tools.every(isFunction)) lost.push('tools');
  if (parts.some(({ type }) => type === 'reasoning')) lost.push('reasoning-history');
  if ([...parts, ...tools].some(({ cache }) => cache !== undefined)) lost.push('cache');
  return [
    ...[...new Set(lost)].map((field): Loss => ({ field, action: 'dropped', reason: 'parrot has no such thing' })),
    ...unreadExtensions(request, {}),
  ];
}
