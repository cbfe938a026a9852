// Requests to several workers, each over a connection of its own, so that they are given to the workers in turn.
import { readdirSync, readFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Program } from '../reload/program.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface Question {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called at the first byte of the answer's body. */
  readonly onBegin?: () => void;
}

const SILENT_MS_MAX = 3_000;

/** `url`: as the program has printed it, `unix:` and a path too. Rejects when the connection breaks. */
export function request(url: string, path: string, { method = 'POST', body, headers, onBegin }: Question = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const where = url.startsWith('unix:') ? { socketPath: url.slice('unix:'.length) } : portOf(url);
    const options = {
      ...where,
      path,
      method,
      agent: false,
      // The certificate is a test's own.
      rejectUnauthorized: false,
      headers: { 'content-type': 'application/json', ...headers },
    };
    const { request: open } = url.startsWith('https:') ? https : http;
    const sent = open(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        if (text === '') onBegin?.();
        text += chunk;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    sent.on('error', reject);
    // One that was being given to a worker that is killed has nobody.
    sent.setTimeout(SILENT_MS_MAX, () => sent.destroy(new Error('nobody answers')));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const portOf = (url: string) => ({ host: new URL(url).hostname, port: new URL(url).port });

export const chat = (url: string, model: string, question: Question & { readonly stream?: boolean } = {}) => {
  const { stream = false, ...rest } = question;
  const body = { model: `local/${model}`, stream, messages: [{ role: 'user', content: 'x' }] };
  return request(url, '/v1/chat/completions', { ...rest, body });
};

/** What the answer to a chat says. */
export const said = ({ text }: Answer): string => JSON.parse(text).choices[0].message.content;

/** The processes of those who serve. */
export function workersOf({ child }: Program): number[] {
  const tasks = readdirSync(`/proc/${child.pid}/task`);
  const words = tasks.flatMap((task) => readFileSync(`/proc/${child.pid}/task/${task}/children`, 'utf8').split(' '));
  return words.filter((word) => word.trim() !== '').map(Number);
}

/** In which processes so many requests were answered. */
export async function askAround(url: string, times = 6, headers = {}): Promise<Set<number>> {
  const answers = await Promise.all(Array.from({ length: times }, () => chat(url, 'pid', { headers })));
  return new Set(answers.map((answer) => Number(said(answer))));
}

/** The lines of the log. */
export const linesOf = (program: Program): Record<string, unknown>[] =>
  program
    .stderr()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line)] : []));

/** A sum of all series of a metric whose line holds what is looked for. */
export async function metric(url: string, name: string, having = '', headers = {}): Promise<number> {
  const { text } = await request(url, '/metrics', { method: 'GET', headers });
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(having))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
