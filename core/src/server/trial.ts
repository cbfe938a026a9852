// A provider put to the test with the smallest call that costs anything: the way of a request, without HTTP and without retries.
import { randomUUID } from 'node:crypto';
import { createCourse } from '../attempt/index.ts';
import { RouterError, type Usage } from '../contract/index.ts';
import type { Upstream } from '../host/index.ts';
import { NO_SETTINGS, orderedGroup } from '../routing/index.ts';
import { fetchWhole } from './call.ts';
import {
  departFrom,
  type Journey,
  membersOf,
  type PreparedEmbedding,
  prepare,
  prepareEmbedding,
  type RouteTarget,
} from './journey.ts';
import { callPlainly, type PlainScope } from './place.ts';

export interface Trial {
  readonly target: RouteTarget;
  readonly usage: Pick<Usage, 'inputTokens' | 'outputTokens'>;
}

const TRIAL_MS = 30_000;

/** Asks the first of these models that takes a chat for one token; when none does, the first that makes embeddings for one.
 * Throws RouterError; nothing stays open then. */
export async function tryModels(upstream: Upstream, models: readonly string[]): Promise<Trial> {
  const targets = models.flatMap((model) => membersOf({ upstream, model, settings: NO_SETTINGS }).slice(0, 1));
  let refusal: unknown = new RouterError('model-not-found', `there is no model to ask ${upstream.name} for`);
  for (const target of targets) {
    const journey = trialOf(target);
    try {
      prepare(target, journey);
    } catch (thrown) {
      refusal = thrown;
      continue;
    }
    const { finish } = await fetchWhole(target, { ...scope(), journey, course: createCourse(journey.group) });
    return { target, usage: finish.usage };
  }
  for (const target of targets) {
    const prepared = embeddingOf(target);
    if (prepared === undefined) continue;
    const { request, plan, embeddings } = prepared;
    const { inputTokens } = await callPlainly(target, scope(), (call) => embeddings.embed(request, { ...call, plan }));
    return { target, usage: { inputTokens, outputTokens: 0 } };
  }
  throw RouterError.from(refusal);
}

function embeddingOf(target: RouteTarget): PreparedEmbedding | undefined {
  try {
    return prepareEmbedding(target, { model: target.model, input: ['hello'] }, trialOf(target));
  } catch {
    return undefined;
  }
}

/** The smallest chat, by way of no route. */
export function trialOf(target: RouteTarget): Journey {
  const departure = departFrom(target.model);
  return {
    ...departure,
    request: { ...departure.request, maxTokens: 1 },
    stream: false,
    route: undefined,
    why: 'a trial',
    group: orderedGroup([target]),
    strict: false,
    keyName: 'doctor',
  };
}

function scope(): PlainScope {
  const endMs = performance.now() + TRIAL_MS;
  return {
    client: { id: randomUUID(), signal: AbortSignal.timeout(TRIAL_MS) },
    deadline: { atMs: endMs, endOf: () => endMs },
    record: { calls: 0, upstreamMs: 0, waitedMs: 0 },
  };
}
