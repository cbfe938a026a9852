// A canonical request becomes the body of Converse, for one resolved target.
import { type ChatRequest, type Loss, RouterError, unreadExtensions } from '@turnout/core/contract';

import { flatTools, Losses, type Opener, ToolNames } from '@turnout/core/plugin';
import type { ConverseRequestBody, ConverseSystemBlock } from '@turnout/core/wire';
import { arrangeTurns, fillerTurn, writeMessages } from './arrange.ts';
import { type MarkedPlace, settleMarks } from './cache.ts';
import { READ_EXTENSIONS } from './extras.ts';
import { limitTokens, planInference } from './inference.ts';
import { checkLimits } from './limits.ts';
import { planNative } from './native-tools.ts';
import { planOutput } from './output.ts';
import { lacksReasoning, pairTools } from './pairing.ts';
import { planReasoning, willReason } from './reasoning.ts';
import type { Target } from './resolve.ts';
import { planTools, type ToolPlan, writeTools } from './tools.ts';
import { type Conversation, type Draft, readConversation, type Turn } from './turns.ts';

/** What is needed to read the answer as the client asked for it. */
export interface Echo {
  /** The wire model id. */
  readonly model: string;
  /** The family that signs the reasoning of this answer. */
  readonly origin: string | undefined;
  readonly names: ToolNames;
  /** Wire names of tools whose input is free text. */
  readonly customNames: ReadonlySet<string>;
  /** The tool whose input is the answer's text. */
  readonly outputTool: string | undefined;
  /** Calls are left out of the answer. */
  readonly ignoresCalls: boolean;
  /** Somebody asked to see what the guardrail found. */
  readonly wantsTrace?: boolean;
  /** How the JSON begins that the model was only asked for: what stands around it in the text is left out. */
  readonly jsonOpener: Opener | undefined;
}

export interface Shaped {
  readonly body: ConverseRequestBody;
  readonly echo: Echo;
  readonly losses: readonly Loss[];
  /** The reasoning setting as it is sent, in one line. */
  readonly reasoningLine: string | undefined;
}

/** Pure. Throws RouterError `invalid-request` or `unsupported` for what cannot be sent at all. */
export function shapeRequest(asked: ChatRequest, target: Target): Shaped {
  const request = { ...asked, tools: flatTools(asked.tools) };
  const { family, row } = target;
  if (row?.kind === 'embedding') {
    throw new RouterError('unsupported', `${target.id} makes embeddings: ask it at /v1/embeddings`, { field: 'model' });
  }
  const losses = new Losses();
  const names = new ToolNames(request.tools.map(({ name }) => name));
  const native = planNative(request, target, losses);
  const draft: Draft = { family, losses, names, native: native.tools };
  const conversation = readConversation(request, draft);
  const paired = pairTools(conversation.turns, family, losses);
  if (paired.length === 0) paired.push(onlySystem(conversation, losses));

  const maxTokens = limitTokens(request.maxTokens, row, willReason(request.reasoning, family.reasoning), losses);
  const tools = request.tools.length > 0 && request.toolChoice !== 'none';
  const reasoning = planReasoning(request.reasoning, {
    family,
    losses,
    maxTokens,
    tools,
    unsigned: lacksReasoning(paired),
  });
  const output = planOutput(request, draft, reasoning.thinking);
  const toolPlan = planTools(request, paired, output, draft, reasoning.thinking);
  const inference = planInference(request, family, maxTokens, reasoning, losses);
  const turns = arrangeTurns(paired, { family, thinking: reasoning.thinking, losses });
  settleMarks(markedPlaces(toolPlan, conversation, turns), family, losses);
  noteUnsent(request, losses);

  const fields = {
    ...inference.fields,
    ...reasoning.fields,
    ...native.fields,
    ...joinBetas(reasoning.fields.anthropic_beta, native.betas),
    ...(toolPlan.nativeChoice === undefined ? {} : { tool_choice: toolPlan.nativeChoice }),
  };
  const messages = writeMessages(turns);
  checkLimits(messages);
  const body: ConverseRequestBody = { messages, inferenceConfig: inference.config };
  writeSystem(body, conversation, output.instruction, draft);
  const toolConfig = writeTools(toolPlan);
  if (toolConfig !== undefined) body.toolConfig = toolConfig;
  if (output.outputConfig !== undefined) body.outputConfig = output.outputConfig;
  if (Object.keys(fields).length > 0) body.additionalModelRequestFields = fields;
  joinOutputSettings(body);
  // Claude says which stop sequence it met only when asked, in one place for whole answers, in another for streams.
  if (family.origin === 'claude' && inference.config.stopSequences !== undefined) {
    body.additionalModelResponseFieldPaths = ['/stop_sequence', '/delta/stop_sequence'];
  }
  const echo: Echo = {
    model: target.id,
    origin: family.origin,
    names,
    customNames: toolPlan.customNames,
    outputTool: output.tool?.name,
    ignoresCalls: toolPlan.ignoresCalls,
    jsonOpener: output.opener,
  };
  return { body, echo, losses: losses.list, reasoningLine: reasoning.line };
}

/** The flags that our own settings need and those of the client. */
function joinBetas(own: unknown, native: readonly string[]): { anthropic_beta?: unknown[] } {
  const all = new Set([...(Array.isArray(own) ? own : []), ...native]);
  return all.size === 0 ? {} : { anthropic_beta: [...all] };
}

/** The user's turn of a request that consists of a system prompt. */
function onlySystem({ system }: Conversation, losses: Losses): Turn {
  if (system.length === 0)
    throw new RouterError('invalid-request', 'no message has any content', { field: 'messages' });
  losses.approximate('messages', 'a conversation begins with the user: a turn is put before it');
  return fillerTurn();
}

/** Every place where a cache point may come, in Bedrock's order of reading. */
function markedPlaces(tools: ToolPlan, { system }: Conversation, turns: readonly Turn[]): MarkedPlace[] {
  const places: MarkedPlace[] = [];
  for (const { mark } of tools.entries) if (mark) places.push({ mark, place: 'tools', afterText: false });
  for (const { mark } of system) if (mark) places.push({ mark, place: 'system', afterText: true });
  for (const turn of turns) {
    for (const pieces of [turn.results, turn.pieces]) {
      for (const { mark, kind } of pieces)
        if (mark) places.push({ mark, place: 'messages', afterText: kind === 'text' });
    }
  }
  return places;
}

function writeSystem(
  body: ConverseRequestBody,
  { system }: Conversation,
  instruction: string | undefined,
  { family, losses }: Draft,
): void {
  const blocks: ConverseSystemBlock[] = [];
  for (const { block, mark } of system) {
    blocks.push(block);
    if (mark?.point !== undefined) blocks.push({ cachePoint: mark.point });
  }
  if (instruction !== undefined) blocks.push({ text: instruction });
  if (blocks.length === 0) return;
  if (family.system) {
    body.system = blocks;
    return;
  }
  losses.approximate('system', 'the model has no system prompt: it is sent as the first text of the user');
  const text = blocks.flatMap((block) => (block.text === undefined ? [] : [{ text: block.text }]));
  const [first, ...rest] = body.messages;
  if (first?.role === 'user') body.messages = [{ role: 'user', content: [...text, ...first.content] }, ...rest];
  else body.messages = [{ role: 'user', content: text }, ...body.messages];
}

/** The effort and the output format end up in one object at Anthropic: two ways into it could overwrite each other. */
export function joinOutputSettings(body: ConverseRequestBody): void {
  const fields = body.additionalModelRequestFields;
  const effort = fields?.output_config;
  if (body.outputConfig === undefined || typeof effort !== 'object' || effort === null || !('effort' in effort)) return;
  const { output_config: _moved, ...rest } = fields ?? {};
  body.additionalModelRequestFields = rest;
  body.outputConfig = { ...body.outputConfig, effort: String(effort.effort) };
}

/** Settings that no model on Converse has. */
function noteUnsent(request: ChatRequest, losses: Losses): void {
  if (request.seed !== undefined) losses.drop('seed', 'Bedrock has no such setting');
  if (request.user !== undefined) losses.drop('user', 'Bedrock has no such setting');
  losses.addAll(unreadExtensions(request, READ_EXTENSIONS));
}
