// Who may call, and by which names the others are refused.
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bearerClient, failure, KEY, sdkClient } from './client.ts';

const input = {
  modelId: 'us.anthropic.claude-sonnet-5',
  messages: [{ role: 'user' as const, content: [{ text: 'Hi' }] }],
};

let local: BedrockLocal;
beforeAll(async () => {
  local = await startBedrockLocal({
    credentials: [
      KEY,
      { accessKeyId: 'AKIDSESSION', secretAccessKey: 'session-secret', sessionToken: 'token' },
      { accessKeyId: 'AKIDEXPIRED', secretAccessKey: 'expired-secret', expired: true },
      { accessKeyId: 'AKIDNOSTREAM', secretAccessKey: 'secret', denied: ['bedrock:InvokeModelWithResponseStream'] },
      { accessKeyId: 'AKIDNOCLAUDE', secretAccessKey: 'secret', denied: ['anthropic.*'] },
    ],
    apiKeys: ['good-key', { key: 'old-key', expired: true }, { key: 'narrow-key', denied: ['bedrock:*'] }],
  });
});
afterAll(() => local.close());

async function call(config: Parameters<typeof sdkClient>[1]): Promise<string> {
  const client = sdkClient(local, config);
  try {
    const answer = await client.send(new ConverseCommand(input));
    return answer.stopReason ?? '';
  } finally {
    client.destroy();
  }
}

describe('SigV4', () => {
  test('takes a good signature', async () => {
    expect(await call({})).toBe('end_turn');
    expect(
      await call({
        credentials: { accessKeyId: 'AKIDSESSION', secretAccessKey: 'session-secret', sessionToken: 'token' },
      }),
    ).toBe('end_turn');
  });

  test.each([
    [
      'an unknown key',
      { accessKeyId: 'AKIDNOBODY', secretAccessKey: 'x' },
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ],
    [
      'a wrong session token',
      { accessKeyId: 'AKIDSESSION', secretAccessKey: 'session-secret', sessionToken: 'other' },
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ],
    [
      'an expired key',
      { accessKeyId: 'AKIDEXPIRED', secretAccessKey: 'expired-secret' },
      'ExpiredTokenException',
      'The security token included in the request is expired',
    ],
    [
      'a wrong secret',
      { ...KEY, secretAccessKey: 'x' },
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    ],
  ])('refuses %s', async (_, credentials, name, message) => {
    expect(await failure(call({ credentials }))).toEqual({ name, message, status: 403 });
  });

  test('refuses what may not be done, with the action and the resource', async () => {
    const client = sdkClient(local, { credentials: { accessKeyId: 'AKIDNOSTREAM', secretAccessKey: 'secret' } });
    expect((await client.send(new ConverseCommand(input))).stopReason).toBe('end_turn');
    expect(await failure(client.send(new ConverseStreamCommand(input)))).toEqual({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:iam::123456789012:user/AKIDNOSTREAM is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5 with an explicit deny in an identity-based policy',
      status: 403,
    });
    client.destroy();
    const error = await failure(call({ credentials: { accessKeyId: 'AKIDNOCLAUDE', secretAccessKey: 'secret' } }));
    expect(error).toMatchObject({ name: 'AccessDeniedException', status: 403 });
  });

  test('refuses a signature of another time', async () => {
    const later = await startBedrockLocal({ credentials: [KEY], now: () => Date.now() + 3_600_000 });
    const client = sdkClient(later);
    const error = await failure(client.send(new ConverseCommand(input)));
    expect(error.name).toBe('InvalidSignatureException');
    expect(error.message).toMatch(
      /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
    );
    client.destroy();
    await later.close();
  });

  test('refuses another region than its own', async () => {
    const european = await startBedrockLocal({ credentials: [KEY], region: 'eu-west-1' });
    const client = sdkClient(european);
    expect(await failure(client.send(new ConverseCommand(input)))).toMatchObject({ name: 'InvalidSignatureException' });
    client.destroy();
    const inside = sdkClient(european, { region: 'eu-west-1' });
    expect((await failure(inside.send(new ConverseCommand(input)))).message).toBe(
      'The provided model identifier is invalid.',
    );
    const there = await inside.send(new ConverseCommand({ ...input, modelId: 'eu.anthropic.claude-sonnet-5' }));
    expect(there.stopReason).toBe('end_turn');
    inside.destroy();
    await european.close();
  });
});

describe('API keys', () => {
  const bearer = async (key: string): Promise<string> => {
    const client = bearerClient(local, key);
    try {
      return (await client.send(new ConverseCommand(input))).stopReason ?? '';
    } finally {
      client.destroy();
    }
  };

  test('takes a good key', async () => {
    expect(await bearer('good-key')).toBe('end_turn');
  });

  test.each([
    [
      'an unknown key',
      'bad-key',
      'AccessDeniedException',
      'Authentication failed: Please make sure your API Key is valid.',
    ],
    ['an expired key', 'old-key', 'ExpiredTokenException', 'Bearer Token has expired'],
  ])('refuses %s', async (_, key, name, message) => {
    expect(await failure(bearer(key))).toEqual({ name, message, status: 403 });
  });

  test('refuses what a key may not do', async () => {
    expect((await failure(bearer('narrow-key'))).message).toContain(
      'is not authorized to perform: bedrock:InvokeModel on resource:',
    );
  });
});

test('refuses a request without credentials, in the form of AWS', async () => {
  const response = await fetch(`${local.url}/model/amazon.nova-lite-v1:0/converse`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(403);
  expect(response.headers.get('x-amzn-errortype')).toBe(
    'MissingAuthenticationTokenException:http://internal.amazon.com/coral/com.amazon.coral.service/',
  );
  expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  expect(await response.json()).toEqual({ message: 'Missing Authentication Token' });
});

test('without keys of its own it takes everybody who sends some', async () => {
  const open = await startBedrockLocal();
  const signed = sdkClient(open, { credentials: { accessKeyId: 'anything', secretAccessKey: 'at all' } });
  expect((await signed.send(new ConverseCommand(input))).stopReason).toBe('end_turn');
  signed.destroy();
  const keyed = bearerClient(open, 'anything');
  expect((await keyed.send(new ConverseCommand(input))).stopReason).toBe('end_turn');
  keyed.destroy();
  const response = await fetch(`${open.url}/model/amazon.nova-lite-v1:0/converse`, {
    method: 'POST',
    body: '{}',
    headers: { authorization: 'AWS4-HMAC-SHA256 nonsense' },
  });
  expect(response.status).toBe(400);
  expect(response.headers.get('x-amzn-errortype')).toContain('IncompleteSignatureException');
  await open.close();
});
