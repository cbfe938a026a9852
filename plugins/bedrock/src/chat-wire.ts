// OpenAI's chat form as imported models take and give it through InvokeModel: the members that are sent or read.

export interface ChatCall {
  id?: string;
  type?: 'function';
  index?: number;
  function?: { name?: string | null; arguments?: string | null };
}

export type ChatPart = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string | ChatPart[] | null;
  tool_calls?: ChatCall[];
  tool_call_id?: string;
}

export interface ChatBody {
  messages: ChatMessage[];
  max_tokens?: number;
  temperature?: number;
  top_p?: number;
  stop?: string[];
  tools?: object[];
  tool_choice?: unknown;
  response_format?: object;
  reasoning_effort?: unknown;
}

/** A message, or the delta of one. Servers name the reasoning in one of two ways. */
export interface ChatDelta {
  content?: string | null;
  reasoning_content?: string | null;
  reasoning?: string | null;
  tool_calls?: ChatCall[] | null;
}

/** A whole answer, or one chunk of it. */
export interface ChatAnswer {
  choices?: { message?: ChatDelta; delta?: ChatDelta; finish_reason?: string | null }[] | null;
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  /** Bedrock's own, in the last chunk. */
  'amazon-bedrock-invocationMetrics'?: { inputTokenCount?: number; outputTokenCount?: number };
}
