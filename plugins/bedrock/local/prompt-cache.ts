// The prompt cache: what of a prompt was there before, by the hash of everything up to each cache point.
import { createHash } from 'node:crypto';
import type { ConverseRequestBody } from '@turnout/core/wire';
import { countBlock, countText } from './token-count.ts';

type Ttl = '5m' | '1h';

export interface CacheUse {
  readonly readTokens: number;
  readonly writeTokens: number;
  /** How the written tokens divide by how long they are kept. */
  readonly writes: readonly { readonly ttl: Ttl; readonly inputTokens: number }[];
}

export interface PromptCache {
  /** Looks the prompt's cache points up and keeps them for next time. Undefined when it has none. */
  use(modelId: string, body: ConverseRequestBody): CacheUse | undefined;
  clear(): void;
}

const TTL_MS: Readonly<Record<Ttl, number>> = { '5m': 5 * 60_000, '1h': 60 * 60_000 };
const ENTRIES_MAX = 10_000;

interface Point {
  readonly key: string;
  readonly ttl: Ttl;
  /** Tokens of the prompt up to here. */
  readonly tokens: number;
}

/** `tokensMin`: prefixes with fewer are not cached. `now`: milliseconds. */
export function createPromptCache(options: { readonly tokensMin: number; readonly now: () => number }): PromptCache {
  const expiries = new Map<string, number>();

  return {
    use(modelId, body) {
      const points = findPoints(modelId, body);
      if (points.length === 0) return undefined;
      const now = options.now();
      const isKnown = (point: Point): boolean => (expiries.get(point.key) ?? 0) > now;
      const readTokens = points.findLast(isKnown)?.tokens ?? 0;

      const writes: { ttl: Ttl; inputTokens: number }[] = [];
      let reached = readTokens;
      for (const point of points) {
        if (point.tokens < options.tokensMin) continue;
        // Reading refreshes the lifetime too.
        expiries.delete(point.key);
        expiries.set(point.key, now + TTL_MS[point.ttl]);
        if (point.tokens <= reached) continue;
        writes.push({ ttl: point.ttl, inputTokens: point.tokens - reached });
        reached = point.tokens;
      }
      for (const key of expiries.keys()) {
        if (expiries.size <= ENTRIES_MAX) break;
        expiries.delete(key);
      }
      return { readTokens, writeTokens: reached - readTokens, writes };
    },
    clear() {
      expiries.clear();
    },
  };
}

/** The cache points in the order in which the prompt is read: tools, system, messages. */
function findPoints(modelId: string, body: ConverseRequestBody): Point[] {
  const points: Point[] = [];
  const hash = createHash('sha256').update(modelId);
  let tokens = 0;
  const read = (block: { cachePoint?: { ttl?: Ttl } | undefined }, blockTokens: () => number): void => {
    if (block.cachePoint === undefined) {
      hash.update(JSON.stringify(block));
      tokens += blockTokens();
      return;
    }
    points.push({ key: hash.copy().digest('base64'), ttl: block.cachePoint.ttl ?? '5m', tokens });
  };
  if (!hasCachePoint(body)) return points;
  for (const tool of body.toolConfig?.tools ?? []) read(tool, () => countText(JSON.stringify(tool)));
  for (const block of body.system ?? []) read(block, () => countText(block.text ?? ''));
  for (const message of body.messages) {
    hash.update(message.role);
    for (const block of message.content) read(block, () => countBlock(block));
  }
  return points;
}

/** Whether any block of the prompt is a cache point. */
export function hasCachePoint(body: ConverseRequestBody): boolean {
  const isPoint = (block: { cachePoint?: unknown }): boolean => block.cachePoint !== undefined;
  return (
    (body.toolConfig?.tools.some(isPoint) ?? false) ||
    (body.system?.some(isPoint) ?? false) ||
    body.messages.some((message) => message.content.some(isPoint))
  );
}
