// The JSON of Anthropic's Messages, as far as this plugin writes and reads it. Source: the types of `@anthropic-ai/sdk` 1.12
// (2026-11) and recorded answers.

/** A member that anybody may have filled with anything: each one is checked where it is read. */
export type Bag = Readonly<Record<string, unknown>>;

/** The objects of a list; none where it is no list. */
export const bagsIn = (value: unknown): readonly Bag[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one)) : [];

/** A string that says something. */
export const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** `null` is as good as absent. */
export const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/** A block of a message, of a tool's result, or of the system prompt. */
export interface WireBlock {
  readonly type: string;
  cache_control?: CacheControl;
  readonly [field: string]: unknown;
}

export interface CacheControl {
  readonly type: 'ephemeral';
  readonly ttl?: '1h';
}

export interface WireMessage {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: readonly WireBlock[];
}

/** The body of a request. What a client sends beyond the canonical form stands among these. */
export interface MessagesBody {
  readonly model: string;
  readonly max_tokens: number;
  readonly messages: readonly WireMessage[];
  readonly [field: string]: unknown;
}
