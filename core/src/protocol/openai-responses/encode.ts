// A whole answer, to a Response; and what a streamed answer shares with it.
import type { ChatResult, FinishEvent, FinishReason, Usage } from '../../contract/index.ts';
import { answerExtrasOf } from '../openai-chat/answer-extras.ts';
import { isRefusal } from '../openai-chat/encode.ts';
import type { AnswerContext } from '../protocol.ts';
import type { ResponsesEcho } from './decode.ts';
import { outputOf } from './items.ts';
import type { ResponseFailure, ResponseStatus, ResponseUsage } from './wire.ts';

/** Why an answer is not complete, in OpenAI's two words. `pause` and what a vendor invents have none. */
const INCOMPLETE: Readonly<Partial<Record<FinishReason, string>>> = {
  length: 'max_output_tokens',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
};

/** What changes while an answer is made. */
export interface ResponseState {
  readonly status: ResponseStatus;
  /** The items as JSON, with commas between them. */
  readonly output: string;
  /** Why it is incomplete. */
  readonly incomplete?: string | undefined;
  readonly error?: ResponseFailure;
  readonly usage?: ResponseUsage | undefined;
  readonly finish?: FinishEvent;
}

/** The whole answer as JSON text. */
export function encodeResult(result: ChatResult, context: AnswerContext<ResponsesEcho>): string {
  const { finish } = result;
  const incomplete = incompleteOf(
    finish.reason,
    result.blocks.some((block) => block.text !== '' && isRefusal(block)),
  );
  const items = outputOf(result.blocks, context.requestId, context.echo.names, incomplete !== undefined);
  return responseJson(responseHead(context), context, {
    ...endOf(finish, incomplete),
    output: items.map((item) => JSON.stringify(item)).join(','),
  });
}

/** Why the answer is incomplete. A model that refuses in words shown as a refusal has answered; a refusal without such words has
 * not: what there is of the text is not the answer. */
export function incompleteOf(reason: FinishReason, hasRefusalText: boolean): string | undefined {
  return reason === 'refusal' && hasRefusalText ? undefined : INCOMPLETE[reason];
}

/** The state of an answer that has come to its end. */
export const endOf = (finish: FinishEvent, incomplete: string | undefined): Omit<ResponseState, 'output'> => ({
  status: incomplete === undefined ? 'completed' : 'incomplete',
  incomplete,
  usage: usageOf(finish.usage),
  finish,
});

/** The members that never change, as the beginning of a JSON object: they repeat the request, which may be large, and a stream
 * sends them three times. */
export function responseHead({ requestId, model, createdS, echo }: AnswerContext<ResponsesEcho>): string {
  const head = { id: `resp_${requestId}`, object: 'response', created_at: createdS, model, ...echo.settings };
  return JSON.stringify(head).slice(0, -1);
}

/** The whole Response as JSON text. */
export function responseJson(head: string, { echo }: AnswerContext<ResponsesEcho>, state: ResponseState): string {
  const { status, error = null, incomplete, usage = null, finish } = state;
  const extras = finish && answerExtrasOf(finish, { ...echo.asked, serviceTier: true });
  const changing = {
    status,
    error,
    incomplete_details: incomplete === undefined ? null : { reason: incomplete },
    usage,
    // What was asked for until it is known what was used.
    service_tier: extras?.service_tier ?? echo.serviceTier ?? 'auto',
    ...(extras?.bedrock === undefined ? {} : { bedrock: extras.bedrock }),
  };
  return `${head},"output":[${state.output}],${JSON.stringify(changing).slice(1)}`;
}

/** OpenAI counts what was read from and written to a cache as part of the input. */
export function usageOf(usage: Partial<Usage>): ResponseUsage {
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 } = usage;
  const input = inputTokens + cacheReadTokens + cacheWriteTokens;
  return {
    input_tokens: input,
    input_tokens_details: { cache_write_tokens: cacheWriteTokens, cached_tokens: cacheReadTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: input + outputTokens,
  };
}
