// A canonical request as the body of a message, and what of it is lost on the way.
import { type ChatRequest, type Loss, unreadExtensions } from '@turnout/core/contract';
import { isObject, Losses, ToolNames } from '@turnout/core/plugin';
import { MESSAGES_OWNER } from '@turnout/core/wire';
import { lacksReasoning, pairTools, userTurn, writeMessages } from './arrange.ts';
import { pickBetas } from './betas.ts';
import { Marks } from './cache.ts';
import { type Draft, nothingToSend } from './content.ts';
import { type Conversation, type Piece, readConversation, type Turn } from './conversation.ts';
import type { Echo } from './echo.ts';
import { planOutput } from './output.ts';
import { planReasoning } from './reasoning.ts';
import { limitTokens, writeSampling, writeStop } from './sampling.ts';
import { planTools } from './tools.ts';
import { traitsOf } from './traits.ts';
import { type Bag, bagsIn, type MessagesBody, type WireBlock } from './wire.ts';

export interface Shaped {
  readonly body: MessagesBody;
  readonly betas: readonly string[];
  readonly echo: Echo;
  readonly losses: readonly Loss[];
  /** The reasoning setting as it is sent, in one line. */
  readonly reasoningLine: string | undefined;
}

/** Pure. Throws RouterError `invalid-request` or `unsupported` for what cannot be sent at all. */
export function shapeRequest(request: ChatRequest): Shaped {
  const { model } = request;
  const traits = traitsOf(model);
  const losses = new Losses();
  const own = ownOf(request);
  const draft: Draft = {
    ...{ traits, losses, marks: new Marks() },
    names: new ToolNames(request.tools.filter(({ kind }) => kind !== 'server').map(({ name }) => name)),
    mcpServers: new Set(bagsIn(own.mcp_servers).map(({ name }) => name)),
  };
  const conversation = readConversation(request, draft);
  const turns = pairTools(conversation.turns, losses);
  if (turns.length === 0) turns.push(onlySystem(conversation, losses));

  const maxTokens = limitTokens(request.maxTokens, traits, losses);
  const tools = request.tools.length > 0 && request.toolChoice !== 'none';
  const unsigned = lacksReasoning(turns);
  const reasoning = planReasoning(request.reasoning, { traits, losses, maxTokens, tools, unsigned });
  const output = planOutput(request, draft, reasoning.thinking);
  const called = namesOfCalls(turns);
  const toolPlan = planTools(request, called, output, draft, reasoning.thinking);
  const system = writeSystem(conversation, output.instruction, draft);
  const messages = writeMessages(turns, draft, reasoning.thinking);
  draft.marks.settle(traits, losses);
  noteUnsent(request, losses);

  const body: MessagesBody = {
    // What the client says beyond the canonical form stands first: it never replaces what follows.
    ...furtherFields(own, losses),
    model,
    max_tokens: maxTokens,
    ...(system.length === 0 ? {} : { system }),
    messages,
    ...toolPlan.fields,
    ...writeSampling(request, traits, reasoning.thinking, losses),
    ...writeStop(request.stop, losses),
    ...joined('thinking', own.thinking, reasoning.fields.thinking),
    ...joined('output_config', own.output_config, {
      ...reasoning.fields.output_config,
      ...(output.format === undefined ? {} : { format: output.format }),
    }),
    ...joined('metadata', own.metadata, userOf(request, losses)),
  };
  const echo: Echo = {
    ...{ model, names: draft.names, textTools: toolPlan.textTools, ignoresCalls: toolPlan.ignoresCalls },
    outputTool: output.tool?.name,
    jsonOpener: output.opener,
  };
  const betas = [...new Set([...pickBetas(own.anthropic_beta), ...reasoning.betas])];
  return { body, betas, echo, losses: losses.list, reasoningLine: reasoning.line };
}

/** What the client said in Anthropic's own words. */
export const ownOf = ({ extensions }: Pick<ChatRequest, 'extensions'>): Bag => extensions?.[MESSAGES_OWNER] ?? {};

/** Fields with a place of their own below. */
const PLACED = new Set(['anthropic_beta', 'thinking', 'output_config', 'metadata']);

/** Anthropic's settings, and what nobody here knows: Anthropic says what it does not take. What Bedrock has put into bodies of
 * InvokeModel is Bedrock's. */
function furtherFields(own: Bag, losses: Losses): Bag {
  const fields = Object.entries(own).filter(([field]) => !PLACED.has(field));
  const ofBedrock = fields.filter(([field]) => field.startsWith('amazon-bedrock-'));
  for (const [field] of ofBedrock) losses.drop(field.slice(0, 100), 'the target has no such setting');
  return Object.fromEntries(fields.filter((field) => !ofBedrock.includes(field)));
}

/** A member with what the client said in it besides. Its own settings of thinking are nothing without thinking. */
function joined(field: string, own: unknown, planned: Bag | undefined): Bag {
  if (field === 'thinking' && planned === undefined) return {};
  const members = { ...(isObject(own) ? own : {}), ...planned };
  return Object.keys(members).length === 0 ? {} : { [field]: members };
}

const USER_LENGTH_MAX = 256;

function userOf({ user }: ChatRequest, losses: Losses): Bag {
  if (user === undefined) return {};
  if (user.length <= USER_LENGTH_MAX) return { user_id: user };
  losses.drop('user', `the id of a user has at most ${USER_LENGTH_MAX} characters`);
  return {};
}

/** The user's turn of a request that consists of a system prompt. */
function onlySystem({ system }: Conversation, losses: Losses): Turn {
  if (system.length === 0) throw nothingToSend();
  losses.approximate('messages', 'a conversation begins with the user: a turn is put before it');
  return userTurn('.');
}

function namesOfCalls(turns: readonly Turn[]): ReadonlySet<string> {
  const isCall = ({ kind }: Piece): boolean => kind === 'call';
  return new Set(turns.flatMap(({ pieces }) => pieces.filter(isCall).map(({ block }) => String(block.name))));
}

function writeSystem({ system }: Conversation, instruction: string | undefined, { marks }: Draft): WireBlock[] {
  const blocks = system.map(({ block, cache }) => {
    const own = { ...block };
    if (cache !== undefined) marks.add('system', own, cache);
    return own;
  });
  return instruction === undefined ? blocks : [...blocks, { type: 'text', text: instruction }];
}

/** Settings that Anthropic has not. */
function noteUnsent(request: ChatRequest, losses: Losses): void {
  if (request.seed !== undefined) losses.drop('seed', 'Anthropic has no such setting');

  losses.addAll(unreadExtensions(request, { [MESSAGES_OWNER]: '*' }));
}
