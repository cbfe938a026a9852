// An answer as Google's JSON: one GenerateContentResponse, or the chunks of a stream.
import { type JsonObject, splitWords } from '@turnout/core/testing';

/** An answer before it is put into one of the wire forms. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly parts: readonly JsonObject[];
  readonly finishReason: string;
  /** Nothing is answered: the prompt was blocked. */
  readonly blockReason?: string;
  readonly groundingMetadata?: object;
  readonly usage: {
    readonly promptTokenCount: number;
    readonly candidatesTokenCount: number;
    readonly totalTokenCount: number;
    readonly promptTokensDetails: readonly object[];
    readonly thoughtsTokenCount?: number;
  };
}

export function encodeWhole(answer: Answer): object {
  const { blockReason, parts } = answer;
  if (blockReason !== undefined) return blocked(answer, blockReason);
  return { ...lastOf(answer, parts), ...about(answer) };
}

/** Texts come in pieces, calls whole; the signature of a text comes behind it, in a part of its own without any ("the model may return
 * the thought signature in a part with an empty text content part", 2026-11). */
export function encodeStream(answer: Answer): object[] {
  const { blockReason, usage } = answer;
  if (blockReason !== undefined) return [blocked(answer, blockReason)];
  const pieces = answer.parts.flatMap(cut);
  const { promptTokenCount, promptTokensDetails } = usage;
  const sofar = { promptTokenCount, totalTokenCount: promptTokenCount, promptTokensDetails };
  const last = pieces.pop();
  return [
    ...pieces.map((part) => ({
      candidates: [{ content: { parts: [part], role: 'model' }, index: 0 }],
      usageMetadata: sofar,
      ...about(answer),
    })),
    { ...lastOf(answer, last === undefined ? [] : [last]), ...about(answer) },
  ];
}

function cut(part: JsonObject): JsonObject[] {
  if (typeof part.text !== 'string') return [part];
  const { text, thoughtSignature, ...rest } = part;
  const pieces = splitWords(text).map((piece) => ({ ...rest, text: piece }));
  return thoughtSignature === undefined ? pieces : [...pieces, { ...rest, text: '', thoughtSignature }];
}

const lastOf = ({ finishReason, usage, groundingMetadata }: Answer, parts: readonly JsonObject[]): object => ({
  candidates: [
    {
      content: { ...(parts.length === 0 ? {} : { parts }), role: 'model' },
      finishReason,
      index: 0,
      ...(groundingMetadata === undefined ? {} : { groundingMetadata }),
    },
  ],
  usageMetadata: usage,
});

const about = ({ model, id }: Answer): object => ({ modelVersion: model, responseId: id });

const blocked = (answer: Answer, blockReason: string): object => ({
  promptFeedback: { blockReason },
  usageMetadata: { promptTokenCount: answer.usage.promptTokenCount, totalTokenCount: answer.usage.promptTokenCount },
  ...about(answer),
});
