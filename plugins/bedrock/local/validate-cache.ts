// What Bedrock requires of cache points: the model, how many, where, and for how long.
import type { ConverseBlock, ConverseCachePoint, ConverseRequestBody } from '@turnout/core/wire';
import type { ResolvedModel } from './model.ts';
import { invalid, malformed, modelSaid, Refusal } from './refusal.ts';

const POINTS_MAX = 4;

export interface PlacedPoint {
  readonly point: ConverseCachePoint;
  /** As Claude's messages have it: `messages.3.content.0`. */
  readonly place: string;
}

/** What stands in a list that may hold cache points: a tool, a text of the system prompt, a block of a message. */
type Item = Pick<ConverseBlock, 'cachePoint' | 'document' | 'reasoningContent' | 'video'>;

/** Throws Refusal. */
export function checkCache(body: ConverseRequestBody, model: ResolvedModel): void {
  const lists: (readonly [name: string, items: readonly Item[]])[] = [
    ['tools', body.toolConfig?.tools ?? []],
    ['system', body.system ?? []],
    ...body.messages.map(({ content }, index) => [`messages.${index}.content`, content] as const),
  ];
  const points: (PlacedPoint & { readonly previous: Item | undefined })[] = [];
  for (const [name, items] of lists) {
    for (const [index, { cachePoint }] of items.entries()) {
      if (cachePoint !== undefined)
        points.push({ point: cachePoint, place: `${name}.${index}`, previous: items[index - 1] });
    }
  }
  if (points.length === 0) return;

  const isNova = model.id.startsWith('amazon.nova');
  // Live: an AccessDeniedException (strands-agents/harness-sdk#1807, 2026-03).
  if (!(model.claude?.cache ?? isNova)) {
    throw new Refusal(
      'AccessDeniedException',
      'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
    );
  }
  if (isNova) checkNovaTools(body);
  else for (const { previous, place } of points) checkPlace(previous, place);
  const fault = findPointFault(points, model);
  if (fault !== undefined) throw modelSaid(fault);
}

function checkNovaTools(body: ConverseRequestBody): void {
  const index = body.toolConfig?.tools.findIndex((tool) => tool.cachePoint !== undefined) ?? -1;
  if (index >= 0)
    throw modelSaid(malformed(`#/toolConfig/tools/${index}: extraneous key [cachePoint] is not permitted`));
}

/** A cache point becomes a mark on the block before it, and is left over where there is none that can bear it. */
function checkPlace(previous: Item | undefined, place: string): void {
  if (previous?.reasoningContent !== undefined) {
    throw invalid(
      'Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again.',
    );
  }
  // A PDF does bear one (strands-agents/harness-sdk#1966, 2026-03).
  const bears = previous !== undefined && previous.cachePoint === undefined && previous.video === undefined;
  const isText = previous?.document !== undefined && previous.document.format !== 'pdf';
  if (!bears || isText) throw modelSaid(`${place}.type: Field required`);
}

/** What is wrong with the number of cache points or with their lifetimes, in the model's words. */
export function findPointFault(points: readonly PlacedPoint[], model: ResolvedModel): string | undefined {
  if (points.length > POINTS_MAX) {
    return `A maximum of ${POINTS_MAX} blocks with cache_control may be provided. Found ${points.length}.`;
  }
  let short = false;
  for (const { point, place } of points) {
    if (point.ttl !== undefined && model.claude === undefined)
      return malformed('#: extraneous key [ttl] is not permitted');
    if (point.ttl === '1h' && model.claude?.hourCache === false) {
      return `${place}.cache_control.ephemeral.ttl: Extra inputs are not permitted`;
    }
    if (point.ttl === '1h' && short) {
      return `${place}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: \`tools\`, \`system\`, \`messages\`.`;
    }
    short ||= point.ttl !== '1h';
  }
  return undefined;
}
