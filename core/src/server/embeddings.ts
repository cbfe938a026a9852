// Embeddings: the way of exchange.ts for a request that is no chat. Nothing leaves before all of the answer is there.
import { attempt, createCourse } from '../attempt/index.ts';
import type { StickyBy } from '../config/config.ts';
import { type Call, type EmbedRequest, type EmbedResult, type Plan, RouterError } from '../contract/index.ts';
import type { Router } from '../host/index.ts';
import { openaiEmbeddings } from '../protocol/openai-embeddings/index.ts';
import type { Client } from './client.ts';
import { setDeadline } from './deadline.ts';
import { findWay, prepareEmbedding, type RouteTarget, type Way } from './journey.ts';
import { reserveEmbeddings } from './limits.ts';
import { callPlainly } from './place.ts';
import { noteAnswer, sendReply } from './reply.ts';
import { stickyValue } from './sticky.ts';
import { attend } from './visit.ts';

/** Losses carry the client's own names already, and nothing is lost on the way to the canonical form. */
const NAMING = { decodeLosses: [], fieldName: (field: string) => field };

/** Serves one request for embeddings. Never throws. */
export function embed(client: Client, router: Router): Promise<void> {
  return attend(openaiEmbeddings, client, router, async ({ caller, body, record, pass }) => {
    const decoded = openaiEmbeddings.decode(body);
    const { request } = decoded;
    record.model = request.model;
    const way = findWay(router, request.model, caller);
    if (way.route) record.route = way.route.name;
    reserveEmbeddings(pass, request.input);
    const deadline = setDeadline(client, way);
    try {
      const scope = { client, deadline, record };
      const bearings = { stickyValue: (by: StickyBy) => stickyValue(by, request, client.incoming.headers) };
      const ask = (target: RouteTarget) => callPlainly(target, scope, (call) => embedAt(target, request, way, call));
      const { value, target } = await attempt(createCourse(way.group, bearings), ask, {
        signal: client.signal,
        deadline,
        diary: record,
      });
      noteAnswer(record, NAMING, target, value.plan);
      const { inputTokens } = value.result;
      record.usage = { inputTokens, outputTokens: 0, totalTokens: inputTokens };
      sendReply(
        client,
        record,
        200,
        { 'content-type': 'application/json' },
        openaiEmbeddings.encode(value.result, decoded),
      );
    } finally {
      deadline.clear();
    }
  });
}

interface Embedded {
  readonly plan: Plan;
  readonly result: EmbedResult;
}

/** Asks one target. Throws `upstream-failed` for an answer that leaves a text out. */
async function embedAt(
  target: RouteTarget,
  asked: EmbedRequest,
  way: Way,
  call: Omit<Call, 'plan'>,
): Promise<Embedded> {
  const { request, plan, embeddings } = prepareEmbedding(target, asked, way);
  const result = await embeddings.embed(request, { ...call, plan });
  if (result.embeddings.length !== request.input.length) {
    const counts = `${result.embeddings.length} embeddings for ${request.input.length} texts`;
    throw new RouterError('upstream-failed', `the provider ${target.upstream.name} gave ${counts}`);
  }
  return { plan, result };
}
