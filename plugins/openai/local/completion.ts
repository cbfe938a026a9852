// An answer as OpenAI's JSON: one completion, or the chunks of a stream.
import { splitJson, splitWords } from '@turnout/core/testing';

export interface AnswerCall {
  readonly id: string;
  readonly name: string;
  /** JSON, or the text of a custom call. */
  readonly input: string;
  readonly custom: boolean;
}

/** An answer before it is put into one of the wire forms. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly content: string | null;
  readonly calls: readonly AnswerCall[];
  readonly finishReason: string;
  readonly usage: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
    readonly prompt_tokens_details: object;
    readonly completion_tokens_details: object;
  };
  readonly reasoning?: { readonly field: string; readonly text: string };
  readonly refusal?: string;
  readonly annotations?: readonly unknown[];
}

/** The same for every answer: nothing here depends on the time. */
const CREATED_S = 1_700_000_000;

export function encodeCompletion(answer: Answer): object {
  const { id, model, content, calls, finishReason, usage, reasoning, refusal = null, annotations = [] } = answer;
  const message = {
    ...{ role: 'assistant', content, refusal, annotations },
    ...(reasoning === undefined ? {} : { [reasoning.field]: reasoning.text }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(wholeCall) }),
  };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }];
  return { id, object: 'chat.completion', created: CREATED_S, model, choices, usage, service_tier: 'default' };
}

const wholeCall = ({ id, name, input, custom }: AnswerCall): object =>
  custom
    ? { id, type: 'custom', custom: { name, input } }
    : { id, type: 'function', function: { name, arguments: input } };

/** `endFrames`: the finish reason, the usage and `[DONE]`. */
export function encodeStream(answer: Answer, withUsage: boolean): { frames: Buffer[]; endFrames: number } {
  const { id, model, finishReason, usage } = answer;
  const common = { id, object: 'chat.completion.chunk', created: CREATED_S, model, service_tier: 'default' };
  const chunk = (delta: object, finish_reason: string | null): Buffer =>
    frameOf({
      ...common,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...(withUsage ? { usage: null } : {}),
    });
  const ending = [
    chunk({}, finishReason),
    ...(withUsage ? [frameOf({ ...common, choices: [], usage })] : []),
    Buffer.from('data: [DONE]\n\n'),
  ];
  return { frames: [...deltasOf(answer).map((delta) => chunk(delta, null)), ...ending], endFrames: ending.length };
}

const frameOf = (value: object): Buffer => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);

function deltasOf({ content, calls, reasoning, refusal, annotations }: Answer): object[] {
  const first = { role: 'assistant', content: calls.length > 0 ? null : '', refusal: null };
  const deltas: object[] = [first];
  if (reasoning !== undefined) for (const text of splitWords(reasoning.text)) deltas.push({ [reasoning.field]: text });
  for (const text of splitWords(content ?? '')) deltas.push({ content: text });
  for (const text of splitWords(refusal ?? '')) deltas.push({ refusal: text });
  if (annotations !== undefined) deltas.push({ annotations });
  for (const [index, { id, name, input, custom }] of calls.entries()) {
    const [type, field] = custom ? ['custom', 'input'] : ['function', 'arguments'];
    deltas.push({ tool_calls: [{ index, id, type, [type]: { name, [field]: '' } }] });
    for (const text of splitJson(input)) deltas.push({ tool_calls: [{ index, [type]: { [field]: text } }] });
  }
  return deltas;
}
