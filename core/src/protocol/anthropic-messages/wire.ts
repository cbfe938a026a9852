// The JSON that Anthropic's Messages answer with, as this router writes it. Source: the types of `@anthropic-ai/sdk` 1.12
// (2026-11) and recorded answers of both API versions (2023-06-01, 2026-10-21), whose shapes are the same.

export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'compaction'
  | 'refusal'
  | 'model_context_window_exceeded';

/** `input_tokens` excludes what was read from and written to a cache. */
export interface MessagesUsage {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  /** Adds up to `cache_creation_input_tokens`. */
  cache_creation?: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  output_tokens: number;
  /** Only when the upstream counted them. */
  output_tokens_details?: { thinking_tokens: number };
  /** Anthropic's own further counts (`server_tool_use`, `service_tier` …), where a provider gives them. */
  [further: string]: unknown;
}

/** What stands beside `stop_reason`, and what an answer says besides its content. */
export interface AnswerEnd {
  stop_reason: StopReason;
  stop_sequence: string | null;
  stop_details: unknown;
}

export type MessagesErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'timeout_error'
  | 'overloaded_error'
  | 'api_error';

export interface MessagesError {
  type: 'error';
  error: { type: MessagesErrorType; message: string; details?: object };
  request_id: string;
}
