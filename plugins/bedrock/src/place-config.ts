// The settings that say where requests may go: regions, profiles, residency, and names for ARNs.
import { z } from 'zod';
import { namedModel, parseArn } from './arn.ts';
import { regionOfHost } from './endpoint.ts';
import {
  CROSS_REGIONS,
  type CrossRegion,
  GEOGRAPHIES,
  type Geography,
  isInside,
  isSource,
  staysInside,
} from './geography.ts';

const REGION = /^[a-z]{2,6}(-[a-z]+)+-\d{1,2}$/;
export const REGION_EXPECTED = 'expected an AWS region such as us-east-1';
export const isRegion = (value: string): boolean => REGION.test(value);

export const regionSchema = z
  .string()
  .regex(REGION, REGION_EXPECTED)
  .describe('AWS region, e.g. us-east-1. Absent: AWS_REGION, else the region of the profile.');

export const regionsSchema = z
  .array(z.string().regex(REGION, REGION_EXPECTED))
  .min(1)
  .describe(
    'A pool in place of region: each region is a target of its own, asked in this order; the next is asked when one fails.',
  );

export const crossRegionSchema = z
  .union([z.enum(CROSS_REGIONS), z.boolean()])
  .default('off')
  .transform((value) => (value === true ? 'geo' : value === false ? 'off' : value))
  .describe(
    'Which inference profile a bare model id becomes, where one exists for that model: geo (= true) stays in the geography of the region (in ca-… in Canada), global may leave it, a prefix names one that the region can ask. off sends the id as it is; auto does too, and changes to a profile when AWS asks for one.',
  );

export const residencySchema = z
  .enum(GEOGRAPHIES)
  .describe(
    'No request leaves this geography: regions, profiles and ARNs that could are refused, whoever names them. An endpoint of your own is taken to be inside.',
  );

export const allowArnsSchema = z
  .boolean()
  .default(false)
  .describe(
    'Clients with a key may name any ARN as the model, or the bare id of a resource; an ARN chooses account and region. false: only those that routes and models list.',
  );

export const discoverSchema = z
  .boolean()
  .default(false)
  .describe(
    'Ask AWS which inference profiles the account has (bedrock:ListInferenceProfiles), on the first call and then every hour, in place of the built-in list.',
  );

export const modelsSchema = z
  .record(
    z.string().min(1),
    z.strictObject({
      id: z.string().min(1).superRefine(checkArn).describe('Model id or ARN, as Bedrock takes it.'),
      base: z
        .string()
        .min(1)
        .superRefine(checkBase)
        .optional()
        .describe(
          'What is behind an ARN that does not say it (application inference profile, provisioned throughput …): a model id, the id of the profile it was made from, or the ARN of a foundation model. Decides what the model can do and, with residency, where it may answer.',
        ),
      api: z
        .enum(['converse', 'invoke'])
        .optional()
        .describe(
          "How it is asked: converse, or invoke with a body in OpenAI's chat form. Absent: invoke for imported models, converse for all else.",
        ),
    }),
  )
  .default({})
  .describe('Names of your own for model ids and ARNs, to be used after `provider/`.');

type Context = z.core.$RefinementCtx;

function checkArn(value: string, context: Context): void {
  try {
    parseArn(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
}

function checkBase(value: string, context: Context): void {
  const before = context.issues.length;
  checkArn(value, context);
  if (context.issues.length > before) return;
  const arn = parseArn(value);
  if (arn === undefined || namedModel(arn) !== undefined) return;
  context.addIssue({ code: 'custom', message: 'this ARN names no model either: expected a model id' });
}

/** What is read of the settings to see whether they agree. */
interface PlaceSettings {
  readonly region?: string | undefined;
  readonly regions?: readonly string[] | undefined;
  readonly crossRegion: CrossRegion;
  readonly residency?: Geography | undefined;
  readonly endpoint?: string | undefined;
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
  readonly controlEndpoint?: string | undefined;
  readonly discover: boolean;
}

/** Settings that contradict each other are errors at the key that is too much. */
export function checkPlaces(settings: PlaceSettings, context: Context): void {
  const issue = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const { region, regions, residency, endpoint, endpoints, controlEndpoint } = settings;
  if (regions !== undefined) {
    if (region !== undefined) issue(['regions'], 'regions takes the place of region: set one of them');
    for (const [position, each] of regions.entries()) {
      if (regions.indexOf(each) < position) issue(['regions', position], `${each} is listed twice`);
    }
  }
  if (endpoint !== undefined && endpoints !== undefined)
    issue(['endpoints'], 'endpoint is for every region: set one of them');
  if (endpoints !== undefined) checkEndpoints(regions, endpoints, issue);
  if (controlEndpoint !== undefined && !settings.discover) issue(['controlEndpoint'], 'is used by discover: true only');
  const named = regions ?? (region === undefined ? [] : [region]);
  const unreachable = named.length === 0 ? undefined : unreachableFrom(named, settings.crossRegion);
  if (unreachable !== undefined) issue(['crossRegion'], unreachable);
  if (residency === undefined) return;
  if (region !== undefined && !isInside(residency, region)) issue(['region'], outside(region, residency));
  for (const [position, each] of (regions ?? []).entries()) {
    if (!isInside(residency, each)) issue(['regions', position], outside(each, residency));
  }
  const places = Object.entries(endpoints ?? {}).map(([at, url]) => ({ path: ['endpoints', at], url }));
  if (endpoint !== undefined) places.push({ path: ['endpoint'], url: endpoint });
  if (controlEndpoint !== undefined) places.push({ path: ['controlEndpoint'], url: controlEndpoint });
  for (const { path, url } of places) {
    const at = regionOfHost(url);
    if (at !== undefined && !isInside(residency, at)) issue(path, outside(at, residency));
  }
  checkReach(settings.crossRegion, residency, issue);
}

/** For a region that the settings do not name themselves, too. */
export const outside = (region: string, residency: Geography): string => `${region} is outside residency ${residency}`;

const isGeography = (crossRegion: CrossRegion): crossRegion is Geography =>
  GEOGRAPHIES.some((each) => each === crossRegion);

/** What is wrong where none of the regions can ask for the profiles that crossRegion names. */
export function unreachableFrom(regions: readonly string[], crossRegion: CrossRegion): string | undefined {
  if (!isGeography(crossRegion) || regions.some((region) => isSource(crossRegion, region))) return undefined;
  return `the ${crossRegion} profiles cannot be asked from ${regions.join(' or ')}`;
}

function checkEndpoints(
  regions: readonly string[] | undefined,
  endpoints: Readonly<Record<string, string>>,
  issue: (path: string[], message: string) => void,
): void {
  if (regions === undefined) issue(['endpoints'], 'goes with regions; with one region, set endpoint');
  for (const each of Object.keys(endpoints)) {
    if (!isRegion(each)) issue(['endpoints', each], REGION_EXPECTED);
  }
  const missing = (regions ?? []).filter((each) => !Object.hasOwn(endpoints, each));
  if (missing.length > 0) issue(['endpoints'], `has none for ${missing.join(', ')}`);
}

function checkReach(
  crossRegion: CrossRegion,
  residency: Geography,
  issue: (path: string[], message: string) => void,
): void {
  // `geo` and `auto` choose among the profiles that stay.
  if (crossRegion === 'off' || crossRegion === 'geo' || crossRegion === 'auto' || staysInside(residency, crossRegion))
    return;
  const where = crossRegion === 'global' ? 'to any region' : 'elsewhere';
  issue(
    ['crossRegion'],
    `the ${crossRegion} profiles may send requests ${where}, which residency ${residency} forbids`,
  );
}
