// The teaching plugin: answers with what it was asked. A whole provider on one screen.
import { type ChatEvent, type ChatRequest, definePlugin, type Part, unreadExtensions } from '@turnout/core/contract';
import { z } from 'zod';

/** The text of the last message, which is what comes back. */
function lastText(request: ChatRequest): string {
  const parts: readonly Part[] = request.messages.at(-1)?.parts ?? [];
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

export default definePlugin({
  name: 'echo',
  contract: 1,
  // The provider's own keys in the YAML: echo has none, so any is an error with its line and column.
  config: z.strictObject({}),
  create: (_config, host) => ({
    // Everything that can be decided without I/O. `wire` is what stream() will use; losses are what echo cannot do.
    plan: (request) => ({
      resolution: { model: request.model, endpoint: 'none', auth: 'none', reasons: [`${host.name} calls nobody`] },
      losses: unreadExtensions(request, {}),
      wire: lastText(request),
    }),
    // start (block-start block-delta* block-end)* finish. A failure would be thrown as a RouterError.
    async *stream(request, call): AsyncGenerator<ChatEvent> {
      const text = call.plan.wire as string; // plan() above made it
      const words = text.split(/(?<=\s)/);
      yield { type: 'start', id: call.id, model: request.model };
      yield { type: 'block-start', index: 0, block: { type: 'text' } };
      for (const word of words) yield { type: 'block-delta', index: 0, text: word };
      yield { type: 'block-end', index: 0 };
      const tokens = words.length;
      const usage = { inputTokens: tokens, outputTokens: tokens, totalTokens: 2 * tokens };
      yield { type: 'finish', reason: 'stop', rawReason: 'end', usage };
    },
    models: async () => [{ id: 'echo' }],
  }),
});
