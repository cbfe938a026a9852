// Where a call goes: the public endpoint of a region, and a model's place below a base URL.

// DNS suffixes by partition, first match wins. Source: AWS's endpoint rule set of bedrock-runtime, 2026-11.
const SUFFIXES: readonly (readonly [RegExp, string])[] = [
  [/^cn-/, 'amazonaws.com.cn'],
  [/^us-iso-/, 'c2s.ic.gov'],
  [/^us-isob-/, 'sc2s.sgov.gov'],
  [/^eu-isoe-/, 'cloud.adc-e.uk'],
  [/^us-isof-/, 'csp.hci.ic.gov'],
  [/^eusc-/, 'amazonaws.eu'],
];

/** The base URL of bedrock-runtime in a region. */
export function defaultEndpoint(region: string): string {
  const suffix = SUFFIXES.find(([pattern]) => pattern.test(region))?.[1] ?? 'amazonaws.com';
  return `https://bedrock-runtime.${region}.${suffix}`;
}

/** One path segment, encoded as the AWS SDK encodes it: everything but RFC 3986's unreserved characters. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
