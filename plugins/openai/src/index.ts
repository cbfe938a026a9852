// OpenAI's chat completions as a provider, and every server that speaks them: request.ts is the way out, answer.ts the way back.
import { type Call, definePlugin, type Host, type Plan, type Provider, RouterError } from '@turnout/core/contract';
import { AnswerReader } from './answer.ts';
import { type Answer, type Client, createClient } from './client.ts';
import { configSchema, type OpenaiConfig } from './config.ts';
import { dialectOf } from './dialect.ts';
import type { ChatWire } from './echo.ts';
import { embedTexts, planEmbedding } from './embed.ts';
import { Lessons } from './lessons.ts';
import { checkServer, listModels } from './models.ts';
import { type Server, shapeRequest } from './request.ts';
import { requestResult } from './result.ts';
import { type Source, streamAnswer } from './stream.ts';
import type { Bag } from './wire.ts';

export default definePlugin<OpenaiConfig>({
  name: 'openai',
  contract: 1,
  config: configSchema,
  create: createProvider,
});

function createProvider(config: OpenaiConfig, host: Host): Provider {
  const { baseUrl } = config;
  const client = createClient(host, config);
  const lessons = new Lessons();
  const server: Server = {
    dialect: dialectOf(baseUrl),
    origin: new URL(baseUrl).host,
    lessons,
  };
  const asker = createAsker(client, lessons);
  const auth = config.apiKey === undefined ? 'none' : 'API key';
  const resolutionOf = (model: string, reasoning?: string): Plan['resolution'] => ({
    ...{ model, endpoint: baseUrl, auth },
    ...(reasoning === undefined ? {} : { reasoning }),
    reasons: [`${model} is sent as it is written`, server.dialect.reason],
  });
  const sourceOf = (call: Call, stream: boolean): Source => {
    // `plan` made the wire: core only carries it.
    const wire = call.plan.wire as ChatWire;
    const { model } = wire.echo;
    const error = client.errorContext(model);
    const onReasoning: AnswerContextHook = (field) => lessons.learnReasoning(model, field);
    return {
      error,
      signal: call.signal,
      send: () => asker(wire, stream, call.signal),
      reader: () => new AnswerReader({ echo: wire.echo, callId: call.id, error, onReasoning }),
    };
  };

  return {
    plan: (request, call) => {
      const { wire, losses, reasoningLine } = shapeRequest(request, call, server);
      return { resolution: resolutionOf(request.model, reasoningLine), losses, wire };
    },
    stream: (_request, call) => streamAnswer(sourceOf(call, true)),
    generate: (_request, call) => requestResult(sourceOf(call, false)),
    embeddings: {
      plan: (request) => ({ ...planEmbedding(request), resolution: resolutionOf(request.model) }),
      // As above: the plan's own.
      embed: ({ input }, { plan, signal }) => embedTexts(client, plan.wire as Bag, input, signal),
    },
    models: ({ signal }) => listModels(client, signal),
    check: (call) => checkServer(client, config.apiKey !== undefined, call),
    // Connections belong to the host, and nothing else stays open.
    close: async () => {},
  };
}

type AnswerContextHook = ConstructorParameters<typeof AnswerReader>[0]['onReasoning'];

/** Sends chats. What a refusal teaches is remembered, and the request is worth another try. */
function createAsker(
  client: Client,
  lessons: Lessons,
): (wire: ChatWire, stream: boolean, signal: AbortSignal) => Promise<Answer> {
  return async ({ body: planned, echo: { model } }, stream, signal) => {
    const usage = lessons.reportsUsage ? { stream_options: { include_usage: true } } : {};
    const body = stream ? { ...planned, stream, ...usage } : planned;
    const accept = stream ? 'text/event-stream' : 'application/json';
    try {
      return await client.ask({ method: 'POST', path: '/chat/completions', model, signal, accept, body });
    } catch (error) {
      if (!RouterError.is(error) || !lessons.learnRefusal(model, body, error)) throw error;
      const { code, message, publicMessage } = error;
      throw new RouterError(code, message, { publicMessage, again: true, cause: error });
    }
  };
}
