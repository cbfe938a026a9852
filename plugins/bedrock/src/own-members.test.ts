// Bedrock's members, cut out of JSON that stays otherwise as it is.
import { expect, test } from 'vitest';
import { withoutOwnMembers } from './own-members.ts';

const METRICS = '"amazon-bedrock-invocationMetrics":{"inputTokenCount":1,"x":["}",{"a":"\\"}"}]}';

test.each([
  ['at the end', `{"type":"message_stop",${METRICS}}`, '{"type":"message_stop"}'],
  ['at the beginning', `{${METRICS},"type":"message_stop"}`, '{"type":"message_stop"}'],
  ['between others', `{ "a": 1, ${METRICS} , "b": [1, 2] }`, '{"a": 1,"b": [1, 2]}'],
  [
    'two of them',
    `{${METRICS},"n":12345678901234567890,"amazon-bedrock-guardrailAction":"NONE"}`,
    '{"n":12345678901234567890}',
  ],
  ['alone', `{${METRICS}}`, '{}'],
])('%s', (_where, text, expected) => expect(withoutOwnMembers(text)).toBe(expected));

test.each([
  '{"type":"message_stop"}',
  `{"text":"{${METRICS.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}}"}`,
  `{"inner":{${METRICS}},"list":[{${METRICS}}]}`,
  '{"text":"\\\\","other":"\\"amazon-bedrock-x\\": "}',
])('%s stays', (text) => {
  JSON.parse(text);
  expect(withoutOwnMembers(text)).toBe(text);
});
