// Sections 1.4 and 5: the public endpoints of every partition, held to AWS's own test cases, and hosts that look wrong.
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { configSchema } from './config.ts';
import { defaultEndpoint, encodeSegment, endpointWarnings, serviceEndpoint, stsEndpoint } from './endpoint.ts';

interface EndpointCase {
  readonly documentation: string;
  readonly expect: { readonly endpoint?: { readonly url: string }; readonly error?: string };
  readonly params?: {
    readonly Region?: string;
    readonly UseFIPS?: boolean;
    readonly UseDualStack?: boolean;
    readonly Endpoint?: string;
  };
}

const file = new URL('../../../../shared/corpus/aws-model/endpoint-tests-1.json', import.meta.url);
const present = existsSync(file);
if (!present) console.log('endpoint cases: skipped, ../shared/corpus is not there');
// The file is AWS's; its shape is in it.
const { testCases: cases }: { testCases: EndpointCase[] } = present
  ? JSON.parse(readFileSync(file, 'utf8'))
  : { testCases: [] };

// What AWS's rules decide and the plugin does elsewhere.
const EXCLUDED: Readonly<Record<string, string>> = {
  'For custom endpoint with region not set and fips disabled and dualstack disabled':
    'a region is always needed, since the signature names it',
  'Missing region': 'a configuration error before any endpoint is chosen: config.test.ts',
};

describe.skipIf(!present)("section 1.4: AWS's own endpoint cases", () => {
  it('are these, and the excluded ones exist', () => {
    expect(cases).toHaveLength(21);
    for (const name of Object.keys(EXCLUDED)) expect(cases.map(({ documentation }) => documentation)).toContain(name);
  });

  it.each(cases.filter(({ documentation }) => EXCLUDED[documentation] === undefined))('$documentation', (each) => {
    const { Region: region = '', UseFIPS: fips = false, UseDualStack: dualStack = false, Endpoint } = each.params ?? {};
    const parsed = configSchema.safeParse({ region, fips, dualStack, ...(Endpoint && { endpoint: Endpoint }) });
    if (each.expect.error !== undefined) {
      expect(parsed.error?.issues.map(({ path }) => path)).toEqual([[fips ? 'fips' : 'dualStack']]);
      return;
    }
    if (parsed.data === undefined) throw parsed.error;
    expect(parsed.data.endpoint ?? defaultEndpoint(region, parsed.data)).toBe(each.expect.endpoint?.url);
  });
});

describe('section 1.4: partitions', () => {
  it.each([
    ['us-east-1', {}, 'https://bedrock-runtime.us-east-1.amazonaws.com'],
    ['us-gov-west-1', {}, 'https://bedrock-runtime.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', {}, 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn'],
    ['us-iso-east-1', {}, 'https://bedrock-runtime.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', {}, 'https://bedrock-runtime.us-isob-east-1.sc2s.sgov.gov'],
    ['eu-isoe-west-1', {}, 'https://bedrock-runtime.eu-isoe-west-1.cloud.adc-e.uk'],
    ['us-isof-south-1', { fips: true }, 'https://bedrock-runtime-fips.us-isof-south-1.csp.hci.ic.gov'],
    ['eusc-de-east-1', {}, 'https://bedrock-runtime.eusc-de-east-1.amazonaws.eu'],
    ['eusc-de-east-1', { dualStack: true }, 'https://bedrock-runtime.eusc-de-east-1.api.amazonwebservices.eu'],
    ['ca-central-1', { fips: true }, 'https://bedrock-runtime-fips.ca-central-1.amazonaws.com'],
    ['us-gov-west-1', { fips: true }, 'https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com'],
  ])('the endpoint of %s with %j is %s', (region, variant, url) => {
    expect(defaultEndpoint(region, variant)).toBe(url);
  });

  it('the control plane follows the same rule', () => {
    expect(serviceEndpoint('bedrock', 'us-gov-west-1', { fips: true })).toBe(
      'https://bedrock-fips.us-gov-west-1.amazonaws.com',
    );
  });
});

describe('section 3.1: STS', () => {
  afterEach(() => vi.unstubAllEnvs());
  it.each([
    ['eu-west-3', {}, 'https://sts.eu-west-3.amazonaws.com'],
    ['us-east-1', { fips: true }, 'https://sts-fips.us-east-1.amazonaws.com'],
    ['us-east-1', { dualStack: true }, 'https://sts.us-east-1.api.aws'],
    ['us-gov-east-1', { fips: true }, 'https://sts.us-gov-east-1.amazonaws.com'],
    ['us-gov-east-1', { fips: true, dualStack: true }, 'https://sts-fips.us-gov-east-1.api.aws'],
    ['cn-northwest-1', {}, 'https://sts.cn-northwest-1.amazonaws.com.cn'],
  ])('of %s with %j is %s', (region, variant, url) => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'https://elsewhere.example');
    vi.stubEnv('AWS_ENDPOINT_URL_STS', undefined);
    expect(stsEndpoint(region, variant)).toBe(url);
  });
  it('is where AWS_ENDPOINT_URL_STS says', () => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', 'https://vpce-1.sts.us-east-1.vpce.amazonaws.com/');
    expect(stsEndpoint('us-east-1', {})).toBe('https://vpce-1.sts.us-east-1.vpce.amazonaws.com');
  });
});

describe('section 5: hosts of another service or region', () => {
  it.each([
    'https://vpce-0abc-1def.bedrock-runtime.us-east-1.vpce.amazonaws.com',
    'https://vpce-0abc-1def-us-east-1a.bedrock-runtime.us-east-1.vpce.amazonaws.com/prefix',
    'https://vpce-0abc.bedrock-runtime-fips.us-east-1.vpce.amazonaws.com',
    'https://bedrock-runtime.us-east-1.api.aws',
    'https://gateway.example/bedrock',
    'https://bedrock.us-east-1.gateway.example',
    'https://ab12.execute-api.eu-west-1.amazonaws.com/bedrock',
    'https://bedrock-proxy-1234.eu-west-1.elb.amazonaws.com',
    'http://127.0.0.1:9000',
  ])('nothing is said about %s', (endpoint) => expect(endpointWarnings(endpoint, 'us-east-1')).toEqual([]));

  it.each([
    // The sample host of Roo Code: the control plane.
    [
      'https://vpce-xxx.bedrock.us-east-1.vpce.amazonaws.com',
      /is the control plane \(bedrock\).*bedrock-runtime.*https:\/\/vpce-…\.bedrock-runtime\.us-east-1\.vpce\.amazonaws\.com$/,
    ],
    [
      'https://bedrock.us-east-1.amazonaws.com',
      /is the control plane \(bedrock\).*https:\/\/bedrock-runtime\.us-east-1\.amazonaws\.com$/,
    ],
    [
      'https://bedrock-fips.us-east-1.amazonaws.com',
      /the control plane.*https:\/\/bedrock-runtime\.us-east-1\.amazonaws\.com$/,
    ],
    [
      'https://bedrock-agent-runtime.us-east-1.amazonaws.com',
      /the service of agents.*https:\/\/bedrock-runtime\.us-east-1\./,
    ],
    ['https://bedrock-agent.us-east-1.amazonaws.com', /the build-time service of agents/],
    [
      'https://bedrock-mantle.us-east-1.api.aws',
      /another API of Bedrock.*https:\/\/bedrock-runtime\.us-east-1\.api\.aws/,
    ],
    ['https://bedrock-data-automation.us-east-1.amazonaws.com', /another service/],
    [
      'https://bedrock-runtime.eu-west-1.amazonaws.com',
      /is in eu-west-1, but requests are signed for us-east-1: set region: eu-west-1$/,
    ],
  ])('%s is warned about', (endpoint, warning) => {
    expect(endpointWarnings(endpoint, 'us-east-1')).toEqual([expect.stringMatching(warning)]);
  });

  it('both can be wrong', () => {
    expect(endpointWarnings('https://bedrock.eu-west-1.amazonaws.com', 'us-east-1')).toHaveLength(2);
  });
});

it('a segment holds anything', () => {
  expect(encodeSegment("a/b?c#d e'f(!*)é\ud800")).toBe('a%2Fb%3Fc%23d%20e%27f%28%21%2A%29%C3%A9%EF%BF%BD');
});
