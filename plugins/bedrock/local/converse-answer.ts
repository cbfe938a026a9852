// Answers in the form of Converse and of ConverseStream.

import { splitWords } from '@turnout/core/testing';
import { type ConverseRequestBody, type ConverseResponseBody, createFrameEncoder } from '@turnout/core/wire';
import type { Answer } from './answer.ts';
import { padding, splitInput } from './fragment.ts';
import type { ResolvedModel } from './model.ts';

/** The JSON that Converse answers with. */
export function encodeConverse(answer: Answer, body: ConverseRequestBody, model: ResolvedModel): ConverseResponseBody {
  return {
    metrics: { latencyMs: latencyMs(answer) },
    output: { message: { role: 'assistant', content: [...answer.content] } },
    stopReason: answer.stopReason,
    usage: answer.usage,
    ...responseFields(answer, body, model),
    ...settled(answer, body),
  };
}

/** The frames that ConverseStream answers with. As with AWS, only tool calls have a contentBlockStart. */
export function encodeConverseStream(answer: Answer, body: ConverseRequestBody, model: ResolvedModel): Buffer[] {
  const frames: Buffer[] = [];
  const push = (type: keyof typeof ENCODERS, payload: object): void => {
    frames.push(ENCODERS[type](JSON.stringify({ ...payload, p: padding(frames.length) })));
  };
  push('messageStart', { role: 'assistant' });
  for (const [contentBlockIndex, block] of answer.content.entries()) {
    const delta = (value: object): void => push('contentBlockDelta', { contentBlockIndex, delta: value });
    if (block.text !== undefined) for (const text of splitWords(block.text)) delta({ text });
    const { reasoningText, redactedContent } = block.reasoningContent ?? {};
    if (redactedContent !== undefined) delta({ reasoningContent: { redactedContent } });
    if (reasoningText !== undefined) {
      for (const text of splitWords(reasoningText.text)) delta({ reasoningContent: { text } });
      if (reasoningText.signature !== undefined) delta({ reasoningContent: { signature: reasoningText.signature } });
    }
    if (block.toolUse !== undefined) {
      const { input, ...start } = block.toolUse;
      push('contentBlockStart', { contentBlockIndex, start: { toolUse: start } });
      for (const piece of splitInput(input)) delta({ toolUse: { input: piece } });
    }
    if (block.toolResult !== undefined) {
      const { content, ...start } = block.toolResult;
      push('contentBlockStart', { contentBlockIndex, start: { toolResult: start } });
      delta({ toolResult: content });
    }
    for (const { text = '' } of block.citationsContent?.content ?? []) delta({ text });
    for (const citation of block.citationsContent?.citations ?? []) delta({ citation });
    push('contentBlockStop', { contentBlockIndex });
  }
  push('messageStop', { stopReason: answer.stopReason, ...responseFields(answer, body, model, true) });
  push('metadata', {
    metrics: { latencyMs: latencyMs(answer) },
    usage: answer.usage,
    ...settled(answer, body),
  });
  return frames;
}

/** What was really used, and what the guardrail or the router found. */
function settled({ trace, serviceTier }: Answer, body: ConverseRequestBody): object {
  const tier = serviceTier === undefined ? body.serviceTier : { type: serviceTier };
  return {
    ...(trace === undefined ? {} : { trace }),
    ...(tier === undefined ? {} : { serviceTier: tier }),
    ...(body.performanceConfig === undefined ? {} : { performanceConfig: body.performanceConfig }),
  };
}

/** A frame of that event type. */
export const encoderOf = (type: string) =>
  createFrameEncoder({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' });

const ENCODERS = {
  messageStart: encoderOf('messageStart'),
  contentBlockStart: encoderOf('contentBlockStart'),
  contentBlockDelta: encoderOf('contentBlockDelta'),
  contentBlockStop: encoderOf('contentBlockStop'),
  messageStop: encoderOf('messageStop'),
  metadata: encoderOf('metadata'),
};

/** Made up, so that the same request has the same answer: 10 ms, and 10 for each token. */
export const latencyMs = (answer: Answer): number => 10 + answer.usage.outputTokens * 10;

/** The fields of Claude's own answer that the request points to. Both forms of the pointer are in use: `/stop_sequence`
 * and, from the stream's last event, `/delta/stop_sequence`. */
function responseFields(answer: Answer, body: ConverseRequestBody, model: ResolvedModel, stream = false): object {
  const pointers = body.additionalModelResponseFieldPaths ?? [];
  if (pointers.length === 0 || model.claude === undefined) return {};
  const end = { stop_reason: answer.stopReason, stop_sequence: answer.stopSequence ?? null };
  const source: Record<string, unknown> = stream
    ? { type: 'message_delta', delta: end, ...end }
    : { type: 'message', role: 'assistant', delta: end, ...end };
  const additionalModelResponseFields: Record<string, unknown> = {};
  for (const pointer of pointers) {
    const [first = '', second] = pointer.slice(1).split('/');
    if (!Object.hasOwn(source, first)) continue;
    if (second === undefined) additionalModelResponseFields[first] = source[first];
    else if (first === 'delta' && second in end) {
      additionalModelResponseFields.delta = {
        ...(additionalModelResponseFields.delta as object | undefined), // only ever set here
        [second]: end[second as keyof typeof end], // `in` has just said so
      };
    }
  }
  return Object.keys(additionalModelResponseFields).length === 0 ? {} : { additionalModelResponseFields };
}
