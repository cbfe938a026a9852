// How many tokens a request or an answer takes: a quarter of its characters, and a flat rate for media.
import { isObject } from '@turnout/core/testing';
import type { Block, Body } from './body.ts';

const CHARACTERS_PER_TOKEN = 4;
const MEDIA_TOKENS = 1500;

/** Tokens of a text; an empty one has none. */
export const countText = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

export function countBlock(block: Block): number {
  if (block.type === 'text') return countText(String(block.text));
  if (isObject(block.source) && block.source.type !== 'text' && block.source.type !== 'content') return MEDIA_TOKENS;
  const { cache_control: _mark, signature: _signature, ...said } = block;
  return countText(JSON.stringify(said));
}

/** Tokens of everything the model reads. */
export function countPrompt({ tools, system, messages }: Body): number {
  const blocks = [...system, ...messages.flatMap(({ content }) => content)];
  const sum = [...tools.map((tool) => countText(JSON.stringify(tool))), ...blocks.map(countBlock)];
  return Math.max(
    1,
    sum.reduce((all, one) => all + one, 0),
  );
}

/** Tokens up to and including the last mark of the cache; 0 without one. */
export function countMarked({ tools, system, messages }: Body): number {
  const items = [...tools, ...system, ...messages.flatMap(({ content }) => content)];
  const last = items.findLastIndex((item) => isObject(item.cache_control));
  const counted = items.slice(0, last + 1).map((item) => {
    const { type } = item;
    return typeof type === 'string' && !('input_schema' in item)
      ? countBlock({ ...item, type })
      : countText(JSON.stringify(item));
  });
  return counted.reduce((all, one) => all + one, 0);
}
