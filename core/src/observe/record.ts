// What is remembered of one request, for the answer's headers and for the one log line it leaves.
import type { Try } from '../attempt/index.ts';
import type { Logger, Loss, Protocol, RouterError, Usage } from '../contract/index.ts';

/** Filled in as the request goes through the house. Never holds a prompt, an answer or a secret. */
export interface RequestRecord {
  readonly id: string;
  readonly protocol: Protocol | 'openai-embeddings';
  /** The header that carries the id besides `x-request-id`, in the client's protocol. */
  readonly idHeader: string | undefined;
  /** performance.now() when the body had arrived. */
  startMs: number;
  key?: string;
  /** The name the client sent. */
  model?: string;
  route?: string;
  /** `provider/model` that answered. */
  target?: string;
  stream: boolean;
  status: number;
  readonly tries: Try[];
  /** Named by the client's own fields. */
  losses: readonly Loss[];
  usage?: Partial<Usage>;
  finish?: string;
  /** What the provider says of the answer besides. */
  notes?: Readonly<Record<string, string | number>>;
  error?: RouterError;
  /** How often an upstream was really asked: a try may end at the plan. */
  calls: number;
  /** Time spent waiting for upstreams, up to the first byte. */
  upstreamMs: number;
  /** The router's own time up to the first byte. */
  overheadMs?: number;
  firstByteMs?: number;
}

export function startRecord(id: string, protocol: RequestRecord['protocol'], idHeader?: string): RequestRecord {
  return {
    id,
    protocol,
    idHeader,
    startMs: performance.now(),
    stream: false,
    status: 0,
    tries: [],
    losses: [],
    calls: 0,
    upstreamMs: 0,
  };
}

/** A name longer than this is none, and was refused. */
const NAME_CHARS_MAX = 512;

/** Where an unexpected error came from, without its message: that may quote what a model has said. */
function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack.split('\n').flatMap((line) => (/^\s+at /.test(line) ? line.trim() : []));
}

/** One line, after the answer has gone. */
export function logRecord(log: Logger, record: RequestRecord): void {
  const { error, startMs, upstreamMs: _upstream, calls: _calls, idHeader: _header, tries, ...fields } = record;
  const line = {
    ...fields,
    ...(fields.model !== undefined && { model: fields.model.slice(0, NAME_CHARS_MAX) }),
    attempts: tries.map((one) => ({ ...one, ms: Math.round(one.ms) })),
    totalMs: Math.round(performance.now() - startMs),
    ...(error && { code: error.code, error: error.message, ...(error.upstream && { upstream: error.upstream }) }),
  };
  if (error === undefined || error.code === 'cancelled') log.info(line, 'request');
  else if (error.code === 'internal') log.error({ ...line, stack: framesOf(error.cause ?? error) }, 'request');
  else log.warn(line, 'request');
}
