// An answer that is relayed: Anthropic's own bytes to a client that speaks Messages, but for the model's name in them.
import type { FinishEvent, RelayAnswer, RelayCall, RouterError } from '@turnout/core/contract';
import {
  isObject,
  isPage,
  parseExact,
  readText,
  replaceModel,
  SseRelay,
  toNetworkError,
  type Whole,
  WholeRelay,
} from '@turnout/core/plugin';
import type { Answer, Client } from './client.ts';
import { brokenAnswer, type ErrorContext, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import { AnswerEnd } from './finish.ts';
import type { RelayPlan } from './relay-plan.ts';
import { MessagesWatch, showsSomething } from './relay-watch.ts';
import { ANSWER_BYTES_MAX } from './result.ts';
import { type Bag, bagsIn } from './wire.ts';

/** One call, its answer relayed. Throws RouterError while nothing has been answered, and later out of the events. Nothing of the
 * answer's head but its type is the client's: limits and organization are the operator's own. */
export async function relayAnswer(
  client: Client,
  { body, betas }: Pick<RelayPlan, 'body' | 'betas'>,
  stream: boolean,
  { signal, answerModel }: RelayCall,
): Promise<RelayAnswer> {
  const model = String(body.model);
  const context = client.errorContext(model);
  const accept = stream ? 'text/event-stream' : 'application/json';
  const answer = await client.ask({ method: 'POST', path: '/v1/messages', body, betas, accept, model, signal });
  const { contentType } = answer;
  if (!stream)
    return {
      headers: { 'content-type': 'application/json' },
      events: new WholeRelay(() => readWhole(answer, context, signal, answerModel)),
    };
  if (isPage(contentType) || /\bjson\b/i.test(contentType)) throw await noStream(answer, context);
  return {
    headers: { 'content-type': contentType || 'text/event-stream' },
    events: new SseRelay({
      body: answer.body,
      watch: new MessagesWatch(answerModel, context),
      toError: (thrown, usage) => toNetworkError(thrown, { ...context, signal }, usage),
    }),
  };
}

/** Errors come as JSON with any status. */
async function noStream({ body, contentType }: Answer, context: ErrorContext): Promise<RouterError> {
  const text = isPage(contentType) ? '' : await readText(body, ANSWER_BYTES_MAX, true);
  body.destroy();
  const failure = failureIn(parsed(text));
  if (failure !== undefined) return toRouterError(failure, context);
  return brokenAnswer(context, 'it answers with something else than a stream: check baseUrl and proxy');
}

/** A whole answer. Bytes that are no message are not passed on. */
async function readWhole(answer: Answer, context: ErrorContext, signal: AbortSignal, model: string): Promise<Whole> {
  let text: string;
  try {
    text = await readText(answer.body, ANSWER_BYTES_MAX);
  } catch (error) {
    throw toNetworkError(error, { ...context, signal });
  }
  const message = parsed(text);
  if (!isObject(message) || !Array.isArray(message.content)) {
    const failure = failureIn(message);
    throw failure === undefined
      ? brokenAnswer(context, 'the answer is not a message')
      : toRouterError(failure, context);
  }
  const bytes = Buffer.from(replaceModel(text, model));
  return { bytes, content: bagsIn(message.content).some(showsSomething), finish: endOf(message) };
}

function endOf(message: Bag): FinishEvent {
  const end = new AnswerEnd();
  end.message(message);
  return end.finish(bagsIn(message.content).filter(({ type }) => type === 'tool_use').length);
}

function parsed(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}
