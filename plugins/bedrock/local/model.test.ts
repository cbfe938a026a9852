// Which model ids are known, from where, and what is said of the others.
import { expect, test } from 'vitest';
import { createDirectory, modelNames, resourceArn } from './model.ts';
import { Refusal } from './refusal.ts';

const PROFILE = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123def456';
const models = createDirectory([{ id: 'anthropic.claude-sonnet-5', onDemand: false }, { id: 'acme.model-1' }], {
  [PROFILE]: 'anthropic.claude-sonnet-5',
});
const UNKNOWN = 'The provided model identifier is invalid.';
const onDemand = (id: string) =>
  `Invocation of model ID ${id} with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`;

const resolve = (id: string, region?: string): string => {
  try {
    return models.resolve(id, region).id;
  } catch (error) {
    return error instanceof Refusal ? error.message : String(error);
  }
};

test.each([
  ['bare', 'amazon.nova-lite-v1:0', undefined, 'amazon.nova-lite-v1:0'],
  ['added', 'acme.model-1', undefined, 'acme.model-1'],
  ['bare, but only through a profile', 'anthropic.claude-sonnet-5', 'us-east-1', onDemand('anthropic.claude-sonnet-5')],
  [
    'the same by its ARN',
    'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-5',
    'us-east-1',
    onDemand('arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-5'),
  ],
  ['unknown', 'invalid-model-id', undefined, UNKNOWN],
  ['profile', 'us.anthropic.claude-sonnet-5', 'us-west-2', 'anthropic.claude-sonnet-5'],
  ['global profile', 'global.anthropic.claude-sonnet-5', 'sa-east-1', 'anthropic.claude-sonnet-5'],
  ['profile of another place', 'us.anthropic.claude-sonnet-5', 'eu-west-1', UNKNOWN],
  ['Tokyo', 'jp.anthropic.claude-sonnet-5', 'ap-northeast-1', 'anthropic.claude-sonnet-5'],
  ['Seoul is not Tokyo', 'jp.anthropic.claude-sonnet-5', 'ap-northeast-2', UNKNOWN],
  ['Sydney', 'au.anthropic.claude-sonnet-5', 'ap-southeast-2', 'anthropic.claude-sonnet-5'],
  ['a profile that the model has not', 'apac.anthropic.claude-sonnet-5', 'ap-south-1', UNKNOWN],
  ['a prefix that does not exist', 'ug.amazon.nova-lite-v1:0', 'us-gov-west-1', UNKNOWN],
  [
    'profile ARN',
    'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-5',
    'eu-west-1',
    'anthropic.claude-sonnet-5',
  ],
  [
    'ARN of another region',
    'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-5',
    'us-east-1',
    UNKNOWN,
  ],
  ['application profile', PROFILE, 'eu-west-1', 'anthropic.claude-sonnet-5'],
  ['unknown application profile', `${PROFILE}x`, 'eu-west-1', UNKNOWN],
  [
    'retired',
    'anthropic.claude-instant-v1',
    undefined,
    'This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
  ],
])('%s', (_, id, region, expected) => {
  expect(resolve(id, region)).toBe(expected);
});

test('CountTokens takes bare ids only, of models that need a profile too', () => {
  expect(models.resolveBare('anthropic.claude-sonnet-5').id).toBe('anthropic.claude-sonnet-5');
  expect(() => models.resolveBare('us.anthropic.claude-sonnet-5')).toThrow(UNKNOWN);
});

test('the names and the ARN of a model', () => {
  expect(modelNames('us.anthropic.claude-sonnet-5')).toEqual([
    'us.anthropic.claude-sonnet-5',
    'anthropic.claude-sonnet-5',
  ]);
  expect(modelNames('amazon.nova-lite-v1:0')).toEqual(['amazon.nova-lite-v1:0']);
  expect(resourceArn('amazon.nova-lite-v1:0', 'eu-west-1')).toBe(
    'arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0',
  );
  expect(resourceArn('us.amazon.nova-lite-v1:0')).toBe(
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0',
  );
  expect(resourceArn(PROFILE)).toBe(PROFILE);
});
