// Anthropic's Messages as a provider: request.ts is the way out, answer.ts the way back, relay.ts the way of those who speak it too.
import { type Call, definePlugin, type Host, type Plan, type Provider } from '@turnout/core/contract';
import { AnswerReader } from './answer.ts';
import { createClient } from './client.ts';
import { type AnthropicConfig, configSchema } from './config.ts';
import { countTokens } from './count.ts';
import { checkServer, listModels } from './models.ts';
import { relayAnswer } from './relay.ts';
import { type RelayPlan, relayOf } from './relay-plan.ts';
import { type Shaped, shapeRequest } from './request.ts';
import { requestResult } from './result.ts';
import { type Source, streamAnswer } from './stream.ts';
import { isKnown, traitsOf } from './traits.ts';

export default definePlugin<AnthropicConfig>({
  name: 'anthropic',
  contract: 1,
  config: configSchema,
  create: createProvider,
});

/** What a plan's wire is: only this plugin reads it. */
interface Wire extends Pick<Shaped, 'body' | 'betas' | 'echo'> {
  readonly stream: boolean;
}
interface RelayWire extends Pick<RelayPlan, 'body' | 'betas'> {
  readonly stream: boolean;
}

function createProvider(config: AnthropicConfig, host: Host): Provider {
  const { baseUrl, apiKey, authToken } = config;
  const client = createClient(host, config);
  const hasSecret = (apiKey ?? authToken) !== undefined;
  const auth = apiKey !== undefined ? 'API key' : hasSecret ? 'token' : 'none';
  const resolutionOf = (model: string, line: string | undefined, reason?: string): Plan['resolution'] => {
    const traits = traitsOf(model);
    const what = isKnown(traits) ? `${model} is asked as ${traits.name}` : `${model} is no Claude: all is sent to it`;
    return {
      ...{ model, endpoint: baseUrl, auth },
      ...(line === undefined ? {} : { reasoning: line }),
      reasons: [`${model} is sent as it is written`, what, ...(reason === undefined ? [] : [reason])],
    };
  };
  const sourceOf = (call: Call, stream: boolean): Source => {
    // `plan` made the wire: core only carries it.
    const { body: planned, betas, echo } = call.plan.wire as Wire;
    const { model } = planned;
    const error = client.errorContext(model);
    const accept = stream ? 'text/event-stream' : 'application/json';
    const body = stream ? { ...planned, stream } : planned;
    const { signal } = call;
    return {
      ...{ error, signal },
      send: () => client.ask({ method: 'POST', path: '/v1/messages', accept, body, betas, model, signal }),
      reader: () => new AnswerReader({ echo, callId: call.id, error }),
    };
  };

  return {
    plan: (request, call) => {
      const { stream } = call;
      const relay = relayOf(request, call);
      if (typeof relay === 'object') {
        const { losses, reasoningLine, ...wire } = relay;
        const reason = 'the answer is relayed: its bytes go to the client as they come';
        return {
          resolution: resolutionOf(request.model, reasoningLine, reason),
          ...{ losses, relay: true, wire: { ...wire, stream } satisfies RelayWire },
        };
      }
      const { body, betas, echo, losses, reasoningLine } = shapeRequest(request);
      const reason = relay === undefined ? undefined : `the request is rebuilt: ${relay}`;
      const wire: Wire = { body, betas, echo, stream };
      const goesOn = isKnown(traitsOf(request.model)) && body.messages.at(-1)?.role === 'assistant';
      return {
        resolution: resolutionOf(request.model, reasoningLine, reason),
        ...{ losses, wire },
        ...(goesOn ? { prefill: true } : {}),
      };
    },
    stream: (_request, call) => streamAnswer(sourceOf(call, true)),
    generate: (_request, call) => requestResult(sourceOf(call, false)),
    relay: (_request, call) => {
      // As above: the plan's own.
      const { stream, ...plan } = call.plan.wire as RelayWire;
      return relayAnswer(client, plan, stream, call);
    },
    countTokens: (request, { signal }) => countTokens(client, request, signal),
    models: ({ signal }) => listModels(client, signal),
    check: (call) => checkServer(client, hasSecret, call),
    // Connections belong to the host, and nothing else stays open.
    close: async () => {},
  };
}
