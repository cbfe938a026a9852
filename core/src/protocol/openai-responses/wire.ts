// The JSON that OpenAI's Responses answer with, as this router writes it. Source: the types of the `openai` package 7.57 (2026-11)
// and the recorded answers of the corpus.

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';
export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed';

export interface UrlCitation {
  type: 'url_citation';
  url: string;
  title: string;
  /** Of the statement in the part's text, in UTF-16 units; the end is exclusive. */
  start_index: number;
  end_index: number;
}
export interface FileCitation {
  type: 'file_citation';
  file_id: string;
  filename: string;
  /** Of the file among the request's files, from 0. */
  index: number;
}
export type Annotation = UrlCitation | FileCitation;

export interface OutputText {
  type: 'output_text';
  annotations: Annotation[];
  logprobs: never[];
  text: string;
}
export interface Refusal {
  type: 'refusal';
  refusal: string;
}
export type ContentPart = OutputText | Refusal;

export interface MessageItem {
  id: string;
  type: 'message';
  status: ItemStatus;
  role: 'assistant';
  /** `commentary` or `final_answer`, where the model says so. */
  phase?: string;
  content: ContentPart[];
}
export interface ReasoningItem {
  id: string;
  type: 'reasoning';
  summary: { type: 'summary_text'; text: string }[];
  /** Always empty: what the model thought is shown as the summary, which is what clients look at. */
  content: never[];
  encrypted_content?: string;
}
export interface FunctionCallItem {
  id: string;
  type: 'function_call';
  status: ItemStatus;
  call_id: string;
  name: string;
  namespace?: string;
  /** JSON, as the model wrote it. */
  arguments: string;
}
export interface CustomToolCallItem {
  id: string;
  type: 'custom_tool_call';
  status: ItemStatus;
  call_id: string;
  name: string;
  namespace?: string;
  input: string;
}
/** A search among the client's own tools, which the client does. */
export interface ToolSearchItem {
  id: string;
  type: 'tool_search_call';
  status: ItemStatus;
  call_id: string;
  execution: 'client';
  arguments: object;
}
export interface ImageItem {
  id: string;
  type: 'image_generation_call';
  status: ItemStatus;
  /** `png`, `jpeg` … */
  output_format: string;
  /** Base64. */
  result: string | null;
}
/** An item of OpenAI's own tools, in OpenAI's own form. */
export interface RawItem {
  readonly [field: string]: unknown;
  readonly id: string;
  readonly type: string;
}
export type OutputItem =
  | MessageItem
  | ReasoningItem
  | FunctionCallItem
  | CustomToolCallItem
  | ToolSearchItem
  | ImageItem
  | RawItem;

export interface ResponseUsage {
  input_tokens: number;
  input_tokens_details: { cache_write_tokens: number; cached_tokens: number };
  output_tokens: number;
  output_tokens_details: { reasoning_tokens: number };
  total_tokens: number;
}

export interface ResponseFailure {
  code: string;
  message: string;
}
