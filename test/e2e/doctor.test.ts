// `turnout doctor` as a user sees it: the text for the quickstart's own file, and for providers that something is wrong with.
import { expect, test } from 'vitest';
import { commandUnderTest, quickstart } from '../command.ts';

const command = commandUnderTest();
const { write } = command;

/** Without the catalogue's size. */
async function doctor(config: string, ...flags: string[]): Promise<{ text: string; code: number }> {
  const { text, code } = await command.run('doctor', '--config', config, ...flags);
  return { text: text.replace(/\(\d{2,} in its list\)/g, '(N in its list)'), code };
}

test('the quickstart is well', async () => {
  expect(await doctor(quickstart)).toMatchInlineSnapshot(`
    {
      "code": 0,
      "text": "bedrock
      ✓ region       us-east-1, from the config
      ✓ credentials  auth mode keys: an access key is there
      – identity     not asked: the endpoint is not AWS's own
      ✓ endpoint     http://LOCAL answers (HTTP 404)
      ✓ models       anthropic.claude-sonnet-5, amazon.nova-pro-v1:0 (N in its list)

    echo
      – check        the plugin cannot examine itself
      ✓ models       echo (1 in its list)

    Every provider can be used.",
    }
  `);
  expect(command.local.requests.filter(({ operation }) => operation !== undefined)).toHaveLength(0);
});

test('with --call it asks each provider for one token', async () => {
  expect(await doctor(quickstart, '--call')).toMatchInlineSnapshot(`
    {
      "code": 0,
      "text": "bedrock
      ✓ region       us-east-1, from the config
      ✓ credentials  auth mode keys: an access key is there
      – identity     not asked: the endpoint is not AWS's own
      ✓ endpoint     http://LOCAL answers (HTTP 404)
      ✓ models       anthropic.claude-sonnet-5, amazon.nova-pro-v1:0 (N in its list)
      ✓ call         bedrock/anthropic.claude-sonnet-5 answers (tokens: 2 in, 1 out)

    echo
      – check        the plugin cannot examine itself
      ✓ models       echo (1 in its list)
      ✓ call         echo/echo answers (tokens: 1 in, 1 out)

    Every provider can be used.",
    }
  `);
  const calls = command.local.requests.filter(({ operation }) => operation !== undefined);
  expect(calls).toMatchObject([{ operation: 'converse', body: { inferenceConfig: { maxTokens: 1 } } }]);
});

test('what is wrong has a cross, a reason and an exit code, and no secret', async () => {
  const yaml = `providers:
  refused:
    plugin: bedrock
    region: us-east-1
    endpoint: ${command.local.url}
    auth: { mode: keys, accessKeyId: LOCALACCESSKEY, secretAccessKey: the-wrong-secret }
  nowhere:
    plugin: bedrock
    region: eu-west-1
    endpoint: http://127.0.0.1:1
    auth: { mode: api-key, apiKey: a-secret-api-key }
routes:
  typo: refused/anthropic.claude-sonet-5
  good: refused/amazon.nova-pro-v1:0
  arn: nowhere/arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc
  "any-*": refused/anthropic.*
`;
  const { text, code } = await doctor(write(yaml), '--call');
  expect(text).toMatchInlineSnapshot(`
    "refused (plugin bedrock)
      ✓ region       us-east-1, from the config
      ✓ credentials  auth mode keys: an access key is there
      – identity     not asked: the endpoint is not AWS's own
      ✓ endpoint     http://LOCAL answers (HTTP 404)
      ! models       unknown: anthropic.claude-sonet-5 (N in its list)
      ✗ call         refused: amazon.nova-pro-v1:0 in us-east-1: InvalidSignatureException: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details. (the secret access key is wrong, or something on the way changes the request); auth mode keys

    nowhere (plugin bedrock)
      ✓ region       eu-west-1, from the config
      ✓ credentials  auth mode api-key: an API key is there
      – identity     not asked: the endpoint is not AWS's own
      ✗ endpoint     nowhere: 127.0.0.1:1: nothing listens there: check endpoint, region and proxy (ECONNREFUSED)
      ✓ models       arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc (N in its list)
      ✗ call         nowhere: 127.0.0.1:1: nothing listens there: check endpoint, region and proxy (ECONNREFUSED)

    Cannot be used: refused, nowhere."
  `);
  expect(code).toBe(1);
  expect(text).not.toContain('secret-');
});

test('where only embeddings are routed, one embedding is the call', async () => {
  const yaml = `providers:
  bedrock:
    region: us-east-1
    endpoint: ${command.local.url}
    auth: { mode: keys, accessKeyId: LOCALACCESSKEY, secretAccessKey: local-secret-not-a-real-one }
routes: { vectors: bedrock/amazon.titan-embed-text-v2:0 }
`;
  const { text, code } = await doctor(write(yaml), '--call', '--json');
  const { providers } = JSON.parse(text);
  expect(providers).toMatchObject([{ name: 'bedrock', plugin: 'bedrock', usable: true }]);
  expect(providers[0].findings.at(-1)).toEqual({
    ok: true,
    what: 'call',
    detail: 'bedrock/amazon.titan-embed-text-v2:0 answers (tokens: 2 in, 0 out)',
  });
  expect(code).toBe(0);
});

test('a file that is wrong is told as by check', async () => {
  const { text, code } = await doctor(write('providers: { bedrock: { regionn: us-east-1 } }\n'));
  expect(text).toContain('providers.bedrock.regionn: unknown key, did you mean "region"?');
  expect(code).toBe(1);
});
