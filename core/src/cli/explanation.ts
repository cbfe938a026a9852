// An explanation as a person reads it.
import type { ExplainedChoice, ExplainedGroup, ExplainedTarget, Explanation } from '../server/index.ts';
import { listed, paragraph, spelledMs } from './paragraph.ts';

/** Its lines, of at most 100 columns where words allow it. */
export function formatExplanation(explanation: Explanation): string {
  const { model, why, group, targets, error } = explanation;
  const lines = [
    ...paragraph(`${model}: `, why),
    ...headRows(explanation),
    '',
    ...choicesOf(group, { targets, prefix: '', indent: '  ' }),
  ];
  if (error) {
    lines.push('', ...paragraph('  refused  ', `a client gets ${error.status} [${error.code}]: ${error.message}`));
  }
  return lines.join('\n');
}

function headRows(explanation: Explanation): string[] {
  const { smallest, protocol, guess, stream, key, keys, totalMs, strict, resume, unfetched, group, limits } =
    explanation;
  const rows: string[] = [];
  const row = (name: string, text: string | undefined) => {
    if (text !== undefined) rows.push(...paragraph(`  ${name.padEnd(9)}`, text));
  };
  const what = smallest ? 'the smallest request' : 'this request';
  const taken = guess === undefined ? `as ${protocol}` : `as ${protocol} (guessed: ${guess})`;
  row('asked', `${what}, ${taken}, ${stream ? 'streamed' : 'not streamed'}`);
  if (unfetched > 0) row('media', `${unfetched} by address: not fetched here, something small stands in`);
  if (keys) row('key', keysLine(key, keys) + limitsText(limits));
  row('time', `${spelledMs(totalMs)} for the whole request`);
  if (strict) row('strict', 'a target that would lose something of the request is not asked');
  row('order', orderOf(group));
  if (resume) row('resume', 'a stream that breaks goes on at the next target');
  return rows;
}

const LIMITS = { rpm: 'requests a minute', tpm: 'tokens a minute', concurrent: 'at a time' } as const;

function limitsText(limits: Explanation['limits']): string {
  if (!limits) return '';
  const { rpm, tpm, concurrent } = limits;
  const said = Object.entries({ rpm, tpm, concurrent }).flatMap(
    ([limit, value]) => (value === undefined ? [] : [`${value} ${LIMITS[limit as keyof typeof LIMITS]}`]), // the keys are those of the object above
  );
  return `, ${listed(said)}`;
}

function keysLine(key: string, { may, mayNot }: NonNullable<Explanation['keys']>): string {
  const all = [...may, ...mayNot];
  if (all.includes(key)) return `${key} may use this model`;
  const yes = may.length > 0 ? `${listed(may)} may use this model` : 'no key may use this model';
  return mayNot.length > 0 && may.length > 0 ? `${yes}; ${listed(mayNot)} may not` : yes;
}

/** How the choices follow each other, and what of it is certain. */
function orderOf(group: ExplainedGroup): string {
  const { strategy, sticky, choices, order } = unwrapped(group);
  if (choices.length === 1) return 'there is one target';
  const first = order?.[0] === undefined ? undefined : order[0] + 1;
  if (strategy === 'ordered') return 'ordered: from the top, the next when one fails';
  if (strategy === 'weighted') return 'weighted: one by its share, then the others by theirs';
  if (strategy === 'round-robin') return `round-robin: each in its turn, here ${first}, then the others`;
  if (strategy === 'least-latency') {
    const isKnown = choices.some(({ scoreMs }) => scoreMs !== undefined);
    const now = isKnown
      ? `now ${listed((order ?? []).map((at) => String(at + 1)))}`
      : `${first} where none has been measured`;
    return `least-latency: the quickest to its first token, then the next: ${now}`;
  }
  const by = sticky?.by === 'header' ? `the header ${sticky.header}` : STICKY_BY[sticky?.by ?? 'prefix'];
  return first === undefined
    ? `sticky by ${by}: without it one by its share`
    : `sticky by ${by}: this request's leads to ${first}`;
}

/** What leads to nothing but a pool leads to its members. */
function unwrapped(group: ExplainedGroup): ExplainedGroup {
  const [only] = group.choices;
  const pool = group.choices.length === 1 && only?.group?.route === undefined ? only?.group : undefined;
  return pool
    ? { ...group, strategy: pool.strategy, choices: pool.choices, ...(pool.order && { order: pool.order }) }
    : group;
}

const STICKY_BY = { prefix: 'the beginning of the prompt', user: 'the user' } as const;

interface Place {
  readonly targets: readonly ExplainedTarget[];
  readonly prefix: string;
  readonly indent: string;
}

function choicesOf(group: ExplainedGroup, place: Place): string[] {
  const { indent } = place;
  const lines = listOf(unwrapped(group).choices, place);
  const fallback = (title: string, inner: ExplainedGroup | undefined) => {
    if (!inner) return;
    lines.push(
      `${indent}${title}${inner.choices.length === 0 ? ': nobody else is asked' : ', in place of what is left:'}`,
    );
    const letter = title.includes('long') ? 'L' : 'B';
    lines.push(...listOf(inner.choices, { ...place, prefix: `${place.prefix}${letter}` }));
  };
  fallback('when the prompt is too long', group.onContextOverflow);
  fallback('when a filter blocks it', group.onContentBlocked);
  return lines;
}

function listOf(choices: readonly ExplainedChoice[], { targets, prefix, indent }: Place): string[] {
  return choices.flatMap((choice, position) => {
    const number = `${prefix}${position + 1}`;
    const share = choice.share === undefined ? '' : `${percent(choice.share)}  `;
    const score = choice.scoreMs === undefined ? '' : `${choice.scoreMs}ms  `;
    const head = `${indent}${number}. ${share}${score}`;
    if (choice.group) {
      const { route } = choice.group;
      const title = route === undefined ? 'a pool' : `route/${route}`;
      const inner = { targets, prefix: `${number}.`, indent: `${indent}  ` };
      return [...paragraph(head, `${title}, ${orderOf(choice.group)}`), ...choicesOf(choice.group, inner)];
    }
    const target = targets[choice.target];
    return target ? [head + target.target, ...rowsOf(target, `${indent}     `)] : [];
  });
}

const percent = (share: number): string => `${Number((share * 100).toFixed(1))}%`;

function rowsOf(target: ExplainedTarget, indent: string): string[] {
  const rows: string[] = [];
  const row = (name: string, text: string | undefined) => {
    if (text !== undefined && text !== '') rows.push(...paragraph(`${indent}${name.padEnd(11)}`, text));
  };
  const { resolution, error, wire } = target;
  row('model', resolution?.model);
  row('region', resolution?.region);
  row('profile', resolution?.profile);
  row('endpoint', resolution?.endpoint);
  row('auth', resolution?.auth);
  row('reasoning', resolution?.reasoning);
  for (const reason of resolution?.reasons ?? []) row('because', reason);
  row('adds', Object.entries(target.adds).map(said).join(', '));
  if (target.kept.length > 0) row('kept', `${listed(target.kept)}: the client's own`);
  row('answer', answerOf(target));
  for (const loss of target.losses)
    row('loss', `${loss.field} ${loss.action}${loss.ofRoute ? ', the route sets it' : ''}: ${loss.reason}`);
  if (target.strictRefuses.length > 0 && !error) row('strict', `would refuse this for ${listed(target.strictRefuses)}`);
  row('time', timeOf(target));
  row('breaker', breakerOf(target));
  if (error) row('error', `${error.code}: ${error.message}`);
  if (wire !== undefined) {
    rows.push(
      `${indent}wire`,
      ...JSON.stringify(wire, null, 2)
        .split('\n')
        .map((line) => `${indent}  ${line}`),
    );
  }
  return rows;
}

/** `maxTokens 4096`, `reasoning budget 8192`, `bedrock {"latency":"optimized"}` */
function said([field, value]: readonly [string, unknown]): string {
  if (typeof value !== 'object' || value === null) return `${field} ${value}`;
  const entries = Object.entries(value);
  const [only] = entries;
  if (field === 'reasoning' && only && entries.length === 1) return `${field} ${only[0]} ${only[1]}`;
  return `${field} ${JSON.stringify(value)}`;
}

function answerOf({ answer, whole, rebuiltBecause }: ExplainedTarget): string | undefined {
  const late = whole ? '; the upstream is asked for a whole answer' : '';
  if (answer === 'relayed') return `relayed: the client's own body, and the answer's bytes as they come${late}`;
  if (answer === 'rebuilt') return `rebuilt, body and answer${rebuiltBecause ? `: ${rebuiltBecause}` : ''}${late}`;
  return answer;
}

function timeOf({ timeouts, attempts }: ExplainedTarget): string {
  const { connectMs, firstTokenMs, idleMs } = timeouts;
  const parts = [`${spelledMs(connectMs)} to connect`];
  if (firstTokenMs !== undefined) parts.push(`${spelledMs(firstTokenMs)} to the first token`);
  if (idleMs !== undefined) parts.push(`${spelledMs(idleMs)} between two pieces`);
  return `${listed(parts)}; ${attempts === 1 ? 'one try' : `${attempts} tries`}`;
}

function breakerOf({ breaker: { state, waitMs, failures } }: ExplainedTarget): string {
  if (state === 'closed' && failures === undefined) return 'closed: nothing has been called';
  const rows: string[] = [state];
  if (waitMs !== undefined) rows.push(`asked again in ${spelledMs(waitMs)}`);
  if (failures !== undefined && failures > 0)
    rows.push(`${failures} ${failures === 1 ? 'failure' : 'failures'} in a row`);
  return rows.join(', ');
}
