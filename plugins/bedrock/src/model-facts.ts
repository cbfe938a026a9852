// What the catalogue knows of a model, as the contract lists it.
import type { Model, Price } from '@turnout/core/contract';
import { type CatalogueModel, splitPrefix } from './catalogue.ts';

const ABILITIES = ['tools', 'images', 'reasoning', 'cache'] as const;

/** `sentAs`: the wire id that the name becomes; its profile decides the price. */
export function describeModel(id: string, row: CatalogueModel | undefined, sentAs: string): Model {
  if (row === undefined) return { id };
  const { prefix } = splitPrefix(sentAs);
  const price = priceOf(row, prefix);
  const abilities = row.kind === 'embedding' ? ['embeddings'] : ABILITIES.filter((ability) => row[ability] === true);
  const note = noteOf(row, prefix);
  return {
    id,
    name: row.name,
    ...(row.contextTokensMax === undefined ? {} : { inputTokensMax: row.contextTokensMax }),
    ...(row.outputTokensMax === undefined ? {} : { outputTokensMax: row.outputTokensMax }),
    ...(price === undefined ? {} : { price }),
    ...(abilities.length === 0 ? {} : { abilities }),
    ...(note === undefined ? {} : { note }),
  };
}

/** What a model costs, of which a profile is asked: its prefix, or none. */
const priceOf = (row: CatalogueModel, prefix: string | undefined): Price | undefined =>
  (prefix === undefined ? undefined : row.profilePrices?.[prefix]) ?? row.price;

/** What calls of a wire id cost. An id that does not say where it leads (an ARN) costs what the bare model does. */
export const priceOfCall = (row: CatalogueModel | undefined, id: string): Price | undefined =>
  row && priceOf(row, splitPrefix(id).prefix);

/** The profiles that exist by their prefixes; the one in use as the id that is sent. */
function noteOf({ id, profiles }: CatalogueModel, used: string | undefined): string | undefined {
  if (profiles.length === 0) return undefined;
  const list = `profiles: ${profiles.join(' ')}`;
  return used === undefined ? list : `${list}; sent as ${used}.${id}`;
}
