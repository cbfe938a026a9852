// The model behind openai-local, which has tools of free text.
import { type RecordedRequest, type Step, startOpenaiLocal } from '@turnout/plugin-openai/local';
import { z } from 'zod';
import type { Sight } from './brain.ts';
import type { Mind, Model, Upstream } from './upstream.ts';

const KEY = 'sk-of-openai-local';

export const gpt: Model = { name: 'gpt-5.5', target: 'openai/gpt-5.5', reasons: false, start };

async function start(mind: Mind): Promise<Upstream> {
  const local = await startOpenaiLocal({ apiKeys: [KEY] });
  // A function stands for one request: it puts itself back for the next.
  const next = (request: RecordedRequest): Step | undefined => {
    local.script(next);
    const thought = mind(look(request.body));
    if (thought === undefined) return undefined;
    const { text, call } = thought;
    return {
      kind: 'answer',
      content: text,
      ...(call && { toolCalls: [{ ...call, custom: typeof call.input === 'string' }] }),
    };
  };
  local.script(next);
  return {
    yaml: `openai: { baseUrl: ${local.baseUrl}, apiKey: ${KEY}, retry: { attempts: 1 } }`,
    close: () => local.close(),
  };
}

const body = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.unknown().optional() })),
  tools: z
    .array(
      z.union([
        z.object({
          type: z.literal('function'),
          function: z.object({
            name: z.string(),
            parameters: z.object({ properties: z.record(z.string(), z.unknown()).default({}) }).optional(),
          }),
        }),
        z.object({ type: z.literal('custom'), custom: z.object({ name: z.string() }) }),
      ]),
    )
    .default([]),
});

/** What is in a body of chat completions. */
export function look(json: unknown): Sight {
  const { messages, tools } = body.parse(json);
  return {
    results: messages.flatMap(({ role, content }) => (role === 'tool' ? [JSON.stringify(content)] : [])).join('\n'),
    signed: false,
    tools: tools.map((tool) =>
      tool.type === 'custom'
        ? { name: tool.custom.name, properties: undefined }
        : { name: tool.function.name, properties: Object.keys(tool.function.parameters?.properties ?? {}) },
    ),
  };
}
