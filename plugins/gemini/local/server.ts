// The HTTP server: one request after the other through path, key, script, validation and answer.
import {
  createScript,
  isObject,
  type JsonObject,
  type LocalOptions,
  type LocalServer,
  type LocalVendor,
  type OpenRequest,
  type Playback,
  playStep,
  playTake,
  startLocal,
  type Take,
  takeJson,
} from '@turnout/core/testing';
import { answerGenerate, countPrompt } from './answer.ts';
import { answerEmbeddings } from './embedding.ts';
import { COUNT, checkMessage } from './fields.ts';
import { answerModels, noModel } from './model-list.ts';
import { DIALECT, playRefusal } from './playback.ts';
import { errorInfo, invalid, Refusal } from './refusal.ts';
import { type Operation, type Step, scriptedAnswer } from './script.ts';
import { traitsOf } from './traits.ts';
import { checkRequest } from './validate.ts';

export interface GeminiLocalOptions extends LocalOptions<Operation, Step> {
  /** Who may call. Without: everybody. */
  readonly apiKeys?: readonly string[] | undefined;
  /** The models there are. Default: any name is one, and a few of Google's are listed. What a model takes is told by its name. */
  readonly models?: readonly string[] | undefined;
}

export type GeminiLocal = LocalServer<Operation, Step>;

/** Starts a local Gemini API. Rejects when the port is taken. What it knows of Google is from documentation and public issues. */
export function startGeminiLocal(options: GeminiLocalOptions = {}): Promise<GeminiLocal> {
  const script = createScript<Operation, Step>(options.script, ['models', 'count-tokens']);
  const vendor: LocalVendor<Operation, Step> = {
    script,
    basePath: '/v1beta',
    headers: () => ({ server: 'scaffolding on HTTPServer2' }),
    decide(record) {
      const target = targetOf(record);
      record.operation = target.operation;
      record.model = target.model ?? '';
      checkKey(record, target.query, options.apiKeys);
      const step = script.take(record);
      const own = (): Take => answer(target, record, options, step);
      const { tokensPerSecond } = options;
      return step === undefined ? playTake(own(), tokensPerSecond) : playStep(step, own, DIALECT, tokensPerSecond);
    },
    refuse: (error): Playback => playRefusal(toRefusal(error)),
    tooLarge: (bytesMax) => invalid(`Request payload size exceeds the limit: ${bytesMax} bytes.`),
  };
  return startLocal(vendor, options);
}

interface Target {
  readonly operation: Operation;
  readonly model: string | undefined;
  readonly query: URLSearchParams;
}

const METHODS: Readonly<Record<string, Operation>> = {
  generateContent: 'generate',
  streamGenerateContent: 'stream',
  countTokens: 'count-tokens',
  batchEmbedContents: 'embeddings',
};

/** Throws Refusal for a path that there is not. */
function targetOf({ method, path }: OpenRequest<Operation>): Target {
  const [place = '', search = ''] = path.split('?', 2);
  const query = new URLSearchParams(search);
  const found = /^\/v1beta\/models(?:\/([^/:]+))?(?::(\w+))?$/.exec(place);
  const [, name, verb] = found ?? [];
  const model = name === undefined ? undefined : decodeURIComponent(name);
  if (found && method === 'GET' && verb === undefined) return { operation: 'models', model, query };
  const operation = verb !== undefined && Object.hasOwn(METHODS, verb) ? METHODS[verb] : undefined;
  if (method === 'POST' && model !== undefined && operation !== undefined) return { operation, model, query };
  throw new Refusal('NOT_FOUND', 'Requested entity was not found.');
}

function answer(
  { operation, model = '', query }: Target,
  { body }: OpenRequest<Operation>,
  { models }: GeminiLocalOptions,
  step: Step | undefined,
): Take {
  if (operation === 'models') return answerModels(model || undefined, query, models);
  if (!isObject(body)) throw invalid('Invalid JSON payload received. Unexpected token.');
  if (models !== undefined && !models.includes(model)) throw noModel(model);
  const { embeds } = traitsOf(model);
  if (embeds !== (operation === 'embeddings')) throw noModel(model, embeds ? 'generateContent' : 'embedContent');
  if (operation === 'embeddings') return answerEmbeddings(model, body);
  if (operation === 'count-tokens') return answerCount(body, model);
  const asked = { model, body, stream: operation === 'stream', sse: query.get('alt') === 'sse' };
  return answerGenerate(asked, scriptedAnswer(step));
}

function answerCount(body: JsonObject, model: string): Take {
  checkMessage(body, COUNT, '');
  const { generateContentRequest: inner } = body;
  if (!isObject(inner)) return takeJson({ totalTokens: countPrompt(body) });
  if (inner.model !== `models/${model}`)
    throw invalid(
      '* CountTokensRequest.generate_content_request.model: model must match the model in the request path.\n',
    );
  checkRequest(inner, model);
  return takeJson({ totalTokens: countPrompt(inner) });
}

function checkKey(
  { headers }: OpenRequest<Operation>,
  query: URLSearchParams,
  apiKeys: readonly string[] | undefined,
): void {
  if (apiKeys === undefined) return;
  const given = headers['x-goog-api-key'] ?? query.get('key') ?? undefined;
  if (given === undefined) {
    throw new Refusal('PERMISSION_DENIED', NO_KEY);
  }
  if (apiKeys.includes(String(given))) return;
  // A 400, of all things.
  throw new Refusal('INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', {
    details: [errorInfo('API_KEY_INVALID')],
  });
}

const NO_KEY =
  "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal('INTERNAL', `gemini-local failed: ${message}`);
}
