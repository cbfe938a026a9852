// The JSON of OpenAI's chat completions, as far as this plugin writes and reads it. Source: the types of the `openai`
// package 7.57 (2026-11); `reasoning`, `reasoning_content`, `reasoning_details` and `images` are what other servers add.

export interface TextContent {
  readonly type: 'text';
  readonly text: string;
}
/** A part of a message's content: text, or an object of another type. */
export type ContentPart = TextContent | { readonly type: string; readonly [field: string]: unknown };

export type WireCall =
  | { id: string; readonly type: 'function'; readonly function: { readonly name: string; readonly arguments: string } }
  | { id: string; readonly type: 'custom'; readonly custom: { readonly name: string; readonly input: string } };

export interface WireMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  content: string | readonly ContentPart[] | null;
  name?: string;
  refusal?: string;
  tool_calls?: WireCall[];
  tool_call_id?: string;
  /** Under the name that the server itself uses for reasoning. */
  reasoning?: string;
  reasoning_content?: string;
  reasoning_details?: unknown;
}

/** The body of a request. What a client sends beyond the canonical form stands among these. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly WireMessage[];
  readonly [field: string]: unknown;
}

/** A member that anybody may have filled with anything: each one is checked where it is read. */
export type Bag = Readonly<Record<string, unknown>>;

/** A plain object. */
export const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects of a list; none where it is no list. */
export const bagsIn = (value: unknown): readonly Bag[] => (Array.isArray(value) ? value.filter(isBag) : []);

/** A string that says something. */
export const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
