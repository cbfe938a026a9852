// How many tokens a text or a request takes: a quarter of its characters, and a flat rate for media.
import type { ConverseBlock, ConverseRequestBody } from '@turnout/core/wire';

const CHARACTERS_PER_TOKEN = 4;
const MEDIA_TOKENS = 1500;

/** Tokens of a text; an empty one has none. */
export const countText = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

const countJson = (value: unknown): number => countText(JSON.stringify(value) ?? '');

/** Tokens of one block of a message. */
export function countBlock(block: ConverseBlock): number {
  if (block.text !== undefined) return countText(block.text);
  if (block.image !== undefined || block.video !== undefined || block.audio !== undefined) return MEDIA_TOKENS;
  if (block.document !== undefined)
    return block.document.source.text?.length ? countText(block.document.source.text) : MEDIA_TOKENS;
  if (block.reasoningContent !== undefined) return countReasoning(block.reasoningContent);
  if (block.toolUse !== undefined) return countText(block.toolUse.name) + countJson(block.toolUse.input);
  if (block.toolResult !== undefined) {
    return block.toolResult.content.reduce((sum, part) => {
      const media = part.image ?? part.video ?? part.document;
      return (
        sum +
        (media !== undefined ? MEDIA_TOKENS : part.text === undefined ? countJson(part.json) : countText(part.text))
      );
    }, 0);
  }
  return block.cachePoint === undefined ? countJson(block) : 0;
}

function countReasoning(reasoning: NonNullable<ConverseBlock['reasoningContent']>): number {
  return countText(reasoning.reasoningText?.text ?? reasoning.redactedContent ?? '');
}

/** Tokens of everything the model reads. */
export function countPrompt(body: Pick<ConverseRequestBody, 'messages' | 'system' | 'toolConfig'>): number {
  let tokens = 0;
  for (const tool of body.toolConfig?.tools ?? []) if (tool.cachePoint === undefined) tokens += countJson(tool);
  for (const block of body.system ?? []) if (block.cachePoint === undefined) tokens += countText(block.text ?? '');
  for (const message of body.messages) for (const block of message.content) tokens += countBlock(block);
  return Math.max(tokens, 1);
}
