// What to do about an error of AWS, for the operator: one or two sentences that follow AWS's own.
import type { ErrorCode } from '@turnout/core/contract';
import { type AwsFailure, isClockSkew, isStaleCredential, SAID } from './aws-failure.ts';
import type { CatalogueModel } from './catalogue.ts';
import { suggestion } from './catalogue-id.ts';
import type { ErrorContext } from './error.ts';
import { missingPermission } from './permission.ts';

/** Advice by what AWS's message says, whatever the error is called. First match wins. */
const BY_TEXT: readonly (readonly [RegExp, (context: ErrorContext) => string])[] = [
  [SAID.onDemand, ({ row }) => profileAdvice(row)],
  [
    SAID.invalidId,
    ({ region, model }) =>
      `no model or profile of this id in ${region}: check the id, its prefix and the region${suggestion(model)}`,
  ],
  [SAID.useCase, () => USE_CASE],
  [SAID.daily, () => DAILY],
  [SAID.guardrailUnknown, ({ region }) => `check id and version of the guardrail: it must exist in ${region}`],
  [
    /INVALID_PAYMENT_INSTRUMENT/,
    () => 'add a valid payment method to the AWS account, wait a few minutes, and try again',
  ],
  [
    /aws-marketplace:\w+|Marketplace (actions|subscription)/i,
    () =>
      'the model is subscribed to on its first call: let somebody with aws-marketplace:Subscribe and aws-marketplace:ViewSubscriptions call it once in this account, or grant them',
  ],
  [/end of its life/i, () => 'AWS has retired this model: route to a later one'],
  [
    /marked by provider as Legacy/i,
    () => 'AWS keeps this model only for accounts that still use it: route to a later one',
  ],
  [
    /(do not|don.t) have access to the model|not authorized to (invoke|access) (this|the) model|model access is denied/i,
    (context) =>
      `this account has no access to the model in ${context.region}: allow it under Model access of the Bedrock console; ${missingPermission(context, '')}`,
  ],
  [
    /account is not authorized to invoke this API operation/i,
    () => 'the account may not use Bedrock yet, whatever its IAM policies say: ask AWS Support',
  ],
];

const USE_CASE =
  "submit Anthropic's use case form once, in the Bedrock console of this account; after that it takes up to 15 minutes";
const DAILY =
  'the quota of this day is used up: ask for a higher one in Service Quotas, or route to another model; geographic and global profiles have quotas of their own';

const BY_NAME: Readonly<Record<string, (context: ErrorContext) => string>> = {
  FTUFormNotFilled: () => USE_CASE,
  UnknownOperationException: ({ endpoint }) => `is ${endpoint} an endpoint of bedrock-runtime?`,
  ServiceQuotaExceededException: () => 'a quota of the account is used up: ask for a higher one in Service Quotas',
  MissingAuthenticationToken: () => NO_CREDENTIALS,
  MissingAuthenticationTokenException: () => NO_CREDENTIALS,
};
const NO_CREDENTIALS =
  'the request arrived without credentials: something on the way takes the Authorization header off';

/** '' where there is nothing to say that AWS has not said. */
export function adviceFor(code: ErrorCode, failure: AwsFailure, context: ErrorContext): string {
  const { name, message } = failure;
  const byText = BY_TEXT.find(([words]) => words.test(message))?.[1];
  if (byText !== undefined) return byText(context);
  const byName = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (byName !== undefined) return byName(context);
  if (code !== 'upstream-denied') return '';
  if (isClockSkew(failure)) return 'the clock of this machine is wrong';
  if (isStaleCredential(failure)) return 'the credentials are no longer valid, or not for this region';
  if (name.includes('Signature')) return 'the secret access key is wrong, or something on the way changes the request';
  return missingPermission(context, message);
}

function profileAdvice(row: CatalogueModel | undefined): string {
  const profiles = row?.profiles ?? [];
  const known = profiles.length === 0 ? '' : `; known profiles: ${profiles.join(', ')}`;
  return `AWS serves this model through an inference profile: set crossRegion: geo or global, or write the id with its prefix${known}`;
}
