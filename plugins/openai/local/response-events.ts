// An answer as the JSON of Responses: one response, or the events of a stream.
import { type JsonObject, splitJson, splitWords } from '@turnout/core/testing';
import type { Answer, AnswerCall } from './completion.ts';

/** An answer with what only Responses tell. */
export interface ResponseAnswer extends Omit<Answer, 'calls'> {
  readonly calls: readonly (AnswerCall & { readonly namespace?: string })[];
  readonly thought?: { readonly summary: string; readonly encrypted?: string };
}

/** The same for every answer: nothing here depends on the time. */
const CREATED_S = 1_700_000_000;
const SEAL = 'gAAAAAopenai-local.';

export const sealReasoning = (of: string): string => `${SEAL}${Buffer.from(of).toString('base64url')}`;
/** Whether it is one that openai-local has given. */
export const isSealed = (text: unknown): boolean =>
  typeof text === 'string' && text.startsWith(SEAL) && text.length > SEAL.length;

type Item = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

export function encodeResponse(answer: ResponseAnswer, body: JsonObject): object {
  return responseOf(answer, body, itemsOf(answer));
}

function responseOf(answer: ResponseAnswer, body: JsonObject, output: readonly Item[] | undefined): object {
  const { model, usage, finishReason } = answer;
  const cut = finishReason === 'length' || finishReason === 'content_filter';
  const cause = finishReason === 'length' ? 'max_output_tokens' : finishReason;
  return {
    ...{ id: idOf(answer, 'resp'), object: 'response', created_at: CREATED_S },
    status: output === undefined ? 'in_progress' : cut ? 'incomplete' : 'completed',
    ...{ background: false, error: null, incomplete_details: output !== undefined && cut ? { reason: cause } : null },
    ...{ instructions: body.instructions ?? null, max_output_tokens: body.max_output_tokens ?? null, model },
    ...{ output: output ?? [], parallel_tool_calls: body.parallel_tool_calls ?? true, previous_response_id: null },
    ...{ reasoning: body.reasoning ?? {}, service_tier: 'default', store: body.store ?? true, tools: body.tools ?? [] },
    usage:
      output === undefined
        ? null
        : {
            input_tokens: usage.prompt_tokens,
            input_tokens_details: usage.prompt_tokens_details,
            output_tokens: usage.completion_tokens,
            output_tokens_details: usage.completion_tokens_details,
            total_tokens: usage.total_tokens,
          },
    metadata: {},
  };
}

const idOf = ({ id }: ResponseAnswer, prefix: string, index = 0): string => `${prefix}_${id.slice(9)}${index}`;

/** The output; empty where the item is only announced. */
function itemsOf(answer: ResponseAnswer): Item[] {
  const { content, refusal, annotations = [], calls, thought } = answer;
  const parts = [
    ...(content === null ? [] : [{ type: 'output_text', annotations, logprobs: [], text: content }]),
    ...(refusal === undefined ? [] : [{ type: 'refusal', refusal }]),
  ];
  const reasoning = thought && {
    ...{ id: idOf(answer, 'rs'), type: 'reasoning' },
    summary: thought.summary === '' ? [] : [{ type: 'summary_text', text: thought.summary }],
    ...(thought.encrypted === undefined ? {} : { encrypted_content: thought.encrypted }),
  };
  return [
    ...(reasoning === undefined ? [] : [reasoning]),
    ...(parts.length === 0
      ? []
      : [{ id: idOf(answer, 'msg'), type: 'message', status: 'completed', role: 'assistant', content: parts }]),
    ...calls.map((call, index) => callItem(answer, call, index)),
  ];
}

function callItem(answer: ResponseAnswer, call: ResponseAnswer['calls'][number], index: number): Item {
  const { id, name, namespace, input, custom } = call;
  return {
    id: idOf(answer, custom ? 'ctc' : 'fc', index),
    type: custom ? 'custom_tool_call' : 'function_call',
    ...{ status: 'completed', call_id: id, name },
    ...(namespace === undefined ? {} : { namespace }),
    [custom ? 'input' : 'arguments']: input,
  };
}

/** `endFrames`: the last event alone. */
export function encodeResponseStream(
  answer: ResponseAnswer,
  body: JsonObject,
): { frames: Buffer[]; endFrames: number } {
  const items = itemsOf(answer);
  const frames: Buffer[] = [];
  const say = (type: string, members: object): void => {
    const event = { type, sequence_number: frames.length, ...members };
    frames.push(Buffer.from(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`));
  };
  say('response.created', { response: responseOf(answer, body, undefined) });
  say('response.in_progress', { response: responseOf(answer, body, undefined) });
  for (const [index, item] of items.entries()) {
    const place = { item_id: item.id, output_index: index };
    say('response.output_item.added', { output_index: index, item: announced(item) });
    if (item.type === 'message')
      sayMessage(item.content as readonly Part[], place, say); // as itemsOf has made it
    else if (item.type === 'reasoning') sayReasoning(answer.thought?.summary ?? '', place, say);
    else sayCall(item, place, say);
    say('response.output_item.done', { output_index: index, item });
  }
  const response = responseOf(answer, body, items);
  say(`response.${'status' in response ? String(response.status) : 'completed'}`, { response });
  return { frames, endFrames: 1 };
}

type Say = (type: string, members: object) => void;
interface Part {
  readonly type: string;
  readonly text?: string;
  readonly refusal?: string;
  readonly annotations?: readonly unknown[];
}

function announced(item: Item): object {
  if (item.type === 'message') return { ...item, status: 'in_progress', content: [] };
  if (item.type === 'reasoning') return { ...item, summary: [] };
  return { ...item, status: 'in_progress', [item.type === 'custom_tool_call' ? 'input' : 'arguments']: '' };
}

function sayMessage(parts: readonly Part[], place: object, say: Say): void {
  for (const [content_index, part] of parts.entries()) {
    const at = { ...place, content_index };
    const [word, text] = part.type === 'refusal' ? ['refusal', part.refusal ?? ''] : ['output_text', part.text ?? ''];
    say('response.content_part.added', {
      ...at,
      part: { ...part, annotations: [], ...(word === 'refusal' ? { refusal: '' } : { text: '' }) },
    });
    for (const delta of splitWords(text)) say(`response.${word}.delta`, { ...at, delta });
    for (const [annotation_index, annotation] of (part.annotations ?? []).entries())
      say('response.output_text.annotation.added', { ...at, annotation_index, annotation });
    say(`response.${word}.done`, { ...at, [word === 'refusal' ? 'refusal' : 'text']: text });
    say('response.content_part.done', { ...at, part });
  }
}

function sayReasoning(summary: string, place: object, say: Say): void {
  if (summary === '') return;
  const at = { ...place, summary_index: 0 };
  say('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } });
  for (const delta of splitWords(summary)) say('response.reasoning_summary_text.delta', { ...at, delta });
  say('response.reasoning_summary_text.done', { ...at, text: summary });
  say('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text: summary } });
}

function sayCall(item: Item, place: object, say: Say): void {
  const custom = item.type === 'custom_tool_call';
  const [word, member] = custom ? ['custom_tool_call_input', 'input'] : ['function_call_arguments', 'arguments'];
  const input = String(item[member]);
  for (const delta of splitJson(input)) say(`response.${word}.delta`, { ...place, delta });
  say(`response.${word}.done`, { ...place, [member]: input });
}
