// A whole Converse answer, read through the same reader as a stream.
import type { Call, ChatResult, RouterError } from '@turnout/core/contract';
import { addUp, isObject, parseExact, readBytes } from '@turnout/core/plugin';
import type { ConverseBlock, ConverseResponseBody } from '@turnout/core/wire';
import { AnswerReader } from './answer.ts';
import type { BedrockClient } from './client.ts';
import { brokenAnswer, labelOf } from './error.ts';
import { readChatAnswer } from './invoke-answer.ts';
import { toNetworkError } from './network.ts';
import type { Wire } from './wire.ts';

export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** One call that is not streamed. Throws RouterError. */
export async function requestResult(
  client: BedrockClient,
  { target, body, echo }: Wire,
  { id, signal }: Pick<Call, 'id' | 'signal'>,
): Promise<ChatResult> {
  const operation = target.api ?? 'converse';
  const context = client.errorContext(target, operation);
  const answer = await client.send(target, operation, body, signal);
  const label = labelOf(context);
  try {
    const text = (await readBytes(answer.body, ANSWER_BYTES_MAX)).toString('utf8');
    const reader = new AnswerReader(echo, answer.requestId ?? id, label);
    if (operation === 'converse') return readResult(text, reader, label);
    readChatAnswer(text, reader, label);
    return addUp(reader.out);
  } catch (error) {
    throw toNetworkError(error, { ...context, signal });
  }
}

/** The answer in the JSON of a response. Throws RouterError `upstream-failed` when it is none. */
export function readResult(text: string, reader: AnswerReader, label: string): ChatResult {
  const body = asConverse(text, label);
  reader.start();
  for (const [index, block] of body.output.message.content.entries()) {
    readBlock(block, index, reader);
    reader.blockStop({ contentBlockIndex: index });
  }
  const { stopReason, additionalModelResponseFields, output: _message, ...metadata } = body;
  reader.messageStop({ stopReason, additionalModelResponseFields });
  reader.metadata(metadata);
  return addUp(reader.out);
}

/** Throws RouterError `upstream-failed` for what is no answer of Converse. */
export function asConverse(text: string, label: string): ConverseResponseBody {
  const fail = (cause?: unknown): RouterError => brokenAnswer(label, 'the answer is not one of Converse', { cause });
  let body: unknown;
  try {
    body = parseExact(text);
  } catch (cause) {
    throw fail(cause);
  }
  const message = isObject(body) && isObject(body.output) ? body.output.message : undefined;
  if (!isObject(message) || !Array.isArray(message.content)) throw fail();
  // The members that matter are there; the rest is AWS's shape by its API model.
  return body as unknown as ConverseResponseBody;
}

/** One block as the deltas that a stream would have of it. */
function readBlock(block: ConverseBlock, contentBlockIndex: number, reader: AnswerReader): void {
  const delta = (part: Parameters<AnswerReader['blockDelta']>[0]['delta']): void =>
    reader.blockDelta({ contentBlockIndex, delta: part });
  const { toolUse, toolResult, reasoningContent, citationsContent, image } = block;
  if (block.text !== undefined) delta({ text: block.text });
  else if (toolUse !== undefined) {
    const { input, ...start } = toolUse;
    reader.blockStart({ contentBlockIndex, start: { toolUse: start } });
    delta({ toolUse: { input: JSON.stringify(input ?? {}) } });
  } else if (reasoningContent !== undefined) {
    const { reasoningText, redactedContent } = reasoningContent;
    delta({ reasoningContent: { ...reasoningText, ...(redactedContent === undefined ? {} : { redactedContent }) } });
  } else if (citationsContent !== undefined) {
    for (const { text = '' } of citationsContent.content ?? []) delta({ text });
    for (const citation of citationsContent.citations ?? []) delta({ citation });
  } else if (toolResult !== undefined) {
    reader.blockStart({ contentBlockIndex, start: { toolResult: { toolUseId: toolResult.toolUseId } } });
    delta({ toolResult: toolResult.content });
  } else if (image !== undefined) {
    reader.blockStart({ contentBlockIndex, start: { image: { format: image.format } } });
    delta({ image });
  }
}
