// Ids that people write, and the catalogue's that they mean.
import { MODELS, splitPrefix } from './catalogue.ts';

// What Bedrock's ids carry after the name that the vendor gives a model: a date, a version, a revision.
const TAIL = /^(?:-\d{8})?(?:-v\d+)?(?::\d+)?$/;
const REMEMBERED_MAX = 1000;
const remembered = new Map<string, string | undefined>();

/** `anthropic.claude-haiku-4-5` → `anthropic.claude-haiku-4-5-20251001-v1:0`, where exactly one model is meant. */
export function fullId(name: string): string | undefined {
  if (remembered.has(name)) return remembered.get(name);
  const meant = MODELS.filter(
    ({ id }) => id.length > name.length && id.startsWith(name) && TAIL.test(id.slice(name.length)),
  );
  const id = meant.length === 1 ? meant[0]?.id : undefined;
  // Names come from clients.
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(name, id);
  return id;
}

// `[1m]` is of Claude Code, `:51k` of LiteLLM: how long a context the client reckons with. Neither means anything to the API
// (knowledge 4.1; AWS's own `:28k` are of provisioned throughput, which is asked by its ARN). A version has no k.
const CONTEXT_SUFFIX = /(?:\[\d+[km]\]|:\d+k)$/i;

/** `anthropic.claude-sonnet-5[1m]` → `anthropic.claude-sonnet-5` and `[1m]`. */
export function splitContext(name: string): { readonly name: string; readonly suffix?: string } {
  const suffix = CONTEXT_SUFFIX.exec(name)?.[0];
  return suffix === undefined ? { name } : { name: name.slice(0, -suffix.length), suffix };
}

const SUGGESTIONS_MAX = 3;

/** Catalogue ids that are close to one that Bedrock does not know, best first; the prefix kept where the model has that profile. */
export function nearestIds(id: string): readonly string[] {
  const { prefix, base } = splitPrefix(id);
  const wanted = pairsOf(base);
  const scored = MODELS.map((model) => ({ model, score: likeness(wanted, pairsOf(model.id)) }))
    .filter(({ model, score }) => score >= LIKENESS_MIN && model.id !== id)
    .sort((a, b) => b.score - a.score);
  return scored.slice(0, SUGGESTIONS_MAX).map(({ model }) => {
    return prefix !== undefined && model.profiles.includes(prefix) ? `${prefix}.${model.id}` : model.id;
  });
}

/** The same as the end of a sentence; '' where nothing is near. */
export function suggestion(model: string): string {
  const near = model.startsWith('arn:') ? [] : nearestIds(model);
  return near.length === 0 ? '' : `; near it are ${near.join(', ')}`;
}

const LIKENESS_MIN = 0.6;

/** Pairs of neighbouring characters: forgiving of swapped and missing words, unlike an edit distance. */
function pairsOf(text: string): ReadonlySet<string> {
  const pairs = new Set<string>();
  for (let i = 0; i + 1 < text.length; i++) pairs.add(text.slice(i, i + 2).toLowerCase());
  return pairs;
}

/** Dice's coefficient: 1 for the same pairs, 0 for none in common. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const pair of a) if (b.has(pair)) shared++;
  return (2 * shared) / Math.max(1, a.size + b.size);
}
