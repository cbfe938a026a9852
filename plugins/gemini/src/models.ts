// The models that Google lists, page by page, and whether it can be used at all.
import { type Finding, type IdleCall, type Model, RouterError } from '@turnout/core/contract';
import type { Client } from './client.ts';
import { brokenAnswer } from './error.ts';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

const LIST_BYTES_MAX = 16 * 1024 * 1024;
/** "The maximum number of Models to return (per page) … 1000" (models.list, 2026-11). */
const PAGE_SIZE = 1000;
const PAGES_MAX = 50;
const CHECK_TIMEOUT_MS = 5_000;

/** Throws RouterError. */
export async function listModels(client: Client, signal: AbortSignal): Promise<readonly Model[]> {
  const models: Model[] = [];
  let token = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = new URLSearchParams({ pageSize: String(PAGE_SIZE), ...(token === '' ? {} : { pageToken: token }) });
    const answer = await client.askJson({ method: 'GET', path: `/models?${query}`, model: '', signal }, LIST_BYTES_MAX);
    if (!isBag(answer) || (answer.models !== undefined && !Array.isArray(answer.models)))
      throw brokenAnswer(client.errorContext(''), 'its list of models is none');
    models.push(...bagsIn(answer.models).flatMap(describe));
    token = textIn(answer.nextPageToken) ?? '';
    if (token === '') break;
  }
  return models;
}

const ABILITIES: ReadonlyMap<string, string> = new Map([
  ['embedContent', 'embeddings'],
  ['generateContent', 'chat'],
  ['countTokens', 'token counts'],
]);

function describe({ name, displayName, inputTokenLimit, outputTokenLimit, ...rest }: Bag): Model[] {
  const id = textIn(name)?.replace(/^models\//, '');
  if (id === undefined) return [];
  const shown = textIn(displayName);
  const methods: readonly unknown[] = Array.isArray(rest.supportedGenerationMethods)
    ? rest.supportedGenerationMethods
    : [];
  const abilities = methods.flatMap((method) => (typeof method === 'string' ? (ABILITIES.get(method) ?? []) : []));
  if (rest.thinking === true) abilities.push('reasoning');
  return [
    {
      id,
      ...(shown === undefined || shown === id ? {} : { name: shown }),
      ...(isLimit(inputTokenLimit) ? { inputTokensMax: inputTokenLimit } : {}),
      ...(isLimit(outputTokenLimit) ? { outputTokensMax: outputTokenLimit } : {}),
      ...(abilities.length === 0 ? {} : { abilities }),
    },
  ];
}

const isLimit = (value: unknown): value is number => typeof value === 'number' && value > 0;

/** One question answers both: Google is there, and it takes the key. Never throws, names no secret. */
export async function checkServer(client: Client, call: IdleCall): Promise<readonly Finding[]> {
  const { baseUrl } = client;
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const credentials = (ok: boolean, detail: string): Finding => ({ ok, what: 'credentials', detail });
  const endpoint = (ok: boolean, detail: string): Finding => ({ ok, what: 'endpoint', detail: `${baseUrl} ${detail}` });
  try {
    const models = await listModels(client, AbortSignal.any([call.signal, timeout]));
    return [endpoint(true, `answers and lists ${models.length} models`), credentials(true, 'the API key is accepted')];
  } catch (thrown) {
    const error = RouterError.from(thrown);
    const isAnswer = error.upstream?.name !== undefined;
    if (error.code === 'upstream-denied' && isAnswer)
      return [endpoint(true, 'answers'), credentials(false, error.message)];
    if (timeout.aborted) return [endpoint(false, `does not answer within ${CHECK_TIMEOUT_MS} ms`)];
    return [endpoint(false, `cannot be used: ${error.message}`)];
  }
}
