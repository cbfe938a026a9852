// What is asked: the canonical request that every protocol decodes to and every provider encodes from.

/** The protocols a client may speak; also the keys of `extensions`. `bedrock-invoke` is Anthropic's Messages inside Bedrock's
 * InvokeModel: its vendor-only data is under `anthropic-messages`. */
export type Protocol =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'bedrock-converse'
  | 'bedrock-invoke';

/** Vendor-only data, keyed by a Protocol or by a plugin's own name. What a target does not read of it is a loss. */
export type Extensions = { readonly [owner: string]: Readonly<Record<string, unknown>> };

export type Effort = 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** How much to think. A `budget` is in tokens. Without budget and effort: on, at the target's default. */
export interface Reasoning {
  readonly budget?: number;
  readonly effort?: Effort;
  readonly display?: 'full' | 'summary' | 'omitted';
}

/** What any part may carry besides its content. `signature` and redacted `data` are opaque and belong to the model
 * family named by `origin`; a provider replays only its own family and reports the rest as the loss `reasoning`. */
interface Signed {
  readonly signature?: string;
  readonly origin?: string;
  /** The prompt up to and including this part may be cached. */
  readonly cache?: { readonly ttl?: '5m' | '1h' };
  readonly extensions?: Extensions;
}

/** Where a statement comes from. */
export interface Citation {
  /** Of the source. */
  readonly title?: string;
  /** The source's own words. */
  readonly text?: string;
  /** A link, or what the source calls itself. */
  readonly source?: string;
  readonly place?: CitedPlace;
  readonly extensions?: Extensions;
}

/** `document` counts the documents of the request from 0, `result` its search results. Characters and blocks count from 0, pages
 * from 1; `end` is exclusive. */
export type CitedPlace =
  | {
      readonly in: 'characters' | 'pages' | 'blocks';
      readonly document: number;
      readonly start: number;
      readonly end: number;
    }
  | { readonly in: 'search-result'; readonly result: number; readonly start: number; readonly end: number }
  | { readonly in: 'web'; readonly url: string };

export type TextPart = Signed & {
  readonly type: 'text';
  readonly text: string;
  readonly citations?: readonly Citation[];
};
/** `data` is base64 without line breaks. A `url` is fetched by core before `plan`, unless the config forbids it. */
export type MediaPart = Signed & {
  readonly type: 'media';
  readonly mediaType: string;
  readonly data?: string;
  readonly url?: string;
  readonly name?: string;
  /** What the document is, for the model. */
  readonly context?: string;
  /** The answer may cite it. */
  readonly citable?: true;
};
/** `data` is redacted reasoning: the string that the API of the model's own vendor has for it, whoever brought it. Claude's is the
 * `data` of a `redacted_thinking` block, without the layer that Bedrock's Converse puts around it. */
export type ReasoningPart = Signed & { readonly type: 'reasoning'; readonly text?: string; readonly data?: string };
export type ToolCallPart = Signed & {
  readonly type: 'tool-call';
  readonly id: string;
  readonly name: string;
  /** Raw JSON, or free text for a custom tool. Core never parses it. '' means no arguments. */
  readonly input: string;
  readonly custom?: true;
  readonly server?: true;
};
export type ToolResultPart = Signed & {
  readonly type: 'tool-result';
  readonly id: string;
  readonly parts: readonly Part[];
  readonly error?: true;
  readonly server?: true;
};
export type Part = TextPart | MediaPart | ReasoningPart | ToolCallPart | ToolResultPart;

/** A tool result stands in a `user` message. A `system` message is one that the client put between turns. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly Part[];
}

export interface Tool {
  readonly kind: 'function' | 'custom' | 'server';
  /** What the model calls it; unique among the tools. Of a `server` tool: the vendor's type (`web_search_20250305`). */
  readonly name: string;
  /** The name is `<namespace>__<its own name>` then, for targets that have no namespaces. */
  readonly namespace?: string;
  readonly description?: string;
  /** JSON Schema of the input. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Grammar of a custom tool's free text. */
  readonly format?: unknown;
  readonly strict?: boolean;
  /** Shown to the model only once a tool search has found it. */
  readonly deferred?: boolean;
  readonly cache?: { readonly ttl?: '5m' | '1h' };
  readonly extensions?: Extensions;
}

/** Structured output. Without a schema: any JSON object. */
export interface Output {
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly name?: string;
  readonly strict?: boolean;
}

export interface ChatRequest {
  /** In `plan` and `stream`: the target's own model name, without the provider. */
  readonly model: string;
  readonly system: readonly Part[];
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string };
  readonly parallelToolCalls?: boolean;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly output?: Output;
  readonly reasoning?: 'off' | Reasoning;
  readonly user?: string;
  readonly extensions?: Extensions;
}
