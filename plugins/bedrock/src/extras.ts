// Converse's members beyond the conversation: guardrail, tier, latency, metadata … from the route and from the client.
import { type ChatRequest, type Loss, type PlanCall, RouterError } from '@turnout/core/contract';
import type { ConverseBlock, ConverseRequestBody, ConverseToolResultContent } from '@turnout/core/wire';
import { converseField, READ_MEMBERS, readMembers, readOverruled } from './converse-settings.ts';
import { guardrailConfig } from './guardrail.ts';
import type { Target } from './resolve.ts';
import {
  bedrockField,
  type ClientSettings,
  type FieldName,
  POINTERS_MAX,
  type RouteSettings,
  readClientSettings,
  TAGS_MAX,
  type Tier,
  wrong,
} from './settings.ts';

/** The extensions of a request that are read here. */
export const READ_EXTENSIONS = {
  bedrock: '*',
  'anthropic-messages': ['anthropic_beta', 'context_management', 'service_tier'],
  'bedrock-converse': [...READ_MEMBERS, 'additionalModelRequestFields'],
  'openai-chat': ['service_tier'],
  'openai-responses': ['service_tier'],
} as const;

const NONE: readonly Loss[] = [];

/** Puts into the body what route and client set, and gives what the target has no place for. Throws RouterError
 * `invalid-request` for a client's setting that is wrong or not allowed. */
export function applyExtras(
  body: ConverseRequestBody,
  { extensions }: Pick<ChatRequest, 'extensions'>,
  { routeSettings, keyName, stream }: Pick<PlanCall, 'routeSettings' | 'keyName' | 'stream'>,
  target: Target,
): readonly Loss[] {
  const bag = extensions?.bedrock;
  const members = extensions?.['bedrock-converse'];
  const openaiTier = tierOf(extensions);
  if (bag === undefined && members === undefined && routeSettings === undefined && openaiTier === undefined)
    return NONE;
  const ownBag = bag === undefined ? {} : readClientSettings(bag);
  const client = members === undefined ? ownBag : { ...readMembers(members), ...ownBag };
  const fieldName = members === undefined ? bedrockField : converseField;
  // What core hands over is what our own schema returned.
  const draft: Draft = { body, target, route: (routeSettings ?? {}) as RouteSettings, client, fieldName, losses: [] };
  if (target.api === 'invoke') {
    refuseAll(draft, openaiTier);
    return draft.losses;
  }
  applySettings(draft, stream, keyName, openaiTier);
  return draft.losses;
}

/** The tier as OpenAI's clients call it. Anthropic's `standard_only` asks for what is done anyway. */
function tierOf(extensions: ChatRequest['extensions']): unknown {
  const anthropic = extensions?.['anthropic-messages']?.service_tier;
  const openai = extensions?.['openai-chat']?.service_tier ?? extensions?.['openai-responses']?.service_tier;
  return openai ?? (anthropic === 'standard_only' ? undefined : anthropic);
}

/** The same for a body of Converse that the client wrote itself: `client` is what it says of what an operator may overrule, and
 * the rest of what the route sets is for where the body has nothing. */
export function applyToOwn(
  body: ConverseRequestBody,
  client: ClientSettings,
  { routeSettings, keyName, stream }: Pick<PlanCall, 'routeSettings' | 'keyName' | 'stream'>,
  target: Target,
): readonly Loss[] {
  // What core hands over is what our own schema returned.
  const { additionalModelResponseFieldPaths, promptVariables, ...rest } = (routeSettings ?? {}) as RouteSettings;
  const route: RouteSettings = {
    ...rest,
    ...(body.additionalModelResponseFieldPaths === undefined ? { additionalModelResponseFieldPaths } : {}),
    ...(body.promptVariables === undefined ? { promptVariables } : {}),
  };
  const draft: Draft = { body, target, route, client, fieldName: converseField, losses: [] };
  applySettings(draft, stream, keyName, undefined);
  return draft.losses;
}

/** The same for InvokeModel, where they are headers: as Converse would have them. `ofRoute`: the guardrail is the route's. */
export function applyToInvoke(
  { extensions }: Pick<ChatRequest, 'extensions'>,
  { protocol, routeSettings, keyName, stream }: Pick<PlanCall, 'protocol' | 'routeSettings' | 'keyName' | 'stream'>,
  target: Target,
): { readonly settings: ConverseRequestBody; readonly losses: readonly Loss[]; readonly ofRoute: boolean } {
  const body: ConverseRequestBody = { messages: [] };
  const bag = extensions?.bedrock;
  // The protocol has put there what the request's headers say.
  const members = extensions?.['bedrock-converse'] ?? {};
  // What core hands over is what our own schema returned.
  const route = (routeSettings ?? {}) as RouteSettings;
  const client = { ...readOverruled(members), ...(bag === undefined ? {} : readClientSettings(bag)) };
  const isMessages = protocol === 'anthropic-messages';
  const fieldName = isMessages ? bedrockField : converseField;
  const draft: Draft = { body, target, route, client, fieldName, losses: [] };
  if (target.api === 'invoke') refuseAll(draft, undefined);
  else {
    applyGuardrail(draft, stream);
    // In Bedrock's own bodies the tier stands in a header.
    applyTier(draft, isMessages ? tierOf(extensions) : undefined);
    applyLatency(draft);
    applyMetadata(draft, keyName);
    for (const field of NOT_OF_INVOKE) {
      if (route[field] !== undefined) lose(draft, field, 'a body of InvokeModel has no place for it');
    }
  }
  return { settings: body, losses: draft.losses, ofRoute: route.guardrail !== undefined };
}

const NOT_OF_INVOKE = ['additionalModelResponseFieldPaths', 'systemTools', 'citations', 'promptVariables'] as const;

function applySettings(draft: Draft, stream: boolean, keyName: string | undefined, openaiTier: unknown): void {
  applyGuardrail(draft, stream);
  applyTier(draft, openaiTier);
  applyLatency(draft);
  applyMetadata(draft, keyName);
  applyPointers(draft);
  applySystemTools(draft);
  applyCitations(draft);
  applyVariables(draft);
}

/** Whether the body's guardrail is the client's choice: the route's own goes before it. */
export const hasClientGuardrail = ({ guardrailConfig }: ConverseRequestBody, routeSettings: unknown): boolean =>
  // What core hands over is what our own schema returned.
  guardrailConfig !== undefined && (routeSettings as RouteSettings | undefined)?.guardrail === undefined;

/** InvokeModel's body has no place for any of it. Without the guardrail that was asked for there must be no answer at all. */
function refuseAll(draft: Draft, openaiTier: unknown): void {
  const { route, client, losses } = draft;
  if (route.guardrail !== undefined || client.guardrail !== undefined) {
    throw new RouterError('unsupported', 'this model is called by InvokeModel, where the guardrail is not applied');
  }
  const reason = 'a model that is called by InvokeModel has none';
  for (const field of new Set([...Object.keys(route), ...Object.keys(client)])) {
    // The keys are those of our own schemas.
    lose(draft, field as keyof RouteSettings, reason);
  }
  if (openaiTier !== undefined) losses.push({ field: 'service_tier', action: 'dropped', reason });
}

/** The reasons with one sentence for each of the extras, for `explain`. */
export function withExtras(reasons: readonly string[], body: ConverseRequestBody): readonly string[] {
  const { guardrailConfig, serviceTier, performanceConfig, requestMetadata } = body;
  if (!(guardrailConfig ?? serviceTier ?? performanceConfig ?? requestMetadata)) return reasons;
  const added: string[] = [];
  if (guardrailConfig !== undefined) {
    const { guardrailIdentifier: id, guardrailVersion: version } = guardrailConfig;
    added.push(`the guardrail ${id}, version ${version}, checks request and answer`);
  }
  if (serviceTier !== undefined) added.push(`the service tier ${serviceTier.type} is asked for`);
  if (performanceConfig !== undefined) added.push(`latency: ${performanceConfig.latency}`);
  if (requestMetadata !== undefined) added.push(`tagged with ${Object.keys(requestMetadata).join(', ')}`);
  return [...reasons, ...added];
}

interface Draft {
  readonly body: ConverseRequestBody;
  readonly target: Target;
  readonly route: RouteSettings;
  readonly client: ClientSettings;
  readonly fieldName: FieldName;
  readonly losses: Loss[];
}

/** What the target has no place for: the client's loss, or the route's where only the route has set it. */
function lose({ client, fieldName, losses }: Draft, field: keyof RouteSettings, reason: string): void {
  // The route's settings are named as the route has them, whatever the client speaks.
  if (field in client) losses.push({ field: fieldName([field]), action: 'dropped', reason });
  else losses.push({ field: bedrockField([field]), action: 'dropped', reason, ofRoute: true });
}

function applyGuardrail(draft: Draft, stream: boolean): void {
  const { body, route, client } = draft;
  if (route.guardrail !== undefined && client.guardrail !== undefined) {
    lose(draft, 'guardrail', "the route's own guardrail is used");
  }
  const guardrail = route.guardrail ?? client.guardrail;
  if (guardrail !== undefined) body.guardrailConfig = guardrailConfig(guardrail, stream);
}

/** The tiers differ in price: a client gets another than the route's only where the route allows it. */
function applyTier({ body, route, client, fieldName, losses }: Draft, openaiTier: unknown): void {
  const { use, allow = [] } = route.serviceTier ?? {};
  const allowed = (tier: Tier): boolean => tier === (use ?? 'default') || allow.includes(tier);
  let tier = use;
  if (client.serviceTier !== undefined) {
    if (!allowed(client.serviceTier)) throw wrong(fieldName(['serviceTier']), refusalOf(client.serviceTier, allow));
    tier = client.serviceTier;
  } else if (openaiTier !== undefined) {
    const known = openaiTier === 'flex' || openaiTier === 'priority' ? openaiTier : undefined;
    if (known !== undefined && allowed(known)) tier = known;
    else {
      const reason = known === undefined ? 'Bedrock has no such tier' : refusalOf(known, allow);
      losses.push({ field: 'service_tier', action: 'dropped', reason });
    }
  }
  if (tier !== undefined && tier !== 'default') body.serviceTier = { type: tier };
}

const refusalOf = (tier: Tier, allow: readonly Tier[]): string =>
  `the route does not allow the tier ${tier}${allow.length === 0 ? '' : `, only ${allow.join(', ')}`}`;

// AWS's page of latency-optimised inference as of 2026-11; every other model is refused with a 400.
const LATENCY_OPTIMIZED = /nova-pro|claude-3-5-haiku|llama3-1-(70|405)b/;

function applyLatency(draft: Draft): void {
  const { body, route, client, target } = draft;
  if ((client.latency ?? route.latency) !== 'optimized') return;
  const model = target.row?.id ?? target.id;
  // Behind an ARN may be any model: AWS says if it is none of these.
  const isOpaque = target.row === undefined && target.id.startsWith('arn:');
  if (isOpaque || LATENCY_OPTIMIZED.test(model)) body.performanceConfig = { latency: 'optimized' };
  else lose(draft, 'latency', 'the model has no latency-optimised variant');
}

/** The route's entries win over the client's: they say who pays. */
function applyMetadata(draft: Draft, keyName: string | undefined): void {
  const { body, route, client } = draft;
  if (route.requestMetadata === undefined && client.requestMetadata === undefined && route.keyTag === undefined) return;
  const tags = new Map(Object.entries(route.requestMetadata ?? {}));
  if (route.keyTag !== undefined && keyName !== undefined) tags.set(route.keyTag, asTagValue(keyName));
  for (const [name, value] of Object.entries(client.requestMetadata ?? {})) {
    if (tags.has(name)) {
      if (tags.get(name) !== value) lose(draft, 'requestMetadata', `the route sets ${JSON.stringify(name)} itself`);
    } else if (tags.size < TAGS_MAX) tags.set(name, value);
    else lose(draft, 'requestMetadata', `Bedrock takes at most ${TAGS_MAX} entries`);
  }
  if (tags.size > 0) body.requestMetadata = Object.fromEntries(tags);
}

/** The name of a key may be any text; the value of a tag may not. */
const asTagValue = (name: string): string => name.replace(/[^a-zA-Z0-9\s:_@$#=/+,.-]/g, '_').slice(0, 256);

function applyPointers(draft: Draft): void {
  const { body, route, client } = draft;
  const wanted = client.additionalModelResponseFieldPaths ?? route.additionalModelResponseFieldPaths;
  if (wanted === undefined || wanted.length === 0) return;
  const all = [...new Set([...wanted, ...(body.additionalModelResponseFieldPaths ?? [])])];
  // Ours, for stop sequences, give way.
  body.additionalModelResponseFieldPaths = all.slice(0, POINTERS_MAX);
}

function applySystemTools(draft: Draft): void {
  const { body, route, client, target } = draft;
  const wanted = new Set<string>(client.systemTools ?? route.systemTools);
  if (wanted.size === 0) return;
  if (target.family.systemTools === undefined) {
    lose(draft, 'systemTools', 'the model has no tools of its own');
    return;
  }
  const before = body.toolConfig?.tools ?? [];
  for (const { systemTool } of before) if (systemTool !== undefined) wanted.delete(systemTool.name);
  const tools = [...before, ...[...wanted].map((name) => ({ systemTool: { name } }))];
  body.toolConfig = { ...body.toolConfig, tools };
}

function applyCitations(draft: Draft): void {
  const { body, route, client, target } = draft;
  if ((client.citations ?? route.citations) !== true) return;
  if (!target.family.citations) {
    lose(draft, 'citations', 'the model cites no documents');
    return;
  }
  if (body.outputConfig?.textFormat !== undefined) {
    lose(draft, 'citations', 'citations and a JSON schema exclude each other');
    return;
  }
  // All documents of a request or none. The messages may be the client's own: others are put in their place.
  body.messages = body.messages.map(({ role, content }) => ({ role, content: content.map(citing) }));
}

function citing<B extends ConverseBlock | ConverseToolResultContent>(block: B): B {
  if (block.document !== undefined) return { ...block, document: { ...block.document, citations: { enabled: true } } };
  if (!('toolResult' in block) || block.toolResult === undefined) return block;
  return { ...block, toolResult: { ...block.toolResult, content: block.toolResult.content.map(citing) } };
}

function applyVariables(draft: Draft): void {
  const { body, route, client, target } = draft;
  const variables = client.promptVariables ?? route.promptVariables ?? {};
  if (Object.keys(variables).length === 0) return;
  if (target.managedPrompt !== true) {
    lose(draft, 'promptVariables', 'the model is not a managed prompt');
    return;
  }
  body.promptVariables = Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, { text }]));
}
