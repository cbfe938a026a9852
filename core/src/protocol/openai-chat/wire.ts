// The JSON that OpenAI's chat completions answer with, as this router writes it. Source: the types of the `openai`
// package 7.57 (2026-11); `reasoning_content`, `reasoning_details` and `images` are extensions that many servers share.

export interface ChatFunctionCall {
  name: string;
  /** JSON, as the model wrote it. */
  arguments: string;
}

export type ChatToolCall =
  | { id: string; type: 'function'; function: ChatFunctionCall }
  | { id: string; type: 'custom'; custom: { name: string; input: string } };

export interface ChatImage {
  type: 'image_url';
  image_url: { url: string };
}

/** What a later request must bring back unchanged. `index` is the block's position among the blocks that the client sees
 * (reasoning, text, tool calls); signatures and data are `tn1.…` envelopes. */
export type ReasoningDetail =
  | { type: 'reasoning.text'; index: number; text: string; signature?: string }
  | { type: 'reasoning.encrypted'; index: number; data: string; text?: string; signature?: string }
  | { type: 'signature'; for: 'text'; index: number; length: number; signature: string }
  | { type: 'signature'; for: 'tool-call'; index: number; id: string; signature: string }
  /** Where a text block stands, when it is not the usual one in front of the tool calls. `length` is in UTF-16 units. */
  | { type: 'text'; index: number; length: number };

export interface ChatMessage {
  role: 'assistant';
  content: string | null;
  refusal: string | null;
  reasoning_content?: string;
  reasoning_details?: ReasoningDetail[];
  images?: ChatImage[];
  tool_calls?: ChatToolCall[];
  function_call?: ChatFunctionCall;
}

export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';

export interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number; cache_write_tokens?: number };
  completion_tokens_details?: { reasoning_tokens: number };
}

export interface ChatCompletion extends ChatAnswerExtras {
  id: string;
  object: 'chat.completion';
  created: number;
  model: string;
  choices: { index: 0; message: ChatMessage; logprobs: null; finish_reason: ChatFinishReason }[];
  usage: ChatUsage;
}

/** Beside `choices`, in a completion and in the last chunk of a stream that has one. */
export interface ChatAnswerExtras {
  /** The tier that was really used. */
  service_tier?: string;
  bedrock?: {
    serviceTier?: string;
    /** `optimized` or `standard`: what was really used. */
    latency?: string;
    latencyMs?: number;
    /** Of the guardrail, and of a prompt router, in Bedrock's own form. */
    trace?: unknown;
    additionalModelResponseFields?: unknown;
  };
}

export interface ChatError {
  error: { message: string; type: string; param: string | null; code: string | null };
}
