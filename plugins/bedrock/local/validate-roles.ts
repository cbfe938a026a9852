// What Bedrock requires of the order of messages, and that nothing in them is empty.
import type { ConverseRequestBody } from '@turnout/core/wire';
import { roleText } from './claude-body.ts';
import type { Family } from './family.ts';
import type { ResolvedModel } from './model.ts';
import { invalid, modelSaid } from './refusal.ts';

export const PREFILL_TEXT =
  'This model does not support assistant message prefill. The conversation must end with a user message.';

/** Throws Refusal. */
export function checkRoles(body: ConverseRequestBody, model: ResolvedModel, family: Family): void {
  const foreign = body.messages.findIndex((message) => message.role === 'system');
  if (foreign >= 0 && model.claude?.systemMessages !== true) throw modelSaid(roleText(foreign));
  // Messages of the role `system` stand outside the alternation.
  const turns = body.messages.filter((message) => message.role !== 'system');
  if (turns[0] === undefined || (turns[0].role !== 'user' && !family.assistantFirst)) {
    throw invalid(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    );
  }
  for (const [index, message] of turns.entries()) {
    if (index > 0 && turns[index - 1]?.role === message.role) {
      throw invalid(
        'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
      );
    }
  }
  for (const [index, message] of body.messages.entries()) {
    if (message.content.length === 0) {
      throw invalid(
        `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
      );
    }
  }
  checkTexts(body);
  checkSystem(body, family);
  checkPrefill(body, model, family);
}

function checkTexts(body: ConverseRequestBody): void {
  for (const [m, message] of body.messages.entries()) {
    for (const [b, block] of message.content.entries()) {
      if (block.text !== undefined && block.text.trim() === '')
        throw blank('ContentBlock', `messages.${m}.content.${b}`);
    }
  }
}

function checkSystem(body: ConverseRequestBody, family: Family): void {
  for (const [index, block] of (body.system ?? []).entries()) {
    if (block.text !== undefined && block.text.trim() === '') throw blank('SystemContentBlock', `system.${index}`);
  }
  if (!family.system && (body.system?.length ?? 0) > 0) {
    throw invalid(
      "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    );
  }
}

const blank = (shape: string, place: string) =>
  invalid(`The text field in the ${shape} object at ${place} is blank. Add text to the text field, and try again.`);

function checkPrefill(body: ConverseRequestBody, model: ResolvedModel, family: Family): void {
  const last = body.messages.at(-1);
  if (last?.role !== 'assistant') return;
  if (!(model.claude?.prefill ?? family.prefill)) throw modelSaid(PREFILL_TEXT);
  const text = last.content.at(-1)?.text;
  if (model.claude !== undefined && text !== undefined && text !== text.trimEnd()) {
    throw modelSaid('messages: final assistant content cannot end with trailing whitespace');
  }
}
