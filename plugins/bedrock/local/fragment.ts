// How AWS puts the pieces of a stream.
import { splitJson } from '@turnout/core/testing';

/** A tool's input as JSON, in pieces that are no JSON by themselves. An empty object has no piece, as with Claude. */
export function splitInput(input: unknown): string[] {
  const text = JSON.stringify(input) ?? '';
  return text === '{}' ? [] : splitJson(text);
}

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** The `p` that AWS puts into each frame so that sizes tell nothing. Ours depends on the frame's place alone. */
export const padding = (index: number): string => PADDING.slice(0, 2 + ((index * 37) % (PADDING.length - 1)));
