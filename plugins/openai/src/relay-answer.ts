// An answer that is relayed: its bytes as they come, and its end for the log. Streams are read in relay-stream.ts.
import type { RelayAnswer, RelayCall, RouterError } from '@turnout/core/contract';
import { isPage, readBytes, readText, SseRelay, toNetworkError, type Whole, WholeRelay } from '@turnout/core/plugin';
import { ChatWatch } from './chat-watch.ts';
import type { Answer } from './client.ts';
import type { Api, RelayWire } from './echo.ts';
import { brokenAnswer, type ErrorContext, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import type { Lessons } from './lessons.ts';
import { ResponsesWatch } from './responses-watch.ts';
import { ANSWER_BYTES_MAX } from './result.ts';
import type { Watch, WatchContext } from './watch.ts';

/** What a relay needs of its provider. */
export interface Relay {
  readonly error: ErrorContext;
  readonly lessons: Lessons;
  send(): Promise<Answer>;
}

const WATCHES: Readonly<Record<Api, new (context: WatchContext) => Watch>> = {
  chat: ChatWatch,
  responses: ResponsesWatch,
};

/** What of the answer's head is the client's: how much is left of the account's limits, and how long OpenAI took. */
const OWN_HEADER = /^(x-ratelimit-[a-z-]{1,60}|openai-processing-ms)$/;
const VALUE = /^[\x20-\x7e]{1,200}$/;

/** One call, its answer relayed. Throws RouterError while nothing has been answered, and later out of the events. */
export async function relayAnswer(relay: Relay, wire: RelayWire, call: RelayCall): Promise<RelayAnswer> {
  const { error, lessons } = relay;
  const { signal } = call;
  const watch = new WATCHES[wire.api]({
    ...{ error, model: call.answerModel, showsUsage: wire.showsUsage, choices: wire.choices },
    onReasoning: (field) => lessons.learnReasoning(wire.model, field),
  });
  const answer = await relay.send();
  if (!wire.stream)
    return {
      headers: headersOf(answer, 'application/json'),
      events: new WholeRelay(() => readWhole(answer, watch, relay, signal)),
    };
  if (isPage(answer.contentType)) {
    answer.body.destroy();
    throw brokenAnswer(error, 'it answers with a page in place of a stream: check baseUrl and proxy');
  }
  if (/\bjson\b/i.test(answer.contentType)) throw await unstreamed(answer, relay, signal);
  return {
    headers: headersOf(answer, 'text/event-stream; charset=utf-8'),
    events: new SseRelay({
      ...{ body: answer.body, watch },
      toError: (thrown, usage) => toNetworkError(thrown, { ...error, signal }, usage),
    }),
  };
}

function headersOf({ headers }: Answer, contentType: string): Record<string, string> {
  const own: Record<string, string> = { 'content-type': contentType };
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string' && OWN_HEADER.test(name) && VALUE.test(value)) own[name] = value;
  }
  return own;
}

/** An answer that is not streamed. */
async function readWhole({ body }: Answer, watch: Watch, { error }: Relay, signal: AbortSignal): Promise<Whole> {
  let whole: Buffer;
  try {
    whole = await readBytes(body, ANSWER_BYTES_MAX);
  } catch (thrown) {
    throw toNetworkError(thrown, { ...error, signal });
  }
  const { bytes, finish } = watch.whole(whole);
  return { bytes, content: watch.content, finish };
}

/** The error for JSON in place of a stream: what it says is wrong, or that the next try is worth it, since its answer is rebuilt. */
async function unstreamed(answer: Answer, { error, lessons }: Relay, signal: AbortSignal): Promise<RouterError> {
  try {
    const failure = failureIn(JSON.parse(await readText(answer.body, ANSWER_BYTES_MAX)));
    if (failure !== undefined) return toRouterError(failure, error);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return brokenAnswer(error, 'the answer is not JSON: check baseUrl and proxy');
    return toNetworkError(thrown, { ...error, signal });
  }
  lessons.streams = false;
  return brokenAnswer(error, 'it answers whole when it is asked for a stream', { again: true });
}
