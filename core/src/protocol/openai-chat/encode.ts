// A whole answer, to a chat completion; and what a streamed answer shares with it.
import type { ChatResult, FinishReason, ResultBlock, Usage } from '../../contract/index.ts';
import type { AnswerContext } from '../protocol.ts';
import { answerExtrasOf } from './answer-extras.ts';
import type { ChatEcho } from './decode.ts';
import { type CarriedBlock, reasoningDetailsOf } from './reasoning-details.ts';
import type { ChatCompletion, ChatFinishReason, ChatImage, ChatMessage, ChatToolCall, ChatUsage } from './wire.ts';

/** `pause` and what a vendor invents have no word in chat; `stop` is the one that every client knows. */
const FINISH_REASONS: Readonly<Record<FinishReason, ChatFinishReason>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
  other: 'stop',
};

/** The whole answer as JSON text. Server tools' calls and results are not shown: a chat client would try to run them. */
export function encodeResult(result: ChatResult, context: AnswerContext<ChatEcho>): string {
  const message = messageOf(result.blocks, context.echo.legacyFunctions);
  const completion: ChatCompletion = {
    id: completionId(context.requestId),
    object: 'chat.completion',
    created: context.createdS,
    model: context.model,
    choices: [
      {
        index: 0,
        message,
        logprobs: null,
        finish_reason: finishReasonOf(result.finish.reason, message.refusal !== null, context.echo),
      },
    ],
    usage: usageOf(result.finish.usage),
    ...answerExtrasOf(result.finish, context.echo.asked),
  };
  return JSON.stringify(completion);
}

export const completionId = (requestId: string): string => `chatcmpl-${requestId}`;

function messageOf(blocks: readonly ResultBlock[], legacyFunctions: boolean): ChatMessage {
  const message: ChatMessage = { role: 'assistant', content: null, refusal: null };
  const calls: ChatToolCall[] = [];
  const images: ChatImage[] = [];
  for (const result of blocks) {
    const { block, text, data } = result;
    if (block.type === 'reasoning') {
      if (text !== '') message.reasoning_content = (message.reasoning_content ?? '') + text;
    } else if (block.type === 'text') {
      if (isRefusal(result)) message.refusal = (message.refusal ?? '') + text || null;
      else message.content = (message.content ?? '') + text;
    } else if (block.type === 'tool-call') {
      if (!block.server) calls.push(toolCallOf(block, text));
    } else if (block.type === 'media') {
      images.push(...imagesOf(block.mediaType, data));
    }
  }
  const details = reasoningDetailsOf(blocks.map(carriedOf));
  if (details) message.reasoning_details = details;
  if (images.length > 0) message.images = images;
  // As at OpenAI: null beside calls or a refusal, else a string that clients may use without a look.
  if (calls.length === 0 && message.refusal === null) message.content ??= '';
  const [first] = calls;
  if (legacyFunctions && first?.type === 'function') message.function_call = first.function;
  else if (calls.length > 0) message.tool_calls = calls;
  return message;
}

function toolCallOf(
  block: { readonly id: string; readonly name: string; readonly custom?: true },
  text: string,
): ChatToolCall {
  const { id, name } = block;
  if (block.custom) return { id, type: 'custom', custom: { name, input: text } };
  // Clients parse the arguments, and '' is no JSON.
  return { id, type: 'function', function: { name, arguments: text || '{}' } };
}

const carriedOf = (result: ResultBlock): CarriedBlock => ({
  block: result.block,
  refusal: isRefusal(result),
  text: result.text,
  length: result.text.length,
  signature: result.signature,
  data: result.data,
});

/** True for a text block that belongs into `refusal`: the mark that decoding a refusal sets too. */
export const isRefusal = ({ extensions }: Pick<ResultBlock, 'extensions'>): boolean =>
  extensions?.['openai-chat']?.refusal === true;

/** An image as OpenRouter's clients read it. Chat has no place for other media. */
export function imagesOf(mediaType: string, data: string | undefined): ChatImage[] {
  if (data === undefined || !mediaType.startsWith('image/')) return [];
  return [{ type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } }];
}

/** A model that refuses in words shown in `refusal` ends with `stop`, as at OpenAI. A refusal without such words ends with
 * `content_filter`: what there is of the text is not the answer, and `stop` would sell it as one. */
export function finishReasonOf(reason: FinishReason, hasRefusalText: boolean, echo: ChatEcho): ChatFinishReason {
  if (reason === 'refusal' && hasRefusalText) return 'stop';
  if (reason === 'tool-calls' && echo.legacyFunctions) return 'function_call';
  return FINISH_REASONS[reason];
}

/** OpenAI counts what was read from and written to a cache as part of the prompt. */
export function usageOf(usage: Usage): ChatUsage {
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens, reasoningTokens } = usage;
  const prompt = inputTokens + cacheReadTokens + (cacheWriteTokens ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: outputTokens,
    total_tokens: prompt + outputTokens,
    prompt_tokens_details: {
      cached_tokens: cacheReadTokens,
      ...(cacheWriteTokens === undefined ? {} : { cache_write_tokens: cacheWriteTokens }),
    },
    ...(reasoningTokens === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}
