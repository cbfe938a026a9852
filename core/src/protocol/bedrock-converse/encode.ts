// A whole answer, as Converse gives it.
import type { ChatResult, ResultBlock } from '../../contract/index.ts';
import { converseCitation } from '../../wire/converse-citation.ts';
import type { AnswerContext } from '../protocol.ts';
import { outwardOf } from '../reasoning-envelope.ts';
import {
  callHead,
  carriedSignature,
  imageFormatOf,
  inputJson,
  mediaNote,
  redactedContent,
  resultItem,
  ServerCalls,
} from './answer-block.ts';
import { metadataOf, responseFieldsOf, stopReasonOf, usageOf } from './answer-end.ts';
import type { ConverseEcho } from './decode.ts';

/** The whole answer as JSON text. The input of a tool call stands in it byte for byte, so that no number loses a digit. */
export function encodeResult({ blocks, finish }: ChatResult, { echo }: AnswerContext<ConverseEcho>): string {
  const calls = new ServerCalls();
  const content = blocks.flatMap((result) => blocksOf(result, calls)).join(',');
  const fields = responseFieldsOf(finish, echo);
  const end = JSON.stringify({
    stopReason: stopReasonOf(finish),
    usage: usageOf(finish.usage),
    ...metadataOf(finish, echo),
    ...(fields === undefined ? {} : { additionalModelResponseFields: fields }),
  }).slice(1);
  return `{"output":{"message":{"role":"assistant","content":[${content}]}},${end}`;
}

/** What the client sees of a block: the same as the frames of a stream add up to. */
function blocksOf(result: ResultBlock, calls: ServerCalls): string[] {
  const { block, text, data, signature } = result;
  switch (block.type) {
    case 'text':
      return [...textOf(result), ...redactedOf(carriedSignature(block.origin, signature))];
    case 'reasoning': {
      const signed = outwardOf(block.origin, signature);
      const spoken = text === '' && signed === undefined ? [] : [reasoningText(text, signed)];
      return [...spoken, ...redactedOf(redactedContent(block.origin, data))];
    }
    case 'tool-call': {
      calls.add(block);
      const head = JSON.stringify(callHead(block)).slice(0, -1);
      const call = `{"toolUse":${head},"input":${inputJson(text)}}}`;
      return [call, ...redactedOf(carriedSignature(block.origin, signature))];
    }
    case 'tool-result': {
      const head = JSON.stringify(calls.resultHead(block.id)).slice(0, -1);
      return [`{"toolResult":${head},"content":[${text === '' ? '' : resultItem(text)}]}}`];
    }
    case 'media': {
      const format = imageFormatOf(block.mediaType);
      if (format === undefined || !data) return [JSON.stringify({ text: mediaNote(block.mediaType) })];
      return [JSON.stringify({ image: { format, source: { bytes: data } } })];
    }
  }
}

/** An empty text says nothing, and Bedrock itself refuses one that is brought back; but a signed one must stand. */
function textOf({ text, citations, signature }: ResultBlock): string[] {
  const cited = citations?.flatMap((citation) => converseCitation(citation) ?? []) ?? [];
  if (cited.length > 0) {
    const content = text === '' ? {} : { content: [{ text }] };
    return [JSON.stringify({ citationsContent: { ...content, citations: cited } })];
  }
  return text === '' && !signature ? [] : [JSON.stringify({ text })];
}

const reasoningText = (text: string, signature: string | undefined): string =>
  JSON.stringify({ reasoningContent: { reasoningText: { text, ...(signature === undefined ? {} : { signature }) } } });

const redactedOf = (content: string | undefined): string[] =>
  content === undefined ? [] : [JSON.stringify({ reasoningContent: { redactedContent: content } })];
