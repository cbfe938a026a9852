// AWS's sign-in around a test: a home of its own without any AWS_ variable, and an STS on loopback.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import { startUpstream, type Upstream } from './fixture.ts';

export interface AwsHome {
  readonly folder: string;
  at(name: string): string;
  /** Writes a file below the folder. `config` and `credentials` are the shared files. */
  write(name: string, text: string): void;
  remove(): void;
}

/** Hides the machine's own AWS settings until `remove`. */
export function createAwsHome(): AwsHome {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-'));
  const at = (name: string) => join(folder, name);
  for (const name of Object.keys(process.env).filter((key) => /^AWS_|_proxy$/i.test(key))) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_CONFIG_FILE', at('config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', at('credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  return {
    folder,
    at,
    write: (name, text) => {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), text);
    },
    remove: () => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    },
  };
}

export interface Sts extends Upstream {
  /** The calls: their parameters, and who signed (`''`: nobody). */
  readonly calls: readonly (Readonly<Record<string, string>> & {
    readonly signedBy: string;
    readonly region: string;
  })[];
}

/** An STS: each session has its number in its keys, `KR1`, `KR2` … `refuse`: what it answers instead. */
export async function startSts(
  refuse: () => { name: string; message: string } | undefined = () => undefined,
): Promise<Sts> {
  let sessions = 0;
  const calls: Sts['calls'][number][] = [];
  const upstream = await startUpstream((response, { headers, body }) => {
    const parameters = Object.fromEntries(new URLSearchParams(body));
    const [, signedBy = '', region = ''] =
      /Credential=([^/]+)\/\d+\/([^/]+)\/sts/.exec(headers.authorization ?? '') ?? [];
    calls.push({ ...parameters, signedBy, region });
    const refusal = refuse();
    response.setHeader('content-type', 'text/xml');
    if (refusal !== undefined) {
      response.statusCode = 403;
      response.end(
        `<ErrorResponse><Error><Code>${refusal.name}</Code><Message>${refusal.message}</Message></Error></ErrorResponse>`,
      );
      return;
    }
    sessions += 1;
    const end = new Date(Date.now() + Number(parameters.DurationSeconds ?? 3600) * 1000).toISOString();
    const keys = `<AccessKeyId>KR${sessions}</AccessKeyId><SecretAccessKey>SR</SecretAccessKey><SessionToken>TR</SessionToken>`;
    const action = parameters.Action ?? '';
    response.end(
      `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>${keys}<Expiration>${end}</Expiration></Credentials></${action}Result></${action}Response>`,
    );
  });
  return { ...upstream, calls };
}

/** Variables that would lead the AWS SDK elsewhere. `nowhere`: the address of a server that nobody should ask. */
export function stubHostileEnvironment(nowhere: string): void {
  const hostile = {
    AWS_BEARER_TOKEN_BEDROCK: 'hostile',
    AWS_ENDPOINT_URL: nowhere,
    AWS_ENDPOINT_URL_BEDROCK: nowhere,
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: nowhere,
    AWS_ACCESS_KEY_ID: 'HOSTILE',
    AWS_SECRET_ACCESS_KEY: 'hostile',
    AWS_SESSION_TOKEN: 'hostile',
    AWS_PROFILE: 'hostile',
    AWS_REGION: 'eu-west-3',
    AWS_DEFAULT_REGION: 'eu-west-3',
    AWS_ROLE_ARN: 'arn:aws:iam::999999999999:role/hostile',
    AWS_ROLE_SESSION_NAME: 'hostile',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/hostile',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    AWS_AUTH_SCHEME_PREFERENCE: 'httpBearerAuth',
    AWS_MAX_ATTEMPTS: '9',
    AWS_RETRY_MODE: 'adaptive',
  };
  for (const [name, value] of Object.entries(hostile)) vi.stubEnv(name, value);
}
