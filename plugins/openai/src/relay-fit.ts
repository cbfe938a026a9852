// Whether a body of chat completions can go to a server as the client wrote it. One that cannot is rebuilt, and loses only what it must.
import type { ChatRequest, Part } from '@turnout/core/contract';
import { SHORT_ID } from './conversation.ts';
import type { Dialect } from './dialect.ts';
import type { ReasoningField } from './lessons.ts';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

/** What is known of the server that is asked. */
export interface Fit {
  readonly dialect: Dialect;
  /** Where the server takes reasoning of earlier answers. */
  readonly reasoningField: ReasoningField | undefined;
}

/** Why a body cannot go as it is; undefined: it can. `request`: its canonical form. */
export function misfitOf(body: Bag, request: ChatRequest, fit: Fit): string | undefined {
  const { dialect } = fit;
  const owner = Object.keys(request.extensions ?? {}).find((name) => name !== 'openai-chat');
  if (owner !== undefined) return `settings of ${owner}`;
  if (!dialect.openaiWords && Array.isArray(body.functions)) return 'functions of the older form';
  return toolsMisfit(request, dialect) ?? partsMisfit(request, dialect) ?? messagesMisfit(bagsIn(body.messages), fit);
}

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const COMBINATORS = ['anyOf', 'oneOf', 'allOf'];

function toolsMisfit({ tools }: ChatRequest, dialect: Dialect): string | undefined {
  for (const { kind, name, schema = {}, cache } of tools) {
    if (kind === 'custom' && !dialect.customTools) return 'a tool of free text';
    if (kind === 'server' && !dialect.serverTools) return "a tool of another vendor's servers";
    if (kind !== 'server' && !TOOL_NAME.test(name)) return 'the name of a tool';
    if (dialect.plainSchemas && COMBINATORS.some((word) => Array.isArray(schema[word])))
      return 'a schema of many forms';
    if (cache !== undefined && !dialect.cacheMarks) return 'cache marks';
  }
  return undefined;
}

function partsMisfit({ system, messages }: ChatRequest, dialect: Dialect): string | undefined {
  for (const part of [...system, ...messages.flatMap(({ parts }) => parts)]) {
    const misfit = partMisfit(part, dialect);
    if (misfit !== undefined) return misfit;
    if (part.type !== 'tool-result') continue;
    const inner = part.parts.map((one) => partMisfit(one, dialect)).find((found) => found !== undefined);
    if (inner !== undefined) return inner;
    // A message with a result holds text.
    if (part.parts.some(({ type }) => type !== 'text')) return 'media in the result of a tool';
  }
  return undefined;
}

function partMisfit(part: Part, dialect: Dialect): string | undefined {
  // What another family has signed is sealed in the client's body.
  if (part.origin !== undefined) return 'reasoning of another family in the history';
  if (part.cache !== undefined && !dialect.cacheMarks) return 'cache marks';
  return part.type === 'tool-call' && part.custom && !dialect.customTools ? 'a call of a tool of free text' : undefined;
}

/** "Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40" (OpenAI, 2025). */
const CALL_ID_LENGTH_MAX = 40;

function messagesMisfit(messages: readonly Bag[], { dialect, reasoningField }: Fit): string | undefined {
  for (const message of messages) {
    const field = ['reasoning', 'reasoning_content'].find((name) => textIn(message[name]) !== undefined);
    const hasDetails = bagsIn(message.reasoning_details).length > 0;
    if (field !== undefined && field !== reasoningField) return `${field} in the history`;
    if (hasDetails && reasoningField === undefined) return 'reasoning_details in the history';
    if (bagsIn(message.tool_calls).some(({ id }) => isUnfitId(textIn(id) ?? '', dialect))) return 'the id of a call';
    if (!dialect.links && bagsIn(message.content).some(isLink)) return 'media at links';
    if (!dialect.refusals && textIn(message.refusal) !== undefined) return 'a refusal in the history';
  }
  return undefined;
}

const isUnfitId = (id: string, { shortIds, plainSchemas }: Dialect): boolean =>
  shortIds ? !SHORT_ID.test(id) : plainSchemas && id.length > CALL_ID_LENGTH_MAX;

/** The server may not fetch what the router can. */
function isLink(part: Bag): boolean {
  return [part.image_url, part.video_url].some((holder) => {
    const url = isBag(holder) ? holder.url : holder;
    return typeof url === 'string' && /^https?:/i.test(url);
  });
}
