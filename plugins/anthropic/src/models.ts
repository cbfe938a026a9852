// The models that Anthropic lists, and whether it can be used at all.
import { type Finding, type IdleCall, type Model, RouterError } from '@turnout/core/contract';
import { isObject, readText, toNetworkError } from '@turnout/core/plugin';
import { claudeTraits } from '@turnout/core/wire';
import type { Client } from './client.ts';
import { brokenAnswer } from './error.ts';
import { type Bag, bagsIn, textIn } from './wire.ts';

const LIST_BYTES_MAX = 16 * 1024 * 1024;
const PAGE_ENTRIES = 1000;
/** More than that is a list without an end. */
const PAGES_MAX = 20;
const CHECK_TIMEOUT_MS = 5_000;

/** All pages. Throws RouterError. */
export async function listModels(client: Client, signal: AbortSignal, pagesMax = PAGES_MAX): Promise<readonly Model[]> {
  const models: Model[] = [];
  let after = '';
  for (let page = 0; page < pagesMax; page++) {
    const body = await readPage(client, after, signal);
    models.push(...bagsIn(body.data).flatMap(describe));
    const last = textIn(body.last_id);
    if (body.has_more !== true || last === undefined || last === after) break;
    after = last;
  }
  return models;
}

async function readPage(client: Client, after: string, signal: AbortSignal): Promise<Bag> {
  const context = client.errorContext('');
  const from = after === '' ? '' : `&after_id=${encodeURIComponent(after)}`;
  const path = `/v1/models?limit=${PAGE_ENTRIES}${from}`;
  const answer = await client.ask({ method: 'GET', path, accept: 'application/json', model: '', signal });
  try {
    const body: unknown = JSON.parse(await readText(answer.body, LIST_BYTES_MAX));
    if (!isObject(body) || !Array.isArray(body.data)) throw brokenAnswer(context, 'its list of models is none');
    return body;
  } catch (error) {
    if (error instanceof SyntaxError) throw brokenAnswer(context, 'its list of models is not JSON', { cause: error });
    throw toNetworkError(error, { ...context, signal });
  }
}

function describe({ id: given, display_name, max_input_tokens, max_tokens }: Bag): Model[] {
  const id = textIn(given);
  if (id === undefined) return [];
  const name = textIn(display_name);
  const output = typeof max_tokens === 'number' && max_tokens > 0 ? max_tokens : claudeTraits(id)?.outputTokensMax;
  return [
    {
      id,
      ...(name === undefined || name === id ? {} : { name }),
      ...(typeof max_input_tokens === 'number' && max_input_tokens > 0 ? { inputTokensMax: max_input_tokens } : {}),
      ...(output === undefined ? {} : { outputTokensMax: output }),
    },
  ];
}

/** One question answers both: the server is there, and it takes the key. Never throws, names no secret. */
export async function checkServer(client: Client, hasSecret: boolean, call: IdleCall): Promise<readonly Finding[]> {
  const { baseUrl } = client;
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const credentials = (ok: boolean, detail: string): Finding => ({ ok, what: 'credentials', detail });
  const endpoint = (ok: boolean, detail: string): Finding => ({ ok, what: 'endpoint', detail: `${baseUrl} ${detail}` });
  try {
    const models = await listModels(client, AbortSignal.any([call.signal, timeout]), 1);
    const accepted = hasSecret ? 'they are accepted' : 'none, and none are asked for';
    return [endpoint(true, `answers and lists ${models.length} models`), credentials(true, accepted)];
  } catch (thrown) {
    const error = RouterError.from(thrown);
    const { status } = error.upstream ?? {};
    if (status === 401 || status === 403) return [endpoint(true, 'answers'), credentials(false, error.message)];
    if (timeout.aborted) return [endpoint(false, `does not answer within ${CHECK_TIMEOUT_MS} ms`)];
    // Without a list a server may still answer requests.
    if (status === 404 || status === 405 || status === 501) {
      const unknown: Finding = { ok: true, skipped: true, what: 'credentials', detail: 'the server lists no models' };
      return [endpoint(true, `answers (HTTP ${status})`), unknown];
    }
    return [endpoint(false, `cannot be used: ${error.message}`)];
  }
}
