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

const PROVIDERS = new Set(MODELS.map(({ id }) => id.slice(0, id.indexOf('.'))));

/** Whether an id names an inference profile: something before the name of a provider, known here as a prefix or not. */
export function isProfileLike(id: string): boolean {
  if (splitPrefix(id).prefix !== undefined) return true;
  const [first, provider, rest] = id.split('.', 3);
  return first !== '' && rest !== undefined && PROVIDERS.has(provider ?? '') && !byId.has(id);
}
