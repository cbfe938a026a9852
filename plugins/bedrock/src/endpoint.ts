// Where a call goes: the public endpoint of a region, and a model's place below a base URL.

/** Which of the public endpoints; neither: the usual one. */
export interface EndpointVariant {
  /** With validated cryptography (FIPS 140). */
  readonly fips?: boolean | undefined;
  /** Reachable over IPv6 too. */
  readonly dualStack?: boolean | undefined;
}

interface Partition {
  readonly name: string;
  readonly suffix: string;
  readonly dualStackSuffix: string;
}

// First match wins. Source: AWS's partitions.json, 2026-11.
const PARTITIONS: readonly (readonly [RegExp, Partition])[] = [
  [/^cn-/, partition('aws-cn', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn')],
  [/^us-gov-/, partition('aws-us-gov', 'amazonaws.com', 'api.aws')],
  [/^us-iso-/, partition('aws-iso', 'c2s.ic.gov', 'api.aws.ic.gov')],
  [/^us-isob-/, partition('aws-iso-b', 'sc2s.sgov.gov', 'api.aws.scloud')],
  [/^eu-isoe-/, partition('aws-iso-e', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk')],
  [/^us-isof-/, partition('aws-iso-f', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov')],
  [/^eusc-/, partition('aws-eusc', 'amazonaws.eu', 'api.amazonwebservices.eu')],
];
const COMMERCIAL = partition('aws', 'amazonaws.com', 'api.aws');

function partition(name: string, suffix: string, dualStackSuffix: string): Partition {
  return { name, suffix, dualStackSuffix };
}

/** The partition of a region: nothing, neither requests nor profiles nor credentials, goes from one into another. */
export const partitionOf = (region: string): Partition =>
  PARTITIONS.find(([pattern]) => pattern.test(region))?.[1] ?? COMMERCIAL;

/** `aws`, `aws-us-gov` …: what stands second in an ARN. */
export const partitionNameOf = (region: string): string => partitionOf(region).name;

/** The base URL of bedrock-runtime in a region. */
export const defaultEndpoint = (region: string, variant: EndpointVariant = {}): string =>
  serviceEndpoint('bedrock-runtime', region, variant);

/** The public base URL of a service in a region, by the rule that Bedrock's services share. */
export function serviceEndpoint(service: string, region: string, { fips, dualStack }: EndpointVariant = {}): string {
  const { suffix, dualStackSuffix } = partitionOf(region);
  return `https://${service}${fips ? '-fips' : ''}.${region}.${dualStack ? dualStackSuffix : suffix}`;
}

/** The base URL of STS in a region. AWS_ENDPOINT_URL_STS is AWS's own way to move STS (a VPC endpoint); AWS_ENDPOINT_URL is
 * not heeded, since it would move everything. */
export function stsEndpoint(region: string, variant: EndpointVariant): string {
  const moved = process.env.AWS_ENDPOINT_URL_STS?.trim().replace(/\/+$/, '');
  if (moved) return moved;
  // GovCloud's usual endpoint is the validated one (STS's endpoint rule set, 2026-11).
  const usual = partitionOf(region).name === 'aws-us-gov' && !variant.dualStack;
  return serviceEndpoint('sts', region, usual ? {} : variant);
}

// Of a public endpoint, or of a VPC endpoint without private DNS: `vpce-….{service}.{region}.vpce.{suffix}`.
const AWS_HOST = /^(?:vpce-[a-z0-9-]+\.)?(bedrock[a-z-]*)\.([a-z]{2,6}(?:-[a-z]+)+-\d{1,2})\.(?:vpce\.)?(.+)$/;
const SUFFIXES = new Set(
  [COMMERCIAL, ...PARTITIONS.map(([, each]) => each)].flatMap(({ suffix, dualStackSuffix }) => [
    suffix,
    dualStackSuffix,
  ]),
);
const RUNTIMES = new Set(['bedrock-runtime', 'bedrock-runtime-fips']);
const OTHER_SERVICES: Readonly<Record<string, string>> = {
  bedrock: 'the control plane',
  'bedrock-agent': 'the build-time service of agents',
  'bedrock-agent-runtime': 'the service of agents',
  'bedrock-mantle': 'another API of Bedrock',
};

/** Whether a host name is one of AWS's own. */
export const isPublicHost = (hostname: string): boolean =>
  [...SUFFIXES].some((suffix) => hostname.endsWith(`.${suffix}`));

/** The region that one of AWS's own host names is in; undefined for any other host. */
export function regionOfHost(endpoint: string): string | undefined {
  const [, , region, suffix = ''] = AWS_HOST.exec(new URL(endpoint).hostname) ?? [];
  return SUFFIXES.has(suffix) ? region : undefined;
}

/** What looks wrong with an endpoint, in sentences. Only AWS's own host names are judged. */
export function endpointWarnings(endpoint: string, region: string): string[] {
  const { hostname } = new URL(endpoint);
  const [, service = '', hostRegion = '', suffix = ''] = AWS_HOST.exec(hostname) ?? [];
  if (!SUFFIXES.has(suffix)) return [];
  const warnings: string[] = [];
  if (!RUNTIMES.has(service)) {
    const what = OTHER_SERVICES[service.replace(/-fips$/, '')] ?? 'another service';
    // The service's label stands before its region; a VPC endpoint has an id of its own for each service.
    const right = hostname.replace(`${service}.${hostRegion}`, `bedrock-runtime.${hostRegion}`);
    const example = hostname.startsWith('vpce-') ? right.replace(/^vpce-[^.]*/, 'vpce-…') : right;
    const advice = hostname.startsWith('vpce-') ? 'create an endpoint of the service bedrock-runtime: ' : '';
    warnings.push(`${hostname} is ${what} (${service}), models answer at bedrock-runtime: ${advice}https://${example}`);
  }
  if (hostRegion !== region) {
    warnings.push(`${hostname} is in ${hostRegion}, but requests are signed for ${region}: set region: ${hostRegion}`);
  }
  return warnings;
}

/** One path segment, encoded as the AWS SDK encodes it: everything but RFC 3986's unreserved characters. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
