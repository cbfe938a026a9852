// The built-in generator, in a process of its own: reads jobs from its parent, plays them, and reports what the answers were like.
import { Agent, request } from 'undici';

export interface Job {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: number;
  readonly atOnce: number;
}

export interface Played {
  readonly requests: number;
  readonly seconds: number;
  /** Answers that were not 200, or whose end was not what it should be. */
  readonly lost: number;
  /** Of the whole request, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** To the first byte of the body; absent where the generator cannot tell. */
  readonly firstByteMs?: number;
  /** Between two pieces of one answer, as they arrive: half of them, and 99 of 100, are closer. */
  readonly gapP50Ms?: number;
  readonly gapP99Ms?: number;
}

const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
/** Of a chat stream, of a Messages stream, of a whole answer. */
const ENDS = ['[DONE]\n\n', '"message_stop"}\n\n', '}', '}\n\n'];

interface Clocks {
  readonly wholeMs: number[];
  readonly firstMs: number[];
  readonly gapsMs: number[];
}

async function once({ url, body, headers }: Job, clocks: Clocks): Promise<boolean> {
  const startMs = performance.now();
  const answer = await request(url, { method: 'POST', dispatcher: agent, headers, body });
  let lastMs = 0;
  let tail = '';
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    const nowMs = performance.now();
    if (lastMs === 0) clocks.firstMs.push(nowMs - startMs);
    else clocks.gapsMs.push(nowMs - lastMs);
    lastMs = nowMs;
    tail = chunk.toString('latin1').slice(-64);
  }
  clocks.wholeMs.push(performance.now() - startMs);
  return answer.statusCode === 200 && ENDS.some((end) => tail.endsWith(end));
}

async function play(job: Job): Promise<Played> {
  const clocks: Clocks = { wholeMs: [], firstMs: [], gapsMs: [] };
  const startMs = performance.now();
  let left = job.requests;
  let lost = 0;
  const worker = async () => {
    while (left-- > 0) if (!(await once(job, clocks).catch(() => false))) lost++;
  };
  await Promise.all(Array.from({ length: job.atOnce }, worker));
  const seconds = (performance.now() - startMs) / 1000;
  const { wholeMs, firstMs, gapsMs } = clocks;
  return {
    ...{ requests: job.requests, seconds, lost, p50Ms: quantile(wholeMs, 0.5), p99Ms: quantile(wholeMs, 0.99) },
    ...{ firstByteMs: quantile(firstMs, 0.5), gapP50Ms: quantile(gapsMs, 0.5), gapP99Ms: quantile(gapsMs, 0.99) },
  };
}

function quantile(values: number[], share: number): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
}

process.on('message', async (job: Job) => {
  process.send?.(await play(job));
});
