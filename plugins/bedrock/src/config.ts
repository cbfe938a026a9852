// The plugin's own keys of the YAML, and the region that is used where they name none.
import { SettingError } from '@turnout/core/contract';
import { z } from 'zod';
import { type AuthConfig, authSchema } from './auth-config.ts';
import { embeddings } from './embed-config.ts';
import { isInside } from './geography.ts';
import {
  allowArnsSchema,
  checkPlaces,
  crossRegionSchema,
  discoverSchema,
  isRegion,
  modelsSchema,
  outside,
  REGION_EXPECTED,
  regionSchema,
  regionsSchema,
  residencySchema,
  unreachableFrom,
} from './place-config.ts';

const endpoint = z
  .string()
  .superRefine((value, context) => {
    const problem = endpointProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .transform((value) => value.replace(/\/+$/, ''))
  .describe('Base URL to use in place of the public endpoint: a VPC endpoint or a gateway. A path prefix is kept.');

function endpointProblem(value: string): string | undefined {
  if (!URL.canParse(value)) return 'expected a URL such as https://vpce-….bedrock-runtime.us-east-1.vpce.amazonaws.com';
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected an http or https URL';
  if (url.username !== '' || url.password !== '') return 'credentials do not belong in the URL: use auth';
  if (/[?#]/.test(value)) return 'a query or a fragment cannot be kept: give the base URL only';
  return undefined;
}

const endpoints = z
  .record(z.string(), endpoint)
  .describe(
    'Base URLs for a pool: region → URL, one for each of regions, such as their VPC endpoints. No other host is asked for answers then.',
  );

const controlEndpoint = endpoint.describe(
  'Base URL of the control plane (service bedrock) for discover, in place of the public one: a VPC endpoint of that service.',
);

const fips = z
  .boolean()
  .default(false)
  .describe(
    'Use the public endpoints of Bedrock and STS with FIPS 140 validated cryptography; not every region has them.',
  );
const dualStack = z
  .boolean()
  .default(false)
  .describe('Use the public endpoints of Bedrock and STS that answer over IPv6 too.');

export const configSchema = z
  .strictObject({
    region: regionSchema.optional(),
    regions: regionsSchema.optional(),
    auth: authSchema.default({ mode: 'default' }),
    crossRegion: crossRegionSchema,
    residency: residencySchema.optional(),
    endpoint: endpoint.optional(),
    endpoints: endpoints.optional(),
    fips,
    dualStack,
    discover: discoverSchema,
    controlEndpoint: controlEndpoint.optional(),
    allowArns: allowArnsSchema,
    models: modelsSchema,
    embeddings,
  })
  .superRefine((settings, context) => {
    checkPlaces(settings, context);
    for (const key of ['fips', 'dualStack'] as const) {
      if ((settings.endpoint === undefined && settings.endpoints === undefined) || !settings[key]) continue;
      context.addIssue({
        code: 'custom',
        path: [key],
        message: 'chooses among the public endpoints: not with "endpoint"',
      });
    }
  });

export type BedrockConfig = z.output<typeof configSchema>;

/** The region of the YAML, else AWS_REGION, else that of the profile. Throws SettingError when there is none.
 * The shared config files are read only when nothing else names a region. */
export async function resolveRegion(config: BedrockConfig): Promise<{ region: string; source: string }> {
  const named = config.region ?? config.regions?.[0];
  if (named !== undefined) return { region: named, source: 'the config' };
  const found = await findRegion(config);
  const { residency, crossRegion } = config;
  const unreachable = unreachableFrom([found.region], crossRegion);
  const origin = `(the region is from ${found.source})`;
  if (unreachable !== undefined) throw new SettingError(['crossRegion'], `${unreachable} ${origin}`);
  if (residency === undefined || isInside(residency, found.region)) return found;
  throw new SettingError(['residency'], `${outside(found.region, residency)} ${origin}`);
}

async function findRegion(config: BedrockConfig): Promise<{ region: string; source: string }> {
  const fromEnv = process.env.AWS_REGION?.trim();
  if (fromEnv) return { region: checkRegion(fromEnv, 'AWS_REGION'), source: 'AWS_REGION' };
  const profile = profileOf(config.auth) ?? (process.env.AWS_PROFILE || 'default');
  const fromProfile = await readProfileRegion(profile);
  if (fromProfile !== undefined) {
    const source = `profile ${profile}`;
    return { region: checkRegion(fromProfile, source), source };
  }
  throw new SettingError(
    ['region'],
    `no region: set region here, or AWS_REGION in the environment, or region in the AWS profile "${profile}"`,
  );
}

/** The profile that signing in begins with. */
function profileOf(auth: AuthConfig): string | undefined {
  if (auth.mode === 'profile') return auth.profile;
  return 'source' in auth && auth.source !== undefined ? profileOf(auth.source) : undefined;
}

function checkRegion(value: string, source: string): string {
  if (isRegion(value)) return value;
  throw new SettingError(['region'], `${source} holds "${value.slice(0, 40)}": ${REGION_EXPECTED}`);
}

async function readProfileRegion(profile: string): Promise<string | undefined> {
  const { loadSharedConfigFiles } = await import('@smithy/shared-ini-file-loader');
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  return configFile[profile]?.region?.trim() || credentialsFile[profile]?.region?.trim() || undefined;
}
