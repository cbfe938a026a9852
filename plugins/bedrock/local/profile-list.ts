// GET /inference-profiles, the one operation of the control plane: which profiles a region has.
import { ACCOUNT_ID, type ModelDirectory } from './model.ts';
import { invalid } from './refusal.ts';

const PATH = /^\/inference-profiles(?:\?|$)/;
const PAGE_MAX = 1000;

/** What IAM calls it. */
export const LIST_PROFILES = 'bedrock:ListInferenceProfiles';

/** Whether a request target means this operation. */
export const isProfileList = (method: string | undefined, target: string): boolean =>
  method === 'GET' && PATH.test(target);

// Where profiles send requests: some of the real regions of each. '' stands for any, as in AWS's answer for global ones.
const DESTINATIONS: Readonly<Record<string, readonly string[]>> = {
  us: ['us-east-1', 'us-east-2', 'us-west-2'],
  eu: ['eu-central-1', 'eu-north-1', 'eu-west-1'],
  apac: ['ap-northeast-1', 'ap-south-1', 'ap-southeast-1'],
  jp: ['ap-northeast-1', 'ap-northeast-3'],
  au: ['ap-southeast-2', 'ap-southeast-4'],
  ca: ['ca-central-1', 'ca-west-1'],
  in: ['ap-south-1', 'ap-south-2'],
  'us-gov': ['us-gov-east-1', 'us-gov-west-1'],
  global: [''],
};

/** One page of the list. Throws Refusal. */
export function listProfiles(target: string, region: string, models: ModelDirectory): object {
  const query = new URL(target, 'http://local').searchParams;
  const type = query.get('type') ?? 'SYSTEM_DEFINED';
  if (type !== 'SYSTEM_DEFINED' && type !== 'APPLICATION') throw invalid(`Invalid type: ${type}`);
  const size = Number(query.get('maxResults') ?? 100);
  const start = Number(query.get('nextToken') ?? 0);
  if (!Number.isInteger(size) || size < 1 || size > PAGE_MAX) throw invalid('maxResults must be from 1 to 1000');
  if (!Number.isInteger(start) || start < 0) throw invalid('nextToken is not one of this list');
  const all = type === 'APPLICATION' ? applications(region, models) : systems(region, models);
  const end = start + size;
  return {
    inferenceProfileSummaries: all.slice(start, end),
    ...(end < all.length ? { nextToken: String(end) } : {}),
  };
}

const systems = (region: string, models: ModelDirectory): object[] =>
  models.profiles(region).map(({ prefix, base }) => {
    const id = `${prefix}.${base}`;
    const arn = `arn:aws:bedrock:${region}:${ACCOUNT_ID}:inference-profile/${id}`;
    return summary({ id, arn, type: 'SYSTEM_DEFINED', base, regions: DESTINATIONS[prefix] ?? [region] });
  });

const applications = (region: string, models: ModelDirectory): object[] =>
  models.resources
    .filter(({ arn }) => arn.split(':')[3] === region && arn.includes(':application-inference-profile/'))
    .map(({ arn, base }) => {
      const id = arn.slice(arn.indexOf('/') + 1);
      return summary({ id, arn, type: 'APPLICATION', base, regions: [region] });
    });

interface Profile {
  readonly id: string;
  readonly arn: string;
  readonly type: string;
  readonly base: string;
  readonly regions: readonly string[];
}

const summary = ({ id, arn, type, base, regions }: Profile): object => ({
  inferenceProfileId: id,
  inferenceProfileArn: arn,
  inferenceProfileName: id,
  status: 'ACTIVE',
  type,
  models: regions.map((region) => ({ modelArn: `arn:aws:bedrock:${region}::foundation-model/${base}` })),
});
