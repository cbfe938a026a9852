// The HTTP server: one request after the other through key, script, validation and answer.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseBody, readBody } from './body.ts';
import { answerChat } from './chat.ts';
import { answerEmbeddings } from './embedding.ts';
import { isObject } from './json.ts';
import { answerModels } from './model-list.ts';
import { play } from './play.ts';
import { type Playback, playRefusal, playStep, playTake, type Take } from './playback.ts';
import { createRecord, type OpenRecord, type Operation, type RecordedRequest } from './record.ts';
import { Refusal } from './refusal.ts';
import { createScript, type ScriptEntry, type Step } from './script.ts';

export interface OpenaiLocalOptions {
  /** Default 127.0.0.1. Another address opens the server to the network. */
  readonly host?: string | undefined;
  /** Default 0: a free one. */
  readonly port?: number | undefined;
  /** Who may call. Without: everybody. */
  readonly apiKeys?: readonly string[] | undefined;
  /** The models there are. Default: any name is one, and a few of OpenAI's are listed. What a model takes is told by its
   * name, as at OpenAI. */
  readonly models?: readonly string[] | undefined;
  readonly script?: readonly ScriptEntry[] | undefined;
  /** How fast answers stream. Default: at once. */
  readonly tokensPerSecond?: number | undefined;
  /** The longest body accepted. Default 25,000,000. */
  readonly bodyBytesMax?: number | undefined;
  /** How many requests are remembered. Default 1,000. */
  readonly requestsMax?: number | undefined;
}

export interface OpenaiLocal {
  /** `http://127.0.0.1:4182` */
  readonly url: string;
  /** What clients take as their base URL: the same with `/v1`. */
  readonly baseUrl: string;
  readonly port: number;
  /** The latest requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** How many answers are under way. */
  readonly open: number;
  /** Appends to the script. */
  script(...entries: ScriptEntry[]): void;
  /** Forgets the script and the requests. */
  reset(): void;
  /** Ends everything, also answers under way. Idempotent. */
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 25_000_000;
const REQUESTS_MAX = 1000;

/** Starts a local OpenAI. Rejects when the port is taken. */
export async function startOpenaiLocal(options: OpenaiLocalOptions = {}): Promise<OpenaiLocal> {
  const script = createScript(options.script);
  const requests: OpenRecord[] = [];
  const closing = new AbortController();
  let open = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const record = createRecord(request);
    requests.push(record);
    if (requests.length > (options.requestsMax ?? REQUESTS_MAX)) requests.shift();
    open += 1;
    const closed = new AbortController();
    const stop = (): void => closed.abort();
    closing.signal.addEventListener('abort', stop, { once: true });
    let cut = false;
    response.once('close', () => {
      open -= 1;
      record.finished = response.writableFinished && !cut;
      record.aborted = !record.finished && !cut && !closing.signal.aborted;
      closing.signal.removeEventListener('abort', stop);
      closed.abort();
    });
    response.setHeader('x-request-id', `req_${randomUUID().replaceAll('-', '')}`);
    let playback: Playback;
    try {
      const text = await readBody(request, options.bodyBytesMax ?? BODY_BYTES_MAX);
      record.body = parseBody(text);
      playback = decide(record, options, (one) => script.take(one));
    } catch (error) {
      if (closed.signal.aborted) return;
      playback = playRefusal(toRefusal(error));
    }
    record.status = playback.status;
    cut = playback.end === 'cut';
    await play(response, playback, closed.signal);
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  const { port, address, family } = server.address() as AddressInfo; // a TCP server has one
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  let ending: Promise<void> | undefined;
  return {
    url,
    baseUrl: `${url}/v1`,
    port,
    requests,
    get open() {
      return open;
    },
    script: (...entries) => script.add(entries),
    reset() {
      script.clear();
      requests.length = 0;
    },
    close() {
      closing.abort();
      ending ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return ending;
    },
  };
}

const OPERATIONS: readonly (readonly [method: string, path: RegExp, operation: Operation])[] = [
  ['POST', /^\/v1\/chat\/completions$/, 'chat'],
  ['POST', /^\/v1\/embeddings$/, 'embeddings'],
  ['GET', /^\/v1\/models(?:\/[^/]+)?$/, 'models'],
];

/** How a request is answered. Throws Refusal. Fills in what the request is. */
function decide(
  record: OpenRecord,
  options: OpenaiLocalOptions,
  take: (record: RecordedRequest) => Step | undefined,
): Playback {
  const path = record.path.split('?', 1)[0] ?? '';
  const known = OPERATIONS.find(([method, pattern]) => method === record.method && pattern.test(path));
  if (known === undefined) throw new Refusal(`Invalid URL (${record.method} ${record.path})`, { status: 404 });
  record.operation = known[2];
  const { body } = record;
  if (isObject(body) && typeof body.model === 'string') record.model = body.model;
  checkKey(record, options.apiKeys);
  const step = take(record);
  const own = (): Take => {
    if (record.operation === 'models') return answerModels(path, options.models);
    if (!isObject(body)) throw new Refusal('We could not parse the JSON body of your request.');
    checkModel(record.model, options.models);
    return record.operation === 'embeddings'
      ? answerEmbeddings(body)
      : answerChat(body, step?.kind === 'answer' ? step : {});
  };
  return step === undefined ? playTake(own(), options.tokensPerSecond) : playStep(step, own, options.tokensPerSecond);
}

function checkKey({ headers }: RecordedRequest, apiKeys: readonly string[] | undefined): void {
  if (apiKeys === undefined) return;
  const given = /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1];
  if (given === undefined) throw new Refusal(NO_KEY, { status: 401 });
  if (apiKeys.includes(given)) return;
  // OpenAI shows the ends of the key it was given.
  const shown = `${given.slice(0, 8)}${'*'.repeat(12)}${given.slice(-4)}`;
  throw new Refusal(
    `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    { status: 401, code: 'invalid_api_key' },
  );
}

const NO_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";

function checkModel(model: string, models: readonly string[] | undefined): void {
  if (model === '') throw new Refusal('you must provide a model parameter');
  if (models === undefined || models.includes(model)) return;
  throw new Refusal(`The model \`${model}\` does not exist or you do not have access to it.`, {
    ...{ status: 404, code: 'model_not_found' },
  });
}

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal(`openai-local failed: ${message}`, { status: 500, type: 'server_error' });
}
