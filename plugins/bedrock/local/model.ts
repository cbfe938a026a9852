// Which model a request means: ids, geo prefixes and ARNs, and what is refused before the request is looked at.
import { type CatalogueModel, findModel, MODELS } from '../src/catalogue.ts';
import { type ClaudeTraits, claudeTraits } from './claude-traits.ts';
import { invalid, Refusal } from './refusal.ts';

/** A model that bedrock-local should know besides those of the catalogue, or know otherwise. */
export interface LocalModel extends Partial<Omit<CatalogueModel, 'id'>> {
  /** The bare foundation model id. */
  readonly id: string;
}

/** What a request's model id turned out to be. */
export interface ResolvedModel {
  /** As the request had it, decoded. */
  readonly wireId: string;
  /** The bare foundation model id. */
  readonly id: string;
  readonly facts: CatalogueModel;
  readonly claude: ClaudeTraits | undefined;
  /** Imported models take OpenAI's chat form through InvokeModel, and not Converse. */
  readonly imported: boolean;
}

export interface ModelDirectory {
  /** The model behind a wire id, for a caller in that region (undefined: no region is known, any will do). Throws Refusal. */
  resolve(wireId: string, region: string | undefined): ResolvedModel;
  /** The same for CountTokens, which takes bare ids only. */
  resolveBare(wireId: string): ResolvedModel;
  /** The system profiles that a region may use. */
  profiles(region: string): readonly { readonly prefix: string; readonly base: string }[];
  /** The ARNs that name no model, and the bare ids behind them. */
  readonly resources: readonly { readonly arn: string; readonly base: string }[];
}

export const ACCOUNT_ID = '123456789012';

// Ids that recordings show (2024-2025) and the catalogue has no row for.
const RECORDED: readonly LocalModel[] = [
  { id: 'ai21.jamba-1-5-large-v1:0' },
  { id: 'ai21.jamba-1-5-mini-v1:0' },
  { id: 'anthropic.claude-v2' },
  { id: 'anthropic.claude-v2:1' },
  { id: 'cohere.command-r-plus-v1:0' },
  { id: 'cohere.command-r-v1:0' },
];
const RETIRED = new Set(['anthropic.claude-instant-v1', 'anthropic.claude-v1']);

// Which inference profiles a caller's region may use. From AWS's "supported regions for inference profiles", as of 2026-11.
const PREFIXES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^us-gov-/, ['us-gov']],
  [/^us-/, ['us', 'global']],
  [/^ca-/, ['ca', 'us', 'global']],
  [/^eu-/, ['eu', 'global']],
  [/^ap-northeast-[13]$/, ['jp', 'apac', 'global']],
  [/^ap-southeast-[24]$/, ['au', 'apac', 'global']],
  [/^ap-south-/, ['in', 'apac', 'global']],
  [/^ap-/, ['apac', 'global']],
];
const prefixesOf = (region: string): readonly string[] =>
  PREFIXES.find(([matches]) => matches.test(region))?.[1] ?? ['global'];

const ARN = /^arn:aws[\w-]*:(?:bedrock|sagemaker):([a-z0-9-]+):(\d{12})?:([a-z-]+)\/(.+)$/;

const unknownModel = (): Refusal => invalid('The provided model identifier is invalid.');

/** `models` are added to the catalogue, or replace parts of its rows. `resources` says which model is behind an ARN that
 * does not name one, such as an application inference profile's. */
export function createDirectory(
  models: readonly LocalModel[] = [],
  resources: Readonly<Record<string, string>> = {},
): ModelDirectory {
  const overlay = new Map<string, CatalogueModel>();
  const find = (id: string): CatalogueModel | undefined => overlay.get(id) ?? findModel(id);
  for (const model of [...RECORDED, ...models]) {
    const base = find(model.id) ?? { id: model.id, name: model.id, profiles: [], onDemand: true };
    overlay.set(model.id, { ...base, ...model });
  }

  const resolved = (wireId: string, facts: CatalogueModel): ResolvedModel => ({
    wireId,
    id: facts.id,
    facts,
    claude: claudeTraits(facts.id),
    imported: ARN.exec(wireId)?.[3] === 'imported-model',
  });

  function resolveId(id: string, region: string | undefined, wireId: string): ResolvedModel {
    const facts = find(id);
    if (facts !== undefined) {
      if (!facts.onDemand) throw invalid(onDemandText(wireId));
      return resolved(wireId, facts);
    }
    if (RETIRED.has(id)) throw new Refusal('ResourceNotFoundException', RETIRED_TEXT);
    const dot = id.indexOf('.');
    const prefix = id.slice(0, Math.max(dot, 0));
    const base = find(id.slice(dot + 1));
    const allowed = region === undefined || prefixesOf(region).includes(prefix);
    if (base === undefined || !allowed || !base.profiles.includes(prefix)) throw unknownModel();
    return resolved(wireId, base);
  }

  return {
    resolve(wireId, region) {
      const target = Object.hasOwn(resources, wireId) ? resources[wireId] : undefined;
      if (target !== undefined) {
        const facts = find(target);
        if (facts === undefined) throw unknownModel();
        return resolved(wireId, facts);
      }
      if (!wireId.startsWith('arn:')) return resolveId(wireId, region, wireId);
      const [, arnRegion = '', account, kind, name = ''] = ARN.exec(wireId) ?? [];
      const named = (kind === 'foundation-model' && account === undefined) || kind === 'inference-profile';
      if (!named || (region !== undefined && region !== arnRegion)) throw unknownModel();
      return resolveId(name, arnRegion, wireId);
    },
    resolveBare(wireId) {
      const id = ARN.exec(wireId)?.[3] === 'foundation-model' ? wireId.slice(wireId.indexOf('/') + 1) : wireId;
      const facts = find(id);
      if (facts === undefined) throw unknownModel();
      return resolved(wireId, facts);
    },
    profiles(region) {
      const allowed = prefixesOf(region);
      const known = new Set([...MODELS.map(({ id }) => id), ...overlay.keys()]);
      return [...known].flatMap((base) => {
        const prefixes = (find(base)?.profiles ?? []).filter((prefix) => allowed.includes(prefix));
        return prefixes.map((prefix) => ({ prefix, base }));
      });
    },
    resources: Object.entries(resources).map(([arn, base]) => ({ arn, base })),
  };
}

const RETIRED_TEXT =
  'This model version has reached the end of its life. Please refer to the AWS documentation for more details.';

/** With AWS's own U+2019 apostrophe. */
const onDemandText = (id: string): string =>
  `Invocation of model ID ${id} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`;

/** Every name that a script or an access rule may mean the model by: as sent, without the ARN, without the geo prefix. */
export function modelNames(wireId: string): string[] {
  const id = wireId.slice(wireId.lastIndexOf('/') + 1);
  return [...new Set([wireId, id, id.replace(GEO_PREFIX, '')])];
}

const GEO_PREFIX = /^[a-z-]+\.(?=[a-z0-9]+\.)/;

/** What IAM calls the model. */
export function resourceArn(wireId: string, region = 'us-east-1'): string {
  if (wireId.startsWith('arn:')) return wireId;
  const place = GEO_PREFIX.test(wireId) ? `${ACCOUNT_ID}:inference-profile` : ':foundation-model';
  return `arn:aws:bedrock:${region}:${place}/${wireId}`;
}
