// A canonical request as the body of generateContent, and what of it is lost on the way.
import {
  type ChatRequest,
  type Extensions,
  type Loss,
  type PlanCall,
  RouterError,
  unreadExtensions,
} from '@turnout/core/contract';
import { Losses, ToolNames } from '@turnout/core/plugin';
import { extensionSchema, type GeminiConfig, type GeminiSettings } from './config.ts';
import { writeContents, writeSystem } from './conversation.ts';
import type { Draft } from './draft.ts';
import { type ChatWire, ORIGIN } from './echo.ts';
import { CHAT_FIELDS, planOutput, writeSampling } from './settings.ts';
import { planThinking } from './thinking.ts';
import { planTools } from './tools.ts';
import { traitsOf } from './traits.ts';
import type { Content, GenerateBody, WirePart } from './wire.ts';

export interface Shaped {
  readonly wire: ChatWire;
  readonly losses: readonly Loss[];
  /** The reasoning setting as it is sent, in one line. */
  readonly reasoningLine: string | undefined;
}

/** "Must start with a letter or an underscore" (FunctionDeclaration, 2026-08). */
const NAME_HEAD = /^[a-zA-Z_]/;

/** Pure. Throws RouterError `invalid-request` or `unsupported` for what cannot be sent at all. */
export function shapeRequest(
  request: ChatRequest,
  { routeSettings }: Pick<PlanCall, 'routeSettings'>,
  config: Pick<GeminiConfig, 'safetySettings'>,
): Shaped {
  const { model } = request;
  const losses = new Losses();
  // The route's settings have passed the plugin's schema; those of a client say what they are.
  const settings = { ...ownSettings(request.extensions), ...(routeSettings as GeminiSettings | undefined) };
  losses.addAll(unreadExtensions(request, { [ORIGIN]: '*', 'openai-chat': [...CHAT_FIELDS.keys()] }));
  if (request.user !== undefined) losses.drop('user', 'Gemini has no such setting');
  const names = new ToolNames(
    request.tools.filter(({ kind }) => kind !== 'server').map(({ name }) => name),
    NAME_HEAD,
  );
  const draft: Draft = { traits: traitsOf(model), losses, names };
  const { contents, system } = writeConversation(request, draft);
  const tools = planTools(request, settings.serverTools ?? [], draft);
  const output = planOutput(request, tools.fields.tools !== undefined, draft);
  const thinking = planThinking(request.reasoning, draft.traits.thinking, losses);
  const safetySettings = settings.safetySettings ?? config.safetySettings;
  const generationConfig = {
    ...writeSampling(request, draft),
    ...output.config,
    ...(thinking.config === undefined ? {} : { thinkingConfig: thinking.config }),
    ...(settings.responseModalities === undefined ? {} : { responseModalities: settings.responseModalities }),
  };
  const systemInstruction = withPrompt(system, output.prompt);
  const body: GenerateBody = {
    ...(systemInstruction === undefined ? {} : { systemInstruction }),
    contents,
    ...tools.fields,
    ...(safetySettings === undefined ? {} : { safetySettings }),
    ...(Object.keys(generationConfig).length === 0 ? {} : { generationConfig }),
  };
  return {
    wire: { body, echo: { model, names, textTools: tools.textTools } },
    losses: losses.list,
    reasoningLine: thinking.line,
  };
}

interface Conversation {
  readonly contents: readonly Content[];
  readonly system: { parts: WirePart[] } | undefined;
}

/** Throws RouterError `invalid-request` when there is nothing to answer. */
function writeConversation(request: ChatRequest, draft: Draft): Conversation {
  const contents = writeContents(request, draft);
  const system = writeSystem(request, draft);
  if (contents.length > 0) return { contents, system };
  if (system === undefined)
    throw new RouterError('invalid-request', 'no message has any content', { field: 'messages' });
  draft.losses.approximate('system', 'a system prompt without any message is sent as the message');
  return { contents: [{ role: 'user', ...system }], system: undefined };
}

/** What a client asks of Gemini in a field of that name. Throws RouterError `invalid-request`. */
function ownSettings(extensions: Extensions | undefined): GeminiSettings {
  const checked = extensionSchema.safeParse(extensions?.[ORIGIN] ?? {});
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const field = [ORIGIN, ...(issue?.path ?? [])].join('.');
  throw new RouterError('invalid-request', `${field}: ${issue?.message ?? 'is wrong'}`, { field });
}

function withPrompt(
  system: { parts: WirePart[] } | undefined,
  prompt: string | undefined,
): GenerateBody['systemInstruction'] {
  return prompt === undefined ? system : { parts: [...(system?.parts ?? []), { text: prompt }] };
}
