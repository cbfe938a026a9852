// What is remembered of one request: the one source of the answer's headers, the log line, the metrics and the spans.
import type { Diary } from '../attempt/index.ts';
import type { Loss, Price, Protocol, RouterError, Usage } from '../contract/index.ts';

/** What is asked for, by the names of OpenTelemetry's conventions where these have one. */
export type Operation = 'chat' | 'embeddings' | 'count_tokens';

/** One time that a streamed answer broke off and went on elsewhere. */
export interface Resumption {
  /** The targets, as `provider/model`. */
  readonly from: string;
  readonly to: string;
  /** Of the answer's text, in UTF-16 units. */
  readonly afterChars: number;
  /** What broke it. */
  readonly code: RouterError['code'];
  /** Of what was broken off. */
  readonly usage: Usage;
}

/** Filled in as the request goes through the house. Never holds a prompt, an answer or a secret. */
export interface RequestRecord extends Diary {
  readonly id: string;
  readonly operation: Operation;
  readonly protocol: Protocol | 'openai-embeddings';
  /** The header that carries the id besides `x-request-id`, in the client's protocol. */
  readonly idHeader: string | undefined;
  /** performance.now() when the head had arrived. */
  readonly arrivedMs: number;
  /** performance.now() when the body had arrived: all other times count from here. */
  startMs: number;
  /** The name of the caller's key. */
  key?: string;
  /** The name the client sent. */
  model?: string;
  route?: string;
  /** `provider/model` that answered. */
  target?: string;
  stream: boolean;
  /** The answer is the upstream's own, passed on. */
  relayed?: true;
  status: number;
  /** Named by the client's own fields. */
  losses: readonly Loss[];
  usage?: Partial<Usage>;
  /** Of the model that answers, where its provider has a list of prices. */
  price?: Price;
  /** What the answer cost by that, in US dollars. */
  costUsd?: number;
  /** Why the answer ended, in the vendor's own word. */
  finish?: string;
  /** What the provider says of the answer besides. */
  notes?: Readonly<Record<string, string | number>>;
  error?: RouterError;
  /** Of a streamed answer that broke off: how many pieces had been written, each of one token or a few. */
  pieces?: number;
  /** How an answer that broke off was gone on with; `usage` above holds these usages too. */
  resumed?: readonly Resumption[];
  /** How often an upstream was really asked: a try may end at the plan. */
  calls: number;
  /** Time spent waiting for upstreams, up to the first byte. */
  upstreamMs: number;
  /** The router's own time up to the first byte: without upstreams, and without waiting for a turn. */
  overheadMs?: number;
  /** When an upstream gave the first content of a streamed answer. */
  firstTokenMs?: number;
  firstByteMs?: number;
  /** When the answer was written to its end. */
  totalMs?: number;
  /** The W3C `traceparent` and `tracestate` of the client, as they came. */
  readonly trace?: { readonly parent: string; readonly state: string | undefined };
}

export type RecordStart = Pick<RequestRecord, 'id' | 'operation' | 'protocol' | 'idHeader' | 'trace'>;

export function startRecord(start: RecordStart): RequestRecord {
  const nowMs = performance.now();
  return {
    ...start,
    arrivedMs: nowMs,
    startMs: nowMs,
    stream: false,
    status: 0,
    tries: [],
    losses: [],
    calls: 0,
    upstreamMs: 0,
    waitedMs: 0,
  };
}

/** Waits for something that is neither the router's work nor an upstream's answer: a place in a queue, media from elsewhere. */
export async function waited<T>(diary: Pick<Diary, 'waitedMs'>, wait: Promise<T>): Promise<T> {
  const startMs = performance.now();
  try {
    return await wait;
  } finally {
    diary.waitedMs += performance.now() - startMs;
  }
}
