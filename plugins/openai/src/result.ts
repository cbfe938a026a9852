// An answer that is not streamed, read through the same reader as a stream.

import {
  type ChatEvent,
  type ChatResult,
  type FinishEvent,
  type ResultBlock,
  RouterError,
} from '@turnout/core/contract';
import { readText, toNetworkError } from '@turnout/core/plugin';
import type { AnswerReader } from './answer.ts';
import { brokenAnswer, type ErrorContext } from './error.ts';
import type { Source } from './stream.ts';
import { bagsIn, isBag } from './wire.ts';

export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** A page for people. */
export const isPage = (contentType: string): boolean => /^text\/html|^application\/xhtml/i.test(contentType.trim());

/** One call that is not streamed. Throws RouterError. */
export async function requestResult(source: Source): Promise<ChatResult> {
  const { error, signal } = source;
  const answer = await source.send();
  try {
    const reader = source.reader();
    readWhole(await readText(answer.body, ANSWER_BYTES_MAX), reader, error);
    return addUp(reader.out);
  } catch (thrown) {
    throw toNetworkError(thrown, { ...error, signal });
  }
}

/** The whole answer in a body of JSON. Throws RouterError: what it says is wrong, `upstream-failed` when it is no answer. */
export function readWhole(text: string, reader: AnswerReader, context: ErrorContext): void {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw brokenAnswer(context, 'the answer is not JSON: check baseUrl and proxy', { cause });
  }
  reader.chunk(body);
  if (!isBag(body) || bagsIn(body.choices).length === 0) throw brokenAnswer(context, 'the answer holds no choice');
  reader.end(true);
}

/** What the events of a complete answer add up to. */
function addUp(events: readonly ChatEvent[]): ChatResult {
  const blocks = new Map<number, { -readonly [K in keyof ResultBlock]: ResultBlock[K] }>();
  let id = '';
  let model = '';
  let finish: FinishEvent | undefined;
  for (const event of events) {
    if (event.type === 'start') ({ id, model } = event);
    else if (event.type === 'finish') finish = event;
    else if (event.type === 'block-start') {
      const { block, extensions } = event;
      blocks.set(event.index, { block, text: '', ...(extensions === undefined ? {} : { extensions }) });
    } else {
      const block = blocks.get(event.index);
      if (block === undefined) continue;
      if (event.type === 'block-delta') {
        block.text += event.text;
        if (event.citation !== undefined) block.citations = [...(block.citations ?? []), event.citation];
      } else if (event.data !== undefined) block.data = event.data;
    }
  }
  if (finish === undefined) throw new RouterError('upstream-failed', 'the answer is not complete');
  return { id, model, blocks: [...blocks.values()], finish };
}
