// The HTTP server: one request after the other through key, script, validation and answer.
import { randomUUID } from 'node:crypto';
import {
  createScript,
  isObject,
  type LocalOptions,
  type LocalServer,
  type LocalVendor,
  type OpenRequest,
  type Playback,
  playStep,
  playTake,
  startLocal,
  type Take,
} from '@turnout/core/testing';
import { answerChat } from './chat.ts';
import { answerEmbeddings } from './embedding.ts';
import { answerModels } from './model-list.ts';
import { DIALECT, playRefusal } from './playback.ts';
import { Refusal } from './refusal.ts';
import { answerResponse } from './responses.ts';
import { type Operation, type RecordedRequest, type Step, scriptedAnswer } from './script.ts';

export interface OpenaiLocalOptions extends LocalOptions<Operation, Step> {
  /** Who may call. Without: everybody. */
  readonly apiKeys?: readonly string[] | undefined;
  /** The models there are. Default: any name is one, and a few of OpenAI's are listed. What a model takes is told by its
   * name, as at OpenAI. */
  readonly models?: readonly string[] | undefined;
}

export type OpenaiLocal = LocalServer<Operation, Step>;

/** Starts a local OpenAI. Rejects when the port is taken. */
export function startOpenaiLocal(options: OpenaiLocalOptions = {}): Promise<OpenaiLocal> {
  const script = createScript<Operation, Step>(options.script, ['models']);
  const vendor: LocalVendor<Operation, Step> = {
    script,
    basePath: '/v1',
    headers: () => ({ 'x-request-id': `req_${randomUUID().replaceAll('-', '')}` }),
    decide: (record) => decide(record, options, (one) => script.take(one)),
    refuse: (error) => playRefusal(toRefusal(error)),
    tooLarge: (bytesMax) => new Refusal(`The request body is larger than ${bytesMax} bytes.`, { status: 413 }),
  };
  return startLocal(vendor, options);
}

/** Where others have the same operations: Azure by its versions, and Bedrock. */
const ROOT = /^(?:\/openai)?\/v1(?=\/)|^\/openai(?:\/deployments\/[^/]+)?(?=\/)/;

const OPERATIONS: readonly (readonly [method: string, path: RegExp, operation: Operation])[] = [
  ['POST', /^\/chat\/completions$/, 'chat'],
  ['POST', /^\/responses$/, 'responses'],
  ['POST', /^\/embeddings$/, 'embeddings'],
  ['GET', /^\/models(?:\/[^/]+)?$/, 'models'],
];

/** How a request is answered. Throws Refusal. Fills in what the request is. */
function decide(
  record: OpenRequest<Operation>,
  options: OpenaiLocalOptions,
  take: (record: RecordedRequest) => Step | undefined,
): Playback {
  const [target = '', query = ''] = record.path.split('?', 2);
  const root = ROOT.exec(target)?.[0];
  const path = root === undefined ? '' : target.slice(root.length);
  const known = OPERATIONS.find(([method, pattern]) => method === record.method && pattern.test(path));
  const versioned = root?.endsWith('/v1') || /(?:^|&)api-version=\d{4}-\d{2}-\d{2}/.test(query);
  if (known !== undefined && !versioned) throw new Refusal('Resource not found', { status: 404, code: '404' });
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
    const scripted = scriptedAnswer(step);
    if (record.operation === 'embeddings') return answerEmbeddings(body);
    return record.operation === 'responses' ? answerResponse(body, scripted) : answerChat(body, scripted);
  };
  const { tokensPerSecond } = options;
  return step === undefined ? playTake(own(), tokensPerSecond) : playStep(step, own, DIALECT, tokensPerSecond);
}

function checkKey({ headers }: RecordedRequest, apiKeys: readonly string[] | undefined): void {
  if (apiKeys === undefined) return;
  // Azure has a header of its own.
  const own = headers['api-key'];
  const given = typeof own === 'string' ? own : /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1];
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

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal(`openai-local failed: ${message}`, { status: 500, type: 'server_error' });
}
