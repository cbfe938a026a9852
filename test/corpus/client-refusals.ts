// The requests that are refused on purpose, and why.
import type { ClientRequest } from './client-traffic.ts';

export interface Refusal {
  readonly status: number;
  readonly says: RegExp;
}

interface Rule extends Refusal {
  readonly request: RegExp;
  /** Absent: whatever the family. */
  readonly family?: RegExp;
}

const RULES: readonly Rule[] = [
  // The tool runner of SDK 1.x asks for a thread first, and sends the whole conversation once it is told that there are none.
  { request: /^sdk-anthropic-runner-(?!threadunsupported-[23])/, status: 400, says: /thread_unsupported_request/ },
  // Anthropic's real signatures: bedrock-local knows its own only.
  {
    request: /^(claude-agent-sdk.*latest-4|flue__messages|.*mcp_servers|.*part_redacted|.*web_fetch_tool)/,
    family: /claude/,
    status: 400,
    says: /Invalid `(signature|data)`/,
  },
  // Refused by the vendor when it was recorded, too.
  { request: /chat-bad-request/, status: 400, says: /messages\[0\]\.content: expected a string/ },
  // What is stored at a vendor cannot be read from here.
  { request: /uploaded_file/, status: 400, says: /stored at OpenAI/ },
  // Written for OpenRouter, and refused by OpenAI itself.
  { request: /^eve__/, family: /openai/, status: 400, says: /Unknown parameter: 'provider'/ },
  { request: /openrouter/, family: /openai/, status: 400, says: /openrouter:web_search/ },
  // Written for Mistral, and refused by OpenAI itself.
  {
    request: /url-document-mistral/,
    family: /openai/,
    status: 400,
    says: /Unknown parameter: 'messages\[1\]\.prefix'/,
  },
  // Links, which are not fetched in this test.
  { request: /url-document-mistral|chat-multimodal/, family: /gemini/, status: 400, says: /have not been fetched/ },
];

/** undefined for a request that must be answered. */
export function refusalOf({ name }: Pick<ClientRequest, 'name'>, family: string): Refusal | undefined {
  return RULES.find((rule) => rule.request.test(name) && (rule.family?.test(family) ?? true));
}
