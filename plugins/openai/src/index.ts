// OpenAI as a provider, and every server that speaks its chat completions or Responses: planner.ts is the way out, answer.ts and
// responses-answer.ts the way back, relay-answer.ts the short way for clients that speak the same.
import {
  type Call,
  definePlugin,
  type Host,
  type Plan,
  type Provider,
  type RelayCall,
  RouterError,
} from '@turnout/core/contract';
import { type Access, createAccess } from './access.ts';
import { AnswerReader } from './answer.ts';
import { createBedrockAccess, isBedrockPreset, regionOf } from './bedrock-access.ts';
import { type Answer, type Client, createClient } from './client.ts';
import { configSchema, type OpenaiConfig } from './config.ts';
import type { Api, ChatWire, RelayWire } from './echo.ts';
import { embedTexts, planEmbedding } from './embed.ts';
import { Lessons } from './lessons.ts';
import { checkServer, listModels } from './models.ts';
import { type Place, placeOf } from './place.ts';
import { planRequest } from './planner.ts';
import { dialectFor, vendorOf } from './presets.ts';
import { relayAnswer } from './relay-answer.ts';
import type { Server } from './request.ts';
import { ResponseReader } from './responses-answer.ts';
import { requestResult } from './result.ts';
import { type Source, streamAnswer } from './stream.ts';
import { type Bag, isBag } from './wire.ts';

export default definePlugin<OpenaiConfig>({
  name: 'openai',
  contract: 1,
  config: configSchema,
  create: createProvider,
});

/** How a server is reached: AWS's own need the other plugin, which takes its time to load. */
async function reach(config: OpenaiConfig, host: Host): Promise<{ access: Access; place: Place }> {
  const { preset } = config;
  if (!isBedrockPreset(preset)) return { access: createAccess(config, host), place: placeOf(config, undefined) };
  const { access, endpoint } = await createBedrockAccess(preset, config, regionOf(config), host);
  return { access, place: placeOf(config, endpoint) };
}

async function createProvider(config: OpenaiConfig, host: Host): Promise<Provider> {
  const { access, place } = await reach(config, host);
  const { baseUrl } = place;
  const client = createClient(host, config, place, access);
  const dialect = dialectFor(config.preset, baseUrl);
  const lessons = new Lessons(dialect.withholds);
  const server: Server = { dialect, origin: new URL(baseUrl).host, lessons };
  const asker = createAsker(client, lessons, place);
  const resolutionOf = (model: string, reasons: readonly string[] = [], reasoning?: string): Plan['resolution'] => ({
    ...{ model: place.nameOf(model), endpoint: baseUrl, auth: access.name },
    ...(reasoning === undefined ? {} : { reasoning }),
    reasons: [namingOf(model, place), server.dialect.reason, ...reasons],
  });
  const sourceOf = (call: Call, stream: boolean): Source => {
    // `plan` made the wire: core only carries it.
    const { api, body, echo } = call.plan.wire as ChatWire;
    const { model } = echo;
    const error = client.errorContext(model);
    const context = { echo, callId: call.id, error };
    const onReasoning: AnswerContextHook = (field) => lessons.learnReasoning(model, field);
    return {
      error,
      signal: call.signal,
      send: () => asker({ api, body, model, stream }, call.signal),
      reader: () => (api === 'chat' ? new AnswerReader({ ...context, onReasoning }) : new ResponseReader(context)),
    };
  };

  return {
    vendor: vendorOf(config.preset),
    plan: (request, call) => {
      const { reasoningLine, reasons, ...plan } = planRequest(request, call, server, config.api);
      return { ...plan, resolution: resolutionOf(request.model, reasons, reasoningLine) };
    },
    stream: (_request, call) => streamAnswer(sourceOf(call, true)),
    generate: (_request, call) => requestResult(sourceOf(call, false)),
    relay: (_request, call: RelayCall) => {
      // As above: the plan's own.
      const wire = call.plan.wire as RelayWire;
      const error = client.errorContext(wire.model);
      return relayAnswer({ error, lessons, send: () => asker(wire, call.signal) }, wire, call);
    },
    embeddings: {
      plan: (request) => ({ ...planEmbedding(request), resolution: resolutionOf(request.model) }),
      // As above: the plan's own.
      embed: ({ input }, { plan, signal }) => embedTexts(client, place, plan.wire as Bag, input, signal),
    },
    models: ({ signal }) => listModels(client, signal),
    check: (call) => checkServer(client, access.name, call),
    // Connections belong to the host.
    close: async () => access.close?.(),
  };
}

function namingOf(model: string, { nameOf }: Place): string {
  const name = nameOf(model);
  return name === model ? `${model} is sent as it is written` : `${model} is the deployment ${name}`;
}

type AnswerContextHook = ConstructorParameters<typeof AnswerReader>[0]['onReasoning'];

/** One request as it is planned. */
type Planned = Pick<RelayWire, 'api' | 'body' | 'model' | 'stream'>;

const PATHS: Readonly<Record<Api, string>> = { chat: '/chat/completions', responses: '/responses' };

/** Sends chats. What a refusal teaches is remembered, and the request is worth another try. */
function createAsker(
  client: Client,
  lessons: Lessons,
  place: Place,
): (planned: Planned, signal: AbortSignal) => Promise<Answer> {
  return ({ api, body: planned, model, stream }, signal) => {
    const body = { ...planned, model: place.nameOf(model), ...streaming(planned, api, stream, lessons.reportsUsage) };
    const accept = stream ? 'text/event-stream' : 'application/json';
    return client.ask({ method: 'POST', path: PATHS[api], model, signal, accept, body }).catch((error: unknown) => {
      if (!RouterError.is(error) || !lessons.learnRefusal(model, body, error)) throw error;
      const { code, message, publicMessage } = error;
      throw new RouterError(code, message, { publicMessage, again: true, cause: error });
    });
  };
}

/** The members that ask for a stream, and for its usage, which Responses tell anyway. */
function streaming(planned: Bag, api: Api, stream: boolean, reportsUsage: boolean): Bag {
  if (!stream) return { stream_options: undefined };
  if (api === 'responses') return { stream };
  const options = isBag(planned.stream_options) ? planned.stream_options : {};
  return { stream, stream_options: reportsUsage ? { ...options, include_usage: true } : undefined };
}
