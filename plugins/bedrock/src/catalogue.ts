// What is known of each model at Bedrock: limits, prices, abilities, and which inference profiles exist for it.
import rows from './catalogue.json' with { type: 'json' };

/** US dollars per million tokens. */
export interface CataloguePrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/** One model. An ability or a price that is absent is unknown. */
export interface CatalogueModel {
  /** The bare foundation model id. */
  readonly id: string;
  readonly name: string;
  /** Absent: a chat model. */
  readonly kind?: 'embedding';
  readonly contextTokensMax?: number;
  readonly outputTokensMax?: number;
  /** The geo prefixes of the inference profiles that exist: `us`, `eu`, `global` … */
  readonly profiles: readonly string[];
  /** The bare id may be sent. The rule stands in scripts/write-catalogue.ts. */
  readonly onDemand: boolean;
  readonly tools?: boolean;
  readonly images?: boolean;
  readonly reasoning?: boolean;
  readonly cache?: boolean;
  /** Of the bare id. */
  readonly price?: CataloguePrice;
  /** Of a profile, by its prefix, where that is known. */
  readonly profilePrices?: Readonly<Record<string, CataloguePrice>>;
}

// The JSON's inferred type has `undefined` for members that a row lacks; what the script writes has them absent.
export const MODELS = rows as readonly CatalogueModel[];

const byId = new Map(MODELS.map((model) => [model.id, model]));

/** The row of a bare foundation model id. */
export const findModel = (id: string): CatalogueModel | undefined => byId.get(id);

// A provider segment must follow, so that a provider that happens to be called like a prefix keeps its name. `sa` has
// never been served but is written by some clients.
const PREFIX = /^(us-gov|us|eu|apac|jp|au|ca|in|sa|global)\.(?=[a-z0-9]+\.)/;

/** `us.anthropic.claude-…` → prefix `us`, base `anthropic.claude-…`. */
export function splitPrefix(id: string): { prefix?: string; base: string } {
  const prefix = PREFIX.exec(id)?.[1];
  return prefix === undefined ? { base: id } : { prefix, base: id.slice(prefix.length + 1) };
}

// Of the catalogue, and those that serve images and video only.
const PROVIDERS = new Set([...MODELS.map(({ id }) => id.slice(0, id.indexOf('.'))), 'luma', 'stability', 'twelvelabs']);
// `us`, `apac`, `us-gov`: what AWS's prefixes have looked like so far.
const PREFIX_LIKE = /^[a-z]{2,6}(-[a-z]{2,6})?$/i;

/** Whether an id names an inference profile: before the name of a provider stands a prefix, known here or not. Of a provider
 * that is not known either, what looks like a prefix is taken for one. */
export function isProfileLike(id: string): boolean {
  if (splitPrefix(id).prefix !== undefined) return true;
  const [first = '', provider = '', rest] = id.split('.', 3);
  if (first === '' || rest === undefined || byId.has(id)) return false;
  return PROVIDERS.has(provider) || (PREFIX_LIKE.test(first) && !PROVIDERS.has(first));
}

/** Whether an id is of a resource of the account's own: AWS takes the end of an ARN for the whole (`abc123def456`, its
 * pattern of Converse's modelId, 2026-11). Ids of models and profiles begin with a provider and hold no slash. */
export const isOpaque = (id: string): boolean => !id.includes('.') || id.includes('/');
