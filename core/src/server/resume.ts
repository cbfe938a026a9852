// A route's `resume`: a stream that breaks after the commit goes on at the next target, from the text that the client has.
import type { ServerResponse } from 'node:http';
import { type AttemptOptions, attempt, type Course, targetName } from '../attempt/index.ts';
import {
  type ChatEvent,
  ERROR_POLICIES,
  type FinishEvent,
  quoteOf,
  RouterError,
  type Usage,
} from '../contract/index.ts';
import type { RequestRecord, Resumption } from '../observe/index.ts';
import type { StreamEncoder } from '../protocol/protocol.ts';
import { targetsOf } from '../routing/index.ts';
import type { OpenAnswer, OpenEvents, Planner, ToldAnswer } from './call.ts';
import { mannerOf, prepareContinuation, type Sent } from './continuation.ts';
import type { Journey, RouteTarget } from './journey.ts';
import { type Pumped, pump } from './pump.ts';
import { Seam } from './seam.ts';
import { estimateTokens, textTokens } from './token-estimate.ts';

export interface ResumeOptions {
  readonly requestId: string;
  readonly scope: ResumeScope;
  readonly limits: AttemptOptions<RouteTarget, OpenAnswer>;
  /** Opens an answer. Whoever gives this ends what is open in the end. */
  ask(target: RouteTarget, plan: Planner): Promise<OpenAnswer>;
  /** Ends an answer that has broken. */
  onBreak(broken: OpenEvents<ChatEvent>, failure: RouterError): RouterError;
}

export interface ResumeScope {
  readonly codec: { readonly streamContentType: string };
  readonly journey: Journey;
  readonly course: Course<RouteTarget>;
  readonly record: Pick<RequestRecord, 'resumed'>;
}

/** As `pump`, of an answer that goes on elsewhere when it breaks: to the client it is one. The end has the usage of all of it. */
export async function pumpOn(
  answer: ToldAnswer,
  encoder: StreamEncoder,
  outgoing: ServerResponse,
  options: ResumeOptions,
): Promise<Pumped<ChatEvent>> {
  const { scope, limits, requestId } = options;
  const { journey, codec, record } = scope;
  const resumed: Resumption[] = [];
  const seam = new Seam(encoder, {
    whole: (finish) => withUsage(finish, resumed),
    // Only server-sent events may hold comments.
    remark: () => (codec.streamContentType.startsWith('text/event-stream') ? resumed.map(remarkOf).join('') : ''),
  });
  // No more often than there are targets, whatever they do. JSON that two models have written is hardly ever JSON.
  const timesMax = journey.request.output === undefined ? targetsOf(journey.group).length : 0;

  const onBreak = async (broken: OpenEvents<ChatEvent>, failure: RouterError) => {
    options.onBreak(broken, failure);
    const { course } = scope;
    if (!goesOn(course, failure) || resumed.length >= timesMax || !seam.isResumable) return failure;
    const usage = usageOf(seam, failure, journey);
    const sent = {
      text: seam.text,
      tokens: resumed.reduce((sum, one) => sum + one.usage.outputTokens, usage.outputTokens),
    };
    try {
      const { value, target } = await attempt(course, (target) => openContinuation(target, sent, options), limits);
      seam.goOn(mannerOf(value));
      const [from, to] = [targetName(broken.target), targetName(target)];
      resumed.push({ from, to, afterChars: sent.text.length, code: failure.code, usage });
      record.resumed = resumed;
      return value;
    } catch {
      // Why the others could not is in the log; a request that is over says so itself.
      const { aborted, reason } = limits.signal;
      return aborted ? RouterError.from(reason) : failure;
    }
  };
  const pumped = await pump(answer, seam, outgoing, { requestId, onBreak });
  return pumped.finish ? { ...pumped, finish: withUsage(pumped.finish, resumed) } : pumped;
}

/** Whether anybody may go on with an answer that failed so. Who has failed is asked again when nobody else is left, if that may
 * help. */
function goesOn(course: Course<RouteTarget>, { code, own }: RouterError): boolean {
  const { retrySame, nextTarget } = ERROR_POLICIES[code];
  if (own || !nextTarget) return false;
  if (retrySame === true) course.postpone();
  return course.rest().length > 0;
}

async function openContinuation(target: RouteTarget, sent: Sent, { ask }: ResumeOptions): Promise<ToldAnswer> {
  const answer = await ask(target, (target, journey) => prepareContinuation(target, journey, sent)).catch(asIncapable);
  if (answer.headers === undefined) return answer;
  const failure = new RouterError('unsupported', `${targetName(target)} relays, and so cannot go on with an answer`);
  answer.end(failure);
  throw failure;
}

/** What is asked of a target is not what the client has asked: where it is refused, another may take it. */
function asIncapable(failure: unknown): never {
  if (!RouterError.is(failure) || failure.code !== 'invalid-request') throw failure;
  throw new RouterError('unsupported', failure.message, { cause: failure, ...quoteOf(failure) });
}

/** What a broken answer has cost: as far as its upstream has told, else by the rule of thumb for counting. */
function usageOf(seam: Seam, { usage: reported }: RouterError, { request }: Journey): Usage {
  const { usage: started, text } = seam.leg;
  const told = { ...started, ...reported };
  const inputTokens = told.inputTokens ?? estimateTokens(request);
  // What is told at the start of an answer is less than what has come since.
  const outputTokens = Math.max(told.outputTokens ?? 0, textTokens(text));
  const totalTokens = inputTokens + outputTokens + (told.cacheReadTokens ?? 0) + (told.cacheWriteTokens ?? 0);
  return { ...told, inputTokens, outputTokens, totalTokens };
}

/** The end of an answer with the usage of what was broken off before. */
const withUsage = (finish: FinishEvent, resumed: readonly Resumption[]): FinishEvent => ({
  ...finish,
  usage: resumed.reduce<Usage>((sum, { usage }) => addUsage(sum, usage), finish.usage),
});

function addUsage(sum: Usage, more: Usage): Usage {
  const total: Record<string, number> = { ...sum };
  for (const [name, tokens] of Object.entries(more)) total[name] = (total[name] ?? 0) + tokens;
  // All members of a usage are numbers, and those of `sum` are there.
  return total as unknown as Usage;
}

/** In ASCII, on one line: a target's name may be the client's choice. */
const remarkOf = ({ to, afterChars }: Resumption): string =>
  `: resumed at ${to.replace(/[^\x21-\x7e]/g, '?')} after ${afterChars} characters\n\n`;
