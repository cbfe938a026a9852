// The JSON that Amazon Bedrock's Converse and ConverseStream carry on the wire: bytes are base64 strings, documents are
// plain JSON. Source: the bedrock-runtime API model (apiVersion 2023-09-30) as of 2026-11. Members we never send or read
// are left out.

export interface ConverseCachePoint {
  type: 'default';
  ttl?: '5m' | '1h';
}
export interface ConverseMediaSource {
  bytes?: string;
  text?: string;
  s3Location?: { uri: string; bucketOwner?: string };
}
export interface ConverseImage {
  format: string;
  source: ConverseMediaSource;
}
export interface ConverseDocument {
  format: string;
  name: string;
  source: ConverseMediaSource;
  context?: string;
  citations?: { enabled: boolean };
}
export interface ConverseToolUse {
  toolUseId: string;
  name: string;
  input: unknown;
  type?: 'server_tool_use';
}
/** What a client has found itself, for the model to cite. */
export interface ConverseSearchResult {
  source: string;
  title: string;
  content: { text: string }[];
  citations?: { enabled: boolean };
}
export interface ConverseToolResultContent {
  text?: string;
  json?: unknown;
  image?: ConverseImage;
  document?: ConverseDocument;
  video?: ConverseImage;
  searchResult?: ConverseSearchResult;
}
export interface ConverseToolResult {
  toolUseId: string;
  content: ConverseToolResultContent[];
  status?: 'success' | 'error';
  type?: string;
}
export interface ConverseReasoning {
  reasoningText?: { text: string; signature?: string };
  redactedContent?: string;
}
/** A union: exactly one member is set. */
export interface ConverseBlock {
  text?: string;
  image?: ConverseImage;
  document?: ConverseDocument;
  video?: ConverseImage;
  audio?: ConverseImage;
  toolUse?: ConverseToolUse;
  toolResult?: ConverseToolResult;
  reasoningContent?: ConverseReasoning;
  cachePoint?: ConverseCachePoint;
  citationsContent?: { content?: { text?: string }[]; citations?: unknown[] };
  guardContent?: unknown;
  searchResult?: ConverseSearchResult;
}
export interface ConverseMessage {
  role: 'user' | 'assistant' | 'system';
  content: ConverseBlock[];
}
export interface ConverseSystemBlock {
  text?: string;
  cachePoint?: ConverseCachePoint;
  guardContent?: unknown;
}
export interface ConverseTool {
  toolSpec?: { name: string; description?: string; inputSchema: { json: unknown }; strict?: boolean };
  systemTool?: { name: string };
  cachePoint?: ConverseCachePoint;
}
export interface ConverseToolConfig {
  tools: ConverseTool[];
  toolChoice?: { auto?: object; any?: object; tool?: { name: string } };
}
export interface ConverseInferenceConfig {
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  stopSequences?: string[];
}
/** The body of POST /model/{modelId}/converse and /converse-stream. */
export interface ConverseRequestBody {
  messages: ConverseMessage[];
  system?: ConverseSystemBlock[];
  inferenceConfig?: ConverseInferenceConfig;
  toolConfig?: ConverseToolConfig;
  additionalModelRequestFields?: Record<string, unknown>;
  additionalModelResponseFieldPaths?: string[];
  outputConfig?: {
    textFormat?: {
      type: 'json_schema';
      structure: { jsonSchema: { schema: string; name?: string; description?: string } };
    };
    effort?: string;
  };
  requestMetadata?: Record<string, string>;
  performanceConfig?: { latency: string };
  serviceTier?: { type: string };
  guardrailConfig?: Record<string, unknown>;
  promptVariables?: Record<string, unknown>;
}

export interface ConverseUsage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cacheReadInputTokens?: number;
  cacheWriteInputTokens?: number;
  cacheDetails?: { ttl: string; inputTokens: number }[];
}
export type ConverseStopReason =
  | 'end_turn'
  | 'tool_use'
  | 'max_tokens'
  | 'stop_sequence'
  | 'guardrail_intervened'
  | 'content_filtered'
  | 'malformed_model_output'
  | 'malformed_tool_use'
  | 'model_context_window_exceeded';

/** The body of a Converse answer. */
export interface ConverseResponseBody {
  output: { message: ConverseMessage };
  stopReason: string;
  usage: ConverseUsage;
  metrics?: { latencyMs: number };
  additionalModelResponseFields?: unknown;
  trace?: unknown;
  serviceTier?: { type: string };
  performanceConfig?: { latency: string };
}

/** The payloads of ConverseStream frames, by their `:event-type`. */
export interface ConverseStreamPayloads {
  messageStart: { role: string };
  contentBlockStart: {
    contentBlockIndex: number;
    start: {
      toolUse?: { toolUseId: string; name: string; type?: string };
      toolResult?: { toolUseId: string; type?: string; status?: string };
      image?: { format: string };
    };
  };
  contentBlockDelta: {
    contentBlockIndex: number;
    delta: {
      text?: string;
      toolUse?: { input: string };
      toolResult?: unknown[];
      reasoningContent?: { text?: string; signature?: string; redactedContent?: string };
      citation?: unknown;
      image?: { source?: { bytes?: string } };
    };
  };
  contentBlockStop: { contentBlockIndex: number };
  messageStop: { stopReason: string; additionalModelResponseFields?: unknown };
  metadata: {
    usage: ConverseUsage;
    metrics?: { latencyMs: number };
    trace?: unknown;
    serviceTier?: { type: string };
    performanceConfig?: { latency: string };
  };
}
