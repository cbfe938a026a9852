// A provider for Turnout: parrot, an imaginary service that answers in lines of JSON. Change it, piece by piece, into yours.
import { type ChatEvent, definePlugin } from '@turnout/core/contract';
import { z } from 'zod';
import { readAnswer } from './answer.ts';
import { failureOf, refusalOf } from './failure.ts';
import { encode, lossesOf } from './request.ts';

export default definePlugin({
  name: 'parrot',
  contract: 1,
  // The provider's own keys in the YAML. Strict: any other key is an error with its line and column.
  config: z.strictObject({ url: z.url(), apiKey: z.string().min(1) }),
  // No network here. A throw is a config error at the provider's line.
  create: ({ url, apiKey }, host) => ({
    // Synchronous and without I/O, before every call: what will be sent, and what of the request is lost on the way.
    // `turnout explain` shows it.
    plan: (request) => ({
      resolution: { model: request.model, endpoint: url, auth: 'api key', reasons: [] },
      losses: lossesOf(request),
      wire: encode(request),
    }),
    // One call, never a retry: the code of the failure decides what core does next.
    async *stream(request, { plan, signal }): AsyncGenerator<ChatEvent> {
      try {
        const answer = await host.request(url, {
          method: 'POST',
          headers: { ...host.headers, 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
          body: JSON.stringify(plan.wire),
          signal,
        });
        if (answer.statusCode !== 200) throw await refusalOf(answer);
        yield* readAnswer(answer.body, request.model);
      } catch (error) {
        throw failureOf(error, signal);
      }
    },
  }),
});
