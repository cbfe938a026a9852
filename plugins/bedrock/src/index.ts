// Amazon Bedrock as a provider: request.ts is the way out, answer.ts the way back.
import { definePlugin, type Host, type Plan, type Provider, type Resolution } from '@turnout/core/contract';
import { type Auth, createAuth } from './auth.ts';
import { checkProvider } from './check.ts';
import { createClient } from './client.ts';
import { type BedrockConfig, configSchema, resolveRegion } from './config.ts';
import { countTokens } from './count.ts';
import { createDiscovery, resolveSettled } from './discover.ts';
import { type EmbedDefaults, type EmbedWire, embedTexts, planEmbedding } from './embed.ts';
import { defaultEndpoint, endpointWarnings, serviceEndpoint, stsEndpoint } from './endpoint.ts';
import { createLearningClient, type LearningClient } from './learning-client.ts';
import { priceOfCall } from './model-facts.ts';
import { listModels } from './models.ts';
import { planCall } from './plan.ts';
import { ProfileKnowledge } from './profiles.ts';
import { relayAnswer } from './relay-answer.ts';
import type { RelayWire } from './relay-plan.ts';
import { shapeRequest } from './request.ts';
import { createResolver, poolMembers, type Resolver, type ResolveSettings, type Target } from './resolve.ts';
import { requestResult } from './result.ts';
import { routeSchema } from './settings.ts';
import { streamAnswer } from './stream.ts';
import { tellWhole, UnstreamedModels } from './unstreamed.ts';
import type { Wire } from './wire.ts';

/** How long a list of models waits for the account's profiles. */
const DISCOVERY_WAIT_MS = 4_000;

export default definePlugin<BedrockConfig>({
  name: 'bedrock',
  contract: 1,
  config: configSchema,
  extensions: routeSchema,
  create: createProvider,
});

async function createProvider(config: BedrockConfig, host: Host): Promise<Provider> {
  const { region, source } = await resolveRegion(config);
  const { endpoint, fips, dualStack, residency } = config;
  const variant = { fips, dualStack };
  const settings: ResolveSettings = { ...config, region, regionSource: source, endpoint, variant };
  const regions = config.regions ?? [region];
  warnOfEndpoints(config, regions, host);
  const auth = createAuth(config.auth, { host, region, variant });
  const knowledge = new ProfileKnowledge(config.discover);
  const controlEndpoint = (at: string) => config.controlEndpoint ?? serviceEndpoint('bedrock', at, variant);
  const discovery = config.discover ? createDiscovery({ host, auth }, controlEndpoint, knowledge) : undefined;
  const unstreamed = new UnstreamedModels();
  const client = createLearningClient(unstreamed.watch(createClient(host, auth)), { knowledge, discovery, residency });
  const resolve = createResolver(settings, knowledge);

  const plan: Provider['plan'] = (request, call): Plan => {
    const target = resolve(request.model, call);
    const { reasons, line, ...planned } = planCall(request, call, target, unstreamed);
    return { ...planned, resolution: resolutionOf(target, auth, reasons, line) };
  };

  return {
    vendor: 'aws.bedrock',
    ...(config.regions && { members: (model) => poolMembers(model, settings) }),
    plan,
    // `plan` made the wire: core only carries it.
    stream: (_request, call) => {
      const wire = call.plan.wire as Wire;
      const whole = call.plan.streams === false;
      return whole ? tellWhole(() => requestResult(client, wire, call)) : streamAnswer(client, wire, call);
    },
    generate: (_request, call) => requestResult(client, call.plan.wire as Wire, call),
    relay: (_request, call) => relayAnswer(client, call.plan.wire as RelayWire, call),
    embeddings: embeddingsOf(
      client,
      resolve,
      (target, reasons) => resolutionOf(target, auth, reasons),
      config.embeddings,
    ),
    countTokens: async (request, call) => {
      const target = await resolveSettled(() => resolve(request.model, call), discovery, call.signal);
      return countTokens(client, target, shapeRequest(request, target).body, call);
    },
    models: async ({ signal }) => {
      // Core waits 5 s for a list: what the account has not told by then is left to the catalogue.
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(DISCOVERY_WAIT_MS)]);
      await Promise.all(regions.map((each) => discovery?.load(each, inTime)));
      return listModels(settings, resolve, knowledge);
    },
    check: async (call) => {
      const findings = await Promise.all(
        regions.map(async (each) => {
          discovery?.start(each);
          const endpointThere = endpoint ?? config.endpoints?.[each] ?? defaultEndpoint(each, variant);
          const subject = {
            region: each,
            regionSource: source,
            endpoint: endpointThere,
            stsEndpoint: stsEndpoint(each, variant),
          };
          const found = await checkProvider(host, auth, subject, call);
          return regions.length === 1 ? found : found.map((finding) => ({ ...finding, member: each }));
        }),
      );
      return findings.flat();
    },
    // Connections belong to the host, and nothing else stays open.
    close: async () => discovery?.close(),
  };
}

function embeddingsOf(
  client: LearningClient,
  resolve: Resolver,
  resolutionFor: (target: Target, reasons: readonly string[]) => Resolution,
  defaults: EmbedDefaults,
): NonNullable<Provider['embeddings']> {
  return {
    plan: (request, call) => {
      const target = resolve(request.model, call);
      // Before the account has been asked, nothing says so.
      const makes = target.awaitsDiscovery ? [] : ['it makes embeddings: ask it at /v1/embeddings'];
      const reasons = [...target.reasons, ...makes];
      return { ...planEmbedding(request, target, defaults), resolution: resolutionFor(target, reasons) };
    },
    embed: ({ input }, { plan, signal }) => embedTexts(client, plan.wire as EmbedWire, input, signal),
  };
}

function resolutionOf(target: Target, auth: Auth, reasons: readonly string[], reasoning?: string): Resolution {
  const price = priceOfCall(target.row, target.id);
  const inputTokensMax = target.row?.contextTokensMax;
  return {
    model: target.id,
    region: target.region,
    ...(target.profile === undefined ? {} : { profile: target.profile }),
    endpoint: target.endpoint,
    auth: auth.name,
    ...(reasoning === undefined ? {} : { reasoning }),
    // An ARN names something of the account's own: there is no list of those.
    known: target.row !== undefined || target.id.startsWith('arn:'),
    ...(inputTokensMax === undefined ? {} : { inputTokensMax }),
    ...(price === undefined ? {} : { price }),
    reasons,
  };
}

/** What looks wrong with an endpoint is said at the setting that names it. */
function warnOfEndpoints({ endpoint, endpoints = {} }: BedrockConfig, regions: readonly string[], host: Host): void {
  const warn = (setting: readonly string[], url: string, at: string): void => {
    for (const warning of endpointWarnings(url, at)) host.log.warn({ provider: host.name, setting }, warning);
  };
  for (const region of regions) if (endpoint !== undefined) warn(['endpoint'], endpoint, region);
  for (const [at, url] of Object.entries(endpoints)) warn(['endpoints', at], url, at);
}
