// A body of Converse as the client wrote it, made ready to be sent as it is: with what the operator has set, and without what only
// the operator may set.
import { type ChatRequest, type Loss, type PlanCall, RouterError } from '@turnout/core/contract';
import { isObject, Losses } from '@turnout/core/plugin';
import type { ConverseRequestBody } from '@turnout/core/wire';
import { OVERRULED, readOverruled } from './converse-settings.ts';
import { applyToOwn } from './extras.ts';
import { fitManagedPrompt } from './prompt.ts';
import { planAdditions } from './relay-defaults.ts';
import { joinOutputSettings } from './request.ts';
import type { Target } from './resolve.ts';

type Json = Readonly<Record<string, unknown>>;

export interface RelayBody {
  readonly body: Readonly<Record<string, unknown>>;
  readonly losses: readonly Loss[];
  /** The reasoning that the route has added, in one line. */
  readonly reasoningLine: string | undefined;
}

/** `given` is left as it is. Throws RouterError for what only an operator may set. */
export function relayConverse(
  given: Json,
  request: ChatRequest,
  call: Pick<PlanCall, 'routeSettings' | 'keyName' | 'stream'>,
  target: Target,
): Omit<RelayBody, 'body'> & { readonly body: ConverseRequestBody } {
  refuseStores(given);
  const own: Record<string, unknown> = { ...given };
  delete own.modelId;
  for (const member of OVERRULED) delete own[member];
  // The client's own: what is read of it is looked at first, and the rest is for AWS to judge.
  const body = own as unknown as ConverseRequestBody;
  const losses = new Losses();
  const line = target.managedPrompt ? undefined : addDefaults(body, request, target, losses);
  losses.addAll(applyToOwn(body, readOverruled(given), call, target));
  if (target.managedPrompt) losses.addAll(fitManagedPrompt(body, request));
  return { body, losses: losses.list, reasoningLine: line };
}

const REASONING_FIELDS = ['thinking', 'reasoning_config', 'reasoningConfig', 'reasoning_effort', 'reasoning'];

function addDefaults(body: ConverseRequestBody, request: ChatRequest, target: Target, losses: Losses) {
  const inference: Json = isObject(body.inferenceConfig) ? body.inferenceConfig : {};
  const before: Json = isObject(body.additionalModelRequestFields) ? body.additionalModelRequestFields : {};
  const nova = before.reasoningConfig;
  const additions = planAdditions(
    {
      maxTokens: asNumber(inference.maxTokens),
      temperature: asNumber(inference.temperature),
      topP: asNumber(inference.topP),
      topK: asNumber(before.top_k),
      reasons: saysHow(before, body.outputConfig),
      bare: isObject(nova) && nova.type === 'enabled' && nova.maxReasoningEffort === 'high',
      prefill: Array.isArray(body.messages) && body.messages.at(-1)?.role === 'assistant',
      tools: isObject(body.toolConfig),
    },
    request,
    target,
    losses,
  );
  const { maxTokens: _limit, temperature: _temperature, topP: _topP, ...rest } = inference;
  const config = { ...rest, ...additions.inference };
  if (Object.keys(config).length > 0) body.inferenceConfig = config;
  else delete body.inferenceConfig;
  if (Object.keys(additions.fields).length === 0) return additions.line;
  const fields = mergeFields(before, additions.fields);
  if (additions.withoutTopK) delete fields.top_k;
  body.additionalModelRequestFields = fields;
  joinOutputSettings(body);
  const choice = body.toolConfig?.toolChoice;
  if (additions.withoutForcedTool && (choice?.any !== undefined || choice?.tool !== undefined)) {
    losses.approximate('toolChoice', 'a thinking model takes no forced tool choice: it may choose');
    const { toolChoice: _forced, ...tools } = body.toolConfig ?? { tools: [] };
    body.toolConfig = tools;
  }
  return additions.line;
}

const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** Whether the client says itself how the model is to reason. */
function saysHow(fields: Json, outputConfig: unknown): boolean {
  const effort = (config: unknown): boolean => isObject(config) && config.effort !== undefined;
  return (
    REASONING_FIELDS.some((name) => fields[name] !== undefined) || effort(fields.output_config) || effort(outputConfig)
  );
}

/** The client's members beside those of the route's reasoning: lists are joined, objects too. */
export function mergeFields(own: Json, added: Json): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...own };
  for (const [name, value] of Object.entries(added)) {
    const before = own[name];
    if (Array.isArray(before) && Array.isArray(value)) merged[name] = [...new Set([...before, ...value])];
    else merged[name] = isObject(before) && isObject(value) ? { ...before, ...value } : value;
  }
  return merged;
}

/** Media are not taken from S3: they would be read with the operator's rights, from any bucket that they reach. Throws
 * RouterError `unsupported`. Works for the bodies of Converse and for Nova's own, which has the same blocks. */
export function refuseStores({ messages }: Json): void {
  if (!Array.isArray(messages)) return;
  for (const message of messages) for (const block of blocksOf(message)) refuseStore(block);
}

const blocksOf = (holder: unknown): readonly unknown[] =>
  isObject(holder) && Array.isArray(holder.content) ? holder.content : [];

function refuseStore(block: unknown): void {
  if (!isObject(block)) return;
  for (const inner of blocksOf(block.toolResult)) refuseStore(inner);
  for (const kind of ['image', 'document', 'video', 'audio']) {
    const media = block[kind];
    if (isObject(media) && isObject(media.source) && media.source.s3Location !== undefined) {
      throw new RouterError('unsupported', 'media are not taken from S3: send their bytes', { field: 'messages' });
    }
  }
}
