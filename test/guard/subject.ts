// What the guard looks at: a router in a process of its own, an upstream behind it, and a client that asks one thing after the other.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openUpstream, type Plan } from './upstream.ts';

/** The ways an answer takes: as it came in OpenAI's protocol, from Converse's into OpenAI's, out of the frames of a Claude on Bedrock. */
export type Way = 'relayed' | 'told' | 'claude';

const ASKS: Readonly<Record<Way, { path: string; body: object }>> = {
  relayed: { path: '/v1/chat/completions', body: { model: 'relayed' } },
  told: { path: '/v1/chat/completions', body: { model: 'told' } },
  claude: { path: '/v1/messages', body: { model: 'told', max_tokens: 500 } },
};

export interface Subject {
  /** Asks and reads the answer to its end: a stream as planned, or a whole one. */
  ask(way: Way, plan?: Plan): Promise<void>;
  /** By how much the figures of the router's process rise with a piece of work, at the least of some times, and without what it takes to
   * tell them. What comes now and then, such as a list that grows or an answer that is read in two pieces, is none of its cost. */
  least<Name extends string>(work: () => Promise<void>, times?: number): Promise<Record<Name, number>>;
  close(): Promise<void>;
}

/**
 * @param file of the router's process, in this folder. It gets the YAML as its argument, sends its address, then its figures whenever it
 * is asked for them, and ends when it is told to close.
 * @param options of its node
 */
export async function openSubject(file: string, options: readonly string[] = []): Promise<Subject> {
  const upstream = await openUpstream();
  const yaml = `keys: [{ name: team, key: key-of-the-team }]
providers:
  openai: { apiKey: key, baseUrl: "http://127.0.0.1:${upstream.port}/v1" }
  bedrock:
    region: us-east-1
    endpoint: http://127.0.0.1:${upstream.port}
    auth: { mode: keys, accessKeyId: AKIDEXAMPLE, secretAccessKey: secret }
routes: { relayed: openai/m, told: bedrock/anthropic.claude-sonnet-5 }
`;
  const router = fork(fileURLToPath(new URL(file, import.meta.url)), [yaml], { execArgv: [...options] });
  const [url] = await once(router, 'message');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'content-type': 'application/json', authorization: 'Bearer key-of-the-team' };

  async function riseOf(work: () => Promise<void>): Promise<Record<string, number>> {
    const read = async (): Promise<Record<string, number>> => {
      router.send('figures');
      return (await once(router, 'message'))[0];
    };
    const before = await read();
    await work();
    return mapped(await read(), (figure, name) => figure - (before[name] ?? 0));
  }

  async function leastOf(work: () => Promise<void>, times: number): Promise<Record<string, number>> {
    let least = await riseOf(work);
    for (let time = 1; time < times; time++) {
      const before = least;
      least = mapped(await riseOf(work), (figure, name) => Math.min(figure, before[name] ?? figure));
    }
    return least;
  }

  return {
    async ask(way, plan) {
      if (plan) upstream.plan = plan;
      const { path, body } = ASKS[way];
      const request = http.request(url + path, { method: 'POST', agent, headers });
      const messages = [{ role: 'user', content: 'Which train is next?' }];
      request.end(JSON.stringify({ ...body, stream: plan !== undefined, messages }));
      const [answer] = await once(request, 'response');
      expect(answer.statusCode).toBe(200);
      answer.on('data', () => upstream.next());
      await once(answer, 'end');
      // What a request leaves to be done after its answer.
      await sleep(5);
    },
    async least<Name extends string>(work: () => Promise<void>, times = 15) {
      await work();
      const telling = await leastOf(async () => {}, 3);
      const least = mapped(await leastOf(work, times), (figure, name) => figure - (telling[name] ?? 0));
      return least as Record<Name, number>; // the caller knows which process it has opened
    },
    async close() {
      router.send('close');
      await once(router, 'exit');
      agent.destroy();
      upstream.close();
    },
  };
}

const mapped = (figures: Record<string, number>, make: (figure: number, name: string) => number) =>
  Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, make(figure, name)]));
