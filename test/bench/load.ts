// The load, in a process of its own: reads jobs from its parent, plays them, and reports what the answers were like.
import { Agent, request } from 'undici';

export interface Job {
  readonly url: string;
  readonly body: string;
  readonly requests: number;
  readonly atOnce: number;
}

export interface Played {
  readonly seconds: number;
  /** Answers that were not 200, or whose end was not what it should be. */
  readonly lost: number;
  /** Sorted, in milliseconds. */
  readonly firstByteMs: readonly number[];
}

const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
/** Of a chat stream, of a Messages stream, of a whole answer. */
const ENDS = ['[DONE]\n\n', '"message_stop"}\n\n', '}'];
const headers = { 'content-type': 'application/json', authorization: 'Bearer bench-key-7' };

async function once({ url, body }: Job, firstByteMs: number[]): Promise<boolean> {
  const startMs = performance.now();
  const answer = await request(url, { method: 'POST', dispatcher: agent, headers, body });
  let first = true;
  let tail = '';
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    if (first) firstByteMs.push(performance.now() - startMs);
    first = false;
    tail = chunk.toString('latin1').slice(-64);
  }
  return answer.statusCode === 200 && ENDS.some((end) => tail.endsWith(end));
}

async function play(job: Job): Promise<Played> {
  const firstByteMs: number[] = [];
  const startMs = performance.now();
  let left = job.requests;
  let lost = 0;
  const worker = async () => {
    while (left-- > 0) if (!(await once(job, firstByteMs).catch(() => false))) lost++;
  };
  await Promise.all(Array.from({ length: job.atOnce }, worker));
  return { seconds: (performance.now() - startMs) / 1000, lost, firstByteMs: firstByteMs.sort((a, b) => a - b) };
}

process.on('message', async (job: Job) => {
  process.send?.(await play(job));
});
