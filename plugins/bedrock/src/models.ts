// What the provider offers: its aliases, and the models of the catalogue under the names that work with its settings.
import { type Model, RouterError } from '@turnout/core/contract';
import { type CatalogueModel, findModel, MODELS } from './catalogue.ts';
import { candidatePrefixes } from './geography.ts';
import { describeModel } from './model-facts.ts';
import { ProfileKnowledge } from './profiles.ts';
import type { Resolver, ResolveSettings, Target } from './resolve.ts';

/** Aliases first, then the catalogue, then profiles that only the account knows. A model that AWS serves only through a
 * profile is listed by the profile's id where crossRegion does not add it, and not at all where no region has one. */
export function listModels(
  settings: ResolveSettings,
  resolve: Resolver,
  knowledge = new ProfileKnowledge(),
): readonly Model[] {
  const models = new Map<string, Model>();
  const add = (id: string, row: CatalogueModel | undefined): void => {
    if (models.has(id)) return;
    const sentAs = allowed(() => resolve(id, { member: settings.regions?.[0] }))?.id ?? id;
    models.set(id, describeModel(id, row, sentAs));
  };
  const regions = settings.regions ?? [settings.region];
  for (const name of Object.keys(settings.models)) {
    const target = allowed(() => resolve(name, { member: settings.regions?.[0] }));
    if (target !== undefined) add(name, target.row);
  }
  for (const row of MODELS) {
    const ids = regions.map((region) => listedId(row, region, settings, { resolve, knowledge }));
    const id = ids.find((each) => each === row.id) ?? ids.find((each) => each !== undefined);
    if (id !== undefined) add(id, row);
  }
  for (const region of regions) {
    for (const id of knowledge.systemIds(region)) {
      const target = allowed(() => resolve(id, { member: settings.regions && region }));
      if (target !== undefined && target.row === undefined) add(id, findModel(id));
    }
  }
  return [...models.values()];
}

interface Lookup {
  readonly resolve: Resolver;
  readonly knowledge: ProfileKnowledge;
}

/** The name by which a model of the catalogue works in a region. */
function listedId(
  row: CatalogueModel,
  region: string,
  { crossRegion, residency, regions }: ResolveSettings,
  { resolve, knowledge }: Lookup,
): string | undefined {
  const target = allowed(() => resolve(row.id, { member: regions && region }));
  if (target === undefined) return undefined;
  if (row.onDemand || target.id !== row.id) return row.id;
  const profiles = knowledge.prefixesOf(row.id, region) ?? [];
  const prefix = candidatePrefixes(crossRegion === 'auto' ? 'auto' : 'global', region, residency).findLast((each) =>
    profiles.includes(each),
  );
  return prefix === undefined || crossRegion === 'auto' ? prefix && row.id : `${prefix}.${row.id}`;
}

/** The target, or undefined for what the operator's own rules refuse. */
function allowed(resolve: () => Target): Target | undefined {
  try {
    return resolve();
  } catch (error) {
    if (RouterError.is(error)) return undefined;
    throw error;
  }
}
