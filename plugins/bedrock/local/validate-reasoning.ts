// What Claude requires of reasoning that a client sends back: sealed by us, unchanged, and there where thinking goes on.

import { isObject } from '@turnout/core/testing';
import type { ConverseRequestBody } from '@turnout/core/wire';
import type { ResolvedModel } from './model.ts';
import { fromRedactedContent, type ReasoningSeal } from './reasoning-seal.ts';

/** What is wrong, in Claude's words, or undefined. Models other than Claude do not sign, and take what they get. */
export function findReasoningFault(
  body: ConverseRequestBody,
  model: ResolvedModel,
  seal: ReasoningSeal,
): string | undefined {
  if (model.claude === undefined) return undefined;
  for (const [m, message] of body.messages.entries()) {
    for (const [b, block] of message.content.entries()) {
      const { reasoningText, redactedContent } = block.reasoningContent ?? {};
      const place = `messages.${m}.content.${b}`;
      if (redactedContent !== undefined && !seal.verifyRedacted(fromRedactedContent(redactedContent))) {
        return `${place}: Invalid \`data\` in \`redacted_thinking\` block`;
      }
      if (reasoningText === undefined) continue;
      // An empty signature fails as a missing field (can1357/oh-my-pi#10486, 2026-09).
      if (!reasoningText.signature) return `${place}.thinking.signature: Field required`;
      if (!seal.verify(reasoningText.text, reasoningText.signature)) {
        return `${place}: Invalid \`signature\` in \`thinking\` block`;
      }
    }
  }
  return findMissingThinking(body);
}

/** With a budget, the tool turn that is going on must begin with its reasoning. Adaptive thinking does not insist. */
function findMissingThinking(body: ConverseRequestBody): string | undefined {
  const fields = body.additionalModelRequestFields;
  const thinking = fields?.thinking ?? fields?.reasoning_config;
  if (!isObject(thinking) || thinking.type !== 'enabled') return undefined;
  const [turn, results] = body.messages.slice(-2);
  if (turn?.role !== 'assistant' || !results?.content.some((block) => block.toolResult !== undefined)) {
    return undefined;
  }
  const first = turn.content[0];
  if (first === undefined || first.reasoningContent !== undefined) return undefined;
  const found = first.toolUse === undefined ? 'text' : 'tool_use';
  return `messages.${body.messages.length - 2}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${found}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`.`;
}
