// The parts of a message as Anthropic's blocks.
import { type Part, RouterError, type TextPart } from '@turnout/core/contract';
import { isObject, type Losses, type ToolNames } from '@turnout/core/plugin';
import { type ClaudeTraits, MESSAGES_OWNER, messagesCitation, rawMessagesBlock } from '@turnout/core/wire';
import type { Marks } from './cache.ts';
import { mediaBlock } from './media.ts';
import { type Bag, bagsIn, type WireBlock } from './wire.ts';

/** What writing a request needs at every step. */
export interface Draft {
  readonly traits: ClaudeTraits;
  readonly losses: Losses;
  readonly names: ToolNames;
  readonly marks: Marks;
  /** The names of the MCP servers that Anthropic is to call for this request. */
  readonly mcpServers: ReadonlySet<unknown>;
}

export const isBlank = (text: string): boolean => !/\S/.test(text);

/** The block of Anthropic's own that a part stands for, without its mark, which is the part's; undefined when it stands for none, or
 * for the call of a server that is not Anthropic's to call. */
export function ownBlock({ extensions }: Part, { mcpServers }: Draft): WireBlock | undefined {
  const raw = rawMessagesBlock(extensions);
  if (raw === undefined || typeof raw.type !== 'string') return searchBlock(extensions?.[CONVERSE]?.[FOUND]);
  if (raw.type === 'mcp_tool_use' && !mcpServers.has(raw.server_name)) return undefined;
  const { cache_control: _mark, type, ...rest } = raw;
  return { type, ...rest };
}

const CONVERSE = 'bedrock-converse';
/** A search result of the client's own finding, as Converse has it. */
const FOUND = 'searchResult';

function searchBlock(value: unknown): WireBlock | undefined {
  if (!isObject(value) || !Array.isArray(value.content)) return undefined;
  const content = bagsIn(value.content).map(({ text }) => ({ type: 'text', text }));
  return { ...value, type: 'search_result', content };
}

/** What a client wrote into a block that nobody here knows. */
export const besideOf = ({ extensions }: Pick<Part, 'extensions'>): Bag =>
  Object.fromEntries(
    Object.entries(extensions?.[MESSAGES_OWNER] ?? {}).filter(
      ([name, value]) => !isObject(value) || value.type !== name,
    ),
  );

/** The block of a text that is not blank. What it cites of an earlier answer goes along where Anthropic can read it. */
export function textBlock(part: TextPart, role: 'user' | 'assistant', { losses }: Draft): WireBlock {
  const { text, citations = [] } = part;
  if (citations.length === 0 || role === 'user') return { ...besideOf(part), type: 'text', text };
  const written = citations.flatMap((citation) => {
    const raw = messagesCitation(citation);
    return raw !== undefined && canRead(raw) ? [raw] : [];
  });
  if (written.length < citations.length) losses.drop('citations', "citations of another vendor's search are not sent");
  return { ...besideOf(part), type: 'text', text, ...(written.length === 0 ? {} : { citations: written }) };
}

/** Pages of the web that Anthropic has found itself carry its own index. */
const canRead = ({ type, encrypted_index }: Bag): boolean =>
  type !== 'web_search_result_location' || (typeof encrypted_index === 'string' && encrypted_index !== '');

/** The content of a tool's result. Throws RouterError `unsupported` for media that Anthropic does not take. */
export function resultContent(parts: readonly Part[], draft: Draft): WireBlock[] {
  const content: WireBlock[] = [];
  for (const part of parts) {
    noteExtensions(part, draft.losses);
    if (part.type === 'text') {
      const own = ownBlock(part, draft);
      if (own !== undefined) content.push(own);
      else if (!isBlank(part.text)) content.push({ type: 'text', text: part.text });
    } else if (part.type === 'media') content.push(mediaBlock(part, draft.losses));
    else draft.losses.drop('messages', `a tool result holds no ${part.type}`);
  }
  return content;
}

/** The input of a call as the object that it must be; '' means no arguments. */
export function inputOf(text: string, parse: (text: string) => unknown, losses: Losses): Bag {
  if (isBlank(text)) return {};
  const input = parse(text);
  if (isObject(input)) return input;
  losses.approximate('messages', 'a tool call whose arguments are no JSON object is sent wrapped in one');
  return { rawInvalidInput: text };
}

/** Reports what of a part's extensions is not sent. */
export function noteExtensions({ extensions }: Part, losses: Losses): void {
  for (const [owner, bag] of Object.entries(extensions ?? {})) {
    if (owner === MESSAGES_OWNER) continue;
    // A plugin's own settings stand inside a field of its name.
    const prefix = /^(openai|bedrock)-/.test(owner) ? '' : `${owner}.`;
    for (const field of Object.keys(bag)) {
      if (owner !== CONVERSE || field !== FOUND) losses.drop(prefix + field, 'the target has no such setting');
    }
  }
}

export const nothingToSend = (): RouterError =>
  new RouterError('invalid-request', 'no message has any content', { field: 'messages' });
