// What the provider offers: its aliases, and the models of the catalogue under the names that work with its settings.
import type { Model } from '@turnout/core/contract';
import { type CatalogueModel, MODELS } from './catalogue.ts';
import { candidatePrefixes, type ResolveSettings, type Target } from './resolve.ts';

/** Aliases first, then the catalogue. A model that AWS serves only through a profile is listed by the profile's id where
 * crossRegion does not add it, and not at all where the region has none. */
export function listModels(settings: ResolveSettings, resolve: (name: string) => Target): Model[] {
  const aliases = Object.keys(settings.models).map((name) => toModel(name, resolve(name).row));
  const listed = MODELS.flatMap((row) => {
    if (row.onDemand || resolve(row.id).id !== row.id) return [toModel(row.id, row)];
    const prefix = candidatePrefixes('global', settings.region).findLast((candidate) =>
      row.profiles.includes(candidate),
    );
    return prefix === undefined ? [] : [toModel(`${prefix}.${row.id}`, row)];
  });
  return [...aliases, ...listed.filter(({ id }) => !Object.hasOwn(settings.models, id))];
}

function toModel(id: string, row: CatalogueModel | undefined): Model {
  return {
    id,
    ...(row === undefined ? {} : { name: row.name }),
    ...(row?.contextTokensMax === undefined ? {} : { inputTokensMax: row.contextTokensMax }),
    ...(row?.outputTokensMax === undefined ? {} : { outputTokensMax: row.outputTokensMax }),
  };
}
