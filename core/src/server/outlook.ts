// What a request meets, in short texts that can be compared: of two configurations, or of one and what a log says.
import { ERROR_POLICIES, RouterError } from '../contract/index.ts';
import type { Caller, Router } from '../host/index.ts';
import { type Explanation, explain } from './explain.ts';
import type { ExplainedGroup } from './explain-order.ts';
import { type ExplainedError, type ExplainedTarget, explainError } from './explain-target.ts';
import type { Inquiry } from './inquiry.ts';

/** One thing that is otherwise. What is absent was, or is, not there; where both are, the values may be secrets. */
export interface Difference {
  /** `order`, `bedrock/nova region` … */
  readonly what: string;
  readonly was?: string;
  readonly now?: string;
}

export interface Outlook {
  /** What the client gets before anything is sent. */
  readonly error?: ExplainedError;
  /** Absent for `provider/model`. */
  readonly route?: string;
  /** The targets of which one would be asked first, in the order of the file. */
  readonly first: readonly string[];
  /** All that might be asked. */
  readonly targets: readonly string[];
  /** What is lost of the request at one of the first, by the client's names. */
  readonly losses: readonly string[];
  readonly facts: Facts;
  /** What each target would be sent, by its name. */
  readonly details: ReadonlyMap<string, Facts>;
}

/** What two are compared by. */
export type Facts = ReadonlyMap<string, string>;

/** Never throws a RouterError: that is part of the outlook. */
export function outlookOf(router: Router, inquiry: Inquiry, caller: Caller): Outlook {
  try {
    return readOutlook(explain(router, inquiry, caller));
  } catch (thrown) {
    if (!RouterError.is(thrown)) throw thrown;
    const error = explainError(thrown);
    return {
      error,
      first: [],
      targets: [],
      losses: [],
      facts: new Map([['answer', answerText(error)]]),
      details: new Map(),
    };
  }
}

/** `404 [model-not-found]`, and the words. */
export const answerText = ({ status, code, message }: ExplainedError): string => `${status} [${code}] ${message}`;

function readOutlook(explanation: Explanation): Outlook {
  const { error, route, group, targets, resume } = explanation;
  const first = firstOf(group, targets);
  const facts = new Map<string, string>();
  if (error) facts.set('answer', answerText(error));
  facts.set('order', orderText(group, targets));
  if (resume) facts.set('resume', 'on');
  const asked = targets.filter(({ target }) => first.includes(target));
  return {
    ...(error && { error }),
    ...(route !== undefined && { route }),
    first,
    targets: [...new Set(targets.map(({ target }) => target))],
    losses: [...new Set(asked.flatMap(({ losses }) => losses.map(({ field }) => field)))],
    facts,
    details: detailsOf(targets),
  };
}

/** What the one says otherwise than the other, in the order of `to`. Of a target that is only in one, the order says enough. */
export function outlookDifferences(from: Outlook, to: Outlook): Difference[] {
  const ofTargets = [...to.details].flatMap(([name, now]) => {
    const was = from.details.get(name);
    return was ? differencesOf(was, now).map((one) => ({ ...one, what: `${name} ${one.what}` })) : [];
  });
  return [...differencesOf(from.facts, to.facts), ...ofTargets];
}

export function differencesOf(from: Facts, to: Facts): Difference[] {
  const differences: Difference[] = [];
  for (const what of new Set([...to.keys(), ...from.keys()])) {
    const was = from.get(what);
    const now = to.get(what);
    if (was === now) continue;
    differences.push({ what, ...(was !== undefined && { was }), ...(now !== undefined && { now }) });
  }
  return differences;
}

/** Those that may come first, past those that would not be asked at all. */
function firstOf(group: ExplainedGroup, targets: readonly ExplainedTarget[]): string[] {
  const ofChoice = ({ target, group: inner }: ExplainedGroup['choices'][number]): string[] => {
    if (inner) return firstOf(inner, targets);
    const found = targets[target];
    return found === undefined || isPassedOver(found) ? [] : [found.target];
  };
  if (group.strategy !== 'ordered') return [...new Set(group.choices.flatMap(ofChoice))];
  for (const choice of group.choices) {
    const found = ofChoice(choice);
    if (found.length > 0) return found;
  }
  return [];
}

const isPassedOver = ({ error }: ExplainedTarget): boolean =>
  error !== undefined && ERROR_POLICIES[error.code].nextTarget;

/** `a, then 75% b or 25% c`, in one line. */
export function orderText(group: ExplainedGroup, targets: readonly ExplainedTarget[]): string {
  const inner = textOf(group, targets);
  const fallbacks = [
    ['too long', group.onContextOverflow],
    ['blocked', group.onContentBlocked],
  ] as const;
  return (
    inner + fallbacks.map(([when, to]) => (to ? `; when ${when}: ${textOf(to, targets) || 'nobody'}` : '')).join('')
  );
}

function textOf(group: ExplainedGroup, targets: readonly ExplainedTarget[]): string {
  const names = group.choices.map(({ share, target, group: inner }) => {
    const name = inner ? nestedText(inner, targets) : (targets[target]?.target ?? '');
    return share === undefined ? name : `${Math.round(share * 1000) / 10}% ${name}`;
  });
  if (group.strategy === 'ordered' || names.length < 2) return names.join(', then ');
  const { sticky } = group;
  const by = sticky ? ` by ${sticky.by === 'header' ? sticky.header : sticky.by}` : '';
  return `${group.strategy}${by}: ${names.join(', ')}`;
}

/** In brackets where there is something to keep together. */
function nestedText(group: ExplainedGroup, targets: readonly ExplainedTarget[]): string {
  const text = orderText(group, targets);
  return text.includes(' ') ? `(${text})` : text;
}

function detailsOf(targets: readonly ExplainedTarget[]): Map<string, Facts> {
  const details = new Map<string, Facts>();
  for (const target of targets) {
    let name = target.target;
    // The same one by two ways, on which different things may be set.
    for (let more = 2; details.has(name); more++) name = `${target.target} (${more})`;
    details.set(name, factsOf(target));
  }
  return details;
}

/** One fact for each thing that would be sent otherwise. */
function factsOf({ resolution, error, losses, adds, answer }: ExplainedTarget): Facts {
  const facts = new Map<string, string>();
  const note = (what: string, text: string | undefined) => {
    if (text !== undefined) facts.set(what, text);
  };
  note('error', error && `${error.code}: ${error.message}`);
  note('model', resolution?.model);
  note('region', resolution?.region);
  note('profile', resolution?.profile);
  note('endpoint', resolution?.endpoint);
  note('auth', resolution?.auth);
  note('reasoning', resolution?.reasoning);
  for (const [field, value] of Object.entries(adds)) {
    note(`sets ${field}`, typeof value === 'string' ? value : JSON.stringify(value));
  }
  note('answer', answer);
  note('losses', losses.length === 0 ? undefined : losses.map(({ field, action }) => `${field} ${action}`).join(', '));
  return facts;
}
