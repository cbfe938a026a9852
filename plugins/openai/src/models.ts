// The models that the server lists, and whether it can be used at all.

import { type Finding, type IdleCall, type Model, RouterError } from '@turnout/core/contract';
import { readText, toNetworkError } from '@turnout/core/plugin';
import type { Client } from './client.ts';
import { brokenAnswer } from './error.ts';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

const LIST_BYTES_MAX = 16 * 1024 * 1024;
const CHECK_TIMEOUT_MS = 5_000;

/** Throws RouterError. */
export async function listModels(client: Client, signal: AbortSignal): Promise<readonly Model[]> {
  const context = client.errorContext('');
  const answer = await client.ask({ method: 'GET', path: '/models', accept: 'application/json', model: '', signal });
  try {
    const body: unknown = JSON.parse(await readText(answer.body, LIST_BYTES_MAX));
    // Together lists them without an object around.
    const list = Array.isArray(body) ? body : isBag(body) ? body.data : undefined;
    if (!Array.isArray(list)) throw brokenAnswer(context, 'its list of models is none');
    return bagsIn(list).flatMap(describe);
  } catch (error) {
    if (error instanceof SyntaxError) throw brokenAnswer(context, 'its list of models is not JSON', { cause: error });
    throw toNetworkError(error, { ...context, signal });
  }
}

function describe(entry: Bag): Model[] {
  const id = textIn(entry.id);
  if (id === undefined) return [];
  const name = textIn(entry.name);
  // OpenAI says nothing of limits; OpenRouter, Groq, vLLM and Mistral do, each by another name.
  const context = [entry.context_length, entry.context_window, entry.max_model_len, entry.max_context_length].find(
    (limit) => typeof limit === 'number' && limit > 0,
  );
  const output = entry.max_completion_tokens;
  return [
    {
      id,
      ...(name === undefined || name === id ? {} : { name }),
      ...(typeof context === 'number' ? { inputTokensMax: context } : {}),
      ...(typeof output === 'number' && output > 0 ? { outputTokensMax: output } : {}),
    },
  ];
}

/** One question answers both: the server is there, and it takes the key. Never throws, names no secret. */
export async function checkServer(client: Client, access: string, call: IdleCall): Promise<readonly Finding[]> {
  const { baseUrl } = client;
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const credentials = (ok: boolean, detail: string): Finding => ({ ok, what: 'credentials', detail });
  const endpoint = (ok: boolean, detail: string): Finding => ({ ok, what: 'endpoint', detail: `${baseUrl} ${detail}` });
  try {
    const models = await listModels(client, AbortSignal.any([call.signal, timeout]));
    const accepted = access === 'none' ? 'none, and none is asked for' : `the ${access} is accepted`;
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
