// What is known of each chat model at Bedrock: limits, abilities, and which inference profiles exist for it.
import rows from './catalogue.json' with { type: 'json' };

/** One chat model. An ability that is absent is unknown. */
export interface CatalogueModel {
  /** The bare foundation model id. */
  readonly id: string;
  readonly name: string;
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
