// Token counts: the way of exchange.ts for a question that no model answers. Who has no count gets an estimate that says so.
import { attempt, createCourse, targetName } from '../attempt/index.ts';
import { RouterError, type TokenCount } from '../contract/index.ts';
import type { Router } from '../host/index.ts';
import { waited } from '../observe/index.ts';
import type { CountCodec, Head } from '../protocol/protocol.ts';
import { mapGroup, targetsOf } from '../routing/index.ts';
import type { Client } from './client.ts';
import { type Deadline, setDeadline } from './deadline.ts';
import { circumstances, complete, findJourney, type Journey, type RouteTarget } from './journey.ts';
import { fetchMedia } from './media.ts';
import { callPlainly, type PlainScope } from './place.ts';
import { sendReply } from './reply.ts';
import { estimateTokens } from './token-estimate.ts';
import { attend, type Visit } from './visit.ts';

/** Serves one request for a count. Never throws. */
export function count(codec: CountCodec, client: Client, router: Router, head: Head): Promise<void> {
  return attend({ ...codec, operation: 'count_tokens' }, client, router, async ({ caller, body, record }) => {
    const { request, losses } = codec.decode(body, head);
    record.model = request.model;
    const fieldName = (field: string) => field;
    const departure = {
      request,
      protocol: codec.name,
      stream: false,
      fieldName,
      decodeLosses: losses,
      body,
      headers: head.headers,
    };
    const journey = findJourney(router, departure, caller);
    if (journey.route) record.route = journey.route.name;
    const deadline = setDeadline(client, journey);
    try {
      const found = await countAt(router, journey, { client, deadline, record });
      const headers = {
        'content-type': 'application/json',
        ...(found.estimated && { 'x-turnout-estimated': 'true' }),
      };
      sendReply(client, record, 200, headers, codec.encodeCount(found));
    } finally {
      deadline.clear();
    }
  });
}

interface CountScope extends PlainScope {
  readonly deadline: Deadline;
  readonly record: Visit['record'];
}

/** Asks the targets that can count, in their order. */
async function countAt(router: Router, journey: Journey, scope: CountScope): Promise<TokenCount> {
  const { client, deadline, record } = scope;
  const group = mapGroup(journey.group, (target) =>
    target.upstream.provider.countTokens ? [{ ...target, errand: 'count' as const }] : [],
  );
  if (targetsOf(group).length === 0) return estimate(journey);
  const { request } = router.config.media.urls
    ? await waited(record, fetchMedia(journey, router.media, client.signal))
    : journey;
  const ask = (target: RouteTarget) =>
    callPlainly(target, scope, async (call) => {
      const { request: asked } = complete(target, request);
      const found = await target.upstream.provider.countTokens?.(asked, { ...call, ...circumstances(target, journey) });
      return found ?? estimate(journey);
    });
  try {
    const { value, target } = await attempt(createCourse(group, { ...journey, lookOnly: true }), ask, {
      signal: client.signal,
      deadline,
      diary: record,
    });
    record.target = targetName(target);
    record.usage = { inputTokens: value.inputTokens };
    return value;
  } catch (thrown) {
    // Nobody there counts for this model.
    if (RouterError.is(thrown) && thrown.code === 'unsupported') return estimate(journey);
    throw thrown;
  }
}

const estimate = ({ request }: Journey): TokenCount => ({ inputTokens: estimateTokens(request), estimated: true });
