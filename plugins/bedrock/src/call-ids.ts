// Tool use ids as Bedrock's families take them.
import { hash } from 'node:crypto';
import { CallIds } from '@turnout/core/plugin';

/** `nine`: exactly nine letters and digits (Mistral); `dotted`: all that Bedrock's own API model allows, of which Claude
 * takes the `plain` ones only. */
export type IdStyle = 'plain' | 'nine' | 'dotted';

const PLAIN = /^[a-zA-Z0-9_-]{1,64}$/;
const DOTTED = /^[a-zA-Z0-9_.:-]{1,64}$/;
const SHORT = /^[a-zA-Z0-9]{9}$/;
const LENGTH_MAX = 64;

/** The ids of one conversation. */
export const createCallIds = (style: IdStyle): CallIds =>
  style === 'nine' ? new CallIds(SHORT, shortId) : new CallIds(style === 'dotted' ? DOTTED : PLAIN, LENGTH_MAX);

function shortId(source: string): string {
  // 62^9 is less than 2^54, so a digest's first 14 hex digits fill nine characters.
  let rest = BigInt(`0x${hash('sha256', source).slice(0, 14)}`);
  let text = '';
  for (let i = 0; i < 9; i++) {
    text += ALPHABET[Number(rest % 62n)];
    rest /= 62n;
  }
  return text;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
