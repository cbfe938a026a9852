// The HTTP server: one request after the other through target, caller, script and runtime.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkAccess, createAuth, type LocalApiKey, type LocalCredential } from './auth.ts';
import { discard, parseBody, readBody } from './body.ts';
import { createDirectory, type LocalModel, modelNames, resourceArn } from './model.ts';
import { play } from './play.ts';
import { type Playback, playRefusal, playStep, playTake } from './playback.ts';
import { isProfileList, LIST_PROFILES, listProfiles } from './profile-list.ts';
import { createPromptCache } from './prompt-cache.ts';
import { createSeal } from './reasoning-seal.ts';
import { createRecord, type OpenRecord, type RecordedRequest } from './record.ts';
import { Refusal } from './refusal.ts';
import { runOperation, takeJson } from './runtime.ts';
import { createScript, type Script, type ScriptEntry } from './script.ts';
import { ACTIONS, parseTarget } from './target.ts';

export interface BedrockLocalOptions {
  /** Default 127.0.0.1. Another address opens the server to the network. */
  readonly host?: string | undefined;
  /** Default 0: a free one. */
  readonly port?: number | undefined;
  /** The region it plays. Signatures for another are refused. Default: every region, each with its own inference profiles. */
  readonly region?: string | undefined;
  /** Who may call with SigV4, and with which API key. With neither, everybody who sends something well-formed. */
  readonly credentials?: readonly LocalCredential[] | undefined;
  readonly apiKeys?: readonly (string | LocalApiKey)[] | undefined;
  readonly script?: readonly ScriptEntry[] | undefined;
  /** Models to add to the catalogue, or parts of its rows to replace. */
  readonly models?: readonly LocalModel[] | undefined;
  /** The bare model id behind an ARN that names none: `arn:…:application-inference-profile/abc` → `anthropic.claude-…`. An
   * imported model's answers in OpenAI's chat form. */
  readonly resources?: Readonly<Record<string, string>> | undefined;
  /** How fast answers stream. Default: at once. */
  readonly tokensPerSecond?: number | undefined;
  /** Prefixes with fewer tokens are not cached. Bedrock has 512 to 4,096 by model. Default 0. */
  readonly cacheTokensMin?: number | undefined;
  /** The longest body accepted. Default 25,000,000, as the API model has it. */
  readonly bodyBytesMax?: number | undefined;
  /** How many requests are remembered. Default 1,000. */
  readonly requestsMax?: number | undefined;
  /** The clock, in milliseconds. Default Date.now. */
  readonly now?: (() => number) | undefined;
}

export interface BedrockLocal {
  /** `http://127.0.0.1:4181` */
  readonly url: string;
  readonly port: number;
  /** The latest requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** How many answers are under way. */
  readonly open: number;
  /** Appends to the script. */
  script(...entries: ScriptEntry[]): void;
  /** Forgets the script, the requests and the prompt cache. */
  reset(): void;
  /** Ends everything, also answers under way. Idempotent. */
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 25_000_000;
const REQUESTS_MAX = 1000;

/** Starts a local Bedrock runtime. Rejects when the port is taken. */
export async function startBedrockLocal(options: BedrockLocalOptions = {}): Promise<BedrockLocal> {
  const service = createService(options);
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
    response.setHeader('x-amzn-requestid', randomUUID());
    let playback: Playback;
    try {
      const body = await readBody(request, options.bodyBytesMax ?? BODY_BYTES_MAX);
      record.body = parseBody(body);
      playback = service.decide(record, body);
    } catch (error) {
      if (closed.signal.aborted) return;
      playback = playRefusal(toRefusal(error));
      if (!request.readableEnded) discard(request, response);
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
  let ending: Promise<void> | undefined;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    port,
    requests,
    get open() {
      return open;
    },
    script: (...entries) => service.script.add(entries),
    reset() {
      service.reset();
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

interface Service {
  readonly script: Script;
  /** How a request is answered. Throws Refusal. Fills in what the target says. */
  decide(record: OpenRecord, body: Buffer): Playback;
  reset(): void;
}

function createService(options: BedrockLocalOptions): Service {
  const now = options.now ?? Date.now;
  const tools = {
    models: createDirectory(options.models, options.resources),
    seal: createSeal(),
    cache: createPromptCache({ tokensMin: options.cacheTokensMin ?? 0, now }),
  };
  const apiKeys = options.apiKeys?.map((one) => (typeof one === 'string' ? { key: one } : one));
  const authenticate = createAuth({ credentials: options.credentials, apiKeys, region: options.region, now });
  const script = createScript(options.script);
  const decideList = (record: OpenRecord, body: Buffer): Playback => {
    const caller = authenticate({ method: record.method, target: record.path, headers: record.headers, body });
    checkAccess(caller, LIST_PROFILES, { arn: '*', names: [] });
    const region = caller.region ?? options.region ?? 'us-east-1';
    return playTake(takeJson(listProfiles(record.path, region, tools.models)));
  };
  return {
    script,
    decide(record, body) {
      if (isProfileList(record.method, record.path)) return decideList(record, body);
      const target = parseTarget(record.method, record.path);
      record.modelId = target.modelId;
      record.operation = target.operation;
      const caller = authenticate({ method: record.method, target: record.path, headers: record.headers, body });
      const names = modelNames(target.modelId);
      checkAccess(caller, ACTIONS[target.operation], { arn: resourceArn(target.modelId, caller.region), names });
      const step = script.take(record, names);
      const override = step?.kind === 'answer' ? step : {};
      const { headers } = record;
      const own = () => runOperation({ target, body, region: caller.region, headers }, tools, override);
      return step === undefined
        ? playTake(own(), options.tokensPerSecond)
        : playStep(step, own, options.tokensPerSecond);
    },
    reset() {
      script.clear();
      tools.cache.clear();
    },
  };
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
  return new Refusal('InternalServerException', `bedrock-local failed: ${message}`);
}
