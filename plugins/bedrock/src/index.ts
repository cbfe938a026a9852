// Amazon Bedrock as a provider: request.ts is the way out, answer.ts the way back.
import { type ChatRequest, definePlugin, type Host, type Plan, type Provider } from '@turnout/core/contract';
import { createAuth } from './auth.ts';
import { checkProvider } from './check.ts';
import { createClient } from './client.ts';
import { type BedrockConfig, configSchema, resolveRegion } from './config.ts';
import { defaultEndpoint } from './endpoint.ts';
import { listModels } from './models.ts';
import { shapeRequest } from './request.ts';
import { createResolver, type ResolveSettings } from './resolve.ts';
import { requestResult } from './result.ts';
import { streamAnswer } from './stream.ts';
import type { Wire } from './wire.ts';

export default definePlugin<BedrockConfig>({
  name: 'bedrock',
  contract: 1,
  config: configSchema,
  create: createProvider,
});

async function createProvider(config: BedrockConfig, host: Host): Promise<Provider> {
  const { region, source } = await resolveRegion(config);
  const { crossRegion, endpoint, models } = config;
  const settings: ResolveSettings = { region, regionSource: source, crossRegion, endpoint, models };
  const auth = createAuth(config.auth, host.name, region);
  const client = createClient(host, auth);
  const resolve = createResolver(settings);

  const plan = (request: ChatRequest): Plan => {
    const target = resolve(request.model);
    const { body, echo, losses, reasoningLine } = shapeRequest(request, target);
    const wire: Wire = { target, body, echo };
    const resolution = {
      model: target.id,
      region: target.region,
      endpoint: target.endpoint,
      auth: auth.name,
      ...(reasoningLine === undefined ? {} : { reasoning: reasoningLine }),
      reasons: target.reasons,
    };
    return { resolution, losses, wire };
  };

  return {
    plan,
    // `plan` made the wire: core only carries it.
    stream: (_request, call) => streamAnswer(client, call.plan.wire as Wire, call),
    generate: (_request, call) => requestResult(client, call.plan.wire as Wire, call),
    models: async () => listModels(settings, resolve),
    check: (call) => {
      const subject = { region, regionSource: source, endpoint: endpoint ?? defaultEndpoint(region) };
      return checkProvider(host, auth, subject, call);
    },
    // Connections belong to the host, and nothing else stays open.
    close: async () => {},
  };
}
