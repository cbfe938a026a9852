// A whole answer, to a message.
import type { ChatResult } from '../../contract/index.ts';
import type { AnswerContext } from '../protocol.ts';
import { blocksOf } from './answer-block.ts';
import { answerEndOf, answerExtrasOf, finalUsageOf } from './answer-end.ts';
import type { MessagesEcho } from './decode.ts';
import { messageHead } from './events.ts';

/** The whole answer as JSON text. The input of a tool call stands in it byte for byte, so that no number loses a digit. */
export function messageOf(result: ChatResult, context: AnswerContext<MessagesEcho>): string {
  const head = JSON.stringify(messageHead(context)).slice(0, -1);
  const content = result.blocks.flatMap(blocksOf).join(',');
  const end = JSON.stringify({
    ...answerEndOf(result.finish),
    usage: finalUsageOf(result.finish),
    ...answerExtrasOf(result.finish),
  }).slice(1);
  return `${head},"content":[${content}],${end}`;
}
