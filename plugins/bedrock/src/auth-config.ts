// The `auth` key of the YAML: how to sign in to AWS.
import { z } from 'zod';

const keys = z
  .strictObject({
    mode: z.literal('keys'),
    accessKeyId: z.string().min(1).describe('AWS access key id.'),
    secretAccessKey: z
      .string()
      .min(1)
      .describe('AWS secret access key. Better a variable of the environment than the key itself.'),
    sessionToken: z.string().min(1).optional().describe('Session token of temporary keys.'),
  })
  .describe('A fixed key pair.');

const profile = z
  .strictObject({
    mode: z.literal('profile'),
    profile: z.string().min(1).describe('Name of the profile in ~/.aws/config or ~/.aws/credentials.'),
  })
  .describe('One profile of the shared config files: keys, SSO, aws login, assumed role, credential_process.');

const ROLE_ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/;
const roleArn = z
  .string()
  .regex(ROLE_ARN, 'expected the ARN of a role, such as arn:aws:iam::123456789012:role/bedrock')
  .describe('ARN of the role.');
const sessionName = z
  .string()
  .regex(/^[\w+=,.@-]{2,64}$/, 'expected 2 to 64 letters, digits and + = , . @ - _')
  .optional()
  .describe('Name of the session, as CloudTrail shows it. Default: turnout.');

const webIdentity = z
  .strictObject({
    mode: z.literal('web-identity'),
    roleArn,
    tokenFile: z
      .string()
      .min(1)
      .describe('File with the OIDC token, relative to this file; read again for each new session.'),
    sessionName,
  })
  .describe('A role assumed with an OIDC token: EKS service accounts, CI systems.');

const UNITS_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const DURATION_MESSAGE = 'expected a duration from 15m to 12h';
const duration = z
  .string(DURATION_MESSAGE)
  .regex(/^\d{1,6}[smh]$/, DURATION_MESSAGE)
  .transform((text) => Number(text.slice(0, -1)) * (UNITS_SECONDS[text.slice(-1)] ?? Number.NaN))
  .refine((seconds) => seconds >= 900 && seconds <= 43_200, DURATION_MESSAGE)
  .optional()
  .describe('How long a session lasts: 15m to 12h, at most what the role allows; 1h behind another role. Default: 1h.');

/** AWS's limit for role chaining (IAM user guide, 2026-11). */
const CHAINED_SECONDS_MAX = 3600;

const role = z
  .strictObject({
    mode: z.literal('role'),
    roleArn,
    externalId: z
      .string()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'expected 2 to 1224 letters, digits and + = , . @ : / - _')
      .optional()
      .describe("What the role's trust policy asks for as sts:ExternalId."),
    sessionName,
    duration,
    get source() {
      return source.optional();
    },
  })
  .superRefine(({ duration: seconds = 0, source: from }, context) => {
    const chained = from?.mode === 'role' || from?.mode === 'web-identity';
    if (!chained || seconds <= CHAINED_SECONDS_MAX) return;
    context.addIssue({ code: 'custom', path: ['duration'], message: 'a role assumed from a role lasts 1h at most' });
  })
  .describe('An assumed role; its sessions are renewed.');

const SOURCE_MODES = ['default', 'keys', 'profile', 'role', 'web-identity'] as const;
/** What can sign a request, and so can sign in elsewhere. */
const source = z
  .discriminatedUnion(
    'mode',
    [
      z.strictObject({ mode: z.literal('default') }).describe('The AWS default chain.'),
      keys,
      profile,
      role,
      webIdentity,
    ],
    { error: modeError(SOURCE_MODES) },
  )
  .describe('Where the credentials come from that it is made with. Absent: the AWS default chain.');

const apiKey = z
  .strictObject({
    mode: z.literal('api-key'),
    apiKey: z
      .string()
      .trim()
      .min(1)
      .optional()
      .describe(
        'Amazon Bedrock API key, sent as a bearer token. Better a variable of the environment than the key itself.',
      ),
    generate: z
      .literal(true)
      .optional()
      .describe('Makes short-term keys (12h at most) from AWS credentials, in place of a fixed apiKey.'),
    source: source.optional(),
  })
  .superRefine(({ apiKey: fixed, generate, source: from }, context) => {
    const issue = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (fixed === undefined && generate === undefined) issue([], 'needs "apiKey", or generate: true');
    if (fixed !== undefined && generate) issue(['generate'], 'only one of "apiKey" and "generate"');
    if (from !== undefined && !generate) issue(['source'], 'only with generate: true');
  })
  .meta({ oneOf: [{ required: ['apiKey'] }, { required: ['generate'] }] })
  .describe('An Amazon Bedrock API key.');

const AUTH_MODES = [...SOURCE_MODES, 'api-key'] as const;

export const authSchema = z
  .discriminatedUnion(
    'mode',
    [
      z
        .strictObject({ mode: z.literal('default') })
        .describe(
          'The AWS default chain: environment, shared config files with SSO and aws login, web identity, container, instance. AWS_BEARER_TOKEN_BEDROCK is used when it is set.',
        ),
      keys,
      profile,
      role,
      webIdentity,
      apiKey,
    ],
    { error: modeError(AUTH_MODES) },
  )
  .describe('How to sign in to AWS. Absent: the AWS default chain.');

function modeError(modes: readonly string[]) {
  return (issue: { readonly code: string }): string | undefined =>
    issue.code === 'invalid_union' ? `expected mode: ${modes.join(' | ')}` : undefined;
}

/** What `auth` says. */
export type AuthConfig = z.output<typeof authSchema>;
/** What gives AWS credentials: `auth` without API keys. Durations in seconds. */
export type SourceConfig = z.output<typeof source>;
