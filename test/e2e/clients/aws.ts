// The clients of AWS's SDK that are tried, with both HTTP handlers and both ways to show who one is, and its streams put together.
import {
  BedrockRuntimeClient,
  type BedrockRuntimeServiceException,
  type ContentBlock,
  type ConverseStreamCommandOutput,
  type InvokeModelWithResponseStreamCommandOutput,
  type Message,
  type TokenUsage,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { expect } from 'vitest';
import type { Ask, Failure, Program, Said } from './spine.ts';
import { ACCESS_KEY_ID } from './stage.ts';

export type Auth = 'SigV4' | 'bearer';
export type Handler = 'HTTP/2' | 'HTTP/1.1';

export function clientOf({ url, key }: Pick<Ask, 'url' | 'key'>, auth: Auth, handler: Handler): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    endpoint: url,
    region: 'us-east-1',
    maxAttempts: 1,
    // Without one the SDK takes its own default, which is HTTP/2 with prior knowledge.
    ...(handler === 'HTTP/1.1' && { requestHandler: new NodeHttpHandler() }),
    ...(auth === 'SigV4'
      ? { credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey: key } }
      : { token: { token: key }, authSchemePreference: ['httpBearerAuth'] }),
  });
}

const named = (name: string, httpStatusCode: number): Failure => ({
  is: Error,
  has: { name, $metadata: { httpStatusCode, requestId: expect.any(String) }, message: expect.stringMatching(/./) },
});

export const FAILURES: Pick<Program, 'failures' | 'retryAfter'> = {
  failures: {
    unknownModel: named('ResourceNotFoundException', 404),
    wrongKey: named('UnrecognizedClientException', 403),
    throttled: named('ThrottlingException', 429),
    cut: { is: Error, has: { name: 'ModelStreamErrorException' } },
  },
  retryAfter: (error: BedrockRuntimeServiceException) => error.$response?.headers['retry-after'],
};

/** A block as it grows. */
interface Growing {
  text: string;
  signature?: string | undefined;
  redacted?: Uint8Array | undefined;
  kind: 'text' | 'reasoning' | 'tool';
  tool?: { readonly toolUseId: string | undefined; readonly name: string | undefined };
}

/** The message of a stream: this SDK gives the pieces, and each program puts them together itself. */
export async function collectConverse(
  stream: ConverseStreamCommandOutput['stream'],
): Promise<{ message: Message; usage: TokenUsage | undefined }> {
  const blocks: Growing[] = [];
  const blockAt = (index = 0): Growing => {
    blocks[index] ??= { kind: 'text', text: '' };
    return blocks[index];
  };
  let usage: TokenUsage | undefined;
  let stopped = false;
  for await (const { contentBlockStart, contentBlockDelta, messageStop, metadata } of stream ?? []) {
    const tool = contentBlockStart?.start?.toolUse;
    if (tool) Object.assign(blockAt(contentBlockStart.contentBlockIndex), { kind: 'tool', tool });
    if (contentBlockDelta?.delta) {
      const { text, toolUse, reasoningContent } = contentBlockDelta.delta;
      const block = blockAt(contentBlockDelta.contentBlockIndex);
      if (reasoningContent) block.kind = 'reasoning';
      block.text += text ?? toolUse?.input ?? reasoningContent?.text ?? '';
      block.signature = reasoningContent?.signature ?? block.signature;
      block.redacted = reasoningContent?.redactedContent ?? block.redacted;
    }
    stopped ||= messageStop !== undefined;
    usage = metadata?.usage ?? usage;
  }
  expect(stopped).toBe(true);
  return { message: { role: 'assistant', content: blocks.map(finished) }, usage };
}

function finished({ kind, text, signature, redacted, tool }: Growing): ContentBlock {
  if (kind === 'text') return { text };
  if (redacted !== undefined) return { reasoningContent: { redactedContent: redacted } };
  if (kind === 'reasoning') return { reasoningContent: { reasoningText: { text, signature } } };
  return { toolUse: { toolUseId: tool?.toolUseId, name: tool?.name, input: JSON.parse(text) } };
}

/** What the events of a Claude say, inside InvokeModelWithResponseStream. */
export async function collectClaude(body: InvokeModelWithResponseStreamCommandOutput['body']): Promise<Said> {
  let text = '';
  let usage: Record<string, number> = {};
  let last = '';
  for await (const { chunk } of body ?? []) {
    const event = JSON.parse(new TextDecoder().decode(chunk?.bytes));
    if (event.type === 'content_block_delta') text += event.delta.text;
    usage = { ...usage, ...(event.message ?? event).usage };
    last = event.type;
  }
  expect(last).toBe('message_stop');
  return { text, inputTokens: usage.input_tokens, outputTokens: usage.output_tokens };
}
