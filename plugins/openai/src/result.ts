// An answer that is not streamed, read through the same reader as a stream.

import type { ChatResult } from '@turnout/core/contract';
import { addUp, readText, toNetworkError } from '@turnout/core/plugin';
import { brokenAnswer, type ErrorContext } from './error.ts';
import type { Reader, Source } from './stream.ts';

export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

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
export function readWhole(text: string, reader: Reader, context: ErrorContext): void {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw brokenAnswer(context, 'the answer is not JSON: check baseUrl and proxy', { cause });
  }
  reader.whole(body);
}
