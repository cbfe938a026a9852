// The models behind bedrock-local: one that thinks, and whose requests are relayed where the agent speaks Bedrock; one that does
// neither.
import { randomUUID } from 'node:crypto';
import { type RecordedRequest, type Step, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { z } from 'zod';
import { createSeal } from '../../plugins/bedrock/local/reasoning-seal.ts';
import type { Sight, Thought } from './brain.ts';
import type { Mind, Model, Upstream } from './upstream.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret-not-a-real-one' };

export const claude: Model = {
  name: 'claude-sonnet-5',
  target: 'bedrock/anthropic.claude-sonnet-5',
  reasons: true,
  start,
};

export const nova: Model = { name: 'nova-pro', target: 'bedrock/amazon.nova-pro-v1:0', reasons: false, start };

async function start(mind: Mind): Promise<Upstream> {
  const local = await startBedrockLocal({ credentials: [KEYS] });
  // A function stands for one request: it puts itself back for the next.
  const next = (request: RecordedRequest): Step | undefined => {
    local.script(next);
    const { sight, thinking } = look(request.body);
    const thought = mind(sight);
    return thought && { kind: 'answer', content: contentOf(thought, thinking) };
  };
  local.script(next);
  return {
    yaml: `bedrock:
    region: us-east-1
    crossRegion: geo
    endpoint: ${local.url}
    auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} }
    retry: { attempts: 1 }`,
    close: () => local.close(),
  };
}

type Content = NonNullable<Extract<Step, { kind: 'answer' }>['content']>;

function contentOf({ text, call }: Thought, thinking: Thinking | undefined): Content {
  if (call === undefined) return [{ text }];
  const toolUseId = `tooluse_${randomUUID().replaceAll('-', '').slice(0, 22)}`;
  return [...reason(thinking), { text }, { toolUse: { toolUseId, ...call } }];
}

const seal = createSeal();

/** As a Claude thinks that is asked to: signed, and in words only where they are to be shown. bedrock-local refuses it later when
 * a byte of it has changed. */
function reason(thinking: Thinking | undefined): Content {
  if (thinking === undefined || thinking.type === 'disabled') return [];
  const text = thinking.display === 'omitted' ? '' : 'The word must be in the file, so I have to read that first.';
  return [{ reasoningContent: { reasoningText: { text, signature: seal.sign(text) } } }];
}

const schema = z.object({ properties: z.record(z.string(), z.unknown()).default({}) });
const block = z.object({
  toolResult: z.unknown().optional(),
  reasoningContent: z.object({ reasoningText: z.object({ signature: z.string() }).optional() }).optional(),
  type: z.string().optional(),
  content: z.unknown().optional(),
});
const thinking = z.object({ type: z.string(), display: z.string().optional() }).optional();
type Thinking = NonNullable<z.infer<typeof thinking>>;

/** Converse's body and Anthropic's in one: their names do not collide. */
const body = z.object({
  messages: z.array(z.object({ content: z.union([z.string(), z.array(block)]) })),
  toolConfig: z
    .object({
      tools: z.array(
        z.object({ toolSpec: z.object({ name: z.string(), inputSchema: z.object({ json: schema }) }).optional() }),
      ),
    })
    .default({ tools: [] }),
  additionalModelRequestFields: z.object({ thinking }).default({}),
  tools: z.array(z.object({ name: z.string(), input_schema: schema.default({ properties: {} }) })).default([]),
  thinking,
});

/** What is in a body of Converse or InvokeModel. */
export function look(json: unknown): { readonly sight: Sight; readonly thinking: Thinking | undefined } {
  const { messages, toolConfig, tools, ...rest } = body.parse(json);
  const blocks = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content));
  const results = blocks.flatMap((one) => (one.type === 'tool_result' ? [one.content] : (one.toolResult ?? [])));
  return {
    sight: {
      results: results.map((one) => JSON.stringify(one)).join('\n'),
      signed: blocks.some((one) => one.type === 'thinking' || one.reasoningContent?.reasoningText !== undefined),
      tools: [
        ...toolConfig.tools.flatMap(({ toolSpec }) =>
          toolSpec ? [{ name: toolSpec.name, properties: Object.keys(toolSpec.inputSchema.json.properties) }] : [],
        ),
        ...tools.map((tool) => ({ name: tool.name, properties: Object.keys(tool.input_schema.properties) })),
      ],
    },
    thinking: rest.thinking ?? rest.additionalModelRequestFields.thinking,
  };
}
