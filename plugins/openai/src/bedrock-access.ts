// Bedrock's own endpoints of OpenAI's APIs, signed in to as the Bedrock plugin does: AWS credentials or a Bedrock API key.
import { type Host, SettingError } from '@turnout/core/contract';
import { Signer } from '@turnout/core/wire';
import type { Access, Signed, Unsigned } from './access.ts';
import type { OpenaiConfig } from './config.ts';

type BedrockAuth = typeof import('@turnout/plugin-bedrock/auth');

/** The services of the two hosts, as signatures name them. */
const SERVICES = { 'bedrock-openai': 'bedrock', 'bedrock-mantle': 'bedrock-mantle' } as const;

const SERVICE_HOSTS: Readonly<Record<BedrockPreset, string>> = {
  'bedrock-openai': 'bedrock-runtime',
  'bedrock-mantle': 'bedrock-mantle',
};

export type BedrockPreset = keyof typeof SERVICES;

export const isBedrockPreset = (preset: OpenaiConfig['preset']): preset is BedrockPreset =>
  preset !== undefined && Object.hasOwn(SERVICES, preset);

/** Throws SettingError where no region is to be found. */
export function regionOf({ region }: OpenaiConfig): string {
  const found = region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (found === undefined || found === '')
    throw new SettingError(['region'], 'missing: an AWS region such as us-east-1');
  return found;
}

/** Throws SettingError for an `auth` that the Bedrock plugin would refuse too. */
export async function createBedrockAccess(
  preset: BedrockPreset,
  config: OpenaiConfig,
  region: string,
  host: Host,
): Promise<{ readonly access: Access; readonly endpoint: string }> {
  const { authSchema, createAuth, serviceEndpoint } = await loadAuth();
  const checked = authSchema.safeParse(
    config.apiKey === undefined ? (config.auth ?? { mode: 'default' }) : { mode: 'api-key', apiKey: config.apiKey },
  );
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const path = (issue?.path ?? []).filter((step): step is string | number => typeof step !== 'symbol');
    throw new SettingError(['auth', ...path], issue?.message ?? 'not understood');
  }
  const auth = createAuth(checked.data, { host, region, variant: {} });
  const signer = new Signer({ region, service: SERVICES[preset] });
  type Identity = Awaited<ReturnType<typeof auth.load>>;
  const used = new WeakMap<Signed, Identity>();
  const signWith = (identity: Identity, { method, url, headers, body }: Unsigned): Signed => {
    const { host: authority, pathname } = new URL(url);
    const signed =
      identity.kind === 'bearer'
        ? { authorization: `Bearer ${identity.token}` }
        : signer.sign({ method, host: authority, path: pathname, headers, body }, identity.key);
    used.set(signed, identity);
    return signed;
  };
  const access: Access = {
    name: auth.name,
    secret: config.apiKey,
    sign: (request) => {
      const identity = auth.current(region);
      return identity === undefined
        ? auth.load(region).then((found) => signWith(found, request))
        : signWith(identity, request);
    },
    refused: ({ upstream, message }, signed) => {
      const identity = used.get(signed);
      const stale =
        upstream?.status === 401 || (upstream?.status === 403 && /expired|security token|signature/i.test(message));
      if (!auth.refreshable || identity === undefined || !stale) return false;
      auth.forget(identity);
      return true;
    },
  };
  const mantle = preset === 'bedrock-mantle';
  return { access, endpoint: serviceEndpoint(SERVICE_HOSTS[preset], region, { dualStack: mantle }) };
}

/** Only these presets need the other plugin, which brings AWS's SDK along. */
async function loadAuth(): Promise<BedrockAuth> {
  try {
    return await import('@turnout/plugin-bedrock/auth');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    if (!missing) throw cause;
    throw new SettingError(['preset'], 'needs the package @turnout/plugin-bedrock, which is not installed');
  }
}
