// The ARNs that Bedrock takes in place of a model id, and what each kind says about the call.
import { RouterError } from '@turnout/core/contract';
import { splitPrefix } from './catalogue.ts';
import { maskAccounts } from './error.ts';

export interface Arn {
  readonly text: string;
  readonly region: string;
  /** `foundation-model`, `application-inference-profile` … A kind that is not known here is sent as it is. */
  readonly kind: string;
  /** What follows the kind; it may hold `:`, `.` and `/`. */
  readonly resource: string;
}

// Source: AWS's reference of Converse's modelId, 2026-11.
const ARN = /^arn:(aws[\w-]*):(bedrock|sagemaker):([a-z0-9-]+):(\d{12})?:([a-z-]+)\/(.+)$/;

/** Reads an ARN; undefined for what is none. Throws RouterError `model-not-found` for one that is malformed. */
export function parseArn(text: string): Arn | undefined {
  if (!/^arn:/i.test(text)) return undefined;
  const [, , service, region, account, kind, resource] = ARN.exec(text) ?? [];
  if (region === undefined || kind === undefined || resource === undefined) throw malformed(text);
  // Only AWS's own models belong to no account; at SageMaker only endpoints answer.
  if ((account === undefined) !== (kind === 'foundation-model')) throw malformed(text);
  if ((service === 'sagemaker') !== (kind === 'endpoint')) throw malformed(text);
  return { text, region, kind, resource };
}

const TEXT_LENGTH_MAX = 200;

function malformed(text: string): RouterError {
  const message =
    `"${text.slice(0, TEXT_LENGTH_MAX)}" is not an ARN that Bedrock takes: expected arn:aws:bedrock:REGION:ACCOUNT:KIND/ID ` +
    '(such as application-inference-profile/abc123), arn:aws:bedrock:REGION::foundation-model/MODEL, or arn:aws:sagemaker:REGION:ACCOUNT:endpoint/NAME';
  return new RouterError('model-not-found', message, { field: 'model', publicMessage: maskAccounts(message) });
}

/** The foundation model, with the prefix of its profile, where the ARN names it. */
export function namedModel({ kind, resource }: Arn): string | undefined {
  if (kind === 'foundation-model' || kind === 'inference-profile') return resource;
  // `default-prompt-router/anthropic.claude:1` names a family.
  return kind === 'default-prompt-router' ? splitPrefix(resource).base : undefined;
}

/** Models that run in the ARN's region and nowhere else. The rest may hand a request on to other regions: profiles, routers
 * that choose among profiles, prompts that name one. */
const LOCAL = new Set([
  'foundation-model',
  'provisioned-model',
  'custom-model-deployment',
  'imported-model',
  'endpoint',
]);
export const runsInItsRegion = ({ kind }: Arn): boolean => LOCAL.has(kind);

/** What is on the wire: Converse, or InvokeModel with a body in OpenAI's chat form. */
export type Api = 'converse' | 'invoke';

/** AWS's reference: imported models do not take Converse (2026-11). */
export const defaultApi = (arn: Arn | undefined): Api => (arn?.kind === 'imported-model' ? 'invoke' : 'converse');
