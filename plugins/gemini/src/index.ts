// Google's Gemini API as a provider: request.ts is the way out, answer.ts the way back.
import { type Call, definePlugin, type Host, type Plan, type Provider } from '@turnout/core/contract';
import { AnswerReader } from './answer.ts';
import { createClient, methodPath } from './client.ts';
import { configSchema, extensionSchema, type GeminiConfig } from './config.ts';
import { countTokens } from './count.ts';
import type { ChatWire } from './echo.ts';
import { type EmbedWire, embedTexts, planEmbedding } from './embed.ts';
import { checkServer, listModels } from './models.ts';
import { shapeRequest } from './request.ts';
import { requestResult } from './result.ts';
import { type Source, streamAnswer } from './stream.ts';

export default definePlugin<GeminiConfig>({
  name: 'gemini',
  contract: 1,
  config: configSchema,
  extensions: extensionSchema,
  create: createProvider,
});

function createProvider(config: GeminiConfig, host: Host): Provider {
  const client = createClient(host, config);
  const resolutionOf = (model: string, reasoning?: string): Plan['resolution'] => ({
    ...{ model, endpoint: config.baseUrl, auth: 'API key' },
    ...(reasoning === undefined ? {} : { reasoning }),
    reasons: [`${model} is sent as it is written`],
  });
  const sourceOf = (call: Call, stream: boolean): Source => {
    // `plan` made the wire: core only carries it.
    const { body, echo } = call.plan.wire as ChatWire;
    const { model } = echo;
    const { signal } = call;
    const error = client.errorContext(model);
    const path = methodPath(model, stream ? 'streamGenerateContent?alt=sse' : 'generateContent');
    const accept = stream ? 'text/event-stream' : 'application/json';
    return {
      error,
      signal,
      send: () => client.ask({ method: 'POST', path, body, accept, model, signal }),
      reader: () => new AnswerReader({ echo, callId: call.id, error }),
    };
  };

  return {
    vendor: 'gcp.gemini',
    plan: (request, call) => {
      const { wire, losses, reasoningLine } = shapeRequest(request, call, config);
      return { resolution: resolutionOf(request.model, reasoningLine), losses, wire };
    },
    stream: (_request, call) => streamAnswer(sourceOf(call, true)),
    generate: (_request, call) => requestResult(sourceOf(call, false)),
    countTokens: (request, call) =>
      countTokens(client, request.model, shapeRequest(request, call, config).wire.body, call.signal),
    embeddings: {
      plan: (request) => ({ ...planEmbedding(request), resolution: resolutionOf(request.model) }),
      // As above: the plan's own.
      embed: ({ input }, { plan, signal }) => embedTexts(client, plan.wire as EmbedWire, input, signal),
    },
    models: ({ signal }) => listModels(client, signal),
    check: (call) => checkServer(client, call),
    // Connections belong to the host, and nothing else stays open.
    close: async () => {},
  };
}
