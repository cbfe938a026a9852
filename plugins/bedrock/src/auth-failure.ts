// What is said when there are no credentials: the reason for the log, the advice for everyone.
import { RouterError } from '@turnout/core/contract';
import type { SourceConfig } from './auth-config.ts';
import { maskAccounts } from './error.ts';

const REASON_LENGTH_MAX = 400;

/** `name`: of the auth mode. `config`: where the search began. */
export function denied(provider: string, name: string, error: unknown, config: SourceConfig): RouterError {
  const reason = (error instanceof Error ? error.message : String(error)).slice(0, REASON_LENGTH_MAX);
  const advice = adviceFor(reason, config);
  const what = `${provider}: no AWS credentials with auth mode ${name}`;
  // The reason stays in the log: it may quote the command of a credential_process, or paths of this machine.
  const publicMessage = maskAccounts(`${what} (${advice})`);
  return new RouterError('upstream-denied', `${what}: ${reason} (${advice})`, { cause: error, publicMessage });
}

function adviceFor(reason: string, config: SourceConfig): string {
  if (/AssumeRole/.test(reason) && /not authorized|AccessDenied/i.test(reason)) {
    return "the role's trust policy must allow whoever assumes it, with its externalId if it asks for one, and they need sts:AssumeRole on the role";
  }
  if (/multi-factor/i.test(reason)) return 'a role that asks for MFA cannot be assumed by a server';
  if (config.mode === 'web-identity') return "is tokenFile there, and does the role's trust policy name its issuer?";
  if (config.mode === 'role') return adviceFor(reason, config.source ?? { mode: 'default' });
  const profile = config.mode === 'profile' ? config.profile : undefined;
  const flag = profile === undefined ? '' : ` --profile ${profile}`;
  if (/aws login|reauthenticate|login.cache/i.test(reason)) return `run: aws login${flag}`;
  if (/sso|token.*(expired|invalid)|login/i.test(reason)) return `run: aws sso login${flag}`;
  if (profile === undefined) {
    return 'set auth in the config, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run: aws configure';
  }
  return `is there a profile ${profile} in ~/.aws/config or ~/.aws/credentials? If it uses SSO, run: aws sso login${flag}`;
}
