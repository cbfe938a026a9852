// What is known of inference profiles: discovered in the account, learnt from refusals, else from the catalogue.
import { findModel } from './catalogue.ts';

/** One inference profile as ListInferenceProfiles shows it. */
export interface KnownProfile {
  /** The bare id of its model; undefined for a model that is not a foundation model. */
  readonly base: string | undefined;
  /** The regions it may send a request to; '' stands for any. */
  readonly regions: readonly string[];
}

/** The profiles that may be used from one region. */
export interface RegionProfiles {
  /** By id and by ARN. */
  readonly byName: ReadonlyMap<string, KnownProfile>;
  /** Bare model id → prefixes of its system profiles. */
  readonly prefixes: ReadonlyMap<string, readonly string[]>;
}

const LEARNT_MAX = 1000;

/** What one provider has found out since it was created. The catalogue stands in for what it has not. */
export class ProfileKnowledge {
  /** True when the account is asked: what is not there yet may come. */
  readonly discovers: boolean;
  readonly #discovered = new Map<string, RegionProfiles>();
  readonly #failed = new Set<string>();
  readonly #learnt = new Map<string, string>();
  #version = 0;

  constructor(discovers = false) {
    this.discovers = discovers;
  }

  /** Changes whenever something was added: answers made from it before are old. */
  get version(): number {
    return this.#version;
  }

  setDiscovered(region: string, profiles: RegionProfiles): void {
    this.#discovered.set(region, profiles);
    this.#failed.delete(region);
    this.#version++;
  }

  /** The account could not be asked; what was discovered before stays. */
  setFailed(region: string): void {
    this.#failed.add(region);
    this.#version++;
  }

  /** The account will be asked by the next call, and has not been yet. */
  isAwaited(region: string): boolean {
    return this.discovers && !this.#discovered.has(region) && !this.#failed.has(region);
  }

  isDiscovered(region: string): boolean {
    return this.#discovered.has(region);
  }

  /** A profile by its id or ARN, where it was discovered. */
  find(name: string, region: string): KnownProfile | undefined {
    return this.#discovered.get(region)?.byName.get(name);
  }

  /** The ids of the system profiles that were discovered. */
  systemIds(region: string): string[] {
    const prefixes = this.#discovered.get(region)?.prefixes ?? [];
    return [...prefixes].flatMap(([base, each]) => each.map((prefix) => `${prefix}.${base}`));
  }

  /** The prefixes of the profiles that exist for a bare id; undefined: nothing is known of this model. */
  prefixesOf(id: string, region: string): readonly string[] | undefined {
    const discovered = this.#discovered.get(region);
    const row = findModel(id);
    if (discovered === undefined) return row?.profiles;
    return discovered.prefixes.get(id) ?? (row === undefined ? undefined : []);
  }

  /** The prefix that a refusal of the bare id has led to. */
  learnt(id: string, region: string): string | undefined {
    return this.#learnt.get(`${region}/${id}`);
  }

  /** Remembers the prefix to use from now on; undefined: the bare id again. */
  learn(id: string, region: string, prefix: string | undefined): void {
    const key = `${region}/${id}`;
    if (prefix === undefined) this.#learnt.delete(key);
    // Ids come from clients: a bound keeps invented ones from filling the memory.
    else if (this.#learnt.size < LEARNT_MAX || this.#learnt.has(key)) this.#learnt.set(key, prefix);
    this.#version++;
  }
}
