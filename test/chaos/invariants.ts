// What must hold after any run, however bad the day was. Each fault names the request with all that is known of it.
import type { Heard } from './client.ts';
import { RESUMING } from './configuration.ts';
import type { Line } from './turnout.ts';
import type { Sent } from './upstreams.ts';

export interface Evidence {
  readonly heard: readonly Heard[];
  readonly lines: readonly Line[];
  readonly sent: ReadonlyMap<string, Sent>;
  /** Providers that a reload has made anew: their breakers began again. */
  readonly remade: readonly string[];
}

export interface Figures {
  readonly requests: number;
  readonly complete: number;
  readonly failedInStream: number;
  readonly refused: number;
  readonly left: number;
  readonly calls: number;
  readonly retried: number;
  readonly resumed: number;
  readonly breakerTurns: number;
  readonly lines: number;
}

/** Everything that is wrong, and how often what was seen. */
export function judge(evidence: Evidence): { readonly faults: readonly string[]; readonly figures: Figures } {
  const { heard, lines, sent, remade } = evidence;
  const ofRequests = lines.filter(({ message }) => message === 'request').map(({ fields }) => fields);
  const byId = new Map(ofRequests.map((fields) => [String(fields.id), fields]));
  const byQuestion = Map.groupBy(sent.values(), ({ question }) => question);
  const faults: string[] = [];
  const about = (one: Heard, what: string) =>
    faults.push(`${what}\n  ${describe(one, byId.get(String(one.id)), byQuestion)}`);

  // Every request ended once, and was written down once.
  if (byId.size !== ofRequests.length) faults.push(`${ofRequests.length - byId.size} log lines have the id of another`);
  const answered = heard.filter(({ id }) => id !== undefined);
  const ids = new Set(answered.map(({ id }) => id));
  if (ids.size !== answered.length) faults.push(`${answered.length - ids.size} answers have the id of another`);
  const unheard = heard.length - answered.length;
  const unclaimed = ofRequests.filter(({ id }) => !ids.has(String(id))).length;
  if (unclaimed > unheard) faults.push(`${unclaimed} log lines for ${unheard} requests that left without an answer`);
  for (const fields of ofRequests) {
    if (fields.code === 'internal') faults.push(`an internal error: ${JSON.stringify(fields)}`);
  }

  for (const one of heard) {
    const line = one.id === undefined ? undefined : byId.get(one.id);
    if (one.id !== undefined && line === undefined) about(one, 'no log line');
    for (const fault of [
      ...endFaults(one),
      ...textFaults(one, line, sent),
      ...lineFaults(one, line, sent, byQuestion),
    ]) {
      about(one, fault);
    }
  }
  const turns = breakerTurns(lines);
  faults.push(...breakerFaults(turns, remade));
  const count = (test: (one: Heard) => boolean) => heard.filter(test).length;
  return {
    faults,
    figures: {
      requests: heard.length,
      complete: count(isComplete),
      failedInStream: count(({ status, told, left }) => status === 200 && !left && told.failure !== undefined),
      refused: count(({ status }) => status >= 400),
      left: count(({ left }) => left),
      calls: sent.size,
      retried: ofRequests.filter(({ attempts }) => Array.isArray(attempts) && attempts.length > 1).length,
      resumed: ofRequests.filter(({ resumed }) => resumed !== undefined).length,
      breakerTurns: turns.length,
      lines: ofRequests.length,
    },
  };
}

const isComplete = ({ status, told, clean }: Heard): boolean => status === 200 && told.ended && clean;

/** An answer ends complete, or in the failure shape of its protocol, or because its client left. */
export function* endFaults({ status, told, clean, left, plan }: Heard): Iterable<string> {
  if (left) return;
  yield* told.faults;
  if (status === 0) yield 'no answer at all';
  else if (!clean) yield 'cut off without a word';
  else if (status === 200 && !told.ended && told.failure === undefined) yield 'a clean end of half an answer';
  else if (status === 200 && told.ended && told.failure !== undefined) yield 'complete, and failed';
  else if (status >= 500 && ![502, 503, 504].includes(status)) yield `status ${status}`;
  else if (status >= 400 && ![429, 502, 503, 504].includes(status)) yield `status ${status} for a sound request`;
  if (status === 200 && told.failure !== undefined && !plan.stream) yield 'a failure with status 200, and no stream';
}

/** What was delivered is the beginning of what one upstream call said to this request, and all of it where it is complete. */
function* textFaults(one: Heard, line: Line['fields'] | undefined, sent: Evidence['sent']): Iterable<string> {
  const { told, plan } = one;
  const { text } = told;
  if (one.status !== 200) return;
  if (text === '') {
    if (isComplete(one)) yield 'complete, and nothing in it';
    return;
  }
  const parts = partsOf(text, line);
  const tries = Array.isArray(line?.attempts) ? line.attempts : [];
  // Nothing is asked of anybody once an answer has begun, unless to go on with it.
  if (line !== undefined && plan.model !== RESUMING && tries.at(-1)?.target !== line.target) {
    yield `asked ${tries.at(-1)?.target} after ${line.target} had begun to answer`;
  }
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const said = sourceOf(part, sent);
    if (said === undefined) {
      // Less than one word may have come.
      if (part.length > 12) yield `words of nobody: ${part.slice(0, 80)}`;
      continue;
    }
    if (said.question !== plan.question) yield `the answer to question ${said.question} (${said.id})`;
    if (!said.text.startsWith(part)) yield `not the beginning of what ${said.id} said: …${part.slice(-80)}`;
    else if (last && isComplete(one) && said.text !== part)
      yield `complete with ${part.length} of ${said.text.length} characters`;
  }
}

/** An answer that broke and went on elsewhere is of several calls: the log says where the seams are. */
function partsOf(text: string, line: Line['fields'] | undefined): string[] {
  const seams = Array.isArray(line?.resumed) ? line.resumed.map(({ afterChars }) => Number(afterChars)) : [];
  return [0, ...seams].map((start, index) => text.slice(start, seams[index])).filter((part) => part !== '');
}

const sourceOf = (part: string, sent: Evidence['sent']): Sent | undefined =>
  sent.get(/^([a-z]\d+):/.exec(part)?.[1] ?? '');

const BREAKING = new Set(['cut', 'cut-inside', 'short', 'stall', 'exception', 'corrupt']);

/** The log line says what the client saw, and counts what the upstreams have counted. */
function* lineFaults(
  one: Heard,
  line: Line['fields'] | undefined,
  sent: Evidence['sent'],
  byQuestion: ReadonlyMap<number, readonly Sent[]>,
): Iterable<string> {
  if (line === undefined) return;
  const { status, told, left, plan } = one;
  if (!left && line.status !== status) yield `the log says status ${line.status}`;
  const tries = Array.isArray(line.attempts) ? line.attempts.length + Number(line.moreAttempts ?? 0) : 0;
  const calls = byQuestion.get(plan.question)?.length ?? 0;
  if (calls > tries) yield `${calls} upstream calls, ${tries} attempts in the log`;
  if (!isComplete(one)) {
    if (!left && line.code === undefined) yield 'failed, and the log says nothing of it';
    return;
  }
  if (line.code !== undefined) yield `complete, and the log says ${line.code}`;
  const said = sourceOf(told.text, sent);
  if (said === undefined || line.resumed !== undefined) return;
  // What was cut off between an answer's last word and its count has never been sent.
  if (BREAKING.has(said.fault)) return;
  const { inputTokens, outputTokens } = Object(line.usage);
  if (inputTokens !== said.inputTokens || outputTokens !== said.outputTokens) {
    yield `the log counts ${inputTokens} + ${outputTokens} tokens, ${said.id} ${said.inputTokens} + ${said.outputTokens}`;
  }
  if (told.inputTokens !== said.inputTokens || told.outputTokens !== said.outputTokens) {
    yield `the client was told ${told.inputTokens} + ${told.outputTokens} tokens, ${said.id} said ${said.inputTokens} + ${said.outputTokens}`;
  }
}

interface Turn {
  readonly target: string;
  readonly from: string;
  readonly to: string;
}

function breakerTurns(lines: readonly Line[]): Turn[] {
  return lines.flatMap(({ message, fields }) => {
    const to = /^breaker (opened|closed|half-open|cooling-down)$/.exec(message)?.[1];
    return to === undefined
      ? []
      : [{ target: `${fields.target} ${fields.errand ?? ''}`, from: String(fields.from), to }];
  });
}

const LEGAL: Readonly<Record<string, readonly string[]>> = {
  closed: ['opened', 'cooling-down'],
  opened: ['half-open', 'cooling-down'],
  'half-open': ['opened', 'closed', 'cooling-down'],
};

/** closed → open → half-open → closed or open, and nothing else. */
function breakerFaults(turns: readonly Turn[], remade: readonly string[]): string[] {
  const states = new Map<string, string>();
  return turns.flatMap(({ target, from, to }) => {
    if (remade.some((provider) => target.startsWith(`${provider}/`))) return [];
    const state = states.get(target) ?? 'closed';
    const named = from === 'open' ? 'opened' : from;
    // A probe that ends without a verdict, because its client has left, makes room for another.
    if (state === 'half-open' && to === 'half-open') return [];
    // A cool-down is beside it: it opens and closes nothing.
    if (to !== 'cooling-down') states.set(target, to);
    const legal = LEGAL[state]?.includes(to) && (to === 'cooling-down' || named === state);
    return legal ? [] : [`the breaker of ${target} went from ${from} to ${to}, and was ${state}`];
  });
}

function describe(
  one: Heard,
  line: Line['fields'] | undefined,
  byQuestion: ReadonlyMap<number, readonly Sent[]>,
): string {
  const { plan, told, ...rest } = one;
  const calls = (byQuestion.get(plan.question) ?? []).map(({ text, ...said }) => ({
    ...said,
    characters: text.length,
  }));
  return [
    `asked ${JSON.stringify(plan)}`,
    `heard ${JSON.stringify({ ...rest, ...told, text: `${told.text.slice(0, 60)}… ${told.text.length} characters` })}`,
    `calls ${JSON.stringify(calls)}`,
    `log ${JSON.stringify(line)}`,
  ].join('\n  ');
}
