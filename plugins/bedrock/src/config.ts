// The plugin's own keys of the YAML, and the region that is used where they name none.
import { SettingError } from '@turnout/core/contract';
import { z } from 'zod';

const AUTH_MODES = ['default', 'keys', 'profile', 'api-key'] as const;

const auth = z
  .discriminatedUnion(
    'mode',
    [
      z
        .strictObject({ mode: z.literal('default') })
        .describe(
          'The AWS default chain: environment, shared config files with SSO, container, instance. AWS_BEARER_TOKEN_BEDROCK is used when it is set.',
        ),
      z
        .strictObject({
          mode: z.literal('keys'),
          accessKeyId: z.string().min(1).describe('AWS access key id.'),
          secretAccessKey: z
            .string()
            .min(1)
            .describe('AWS secret access key. Better a variable of the environment than the key itself.'),
          sessionToken: z.string().min(1).optional().describe('Session token of temporary keys.'),
        })
        .describe('A fixed key pair.'),
      z
        .strictObject({
          mode: z.literal('profile'),
          profile: z.string().min(1).describe('Name of the profile in ~/.aws/config or ~/.aws/credentials.'),
        })
        .describe('One profile of the shared config files: keys, SSO, assumed role, credential_process.'),
      z
        .strictObject({
          mode: z.literal('api-key'),
          apiKey: z
            .string()
            .trim()
            .min(1)
            .describe(
              'Amazon Bedrock API key, sent as a bearer token. Better a variable of the environment than the key itself.',
            ),
        })
        .describe('An Amazon Bedrock API key.'),
    ],
    { error: (issue) => (issue.code === 'invalid_union' ? `expected mode: ${AUTH_MODES.join(' | ')}` : undefined) },
  )
  .describe('How to sign in to AWS. Absent: the AWS default chain.');

const CROSS_REGIONS = ['off', 'geo', 'global', 'us', 'eu', 'apac', 'jp', 'au', 'ca', 'in', 'us-gov'] as const;

const crossRegion = z
  .union([z.enum(CROSS_REGIONS), z.boolean()])
  .default('off')
  .transform((value) => (value === true ? 'geo' : value === false ? 'off' : value))
  .describe(
    'Which inference profile a bare model id becomes, where one exists for that model: geo (= true) stays in the geography of the region, global may leave it, a prefix names one. off sends the id as it is.',
  );

const REGION = /^[a-z]{2,6}(-[a-z]+)+-\d{1,2}$/;
const REGION_EXPECTED = 'expected an AWS region such as us-east-1';

const region = z
  .string()
  .regex(REGION, REGION_EXPECTED)
  .describe('AWS region, e.g. us-east-1. Absent: AWS_REGION, else the region of the profile.');

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

const models = z
  .record(
    z.string().min(1),
    z.strictObject({
      id: z.string().min(1).describe('Model id or ARN, as Bedrock takes it.'),
      base: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Foundation model id behind an ARN that does not name it (application inference profile, provisioned throughput): decides what the model can do.',
        ),
    }),
  )
  .default({})
  .describe('Names of your own for model ids and ARNs, to be used after `provider/`.');

export const configSchema = z.strictObject({
  region: region.optional(),
  auth: auth.default({ mode: 'default' }),
  crossRegion,
  endpoint: endpoint.optional(),
  models,
});

export type BedrockConfig = z.output<typeof configSchema>;
export type AuthConfig = BedrockConfig['auth'];
export type CrossRegion = BedrockConfig['crossRegion'];

/** The region of the YAML, else AWS_REGION, else that of the profile. Throws SettingError when there is none.
 * The shared config files are read only when nothing else names a region. */
export async function resolveRegion(config: BedrockConfig): Promise<{ region: string; source: string }> {
  if (config.region !== undefined) return { region: config.region, source: 'the config' };
  const fromEnv = process.env.AWS_REGION?.trim();
  if (fromEnv) return { region: checkRegion(fromEnv, 'AWS_REGION'), source: 'AWS_REGION' };
  const profile = config.auth.mode === 'profile' ? config.auth.profile : process.env.AWS_PROFILE || 'default';
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

function checkRegion(value: string, source: string): string {
  if (REGION.test(value)) return value;
  throw new SettingError(['region'], `${source} holds "${value.slice(0, 40)}": ${REGION_EXPECTED}`);
}

async function readProfileRegion(profile: string): Promise<string | undefined> {
  const { loadSharedConfigFiles } = await import('@smithy/shared-ini-file-loader');
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  return configFile[profile]?.region?.trim() || credentialsFile[profile]?.region?.trim() || undefined;
}
