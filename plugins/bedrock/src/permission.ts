// Which permission a call lacks, and on which ARNs, so that it can be copied into a policy.
import { splitPrefix } from './catalogue.ts';
import { partitionNameOf } from './endpoint.ts';
import type { ErrorContext, Operation } from './error.ts';

const ACTIONS: Readonly<Record<Operation, string>> = {
  converse: 'bedrock:InvokeModel',
  'converse-stream': 'bedrock:InvokeModelWithResponseStream',
  invoke: 'bedrock:InvokeModel',
  'invoke-with-response-stream': 'bedrock:InvokeModelWithResponseStream',
  'count-tokens': 'bedrock:CountTokens',
};

const LACKING = /not authorized to perform: ([a-z-]+:\w+)(?: on resource: (arn:[^\s"',]+))?/i;

/** Whether a refusal is about a guardrail. The action decides where AWS names one: the name of a principal may be any word. */
export function isAboutGuardrail(said: string): boolean {
  const [, action] = LACKING.exec(said) ?? [];
  return /guardrail/i.test(action ?? said);
}

/** `said`: AWS's message, which may name an action besides the call's own, such as bedrock:ApplyGuardrail. */
export function missingPermission(context: ErrorContext, said: string): string {
  const [, named, resource] = LACKING.exec(said) ?? [];
  const own = named === undefined || /^bedrock:(InvokeModel|CountTokens)/.test(named);
  const action = own ? ACTIONS[context.operation] : named;
  const arns = own || resource === undefined ? neededArns(context) : [resource];
  const needed = `the credentials need ${action} on ${arns.join(' and on ')}`;
  if (/explicit deny/i.test(said)) {
    const where = /service control policy/i.test(said) ? 'a service control policy of the organisation' : 'a policy';
    return `${needed}; ${where} denies it explicitly, which no other policy can lift`;
  }
  return needed;
}

/** The resources that a policy must allow for this model. `*` stands for the account, and for every region that a profile
 * may hand the request on to. */
function neededArns({ model, region, row }: ErrorContext): string[] {
  const bedrock = `arn:${partitionNameOf(region)}:bedrock`;
  if (model.startsWith('arn:')) {
    if (!/:((application-)?inference-profile|(default-)?prompt-router)\//.test(model)) return [model];
    return [model, `${bedrock}:*::foundation-model/${row?.id ?? '*'}`];
  }
  const { prefix, base } = splitPrefix(model);
  if (prefix === undefined) return [`${bedrock}:${region}::foundation-model/${model}`];
  return [`${bedrock}:${region}:*:inference-profile/${model}`, `${bedrock}:*::foundation-model/${base}`];
}
