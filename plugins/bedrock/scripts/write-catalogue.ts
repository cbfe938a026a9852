// Writes src/catalogue.json from the model list in ../shared/corpus: ids, names, limits, prices, abilities and profiles, nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import type { CatalogueModel, CataloguePrice } from '../src/catalogue.ts';

/** US dollars per million tokens. */
interface SourcePrice {
  readonly input?: number | null;
  readonly output?: number | null;
  readonly cacheRead?: number | null;
  readonly cacheWrite?: number | null;
}

/** The members read of a row in the source list. */
interface SourceRow {
  readonly id: string;
  readonly name: string | null;
  readonly type: string;
  readonly contextWindow: number | null;
  readonly maxOutput: number | null;
  readonly supportsTools: boolean | null;
  readonly supportsImages: boolean | null;
  readonly supportsReasoning: boolean | null;
  readonly supportsPromptCache: boolean | null;
  readonly inputPricePerMTok: number | null;
  readonly outputPricePerMTok: number | null;
  readonly cacheReadPrice: number | null;
  readonly cacheWritePrice: number | null;
  readonly inferenceProfiles: readonly string[];
  readonly inferenceProfilePrices: Readonly<Record<string, SourcePrice>>;
  readonly baseIdListed: boolean;
}

const root = new URL('../../../', import.meta.url);
const source = new URL('../shared/corpus/model-catalog.json', root);
const target = new URL('plugins/bedrock/src/catalogue.json', root);

// Names that only one client program uses for a setting of another model (Roo-Code, 2026-04): no such id at Bedrock.
const NOT_AN_ID = /latency-optimized|^amazon\.titan-text-.*:0$/;
// Speech models answer only over the bidirectional stream; the Voxtral models take Converse.
const NO_CONVERSE = /sonic/;

// Profiles missing from the source list. `us` of the Claude rows and of Llama 3.2 3B: answered (or refused for another reason than the id) in
// recorded traffic of 2024-2026; DeepSeek-R1 and the rest of Llama 3.2: AWS's documentation as of 2026-11.
const MORE_PROFILES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^anthropic\.claude-3-5-sonnet-20240620/, ['us']],
  [/^anthropic\.claude-3-sonnet-20240229/, ['us']],
  [/^anthropic\.claude-opus-4-20250514/, ['us']],
  [/^anthropic\.claude-sonnet-4-20250514/, ['us']],
  [/^meta\.llama3-2-/, ['us']],
  [/^deepseek\.r1-/, ['us']],
  [/^cohere\.embed-v4/, ['eu', 'global', 'us']],
];

// Profiles that the source list has and AWS has not: global profiles begin with Claude 4 (AWS's pages and three client
// programs' lists, 2026).
const NO_GLOBAL = /^anthropic\.claude-3-/;

// Embeddings that need more than a text and a model: not asked for by this plugin.
const NO_PLAIN_EMBEDDING = /^twelvelabs\./;

// The vendor's limits where the source holds a client program's own default instead (Anthropic's figures as of 2026-11).
const OUTPUT_TOKENS_MAX: readonly (readonly [RegExp, number])[] = [
  [/^anthropic\.claude-3-7-sonnet-/, 64_000],
  [/^anthropic\.claude-sonnet-4-20250514/, 64_000],
  [/^anthropic\.claude-opus-4-20250514/, 32_000],
  [/^anthropic\.claude-sonnet-5-5/, 128_000],
];

// Families that AWS serves through inference profiles only, wherever the source does not list the bare id.
const PROFILE_ONLY =
  /^(anthropic\.claude-(3-7-|[a-z]+-\d)|amazon\.nova-(2|micro|lite|pro|premier)|deepseek\.r1|meta\.llama3-[23]-|meta\.llama4|mistral\.pixtral-large)/;

// Refused bare in recorded traffic ("on-demand throughput isn't supported"), whatever the source says.
const REFUSED_BARE = /^(meta\.llama4-|meta\.llama3-1-8b-|anthropic\.claude-3-opus-|anthropic\.claude-opus-4-(1-)?2025)/;
// Answered bare in recorded traffic, at least in the region that the recorder used.
const ANSWERED_BARE = /^(anthropic\.claude-3-sonnet-|anthropic\.claude-3-5-|meta\.llama3-2-1b-)/;

// Tools refused: DeepSeek-R1, Titan text, Llama 3.2 1B and 3B, Mistral 7B and Mixtral (tested by several projects, 2025-2026).
const NO_TOOLS =
  /^(deepseek\.r1|amazon\.titan-text|meta\.llama3-2-[13]b|meta\.llama3-(8|70)b|mistral\.mi[sx]tral-[78])/;

// The source has one client program's flag for a budget setting here, which this model has not; it reasons all the same.
const REASONS = /^deepseek\.r1/;

const firstMatch = <T>(table: readonly (readonly [RegExp, T])[], id: string): T | undefined =>
  table.find(([pattern]) => pattern.test(id))?.[1];

/**
 * The rule for `onDemand`, whether the bare id may be sent: no when recorded traffic shows the refusal; yes when it
 * shows an answer or the source lists the bare id, and for embeddings, which AWS serves so in some regions at least; else no for the families served through profiles only and for what has a profile; else yes.
 */
function isOnDemand(row: SourceRow, profiles: readonly string[]): boolean {
  if (REFUSED_BARE.test(row.id)) return false;
  if (row.baseIdListed || row.type === 'embedding' || ANSWERED_BARE.test(row.id)) return true;
  return !PROFILE_ONLY.test(row.id) && profiles.length === 0;
}

/** Undefined where the source has no price. What embeds writes nothing: its output costs nothing. */
function toPrice({ input, output, cacheRead, cacheWrite }: SourcePrice, type: string): CataloguePrice | undefined {
  const written = type === 'embedding' ? 0 : output;
  if (typeof input !== 'number' || typeof written !== 'number') return undefined;
  return {
    input,
    output: written,
    ...(typeof cacheRead === 'number' ? { cacheRead } : {}),
    ...(typeof cacheWrite === 'number' ? { cacheWrite } : {}),
  };
}

/** The prices of the profiles that have one, and of those only that the model has. */
function toProfilePrices(row: SourceRow, profiles: readonly string[]): Record<string, CataloguePrice> {
  return Object.fromEntries(
    profiles.flatMap((prefix) => {
      const price = toPrice(row.inferenceProfilePrices[prefix] ?? {}, row.type);
      return price === undefined ? [] : [[prefix, price]];
    }),
  );
}

function toModel(row: SourceRow): CatalogueModel {
  const listed = row.inferenceProfiles.filter((prefix) => prefix !== 'global' || !NO_GLOBAL.test(row.id));
  const profiles = [...new Set([...listed, ...(firstMatch(MORE_PROFILES, row.id) ?? [])])].sort();
  const outputTokensMax = firstMatch(OUTPUT_TOKENS_MAX, row.id) ?? row.maxOutput;
  const tools = NO_TOOLS.test(row.id) ? false : row.supportsTools;
  const reasoning = REASONS.test(row.id) ? true : row.supportsReasoning;
  const { inputPricePerMTok: input, outputPricePerMTok: output, cacheReadPrice, cacheWritePrice } = row;
  const price = toPrice({ input, output, cacheRead: cacheReadPrice, cacheWrite: cacheWritePrice }, row.type);
  const profilePrices = toProfilePrices(row, profiles);
  return {
    id: row.id,
    name: row.name ?? row.id,
    ...(row.type === 'embedding' ? { kind: 'embedding' } : {}),
    ...(row.contextWindow === null ? {} : { contextTokensMax: row.contextWindow }),
    ...(outputTokensMax === null ? {} : { outputTokensMax }),
    profiles,
    onDemand: isOnDemand(row, profiles),
    ...(tools === null ? {} : { tools }),
    ...(row.supportsImages === null ? {} : { images: row.supportsImages }),
    ...(reasoning === null ? {} : { reasoning }),
    ...(row.supportsPromptCache === null ? {} : { cache: row.supportsPromptCache }),
    ...(price === undefined ? {} : { price }),
    ...(Object.keys(profilePrices).length === 0 ? {} : { profilePrices }),
  };
}

// The source's shape is fixed by its README; a row that breaks it shows in the written file's diff and fails the test.
const rows = JSON.parse(readFileSync(source, 'utf8')) as SourceRow[];
const models = rows
  .filter(({ type }) => type.includes('chat') || type === 'embedding')
  .filter(({ id }) => !NOT_AN_ID.test(id) && !NO_CONVERSE.test(id) && !NO_PLAIN_EMBEDDING.test(id))
  .map(toModel)
  .sort((a, b) => (a.id < b.id ? -1 : 1));
writeFileSync(target, `[\n${models.map((model) => `  ${JSON.stringify(model)}`).join(',\n')}\n]\n`);
console.log(`${models.length} models written to ${target.pathname}`);
