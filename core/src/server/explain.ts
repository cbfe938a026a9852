// "Where would this request go, and why?": the same code as a request, up to and including the plan, without any call.
import type { LimitsConfig } from '../config/config.ts';
import { ERROR_POLICIES, RouterError } from '../contract/index.ts';
import { type Caller, callerOfKey, type Router } from '../host/index.ts';
import { clientDeadlineMs, longestTotalMs } from './deadline.ts';
import { type ExplainedGroup, explainGroup } from './explain-order.ts';
import { type ExplainedError, type ExplainedTarget, explainTarget } from './explain-target.ts';
import { type Inquiry, type Question, readQuestion } from './inquiry.ts';
import { departFrom, findJourney, type Journey, type RouteTarget } from './journey.ts';
import { mediaUrls, withMedia } from './media.ts';
import { stickyValue } from './sticky.ts';

export interface Explanation extends Pick<Question, 'model' | 'protocol' | 'guess' | 'smallest' | 'stream'> {
  /** The route's name in the YAML; absent for `provider/model` directly. */
  readonly route?: string;
  readonly line?: number;
  readonly why: string;
  /** Who asks. */
  readonly key: string;
  /** How much that key may use. */
  readonly limits?: LimitsConfig;
  /** Which keys of the file may use the model; absent without keys. */
  readonly keys?: { readonly may: readonly string[]; readonly mayNot: readonly string[] };
  /** How long the whole request may take. */
  readonly totalMs: number;
  readonly strict: boolean;
  /** A stream that breaks goes on at the next target. */
  readonly resume: boolean;
  /** Addresses of media that a request would fetch first. A stand-in took their place. */
  readonly unfetched: number;
  readonly group: ExplainedGroup;
  /** In the order of the file, those of typed fallbacks last. */
  readonly targets: readonly ExplainedTarget[];
  /** What the client gets when every target refuses such a request before anything is sent. */
  readonly error?: ExplainedError;
}

/** Throws RouterError as a request for that model would. Takes no turn, no place and no probe: nothing is different after it. */
export function explain(router: Router, inquiry: Inquiry, caller: Caller): Explanation {
  const asked = readQuestion(inquiry);
  const { unfetched, question } = withStandIns(asked, router);
  const as = callerFor(router, inquiry, caller);
  const journey = findJourney(router, question.departure ?? departFrom(question.model), as);
  const { route, why, group, strict } = journey;
  const targets: ExplainedTarget[] = [];
  const place = (target: RouteTarget): number => {
    targets.push(explainTarget(target, { question, journey, wire: inquiry.wire === true }));
    return targets.length - 1;
  };
  const { departure: _, embedding: __, ...shown } = question;
  const tree = explainGroup(group, { bearings: bearingsOf(question, journey, inquiry), place });
  const error = refusalOf(tree, targets);
  return {
    ...shown,
    ...(route && { route: route.name, line: route.line }),
    why,
    key: as.name,
    ...limitsOf(router, as),
    ...keysFor(router, question.model),
    totalMs: Math.min(clientDeadlineMs(inquiry.headers ?? {}), longestTotalMs(group)),
    strict,
    resume: route?.resume ?? false,
    unfetched,
    group: tree,
    targets,
    ...(error && { error }),
  };
}

function callerFor({ config }: Router, { key }: Inquiry, caller: Caller): Caller {
  if (key === undefined) return caller;
  const found = callerOfKey(config.keys, key);
  if (found) return found;
  const names = config.keys.map(({ name }) => name).join(', ');
  throw new RouterError('invalid-request', `key: there is no key "${key}"; there are: ${names || 'none'}`, {
    field: 'key',
  });
}

function limitsOf({ config }: Router, { name }: Caller): Pick<Explanation, 'limits'> {
  const limits = config.keys.find((key) => key.name === name)?.limits;
  return limits ? { limits } : {};
}

function keysFor({ config }: Router, model: string): Pick<Explanation, 'keys'> {
  if (config.keys.length === 0) return {};
  const names = config.keys.map(({ name }) => name);
  const may = names.filter((name) => callerOfKey(config.keys, name)?.mayUse(model));
  return { keys: { may, mayNot: names.filter((name) => !may.includes(name)) } };
}

/** What a sticky route would go by. The smallest request is nobody's: its prompt and its user say nothing. */
function bearingsOf(
  { smallest, embedding }: Question,
  journey: Journey,
  { headers }: Inquiry,
): Pick<Journey, 'stickyValue'> {
  if (smallest) return { stickyValue: (by) => (by.by === 'header' ? stickyValue(by, {}, headers) : undefined) };
  if (!embedding) return { stickyValue: journey.stickyValue };
  const { user } = embedding;
  return { stickyValue: (by) => stickyValue(by, user === undefined ? {} : { user }, headers) };
}

/** The rules of attempt.ts for failures that need no call: undefined when one of the targets would be asked, or may be. */
function refusalOf(group: ExplainedGroup, targets: readonly ExplainedTarget[]): ExplainedError | undefined {
  const { course, isCertain } = courseOf(group);
  const errors = course.map((at) => targets[at]?.error);
  if (!isCertain && errors.includes(undefined)) return undefined;
  let last: ExplainedError | undefined;
  for (const error of errors) {
    if (!error) return undefined;
    if (!ERROR_POLICIES[error.code].nextTarget) return error;
    if (last === undefined || (error.code !== 'unsupported' && error.code !== 'model-not-found')) last = error;
  }
  return last;
}

/** The targets as they would be asked, but for typed fallbacks; where chance decides, in the order of the file. */
function courseOf({ choices, order }: ExplainedGroup): { readonly course: number[]; readonly isCertain: boolean } {
  const inner = (order ?? [...choices.keys()]).map((at) => {
    const choice = choices[at];
    if (choice?.group) return courseOf(choice.group);
    return { course: choice ? [choice.target] : [], isCertain: true };
  });
  return {
    course: inner.flatMap(({ course }) => course),
    isCertain: order !== undefined && inner.every(({ isCertain }) => isCertain),
  };
}

/** The smallest of each kind: what a target makes of media, it makes of bytes. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PAGE = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');

/** The question without addresses that a request would fetch, and how many those were. */
function withStandIns(question: Question, { config }: Router): { question: Question; unfetched: number } {
  const { departure } = question;
  const unfetched = departure ? mediaUrls(departure.request).size : 0;
  if (!departure || unfetched === 0 || !config.media.urls) return { question, unfetched };
  const request = withMedia(departure.request, ({ mediaType }) =>
    mediaType === 'application/pdf' ? { mediaType, data: PAGE } : { mediaType: 'image/png', data: PIXEL },
  );
  return { question: { ...question, departure: { ...departure, request } }, unfetched };
}
